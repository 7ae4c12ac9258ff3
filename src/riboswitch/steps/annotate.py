"""Run a model along a genome, and write its predictions as tracks and segments.

A genome in FASTA is streamed: memory does not depend on its size.
"""

from __future__ import annotations

__all__ = ["Annotation", "annotate"]
__verb__ = ("Genomes", 170)

import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
from cyclopts import Parameter

from riboswitch.bio.genome import Genome
from riboswitch.config.options import NO_SETTINGS, Json, Options
from riboswitch.config.settings import build, one_of
from riboswitch.data.model import Model
from riboswitch.errors import InputError
from riboswitch.genomes.chunks import sweep
from riboswitch.genomes.contigs import Contigs
from riboswitch.genomes.positions import AnnotateSettings, Reader
from riboswitch.io.disk_faults import Writing
from riboswitch.io.files import read_json, write_json
from riboswitch.io.summary import write_summary
from riboswitch.learning.inference import Predictor
from riboswitch.modalities import find
from riboswitch.steps.arguments import Device, GenomeFile, Precision
from riboswitch.tracks.annotation_files import FORMATS, SEGMENTS, Track, TrackWriter


@dataclass(frozen=True)
class Annotation:
    """A folder that `annotate` wrote.

    Attributes
    ----------
    folder : Path
    summary : dict
        Genome, model, settings, and per track: its file, label and strand, how many bases have a value, how
        many reach the threshold, how many segments there are and how many bases they have.
    """

    folder: Path
    summary: dict[str, Any]

    @classmethod
    def open(cls, folder: str | Path) -> Annotation:
        """Open a folder by its ``summary.json``."""
        summary = read_json(Path(folder) / "summary.json")
        if not isinstance(summary, dict) or "tracks" not in summary:
            raise InputError("no folder of an annotation", where=str(folder),
                             hint="riboswitch annotate makes one.")  # fmt: skip
        return cls(Path(folder), summary)

    @property
    def segments(self) -> pd.DataFrame:
        """The segments: contig, start and end (from 1, inclusive), strand, class, mean, length."""
        types = {"contig": str, "class": str, "strand": str}
        path = self.folder / f"{SEGMENTS}.tsv"
        return pd.read_csv(path, sep="\t", dtype=types, keep_default_na=False)


def annotate(
    genome: str | Path | Genome,
    model: Model | str | Path,
    folder: str | Path,
    settings: AnnotateSettings | Mapping[str, Any] | None = None,
    *,
    tracks: tuple[str, ...] = ("bedgraph",),
    precision: str = "float32",
    device: str = "cpu",
) -> Annotation:
    """Read a genome with a model and write what it says.

    A model that answers for each letter is run over overlapping chunks; one that answers for a text as a
    whole is slid along as a window. Every base of every contig gets one value of each output, N's included;
    only contigs shorter than the window of a model with the head ``aligned`` get none, and are listed.

    Parameters
    ----------
    genome : path or Genome
        FASTA is streamed; other formats are read into memory.
    model : Model or path
        Of DNA or RNA (for which T is read as U).
    folder : path
        Gets ``summary.json``, ``segments.gff3``, ``.bed``, ``.tsv`` and ``positions/``.
    settings : AnnotateSettings or mapping, optional
    tracks : tuple of {"bedgraph", "bigwig"}
        Formats of the values at all positions, a file for each output; may be empty.
    precision : {"float32", "bfloat16"}
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
    model = model if isinstance(model, Model) else Model.load(model)
    predictor = Predictor(model, find(model.modality), precision=precision, device=device)
    if precision == "float32":
        predictor.check_golden()
    reader = Reader(predictor, settings)
    contigs = Contigs.of(genome) if isinstance(genome, Genome) else Contigs.open(genome)
    short = [name for name, length in contigs.lengths.items() if reader.is_too_short(length)]
    if len(short) == len(contigs.lengths):
        raise InputError("no contig is as long as the model's window", where=contigs.source,
                         hint=f"It needs {reader.window} bases.")  # fmt: skip
    found = _write(contigs, reader, Path(folder), tracks)
    summary = _facts(contigs, reader) | {"too_short": short, "precision": precision, "tracks": found}
    write_json(summary, Path(folder) / "summary.json")
    return Annotation(Path(folder), summary)


def _facts(contigs: Contigs, reader: Reader) -> dict[str, Any]:
    return {
        "genome": contigs.source,
        "contigs": len(contigs.lengths),
        "bases": sum(contigs.lengths.values()),
        "task": reader.predictor.task.to_dict(),
        "settings": asdict(reader.settings),
    }


def _write(contigs: Contigs, reader: Reader, folder: Path, tracks: tuple[str, ...]) -> list[dict[str, Any]]:
    folder.mkdir(parents=True, exist_ok=True)
    how, columns = reader.settings, [Track(label, strand) for label, strand in reader.columns]
    with ExitStack() as stack:
        spool = stack.enter_context(tempfile.TemporaryDirectory(dir=folder, prefix=".spool."))
        stack.enter_context(Writing(folder))
        writer = TrackWriter(columns, contigs.lengths, spool, tracks, decimals=how.decimals,
                             threshold=reader.threshold, min_length=how.min_length)  # fmt: skip
        stack.enter_context(writer)
        for stretch in sweep(contigs, reader.plan, reader, reader.batch_size):
            writer.add(*stretch)
        return writer.finish(folder)


def command(
    genome: GenomeFile,
    model: Path,
    /,
    *,
    output: Path,
    settings: Annotated[Json, Options("Annotation", AnnotateSettings)] = NO_SETTINGS,
    tracks: Annotated[list[str] | None, Parameter(consume_multiple=True)] = None,
    precision: Precision = "float32",
    device: Device = "cpu",
) -> None:
    """Annotate the genome in a file.

    Parameters
    ----------
    model : Path
        Bundle of a DNA model (.safetensors). It predicts each position, or it is slid along as a window.
    output : Path
        Folder for segments.gff3, segments.bed, segments.tsv, positions/ and summary.json.
    tracks : list of str
        Formats of the values at all positions: bedgraph (the default), bigwig, or none.
    """
    formats = tuple(t for t in tracks if t != "none") if tracks else ("bedgraph",)
    done = annotate(
        genome, Model.load(model), output, settings, tracks=formats, precision=precision, device=device
    )
    counts = {name: done.summary[name] for name in ("contigs", "bases")}
    write_summary(counts | {"segments": sum(t["segments"] for t in done.summary["tracks"])}, None)
