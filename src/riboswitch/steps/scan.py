"""Call resistance genes and mutations in a genome.

Known genes are called by the families and cut-offs of NCBI's curated database, known mutations by its tables.
What only resembles a known gene is a candidate, with what the model says of it. Gene presence is not
phenotype: a call does not say that the organism is resistant.
"""

from __future__ import annotations

__all__ = ["ScanSettings", "scan"]
__verb__ = ("Genomes", 160)

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from riboswitch.bio.genome import Genome, read_genome
from riboswitch.config.setting_options import NO_SETTINGS, Json, Options
from riboswitch.data.calls import Calls
from riboswitch.data.model import Model
from riboswitch.data.records import Records
from riboswitch.io.summary import write_note, write_summary
from riboswitch.resistance.calling import ScanSettings
from riboswitch.resistance.curated.database import Database
from riboswitch.resistance.curated.taxon import AUTO
from riboswitch.resistance.scanner import Scanner
from riboswitch.steps.arguments import GenomeFile, GenomeFormat
from riboswitch.steps.left_out import report_left_out
from riboswitch.tracks.call_files import write_call_files


def scan(
    genome: Genome,
    model: Model,
    references: Records,
    settings: ScanSettings | Mapping[str, Any] | None = None,
    *,
    curated: Database | None = None,
    taxon: str | None = None,
    none: str = "none",
) -> Calls:
    """Call resistance genes and mutations in a genome; see `riboswitch.resistance.genome_calls`.

    Parameters
    ----------
    genome : Genome
        Contigs, and coding sequences where it is annotated.
    model : Model
        A multi-class model of proteins with the class ``none``.
    references : Records
        The known genes: proteins with their class and annotation.
    settings : ScanSettings or mapping, optional
    curated : Database, optional
        NCBI's database. Without it each known gene is a family of its own, and no mutations are looked for.
    taxon : str, optional
        The genome's taxon in the database, as ``Escherichia``: decides which mutations matter. By default
        (``auto``) it is found from the genome; ``none``: no mutations are looked for.
    none : str
        The class of genes without a drug class.

    Returns
    -------
    Calls

    Raises
    ------
    UsageError
        If the model is not one of proteins.
    InputError
        If the model has no class ``none``, or the references do not have the model's classes.
    """
    return Scanner.of(model, references, settings, curated=curated, none=none).scan(genome, taxon)


def command(
    genome: GenomeFile,
    model: Path,
    /,
    *,
    references: Path,
    output: Path,
    settings: Annotated[Json, Options("Calling", ScanSettings)] = NO_SETTINGS,
    curated: Path | None = None,
    taxon: str = AUTO,
    annotation: Path | None = None,
    format: GenomeFormat = None,
    database: str = "ResFinder",
    database_version: str = "unknown",
) -> None:
    """Scan the genome in a file.

    Parameters
    ----------
    model : Path
        Bundle of the gene model (.safetensors).
    references : Path
        The known genes: records (.parquet).
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
        GFF3 of the genome, if it is FASTA.
    database : str
        Source of the known genes, for calls.tsv.
    database_version : str
        Its version, or the date it was made.
    """
    read = read_genome(genome, annotation, format=format)
    curated_database = None if curated is None else Database.load(curated)
    calls = scan(
        read, Model.load(model), Records.load(references), settings, curated=curated_database, taxon=taxon
    )
    calls.save(output / "calls.parquet")
    write_call_files(calls.table, output, database=database, database_version=database_version)
    printed = {
        name: calls.meta["counts"][name] for name in ("contigs", "bases", "orfs", "calls", "candidates")
    }
    if curated is not None:
        printed["taxon"] = calls.meta["taxon"] or "none"
        write_note(calls.meta["species"]["says"])
        write_note(calls.meta["species"]["contradiction"])
    write_summary(printed | report_left_out(read, output), None)
