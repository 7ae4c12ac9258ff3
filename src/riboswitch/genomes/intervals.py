"""Intervals on a genome: regions to use, random draws, and blocks that do not overlap."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol, TypeVar

import numpy as np

from riboswitch.bio.alphabet import reverse_complement
from riboswitch.bio.genome import Gene, Genome, cut
from riboswitch.errors import UsageError
from riboswitch.io.cells import whole

TRIES = 20


class Interval(NamedTuple):
    """A stretch of a contig, from 1, both inclusive; on a circular contig it may pass the origin."""

    contig: str
    start: int
    end: int
    strand: str

    def __str__(self) -> str:
        return f"{self.contig}:{self.start}-{self.end}({self.strand})"

    def read(self, genome: Genome) -> str:
        """Its letters, along its strand."""
        letters = cut(genome.contigs[self.contig], self.start, self.end)
        return reverse_complement(letters) if self.strand == "-" else letters


@dataclass(frozen=True)
class Region:
    """The part of a genome that is used: stretches by contig, from 1, both inclusive."""

    spans: dict[str, list[tuple[int, int]]]
    lengths: dict[str, int]

    @classmethod
    def of(cls, genome: Genome, regions: str | Sequence[str]) -> Region:
        """From ``CONTIG`` or ``CONTIG:START-END``, one or several; empty means the whole genome."""
        spans: dict[str, list[tuple[int, int]]] = {}
        texts = [regions] if isinstance(regions, str) else list(regions)
        for text in [t for t in texts if t] or genome.contigs:
            contig, span = _region(str(text), genome.lengths)
            spans.setdefault(contig, []).append(span)
        return cls(spans, genome.lengths)

    def holds(self, interval: Interval) -> bool:
        """Whether the whole interval lies in the region; across the origin, both of its pieces."""
        length, spans = self.lengths[interval.contig], self.spans.get(interval.contig, ())
        pieces = [(interval.start, min(interval.end, length)), (1, interval.end - length)]
        pieces = pieces[: 1 + (interval.end > length)]
        return all(any(s <= a and b <= e for s, e in spans) for a, b in pieces)

    def outside(self, contig: str, length: int) -> np.ndarray:
        """True for each base of a contig outside of the region; shape (length,)."""
        mask = np.ones(length, bool)
        for start, end in self.spans.get(contig, ()):
            mask[start - 1 : end] = False
        return mask


def _region(text: str, lengths: dict[str, int]) -> tuple[str, tuple[int, int]]:
    if text in lengths:
        return text, (1, lengths[text])
    contig, _, span = text.rpartition(":")
    first, _, last = span.partition("-")
    if contig not in lengths:
        hint = f"Contigs: {', '.join(list(lengths)[:5])}. A region is CONTIG or CONTIG:START-END."
        raise UsageError("the region lies on no contig of the genome", found=text, hint=hint)
    try:
        ends = whole(first), whole(last)
    except ValueError:
        ends = (0, 0)
    if not 1 <= ends[0] <= ends[1] <= lengths[contig]:
        hint = f"Write {contig}:START-END, from 1 to {lengths[contig]}."
        raise UsageError("no such region", found=text, hint=hint)
    return contig, ends


class OnContig(Protocol):
    """What lies on a contig."""

    @property
    def contig(self) -> str:
        """Its name."""


Placed = TypeVar("Placed", bound=OnContig)


def by_contig(features: Iterable[Placed]) -> defaultdict[str, list[Placed]]:
    """Genes or other features by contig, in their order."""
    found: defaultdict[str, list[Placed]] = defaultdict(list)
    for feature in features:
        found[feature.contig].append(feature)
    return found


def covered(genes: Iterable[Gene], length: int, strands: str = "+-.") -> np.ndarray:
    """True for each base of a contig that lies in one of the genes on the strands; shape (length,)."""
    mask = np.zeros(length, bool)
    for gene in genes:
        if gene.strand in strands:
            for start, end in gene.parts or ((gene.start, gene.end),):
                mask[start - 1 : end] = True
                mask[max(0, start - 1 - length) : max(0, end - length)] = True
    return mask


def stretches(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First index and index after the last of every run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]])))
    return edges[::2], edges[1::2]


class FreeStretches:
    """Stretches of contigs, each on a strand, to draw intervals from."""

    def __init__(self) -> None:
        self._names: list[tuple[str, str]] = []
        self._of, self._starts, self._ends = [], [], []  # type: list[np.ndarray], list[np.ndarray], list[np.ndarray]

    def add(self, contig: str, strand: str, free: np.ndarray) -> None:
        """Add all runs of True in ``free``, which has one value a base."""
        starts, ends = stretches(free)
        self._of.append(np.full(len(starts), len(self._names)))
        self._starts.append(starts)
        self._ends.append(ends)
        self._names.append((contig, strand))

    def draw(self, lengths: Sequence[int], rng: np.random.Generator) -> Iterator[Interval | None]:
        """Draw an interval of each length; None if none is left.

        Every position is equally likely, and no interval is drawn twice.
        """
        of, starts, ends = (np.concatenate(x) for x in (self._of, self._starts, self._ends))
        taken: set[Interval] = set()
        room: dict[int, np.ndarray] = {}
        for length in lengths:
            if length not in room:
                room = {length: np.cumsum(np.clip(ends - starts - length + 1, 0, None))}
            drawn = (self._draw_one(length, room[length], of, starts, rng) for _ in range(TRIES))
            interval = next((i for i in drawn if i is None or i not in taken), None)
            if interval is not None:
                taken.add(interval)
            yield interval

    def _draw_one(
        self, length: int, room: np.ndarray, of: np.ndarray, starts: np.ndarray, rng: np.random.Generator
    ) -> Interval | None:
        if not len(room) or not room[-1]:
            return None
        pick = int(rng.integers(room[-1]))
        run = int(np.searchsorted(room, pick, side="right"))
        start = int(starts[run]) + pick - (int(room[run - 1]) if run else 0)
        contig, strand = self._names[of[run]]
        return Interval(contig, start + 1, start + length, strand)


def blocks(intervals: Sequence[Interval], lengths: dict[str, int], size: int) -> list[str | None]:
    """The name of each interval's block: intervals of different blocks have no base in common.

    A contig is cut into blocks of about ``size`` bases. Within a quarter of a block each cut lies where
    fewest intervals cross it. The name is None for an interval that crosses a cut, or the origin of a
    circular contig.
    """
    found: list[str | None] = [None] * len(intervals)
    rows: dict[str, list[int]] = {}
    for i, interval in enumerate(intervals):
        rows.setdefault(interval.contig, []).append(i)
    for contig, members in rows.items():
        starts = np.array([intervals[i].start for i in members])
        ends = np.array([intervals[i].end for i in members])
        cuts = _cuts(np.sort(starts), np.sort(ends), lengths[contig], size)
        first, last = np.searchsorted(cuts, starts), np.searchsorted(cuts, ends)
        whole = (first == last) & ((ends <= lengths[contig]) | (not len(cuts)))
        for i, block, good in zip(members, first, whole, strict=True):
            found[i] = f"{contig}:{block + 1}" if good else None
    return found


def _cuts(starts: np.ndarray, ends: np.ndarray, length: int, size: int) -> np.ndarray:
    """Last base before each cut: where fewest intervals cross, nearest to an even division."""
    number = max(1, round(length / size))
    cuts = []
    for even in np.arange(1, number) * length // number:
        around = np.arange(even - size // 4, even + size // 4 + 1)
        around = around[np.argsort(abs(around - even), kind="stable")]
        crossing = np.searchsorted(starts, around, "right") - np.searchsorted(ends, around, "right")
        cuts.append(around[np.argmin(crossing)])
    return np.array(cuts, dtype=np.int64)
