"""Writing resistance calls for others to read: GFF3, BED and the table of hAMRonization.

A table of calls has the columns of `COLUMNS`, one row a call; ``start`` and ``end`` count from 1, both
inclusive, the stop codon inside.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from riboswitch.errors import UsageError
from riboswitch.files import atomic_path

COLUMNS = [
    "genome",
    "contig",
    "start",
    "end",
    "strand",
    "orf_id",
    "locus_tag",
    "drug_class",
    "probability",
    "q_value",
    "status",
    "novelty",
    "nearest_gene",
    "nearest_accession",
    "identity",
    "coverage",
    "antibiotics",
    "gene_length_aa",
    "reference_length_aa",
]
SOFTWARE = "riboswitch"
IN_GFF3 = [
    "locus_tag",
    "drug_class",
    "probability",
    "q_value",
    "status",
    "novelty",
    "nearest_gene",
    "nearest_accession",
    "identity",
    "coverage",
]
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
OUR_OWN = ["orf_id", "locus_tag", "probability", "q_value", "status", "novelty"]
FASTA_SUFFIX = re.compile(r"(\.(fna|fasta|faa|fa|fsa|gbff|gbk|gb|embl))?(\.gz|\.bgz)?$")
# By the GFF3 specification: all but these must be escaped in a contig's name, and these in a value.
UNSAFE_IN_ID = re.compile(r"[^a-zA-Z0-9.:^*$@!+_?|-]")
UNSAFE_IN_VALUE = re.compile(r"[\x00-\x1f\x7f%;=&,]")
Call = dict[str, Any]


def write_gff3(
    calls: pd.DataFrame, path: str | Path, *, contig_lengths: Mapping[str, int] | None = None
) -> None:
    """Write GFF3: one ``CDS`` a call, its score the probability.

    Parameters
    ----------
    calls : DataFrame
    path : path
    contig_lengths : mapping, optional
        Length of each contig, for the ``##sequence-region`` lines; left out without it.
    """
    rows = _rows(calls)
    lines = ["##gff-version 3"]
    lines += [
        f"##sequence-region {_quoted(c, UNSAFE_IN_ID)} 1 {n}" for c, n in (contig_lengths or {}).items()
    ]
    with atomic_path(path) as temporary:
        temporary.write_text("\n".join([*lines, *map(_gff3_line, rows)]) + "\n", "utf-8")


def write_bed(calls: pd.DataFrame, path: str | Path) -> None:
    """Write BED6, from 0 and half-open: the score is 1000 times the probability, the name gene and class."""
    with atomic_path(path) as temporary:
        temporary.write_text("".join(_bed_line(call) + "\n" for call in _rows(calls)), "utf-8")


def write_hamronization(
    calls: pd.DataFrame,
    path: str | Path,
    *,
    database: str = "ResFinder",
    database_version: str = "unknown",
) -> None:
    """Write hAMRonization's table (TSV), its columns first and those of our own after them.

    Identity and coverage are per cent there. ``input_file_name`` is without folder and suffix, as the
    hAMRonization tool itself writes it.

    Parameters
    ----------
    calls : DataFrame
    path : path
    database, database_version : str
        What the nearest genes were looked up in.
    """
    constant = {
        "reference_database_name": database,
        "reference_database_version": database_version,
        "analysis_software_name": SOFTWARE,
        "analysis_software_version": version(SOFTWARE),
        "genetic_variation_type": "gene_presence_detected",
    }
    rows = [_hamronized(call) | constant for call in _rows(calls)]
    table = pd.DataFrame(rows, columns=[*HAMRONIZATION, *OUR_OWN], dtype=object)
    with atomic_path(path) as temporary:
        table.to_csv(temporary, sep="\t", index=False, lineterminator="\n")


def _rows(calls: pd.DataFrame) -> list[Call]:
    missing = [c for c in COLUMNS if c not in calls.columns]
    if missing:
        raise UsageError("the calls lack columns", found=", ".join(missing))
    records = calls[COLUMNS].astype(object).to_dict("records")
    return [{str(k): None if v == "" or pd.isna(v) else v for k, v in r.items()} for r in records]


def _gff3_line(call: Call) -> str:
    told = {"ID": call["orf_id"], "Name": call["nearest_gene"]} | {name: call[name] for name in IN_GFF3}
    attributes = ";".join(
        f"{name}={_quoted(_text(value), UNSAFE_IN_VALUE)}"
        for name, value in told.items()
        if value is not None
    )
    score = "." if call["probability"] is None else _text(call["probability"])
    place = [
        _quoted(str(call["contig"]), UNSAFE_IN_ID),
        SOFTWARE,
        "CDS",
        str(call["start"]),
        str(call["end"]),
    ]
    return "\t".join([*place, score, call["strand"], "0", attributes])


def _bed_line(call: Call) -> str:
    name = "|".join(str(call[c]) for c in ("nearest_gene", "drug_class") if call[c] is not None)
    name = re.sub(r"[^\x21-\x7e]", "_", name or str(call["orf_id"]))[:255]
    score = round(1000 * (call["probability"] or 0))
    return f"{call['contig']}\t{call['start'] - 1}\t{call['end']}\t{name}\t{score}\t{call['strand']}"


def _hamronized(call: Call) -> Call:
    return {
        "input_file_name": FASTA_SUFFIX.sub("", Path(str(call["genome"])).name),
        "gene_symbol": call["nearest_gene"],
        "gene_name": call["nearest_gene"],
        "reference_accession": call["nearest_accession"],
        "antimicrobial_agent": call["antibiotics"],
        "coverage_percentage": _percent(call["coverage"]),
        "drug_class": call["drug_class"],
        "input_gene_length": call["end"] - call["start"] + 1,
        "input_gene_start": call["start"],
        "input_gene_stop": call["end"],
        "input_protein_length": call["gene_length_aa"],
        "input_sequence_id": call["contig"],
        "reference_protein_length": call["reference_length_aa"],
        "strand_orientation": call["strand"],
        "sequence_identity": _percent(call["identity"]),
        **{name: _text(call[name]) if call[name] is not None else None for name in OUR_OWN},
    }


def _percent(share: float | None) -> float | None:
    return None if share is None else round(100 * share, 4)


def _text(value: Any) -> str:
    if isinstance(value, bool | np.bool_):
        return str(bool(value)).lower()
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _quoted(text: str, unsafe: re.Pattern[str]) -> str:
    return unsafe.sub(lambda m: "".join(f"%{byte:02X}" for byte in m.group().encode()), text)
