"""Annotation of a genome by a model: writes its folder, and opens it again."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from riboswitch.errors import InputError
from riboswitch.genomes.chunks import sweep
from riboswitch.genomes.contigs import Contigs
from riboswitch.genomes.positions import PositionPredictor
from riboswitch.io.atomic_files import write_json
from riboswitch.io.disk_faults import Writing
from riboswitch.io.log.progress import Progress
from riboswitch.io.strict_json import read_json
from riboswitch.io.table_writer import read_written
from riboswitch.tracks.annotation_files import SEGMENTS, Track, TrackWriter

SUMMARY = "summary.json"


@dataclass(frozen=True)
class Annotation:
    """A folder with the predictions of a model along a genome.

    Attributes
    ----------
    folder : Path
    summary : dict
        Genome, task, settings, and for each track: its files, label and strand, how many bases have a value,
        how many reach the threshold, how many segments there are and how many bases they have.
    """

    folder: Path
    summary: dict[str, Any]

    @classmethod
    def open(cls, folder: str | Path) -> Annotation:
        """Open a folder by its ``summary.json``."""
        summary = read_json(Path(folder) / SUMMARY)
        if not isinstance(summary, dict) or "tracks" not in summary:
            raise InputError("no folder of an annotation", where=str(folder),
                             hint="riboswitch annotate makes one.")  # fmt: skip
        return cls(Path(folder), summary)

    @property
    def segments(self) -> pd.DataFrame:
        """The segments: contig, start and end (from 1, inclusive), strand, class, mean, length."""
        types = {"contig": "str", "class": "str", "strand": "str"}
        path = self.folder / f"{SEGMENTS}.tsv"
        return read_written(path, "\t", types)


def write_annotation(
    contigs: Contigs, predictor: PositionPredictor, folder: str | Path, formats: tuple[str, ...], **facts: Any
) -> Annotation:
    """Predict along all contigs, and write segments, positions and summary.

    Neither a contig nor its predictions are in memory as a whole.

    Parameters
    ----------
    contigs : Contigs
    predictor : PositionPredictor
    folder : path
    formats : tuple of {"bedgraph", "bigwig"}
        Formats of the values at all positions; may be empty.
    **facts
        Further entries of the summary.

    Raises
    ------
    InputError
        If no contig is long enough for the model.
    """
    folder = Path(folder)
    too_short = [name for name, length in contigs.lengths.items() if predictor.is_too_short(length)]
    if len(too_short) == len(contigs.lengths):
        raise InputError("no contig is as long as the model's window", where=contigs.source,
                         hint=f"It needs {predictor.window} bases.")  # fmt: skip
    summary = {
        "genome": contigs.source,
        "contigs": len(contigs.lengths),
        "bases": sum(contigs.lengths.values()),
        "task": predictor.model.task.to_dict(),
        "settings": asdict(predictor.settings),
        "too_short": too_short,
        "tracks": _write_tracks(contigs, predictor, folder, formats),
    }
    write_json(summary | facts, folder / SUMMARY)
    return Annotation(folder, summary | facts)


def _write_tracks(
    contigs: Contigs, predictor: PositionPredictor, folder: Path, formats: tuple[str, ...]
) -> list[dict[str, Any]]:
    folder.mkdir(parents=True, exist_ok=True)
    settings, tracks = predictor.settings, [Track(label, strand) for label, strand in predictor.columns]
    with ExitStack() as stack:
        spool = stack.enter_context(tempfile.TemporaryDirectory(dir=folder, prefix=".spool."))
        stack.enter_context(Writing(folder))
        writer = TrackWriter(tracks, contigs.lengths, spool, formats, decimals=settings.decimals,
                             threshold=predictor.threshold, min_length=settings.min_length)  # fmt: skip
        stack.enter_context(writer)
        bases = sum(length for length in contigs.lengths.values() if not predictor.is_too_short(length))
        told = stack.enter_context(Progress("annotate", "bases", bases))
        for stretch in sweep(contigs, predictor.plan, predictor, predictor.batch_size):
            writer.add(*stretch)
            told.add(len(stretch.values))
        return writer.finish(folder)
