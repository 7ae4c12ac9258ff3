"""Call resistance genes and mutations in a genome.

Known genes are called by the families and cut-offs of NCBI's curated database, known mutations by its tables.
What only resembles a known gene is a candidate, with what a model says of it; without a model nothing but
known genes and mutations is looked for. On gene families that it has not seen, the network adds nothing
measurable to alignments with known genes (docs/benchmarks.md). Gene presence is not phenotype: a call does
not say that the organism is resistant. An assembly is read, its proteins, or both.
"""

from __future__ import annotations

__all__ = ["ScanSettings", "scan"]
__verb__ = ("Genomes", 160)

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from riboswitch.bio.genome import Genome, read_genome
from riboswitch.bio.proteins import Proteins, holds_proteins, read_proteins
from riboswitch.config.setting_options import NO_SETTINGS, Json, Options
from riboswitch.data.calls import Calls
from riboswitch.data.model import Model
from riboswitch.data.records import Records
from riboswitch.errors import UsageError
from riboswitch.io.summary import write_note, write_summary
from riboswitch.resistance.calling import ScanSettings
from riboswitch.resistance.curated.database import Database
from riboswitch.resistance.curated.taxon import AUTO
from riboswitch.resistance.scanner import Scanner
from riboswitch.steps.arguments import GenomeFile, GenomeFormat
from riboswitch.steps.left_out import report_left_out
from riboswitch.tracks.call_files import write_call_files


def scan(
    genome: Genome | Proteins,
    model: Model | None = None,
    references: Records | None = None,
    settings: ScanSettings | Mapping[str, Any] | None = None,
    *,
    curated: Database | None = None,
    taxon: str | None = None,
    proteins: Proteins | None = None,
    none: str = "none",
) -> Calls:
    """Call resistance genes and mutations in a genome; see `riboswitch.resistance.genome_calls`.

    Parameters
    ----------
    genome : Genome or Proteins
        Contigs, and coding sequences where it is annotated; or only its proteins. Proteins may also belong to
        a family by its hidden Markov model; mutations of DNA and broken genes are not seen in them.
    model : Model, optional
        A multi-class model of proteins with the class ``none``. Without it no frame is a candidate that only
        resembles a known gene.
    references : Records, optional
        Known genes: proteins with their class and annotation. A model needs those that it was trained on;
        without one their classes are the column ``drug_class``, and ``curated`` may stand alone.
    settings : ScanSettings or mapping, optional
    curated : Database, optional
        NCBI's database. Without it each known gene is a family of its own, and no mutations are looked for.
    taxon : str, optional
        The genome's taxon in the database, as ``Escherichia``: decides which mutations matter. By default
        (``auto``) it is found from the genome; ``none``: no mutations are looked for.
    proteins : Proteins, optional
        The proteins of the genome. What they show is joined with what its DNA shows; see
        `riboswitch.resistance.protein_calls`.
    none : str
        The class of genes without a drug class.

    Returns
    -------
    Calls

    Raises
    ------
    UsageError
        If the model is not one of proteins or has no references, there is nothing to look for, or proteins
        are given twice.
    InputError
        If the model has no class ``none``, or the references do not have the model's classes.
    """
    scanner = Scanner.of(model, references, settings, curated=curated, none=none)
    if not isinstance(genome, Proteins):
        return scanner.scan(genome, taxon, proteins)
    if proteins is not None:
        raise UsageError("proteins are given twice", found=f"{genome.source}, {proteins.source}", hint=_ONCE)
    return scanner.scan_proteins(genome, taxon)


_ONCE = "The first file is the genome; --proteins adds its proteins."


def command(
    genome: GenomeFile,
    model: Path | None = None,
    /,
    *,
    references: Path | None = None,
    output: Path,
    settings: Annotated[Json, Options("Calling", ScanSettings)] = NO_SETTINGS,
    curated: Path | None = None,
    taxon: str = AUTO,
    annotation: Path | None = None,
    proteins: Path | None = None,
    format: GenomeFormat = None,
    database: str = "ResFinder",
    database_version: str = "unknown",
) -> None:
    """Scan the genome in a file, or its proteins (FASTA), or both.

    Parameters
    ----------
    model : Path
        Bundle of the gene model (.safetensors). Without it only known genes and mutations are looked for, and
        nothing needs to be trained.
    references : Path
        Known genes: records (.parquet). A model needs those that it was trained on.
    output : Path
        Folder for calls.parquet, calls.tsv, calls.gff3, calls.bed, and rejected.tsv: the contigs and features
        that cannot be used.
    curated : Path
        Folder of NCBI's database of resistance genes and mutations (a release of AMRFinderPlus).
    taxon : str
        The genome's taxon in that database, as Escherichia or Staphylococcus_aureus: decides which mutations
        are looked for, and which genes are intrinsic. By default (auto) it is found from the genome; none: no
        mutations are looked for.
    annotation : Path
        GFF3 of the genome, if it is FASTA. Its features say where proteins lie.
    proteins : Path
        Proteins of the genome (FASTA), beside its DNA. Without DNA, give the proteins as the genome.
    database : str
        Source of the known genes, for calls.tsv.
    database_version : str
        Its version, or the date it was made.
    """
    read, beside = _read(genome, annotation, proteins, format)
    curated_database = None if curated is None else Database.load(curated)
    gene_model = None if model is None else Model.load(model)
    records = None if references is None else Records.load(references)
    calls = scan(read, gene_model, records, settings, curated=curated_database, taxon=taxon, proteins=beside)
    calls.save(output / "calls.parquet")
    write_call_files(calls.table, output, database=database, database_version=database_version)
    if reason := calls.meta.get("no_hmms"):
        write_note(f"hidden Markov models were not used: {reason}")
    printed = {name: calls.meta["counts"][name] for name in _PRINTED if name in calls.meta["counts"]}
    if not calls.by_model:
        printed["similar_genes"] = "not looked for: no model"
    if curated is not None:
        printed["taxon"] = calls.meta["taxon"] or "none"
        write_note(calls.meta["species"]["says"])
        write_note(calls.meta["species"]["contradiction"])
    write_summary(printed | report_left_out(read, output, beside), None)


_PRINTED = ("contigs", "bases", "proteins", "proteins_without_place", "orfs", "calls", "candidates")


def _read(
    genome: Path, annotation: Path | None, proteins: Path | None, format: str | None
) -> tuple[Genome | Proteins, Proteins | None]:
    """What is scanned, and the proteins beside it."""
    if format in (None, "fasta") and holds_proteins(genome):
        if proteins is not None:
            raise UsageError("the genome is a file of proteins", found=genome, hint=_ONCE)
        return read_proteins(genome, annotation), None
    read = read_genome(genome, annotation, format=format)
    return read, None if proteins is None else read_proteins(proteins, annotation, genome=read)
