"""Windows inside coding sequences against windows outside of all genes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from riboswitch.config.settings import choice, number, whole
from riboswitch.errors import Problem
from riboswitch.genomes.intervals import Interval, stretches
from riboswitch.genomes.tasks.base import (
    BaseTask,
    Item,
    TaskContext,
    features_of,
    interval_of,
    unusable,
)


@dataclass(frozen=True, kw_only=True)
class CodingTask(BaseTask):
    """Windows of one length inside coding sequences against windows outside of all genes.

    Attributes
    ----------
    window : int
        Bases of a window.
    strand : {"gene", "random", "both"}
        ``gene``: coding windows are read along their gene, the others along a random strand. ``random``: all
        are read along a random strand. ``both``: each is read along both strands, as two records.
    label, otherwise : str
        The two classes.
    ratio : float
        Intergenic windows for each coding one. Of the class with too many, windows are drawn.
    """

    window: int = whole(200)
    strand: str = choice("gene", ("gene", "random", "both"))
    label: str = "coding"
    otherwise: str = "intergenic"
    ratio: float = number(1.0, above=0)

    def items(self, context: TaskContext) -> Iterator[Item]:
        coding, problems = self._coding(context)
        yield from problems
        between = self._between(context)
        many = min(len(coding), int(len(between) / self.ratio))
        for intervals, drawn, label in (
            (coding, many, self.label),
            (between, min(len(between), round(many * self.ratio)), self.otherwise),
        ):
            context.left_out[f"{label}_windows_not_drawn"] += len(intervals) - drawn
            for i in np.sort(context.rng.choice(len(intervals), drawn, replace=False)):
                for strand in self._strands(intervals[i].strand, context.rng):
                    interval = intervals[i]._replace(strand=strand)
                    yield Item(interval, interval.read(context.genome), label)

    def _coding(self, context: TaskContext) -> tuple[list[Interval], list[Item]]:
        """Windows side by side from the first base of every gene, and the genes that cannot be used."""
        intervals, problems = [], []
        for gene in features_of(context, "CDS"):
            problem = unusable(gene, "CDS", interval_of(gene), context)
            if len(gene.parts) > 1 or gene.end > len(context.genome.contigs[gene.contig]):
                problem = problem or Problem("JOINED", "the gene lies in several pieces")
            if problem:
                problems.append(Item(interval_of(gene), "", self.label, gene.locus_tag, problem))
                continue
            for i in range((gene.end - gene.start + 1) // self.window):
                start = gene.start + i * self.window
                if gene.strand == "-":
                    start = gene.end - (i + 1) * self.window + 1
                intervals.append(Interval(gene.contig, start, start + self.window - 1, gene.strand))
        distinct = list(dict.fromkeys(intervals))
        context.left_out["repeated_windows"] += len(intervals) - len(distinct)
        return distinct, problems

    def _between(self, context: TaskContext) -> list[Interval]:
        """Windows side by side between genes, each on a random strand."""
        intervals = []
        for contig in context.genome.contigs:
            starts, ends = stretches(context.free(contig, context.genic(contig)))
            for first, last in zip(starts.tolist(), ends.tolist(), strict=True):
                for start in range(first, last - self.window + 1, self.window):
                    intervals.append(Interval(contig, start + 1, start + self.window, "."))
        strands = context.rng.integers(2, size=len(intervals))
        return [p._replace(strand="+-"[s]) for p, s in zip(intervals, strands, strict=True)]

    def _strands(self, own: str, rng: np.random.Generator) -> str:
        if self.strand == "random":
            return "+-"[rng.integers(2)]
        return "+-" if self.strand == "both" else own
