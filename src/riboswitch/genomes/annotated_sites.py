"""Tasks about single places of an annotated genome: around a feature's end, or every base of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from riboswitch.bio.alphabet import COMPLEMENT
from riboswitch.bio.genome import Gene, Genome
from riboswitch.config.settings import one_of, positive, positive_int
from riboswitch.errors import Problem, UsageError
from riboswitch.genomes.intervals import Interval, by_contig, covered
from riboswitch.genomes.task_context import BaseTask, Item, TaskContext, features_of, place_of, unusable
from riboswitch.numeric.offsets import offsets_of, running_sums


@dataclass(frozen=True, kw_only=True)
class AroundTask(BaseTask):
    """Windows around one end of every feature of a kind, read along its strand, against windows elsewhere.

    Attributes
    ----------
    feature : str
        Kind of feature.
    at : {"start", "end"}
        Which end, in the direction of the feature: before its first base, or after its last one.
    up, down : int
        Bases before and after that point.
    label, otherwise : str
        The two classes (the feature's kind and its end, if empty).
    background : {"elsewhere", "intergenic"}
        Windows anywhere, or outside of all genes.
    away : int
        Their point is at least so many bases from every true one of the strand.
    same : int
        So many first bases after a background point are those after some true one, as often as there: with 3
        at the start of CDS, every background window has a start codon in its place, too.
    ratio : float
        Background windows for each true one.
    """

    feature: str = "CDS"
    at: str = "start"
    up: int = 50
    down: int = 50
    label: str = ""
    otherwise: str = "none"
    background: str = "elsewhere"
    away: int = 10
    same: int = 0
    ratio: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of("at", self.at, ("start", "end"))
        one_of("background", self.background, ("elsewhere", "intergenic"))
        positive_int("up", self.up, least=0)
        positive_int("down", self.down, least=0 if self.up else 1)
        positive_int("away", self.away)
        positive_int("same", self.same, least=0)
        if self.same > self.down:
            raise UsageError("same counts bases after the point: no more than down", found=self.same)
        positive("ratio", self.ratio, zero=True)

    @property
    def kind(self) -> str:
        return self.feature

    def items(self, ground: TaskContext) -> Iterator[Item]:
        true = []
        for gene in features_of(ground, self.feature):
            item = self._positive(gene, ground)
            true += [item.sequence] if item.problem is None else []
            yield item
        yield from self._background(true, ground)

    def _positive(self, gene: Gene, ground: TaskContext) -> Item:
        label, place, problem = self.label or f"{self.feature}_{self.at}", None, None
        if gene.strand == ".":
            problem = Problem("NO_STRAND", "the feature has no strand, or is joined from both")
        elif {"start": "5'", "end": "3'"}[self.at] in gene.partial:
            problem = Problem("OPEN_END", f"the {self.at} of the feature lies outside of the contig")
        else:
            place = self._window(_point(gene, self.at), gene.contig, gene.strand, ground.genome)
        if place is None:
            problem = problem or Problem("PAST_END", "the window runs off the contig")
            return Item(place_of(gene), "", label, gene.locus_tag, problem)
        problem = unusable(gene, self.feature, place, ground)
        return Item(place, place.read(ground.genome), label, gene.locus_tag, problem)

    def _window(self, point: int, contig: str, strand: str, genome: Genome) -> Interval | None:
        """The window around the point behind base ``point``; None if it does not fit on the contig."""
        length, width = len(genome.contigs[contig]), self.up + self.down
        first = point - (self.up if strand == "+" else self.down)
        if contig in genome.circular and width <= length:
            first %= length
        elif first < 0 or first + width > length:
            return None
        return Interval(contig, first + 1, first + width, strand)

    def _background(self, true: list[str], ground: TaskContext) -> Iterator[Item]:
        """Windows whose points are drawn without repetition, for each beginning of a true one as many."""
        known = by_contig(ground.genome.of_kind(self.feature))
        points = [(c, s, self._points(c, s, known[c], ground)) for c in ground.genome.contigs for s in "+-"]
        begins = [_begins(p, ground.genome.contigs[c], s, self.same) for c, s, p in points]
        every, first = np.concatenate(begins), offsets_of([*map(len, begins)])
        wanted = [s[self.up : self.up + self.same].encode() for s in true]
        for begin in sorted(set(wanted)):
            alike = np.flatnonzero(every == begin)
            number = round(wanted.count(begin) * self.ratio)
            ground.left_out["background_without_room"] += max(0, number - len(alike))
            for i in np.sort(ground.rng.choice(alike, min(number, len(alike)), replace=False)):
                which = int(np.searchsorted(first, i, side="right")) - 1
                contig, strand, of_strand = points[which]
                place = self._window(int(of_strand[i - first[which]]), contig, strand, ground.genome)
                if place:
                    yield Item(place, place.read(ground.genome), self.otherwise)

    def _points(self, contig: str, strand: str, known: list[Gene], ground: TaskContext) -> np.ndarray:
        """Every point of a strand that a background window may lie around."""
        length, width = len(ground.genome.contigs[contig]), self.up + self.down
        taken = np.zeros(length, bool)
        if self.background == "intergenic":
            taken = ground.genic(contig, known)
        full = running_sums(~ground.free(contig, taken))
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


def _begins(points: np.ndarray, letters: str, strand: str, same: int) -> np.ndarray:
    """The first bases after every point, along the strand, as bytes of length ``same``."""
    if not same:
        return np.full(len(points), b"", "S1")
    bases = np.frombuffer(letters.encode("ascii"), np.uint8)
    steps = np.arange(same)
    if strand == "-":
        bases = np.frombuffer(letters.translate(COMPLEMENT).encode("ascii"), np.uint8)
        steps = -1 - steps
    where = points[:, None] + steps
    codes = bases[where.clip(0, len(bases) - 1)]
    codes[(where < 0) | (where >= len(bases))] = ord("?")
    return np.ascontiguousarray(codes).view(f"S{same}").ravel()


@dataclass(frozen=True, kw_only=True)
class PerPositionTask(BaseTask):
    """The genome cut into windows, each with a label for every base.

    The label is a text as long as the window: ``+`` and ``-`` for bases that code on the forward or reverse
    strand, ``i`` for intergenic ones, and ``.`` (no label) where both strands code, in pseudogenes, in genes
    that code for no protein, in introns, and where the base is not known.

    Attributes
    ----------
    window : int
        Bases.
    min_length : int
        A shorter rest at the end of a contig is left out.
    """

    window: int = 2000
    min_length: int = 50

    def __post_init__(self) -> None:
        super().__post_init__()
        positive_int("window", self.window)
        positive_int("min_length", self.min_length)

    def items(self, ground: TaskContext) -> Iterator[Item]:
        features_of(ground, "CDS")
        genes = by_contig(ground.genome.cds)
        for contig, spans in ground.area.spans.items():
            track = _track(ground, contig, genes[contig])
            for first, last in spans:
                for start in range(first, last + 1, self.window):
                    place = Interval(contig, start, min(start + self.window - 1, last), "+")
                    labels = track[place.start - 1 : place.end]
                    yield Item(place, place.read(ground.genome), labels, problem=self._problem(labels))

    def _problem(self, labels: str) -> Problem | None:
        if len(labels) < self.min_length:
            return Problem("TOO_SHORT", f"{len(labels)} letters, fewer than {self.min_length}")
        if not labels.strip("."):
            return Problem("MISSING_LABEL", "no base of the window has a label")
        return None


def _track(ground: TaskContext, contig: str, cds: list[Gene]) -> str:
    letters = ground.genome.contigs[contig]
    bases = np.frombuffer(letters.encode("ascii"), np.uint8)
    genes = [g for g in cds if g.kind == "CDS"]
    forward, reverse, unclear = (covered(genes, len(letters), s) for s in "+-.")
    pseudo = covered([g for g in cds if g.kind != "CDS"], len(letters))
    track = np.full(len(letters), ord("i"), np.uint8)
    track[ground.genic(contig)] = ord(".")
    track[forward], track[reverse] = ord("+"), ord("-")
    track[(forward & reverse) | unclear | pseudo | ~np.isin(bases, list(b"ACGT"))] = ord(".")
    return track.tobytes().decode("ascii")
