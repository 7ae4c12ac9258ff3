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
from riboswitch.config.settings import build
from riboswitch.data.calls import Calls
from riboswitch.data.model import Model
from riboswitch.data.records import Records
from riboswitch.errors import InputError, UsageError
from riboswitch.genomes.frames import reading_frames
from riboswitch.io.summary import write_summary
from riboswitch.learning.inference import Predictor
from riboswitch.modalities import find
from riboswitch.resistance.calling import ScanSettings, call_resistance
from riboswitch.resistance.curated.database import Database
from riboswitch.resistance.curated.scanning import scan as scan_curated
from riboswitch.resistance.frame_scores import FrameScorer
from riboswitch.resistance.genome_calls import Sample, curated_rows, joined_calls
from riboswitch.resistance.known_genes import KnownGenes
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
        The genome's taxon in the database, as ``Escherichia``: decides which mutations matter.
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
    if not isinstance(settings, ScanSettings):
        settings = build(ScanSettings, settings or {}, "scan")
    if (alphabet := model.header["encoder"].get("alphabet")) != "protein":
        raise UsageError("only a model of proteins can scan a genome", found=alphabet or model.modality,
                         hint="Train one on sequences featurized with alphabet protein.")  # fmt: skip
    if none not in model.task.classes:
        raise InputError(f"the model has no class {none!r}", found=model.task.classes,
                         hint="Most genes have no class: the model must know them.")  # fmt: skip
    known = KnownGenes.build(references, model.task.targets[0], model.task.classes, none,
                             k=settings.k, min_shared=settings.min_shared)  # fmt: skip
    database = (curated or Database.empty()).with_records(known.table, none)
    found = scan_curated(genome.contigs, database, taxon, genome.circular, settings.table)
    rows = curated_rows(found, Sample(genome, database=database.name, table=settings.table))
    frames = reading_frames(genome, settings.min_aa, settings.table)
    predictor = Predictor(model, find(model.modality))
    similar = call_resistance(genome, frames, FrameScorer(predictor, known, none), settings)
    return joined_calls(rows, found, similar, taxon, database.name)


def command(
    genome: GenomeFile,
    model: Path,
    /,
    *,
    references: Path,
    output: Path,
    settings: Annotated[Json, Options("Calling", ScanSettings)] = NO_SETTINGS,
    curated: Path | None = None,
    taxon: str | None = None,
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
        are looked for. Without it none are.
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
    write_summary(printed | report_left_out(read, output), None)
