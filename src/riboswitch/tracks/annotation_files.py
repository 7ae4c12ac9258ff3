"""The files of an annotation: positions/ with a value for every base, and segments.gff3, .bed and .tsv."""

from __future__ import annotations

import heapq
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple, Self

import numpy as np

from riboswitch.io.atomic_files import atomic_path, sync, sync_folder
from riboswitch.tracks import bed, gff3
from riboswitch.tracks.bedgraph import BedGraphWriter
from riboswitch.tracks.bigwig import require_pybigtools, write_bigwig
from riboswitch.tracks.cells import of_table
from riboswitch.tracks.segments import Segment, SegmentFinder, spool, spooled

FORMATS = ("bedgraph", "bigwig")
SEGMENTS = "segments"
POSITIONS = "positions"
SEGMENT_COLUMNS = ("contig", "start", "end", "strand", "class", "mean", "length")
STRAND_WORDS = {"+": ".plus", "-": ".minus", ".": ""}
LONGEST_NAME = 80


class Track(NamedTuple):
    """The class or target of a column of values, and its strand (``.`` if it has none)."""

    label: str
    strand: str


class Channel:
    """One track while it is written: its values, its segments, and its counts."""

    def __init__(
        self, track: Track, bedgraph: BedGraphWriter | None, finder: SegmentFinder | None, kept: IO[str]
    ):
        self.track, self.bedgraph, self.finder, self.kept = track, bedgraph, finder, kept
        self.bases, self.total, self.segments, self.segment_bases = 0, 0.0, 0, 0

    def add(self, contig: str, start: int, values: np.ndarray) -> None:
        """Take a stretch of values, shape (bases,)."""
        self.bases += len(values)
        self.total += float(values.sum(dtype=np.float64))
        if self.bedgraph is not None:
            self.bedgraph.add(contig, start, values)
        if self.finder is not None:
            self._keep(self.finder.add(contig, start, values))

    def close(self) -> None:
        """Write the last run and the last segment."""
        if self.bedgraph is not None:
            self.bedgraph.close()
            self.bedgraph.handle.close()
        if self.finder is not None:
            self._keep(self.finder.close())

    def counts(self) -> dict[str, Any]:
        """Counts of values and segments."""
        return {
            "label": self.track.label,
            "strand": self.track.strand,
            "bases": self.bases,
            "mean": round(self.total / max(self.bases, 1), 6),
            "at_or_above": self.finder.above if self.finder else None,
            "segments": self.segments,
            "segment_bases": self.segment_bases,
        }

    def _keep(self, segments: Iterator[Segment]) -> None:
        for segment in segments:
            self.segments += 1
            self.segment_bases += segment.end - segment.start
            spool(segment, self.kept)


class TrackWriter:
    """Takes values in genome order and writes ``positions/`` and ``segments.*``, in constant memory.

    Parameters
    ----------
    tracks : sequence of Track
        One for each column of the values.
    contig_lengths : mapping
        In genome order.
    spool : path
        A folder for unfinished files, on the file system of the results.
    formats : sequence of {"bedgraph", "bigwig"}
    decimals : int
        Digits of the values.
    threshold : float or None
        Least value in a segment; None: no segments.
    min_length : int
        Shortest segment.

    Raises
    ------
    UsageError
        If ``bigwig`` is asked for and pybigtools is not installed.
    """

    def __init__(
        self,
        tracks: Sequence[Track],
        contig_lengths: Mapping[str, int],
        spool: str | Path,
        formats: Sequence[str],
        *,
        decimals: int,
        threshold: float | None,
        min_length: int,
    ):
        if "bigwig" in formats:
            require_pybigtools()
        self.lengths, self.spool, self.formats = contig_lengths, Path(spool), formats
        self._open = ExitStack()
        self.channels = []
        for number, track in enumerate(tracks):
            bedgraph = BedGraphWriter(self._file(f"{number}.bedgraph"), decimals) if formats else None
            finder = None if threshold is None else SegmentFinder(*track, threshold, min_length)
            self.channels.append(Channel(track, bedgraph, finder, self._file(f"{number}.segments")))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self._open.close()

    def _file(self, name: str) -> IO[str]:
        return self._open.enter_context(open(self.spool / name, "w+", encoding="utf-8", newline="\n"))

    def add(self, contig: str, start: int, values: np.ndarray) -> None:
        """Take the values of all tracks for a stretch, shape (bases, tracks)."""
        for channel, column in zip(self.channels, values.T, strict=True):
            channel.add(contig, start, column)

    def finish(self, folder: str | Path) -> list[dict[str, Any]]:
        """Write the files, and return the counts and files of each track."""
        folder = Path(folder)
        for channel in self.channels:
            channel.close()
        self._write_segments(folder)
        return [
            channel.counts() | {"files": self._write_positions(number, folder)}
            for number, channel in enumerate(self.channels)
        ]

    def _write_positions(self, number: int, folder: Path) -> list[str]:
        source, files = self.spool / f"{number}.bedgraph", []
        track = self.channels[number].track
        # Numbered, since labels may differ only in case or in signs that a file name cannot have.
        safe = re.sub(r"[^A-Za-z0-9_-]", "_", track.label)[:LONGEST_NAME]
        name = f"{POSITIONS}/{number + 1}_{safe}{STRAND_WORDS[track.strand]}"
        (folder / POSITIONS).mkdir(exist_ok=True)
        if "bigwig" in self.formats:
            files.append(f"{name}.bw")
            write_bigwig(source, folder / files[-1], self.lengths)
        if "bedgraph" in self.formats:
            files.append(f"{name}.bedgraph")
            sync(source)
            os.replace(source, folder / files[-1])
            sync_folder(folder / POSITIONS)
        return files

    def _write_segments(self, folder: Path) -> None:
        """Merge the segments of all tracks in genome order; each track is in that order already."""
        order = {name: number for number, name in enumerate(self.lengths)}
        merged = heapq.merge(
            *(spooled(channel.kept, *channel.track) for channel in self.channels),
            key=lambda segment: (order[segment.contig], segment.start, segment.end),
        )
        with ExitStack() as stack:
            gff, beds, tsv = (
                stack.enter_context(_written(folder / f"{SEGMENTS}.{suffix}"))
                for suffix in ("gff3", "bed", "tsv")
            )
            gff.write(gff3.header(self.lengths))
            tsv.write("\t".join(SEGMENT_COLUMNS) + "\n")
            for number, segment in enumerate(merged, 1):
                gff.write(_gff3_line(segment, number))
                beds.write(_bed_line(segment))
                tsv.write(_table_line(segment))


@contextmanager
def _written(path: Path) -> Iterator[IO[str]]:
    with atomic_path(path) as temporary, open(temporary, "w", encoding="utf-8", newline="\n") as handle:
        yield handle


def _gff3_line(segment: Segment, number: int) -> str:
    """One segment, its score the mean value."""
    attributes = {"ID": f"segment_{number}", "Name": segment.label}
    return gff3.line(segment.contig, "sequence_feature", segment.start + 1, segment.end, attributes,
                     score=segment.mean, strand=segment.strand)  # fmt: skip


def _bed_line(segment: Segment) -> str:
    return bed.line(segment.contig, segment.start, segment.end, segment.label, segment.mean, segment.strand)


def _table_line(segment: Segment) -> str:
    position = of_table(segment.contig), segment.start + 1, segment.end, segment.strand
    label, length = of_table(segment.label), segment.end - segment.start
    return "\t".join(map(str, (*position, label, segment.mean, length))) + "\n"
