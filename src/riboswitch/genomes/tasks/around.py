"""Windows around one end of each feature of a kind, against windows elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from riboswitch.bio.alphabet import COMPLEMENT
from riboswitch.bio.genome import Gene, Genome
from riboswitch.config.settings import choice, number, whole
from riboswitch.errors import Problem, UsageError
from riboswitch.genomes.intervals import Interval, by_contig
from riboswitch.genomes.tasks.base import (
    BACKGROUNDS,
    BaseTask,
    Item,
    TaskContext,
    features_of,
    interval_of,
    unusable,
)
from riboswitch.numeric.offsets import offsets_of, running_sums

ENDS = ("start", "end")


@dataclass(frozen=True, kw_only=True)
class AroundTask(BaseTask):
    """Windows around one end of every feature of a kind, read along its strand, against windows elsewhere.

    Attributes
    ----------
    feature : str
        Kind of feature.
    at : {"start", "end"}
        The point of the window, in the direction of the feature: before its first base, or after its last.
    up, down : int
        Bases of the window before and after its point.
    label, otherwise : str
        The two classes. If ``label`` is empty it is the feature's kind and its end.
    background : {"elsewhere", "intergenic"}
        Background windows lie anywhere, or outside of all genes.
    away : int
        Fewest bases between the point of a background window and that of every true one on the strand.
    same : int
        The first ``same`` bases after the points of background windows are distributed as after true points.
        With 3 at the start of CDS, every background window has a start codon at its point, too.
    ratio : float
        Background windows for each true one.
    """

    feature: str = "CDS"
    at: str = choice("start", ENDS)
    up: int = whole(50, at_least=0)
    down: int = whole(50, at_least=0)
    label: str = ""
    otherwise: str = "none"
    background: str = choice("elsewhere", BACKGROUNDS)
    away: int = whole(10)
    same: int = whole(0, at_least=0)
    ratio: float = number(1.0, at_least=0)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.up + self.down:
            raise UsageError("down must be 1 or more where up is 0", found=self.down)
        if self.same > self.down:
            raise UsageError("same counts bases after the point: no more than down", found=self.same)

    @property
    def kind(self) -> str:
        return self.feature

    def items(self, context: TaskContext) -> Iterator[Item]:
        true: list[str] = []
        for gene in features_of(context, self.feature):
            item = self._positive(gene, context)
            true += [item.sequence] if item.problem is None else []
            yield item
        yield from self._background(true, context)

    def _positive(self, gene: Gene, context: TaskContext) -> Item:
        label, interval, problem = self.label or f"{self.feature}_{self.at}", None, None
        if gene.strand == ".":
            problem = Problem("NO_STRAND", "the feature has no strand, or is joined from both")
        elif {"start": "5'", "end": "3'"}[self.at] in gene.partial:
            problem = Problem("OPEN_END", f"the {self.at} of the feature lies outside of the contig")
        else:
            interval = self._window(_point(gene, self.at), gene.contig, gene.strand, context.genome)
        if interval is None:
            problem = problem or Problem("PAST_END", "the window runs off the contig")
            return Item(interval_of(gene), "", label, gene.locus_tag, problem)
        problem = unusable(gene, self.feature, interval, context)
        return Item(interval, interval.read(context.genome), label, gene.locus_tag, problem)

    def _window(self, point: int, contig: str, strand: str, genome: Genome) -> Interval | None:
        """The window whose point lies after base ``point``; None if it does not fit on the contig."""
        length, width = len(genome.contigs[contig]), self.up + self.down
        first = point - (self.up if strand == "+" else self.down)
        if contig in genome.circular and width <= length:
            first %= length
        elif first < 0 or first + width > length:
            return None
        return Interval(contig, first + 1, first + width, strand)

    def _background(self, true: list[str], context: TaskContext) -> Iterator[Item]:
        """Windows whose points are drawn without repetition, with the first bases of the true ones."""
        known = by_contig(context.genome.of_kind(self.feature))
        points = [(c, s, self._points(c, s, known[c], context)) for c in context.genome.contigs for s in "+-"]
        starts = [_first_bases(p, context.genome.contigs[c], s, self.same) for c, s, p in points]
        every, first = np.concatenate(starts), offsets_of([*map(len, starts)])
        wanted = [s[self.up : self.up + self.same].encode() for s in true]
        for bases in sorted(set(wanted)):
            alike = np.flatnonzero(every == bases)
            number = round(wanted.count(bases) * self.ratio)
            context.left_out["background_without_room"] += max(0, number - len(alike))
            for i in np.sort(context.rng.choice(alike, min(number, len(alike)), replace=False)):
                which = int(np.searchsorted(first, i, side="right")) - 1
                contig, strand, of_strand = points[which]
                interval = self._window(int(of_strand[i - first[which]]), contig, strand, context.genome)
                if interval:
                    yield Item(interval, interval.read(context.genome), self.otherwise)

    def _points(self, contig: str, strand: str, known: list[Gene], context: TaskContext) -> np.ndarray:
        """Every point of a strand that a background window may have."""
        length, width = len(context.genome.contigs[contig]), self.up + self.down
        taken = np.zeros(length, bool)
        if self.background == "intergenic":
            taken = context.genic(contig, known)
        full = running_sums(~context.free(contig, taken))
        first = np.arange(max(0, length - width + 1))
        points = first[full[first + width] == full[first]] + (self.up if strand == "+" else self.down)
        near = np.zeros(length + 1, bool)
        for gene in known:
            if gene.strand == strand:
                true = _point(gene, self.at) % length
                for point in (true, true + length):  # the same on a circular contig
                    near[max(0, point - self.away + 1) : point + self.away] = True
        return points[~near[points]]


def _point(gene: Gene, at: str) -> int:
    """How many bases of the contig lie before the point where a gene starts or ends."""
    parts = gene.parts or ((gene.start, gene.end),)
    start, end = parts[0] if at == "start" else parts[-1]
    return start - 1 if (gene.strand == "+") == (at == "start") else end


def _first_bases(points: np.ndarray, letters: str, strand: str, same: int) -> np.ndarray:
    """The first ``same`` bases after every point, along the strand, as byte strings."""
    if not same:
        return np.full(len(points), b"", "S1")
    bases = np.frombuffer(letters.encode("ascii"), np.uint8)
    steps = np.arange(same)
    if strand == "-":
        bases = np.frombuffer(letters.translate(COMPLEMENT).encode("ascii"), np.uint8)
        steps = -1 - steps
    positions = points[:, None] + steps
    codes = bases[positions.clip(0, len(bases) - 1)]
    codes[(positions < 0) | (positions >= len(bases))] = ord("?")
    return np.ascontiguousarray(codes).view(f"S{same}").ravel()
