"""Run a model along a genome, and write its predictions as tracks and segments.

A genome in FASTA is streamed: memory does not depend on its size.
"""

from __future__ import annotations

__all__ = ["Annotation", "annotate"]
__verb__ = ("Genomes", 170)

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from cyclopts import Parameter

from riboswitch.bio.genome import Genome
from riboswitch.config.setting_options import NO_SETTINGS, Json, Options
from riboswitch.config.settings import build, one_of
from riboswitch.data.model import Model
from riboswitch.genomes.annotation_folder import Annotation, write_annotation
from riboswitch.genomes.contigs import Contigs
from riboswitch.genomes.dna_model import DnaModel
from riboswitch.genomes.positions import AnnotateSettings, PositionPredictor
from riboswitch.io.summary import write_note, write_summary
from riboswitch.learning.device import settled_precision
from riboswitch.learning.inference import Predictor
from riboswitch.modalities import find
from riboswitch.steps.arguments import Device, GenomeFile, GenomeFormat, Precision
from riboswitch.steps.left_out import report_left_out
from riboswitch.tracks.annotation_files import FORMATS


def annotate(
    genome: str | Path | Genome | Contigs,
    model: Model | str | Path,
    folder: str | Path,
    settings: AnnotateSettings | Mapping[str, Any] | None = None,
    *,
    tracks: tuple[str, ...] = ("bedgraph",),
    precision: str = "float32",
    device: str = "cpu",
) -> Annotation:
    """Run a model along a genome, and write its predictions.

    A model that predicts each letter is run on overlapping chunks. A model that predicts a whole sequence is
    run on a sliding window. Every base of every contig, also N, gets one value of each output. Contigs that
    are shorter than the window of a model with the head ``aligned`` get none, and are listed.

    Parameters
    ----------
    genome : path, Genome or Contigs
        FASTA is streamed; other formats are read into memory.
    model : Model or path
        A model of DNA or RNA (for RNA, T is read as U).
    folder : path
        Gets ``summary.json``, ``segments.gff3``, ``.bed``, ``.tsv`` and ``positions/``.
    settings : AnnotateSettings or mapping, optional
    tracks : tuple of {"bedgraph", "bigwig"}
        Formats of the values at all positions, a file for each output; may be empty.
    precision : {"float32", "bfloat16", "auto"}
    device : {"cpu", "cuda", "auto"}

    Returns
    -------
    Annotation

    Raises
    ------
    InputError
        If the genome cannot be read, or no contig is long enough.
    UsageError
        If the model and the settings do not suit each other, or pybigtools is missing for ``bigwig``.
    """
    if not isinstance(settings, AnnotateSettings):
        settings = build(AnnotateSettings, settings or {}, "annotate")
    for name in tracks:
        one_of("format of tracks", name, FORMATS)
    model = Model.of(model)
    precision = settled_precision(precision, device)
    predictor = Predictor(model, find(model.modality), precision=precision, device=device)
    if precision == "float32":
        predictor.check_golden()
    positions = position_predictor(predictor, settings)
    contigs = Contigs.of(genome) if isinstance(genome, Genome) else genome
    if not isinstance(contigs, Contigs):
        contigs = Contigs.open(contigs)
    return write_annotation(contigs, positions, folder, tracks, precision=precision)


def position_predictor(predictor: Predictor, settings: AnnotateSettings) -> PositionPredictor:
    """The predictor of a DNA model along contigs."""

    def predict(texts: Sequence[str]) -> np.ndarray:
        return predictor(predictor.encode({predictor.modality.component: texts}))[0]

    return PositionPredictor(DnaModel.of(predictor.model, predict), settings)


def command(
    genome: GenomeFile,
    model: Path,
    /,
    *,
    output: Path,
    settings: Annotated[Json, Options("Annotation", AnnotateSettings)] = NO_SETTINGS,
    tracks: Annotated[list[str] | None, Parameter(consume_multiple=True)] = None,
    format: GenomeFormat = None,
    precision: Precision = "float32",
    device: Device = "cpu",
) -> None:
    """Annotate the genome in a file.

    Parameters
    ----------
    model : Path
        Bundle of a DNA model (.safetensors). It predicts each position, or it is slid along as a window.
    output : Path
        Folder for segments.gff3, segments.bed, segments.tsv, positions/, summary.json, and rejected.tsv: the
        contigs that cannot be used.
    tracks : list of str
        Formats of the values at all positions: bedgraph (the default), bigwig, or none.
    """
    formats = tuple(t for t in tracks if t != "none") if tracks else ("bedgraph",)
    contigs = Contigs.open(genome, format)
    done = annotate(
        contigs, Model.load(model), output, settings, tracks=formats, precision=precision, device=device
    )
    counts = {name: done.summary[name] for name in ("contigs", "bases")}
    if short := done.summary["too_short"]:
        many = f"{len(short)} of {counts['contigs']} contigs"
        write_note(f"{many} are shorter than the model's window and get no prediction, first {short[0]}")
    counts |= {"too_short": len(short), "segments": sum(t["segments"] for t in done.summary["tracks"])}
    write_summary(counts | report_left_out(contigs, output), None)
