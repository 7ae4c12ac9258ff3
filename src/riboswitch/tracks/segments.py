"""Segments: stretches of a genome in which a value is at or above a threshold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, NamedTuple

import numpy as np

from riboswitch.numeric.offsets import running_sums


class Segment(NamedTuple):
    """One segment: from 0 and half-open; ``strand`` is ``.`` where it is not known."""

    contig: str
    start: int
    end: int
    strand: str
    label: str
    mean: float


class SegmentFinder:
    """Finds the segments of one track in stretches of values that come in genome order.

    Parameters
    ----------
    label, strand : str
        Class or target, and strand, of the segments.
    threshold : float
    min_length : int
        Shorter ones are left out.

    Attributes
    ----------
    above : int
        Bases at or above the threshold, also in segments that were too short.
    """

    def __init__(self, label: str, strand: str, threshold: float, min_length: int):
        self.label, self.strand, self.threshold, self.min_length = label, strand, threshold, min_length
        self.above = 0
        self._contig, self._start, self._end, self._total = "", 0, 0, 0.0

    def add(self, contig: str, start: int, values: np.ndarray) -> Iterator[Segment]:
        """Take a stretch that begins at ``start``; yield the segments that have ended."""
        if (contig, start) != (self._contig, self._end):
            yield from self.close()
        inside = np.concatenate([[False], values >= self.threshold, [False]])
        edges = np.flatnonzero(inside[1:] != inside[:-1]).reshape(-1, 2)
        totals = running_sums(values, np.float64)
        for first, last in edges.tolist():
            total = float(totals[last] - totals[first])
            if (contig, start + first) != (self._contig, self._end):
                yield from self.close()
                self._contig, self._start, self._total = contig, start + first, 0.0
            self._end, self._total = start + last, self._total + total
            self.above += last - first
        if not inside[-2]:
            yield from self.close()

    def close(self) -> Iterator[Segment]:
        """Yield the last segment, if it is open and long enough."""
        length = self._end - self._start
        if self._end and length >= self.min_length:
            mean = round(self._total / length, 6)
            yield Segment(self._contig, self._start, self._end, self.strand, self.label, mean)
        self._contig, self._start, self._end, self._total = "", 0, 0, 0.0


def spool(segment: Segment, handle: IO[str]) -> None:
    """Write a segment of a track to a temporary file."""
    handle.write(f"{segment.contig}\t{segment.start}\t{segment.end}\t{segment.mean}\n")


def spooled(handle: IO[str], label: str, strand: str) -> Iterator[Segment]:
    """Read back the segments that `spool` wrote for one track."""
    handle.seek(0)
    for line in handle:
        contig, start, end, mean = line.rstrip("\n").split("\t")
        yield Segment(contig, int(start), int(end), strand, label, float(mean))
