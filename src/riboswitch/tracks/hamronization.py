"""The table of hAMRonization, the common form of reports on resistance genes.

Specification: https://github.com/pha4ge/hAMRonization (PHA4GE AMR Gene & Variant Specification).
"""

from __future__ import annotations

import re
from importlib.metadata import version
from pathlib import Path

import pandas as pd

from riboswitch.io.table_writer import write_text_table
from riboswitch.tracks.call_columns import Call, rows
from riboswitch.tracks.cells import SOFTWARE, text

# Names and order of hAMRonization's result class (pha4ge/hAMRonization 1.2.1).
HAMRONIZATION = [
    "input_file_name",
    "gene_symbol",
    "gene_name",
    "reference_database_name",
    "reference_database_version",
    "reference_accession",
    "analysis_software_name",
    "analysis_software_version",
    "genetic_variation_type",
    "antimicrobial_agent",
    "coverage_percentage",
    "coverage_depth",
    "coverage_ratio",
    "drug_class",
    "input_gene_length",
    "input_gene_start",
    "input_gene_stop",
    "input_protein_length",
    "input_protein_start",
    "input_protein_stop",
    "input_sequence_id",
    "nucleotide_mutation",
    "nucleotide_mutation_interpretation",
    "predicted_phenotype",
    "predicted_phenotype_confidence_level",
    "amino_acid_mutation",
    "amino_acid_mutation_interpretation",
    "reference_gene_length",
    "reference_gene_start",
    "reference_gene_stop",
    "reference_protein_length",
    "reference_protein_start",
    "reference_protein_stop",
    "resistance_mechanism",
    "strand_orientation",
    "sequence_identity",
]
OUR_OWN = [
    "orf_id",
    "locus_tag",
    "probability",
    "q_value",
    "status",
    "novelty",
    "method",
    "flags",
    "subclass",
    "input",
    "protein_id",
    "aro",
]
FASTA_SUFFIX = re.compile(r"(\.(fna|fasta|faa|fa|fsa|gbff|gbk|gb|embl))?(\.gz|\.bgz)?$")


def write_hamronization(
    calls: pd.DataFrame,
    path: str | Path,
    *,
    database: str = "ResFinder",
    database_version: str = "unknown",
) -> None:
    """Write hAMRonization's table (TSV), its columns first and then `OUR_OWN`.

    Identity and coverage are in per cent. ``input_file_name`` is without folder and suffix, as the
    hAMRonization tool itself writes it. ``predicted_phenotype`` stays empty: a gene is no phenotype.

    Parameters
    ----------
    calls : DataFrame
        The columns `call_columns.COLUMNS`; ``mechanism``, if it is there, becomes ``resistance_mechanism``.
    path : path
    database, database_version : str
        The database of known genes. The specification asks for the date (ISO 8601) if a database has no
        version.
    """
    constant = {
        "reference_database_name": database,
        "reference_database_version": database_version,
        "analysis_software_name": SOFTWARE,
        "analysis_software_version": version(SOFTWARE),
    }
    lines = [constant | _hamronized(call) for call in rows(calls)]
    table = pd.DataFrame(lines, columns=[*HAMRONIZATION, *OUR_OWN], dtype=object)
    write_text_table(table, path, "\t")


VARIATION = {
    "MUTATION": "protein_variant_detected",
    "MUTATION_DNA": "nucleotide_variant_detected",
    "DISRUPTED": "inactivating_mutation_detected",
}
"""Kind of variation by the method of a call; all others are genes that are present."""


def _hamronized(call: Call) -> Call:
    mutation = str(call["nearest_gene"]).rpartition("_")[2]
    own = {} if call["database"] is None else _version(call["database"])
    return own | {
        "genetic_variation_type": VARIATION.get(str(call["method"]), "gene_presence_detected"),
        "amino_acid_mutation": mutation if call["method"] in ("MUTATION", "DISRUPTED") else None,
        "nucleotide_mutation": mutation if call["method"] == "MUTATION_DNA" else None,
        "input_file_name": FASTA_SUFFIX.sub("", Path(str(call["genome"])).name),
        "gene_symbol": call["nearest_gene"],
        "gene_name": call["nearest_gene"],
        "reference_accession": call["nearest_accession"],
        "antimicrobial_agent": call["antibiotics"],
        "coverage_percentage": _percent(call["coverage"]),
        "drug_class": call["drug_class"],
        "input_gene_length": None if call["start"] is None else call["end"] - call["start"] + 1,
        "input_gene_start": call["start"],
        "input_gene_stop": call["end"],
        "input_protein_length": call["gene_length_aa"],
        "input_sequence_id": call["contig"] or call["protein_id"],
        "reference_protein_length": call["reference_length_aa"],
        "resistance_mechanism": call["mechanism"],
        "strand_orientation": call["strand"],
        "sequence_identity": _percent(call["identity"]),
        **{name: text(call[name]) if call[name] is not None else None for name in OUR_OWN},
    }


def _version(database: str) -> Call:
    """Name and version of the curated database, in place of the source of the records."""
    name, _, version_ = database.rpartition(" ")
    return {"reference_database_name": name, "reference_database_version": version_}


def _percent(fraction: float | None) -> float | None:
    return None if fraction is None else round(100 * fraction, 4)
