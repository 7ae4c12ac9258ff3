"""Features of a kind against background stretches of the same lengths."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from riboswitch.bio.genome import Gene, extract
from riboswitch.config.settings import choice, number, positive_int, whole
from riboswitch.errors import Problem
from riboswitch.genomes.intervals import FreeStretches, by_contig, covered
from riboswitch.genomes.tasks.base import (
    BACKGROUNDS,
    BaseTask,
    Item,
    TaskContext,
    features_of,
    interval_of,
    unusable,
)


@dataclass(frozen=True, kw_only=True)
class FeaturesTask(BaseTask):
    """Features of a kind against background stretches of the same lengths.

    Attributes
    ----------
    feature : str
        Kind of feature.
    label, otherwise : str
        The two classes. If ``label`` is empty it is the feature's kind.
    background : {"elsewhere", "intergenic"}
        ``elsewhere``: no feature of this kind lies on the strand that is read; it may lie on the other one.
        ``intergenic``: no gene lies on either strand. Such stretches are short; features without a stretch of
        their length are counted.
    ratio : float
        Background stretches for each feature.
    min_length, max_length : int
        Limits of a feature's length in bases.
    """

    feature: str = "CDS"
    label: str = ""
    otherwise: str = "none"
    background: str = choice("elsewhere", BACKGROUNDS)
    ratio: float = number(1.0, at_least=0)
    min_length: int = whole(1)
    max_length: int | None = whole(None)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.max_length is not None:
            positive_int("max_length", self.max_length, least=self.min_length)

    @property
    def kind(self) -> str:
        return self.feature

    def items(self, context: TaskContext) -> Iterator[Item]:
        lengths = []
        for gene in features_of(context, self.feature):
            item = self._positive(gene, context)
            if item.problem is None:
                lengths.append(len(item.sequence))
            yield item
        wanted = np.resize(lengths, round(self.ratio * len(lengths)))
        for interval in self._free(context).draw(wanted.astype(int).tolist(), context.rng):
            if interval is None:
                context.left_out["background_without_room"] += 1
            else:
                yield Item(interval, interval.read(context.genome), self.otherwise)

    def _positive(self, gene: Gene, context: TaskContext) -> Item:
        sequence = extract(context.genome, gene)
        problem = unusable(gene, self.feature, interval_of(gene), context)
        if problem is None and len(sequence) < self.min_length:
            problem = Problem("TOO_SHORT", f"{len(sequence)} letters, fewer than {self.min_length}")
        if problem is None and self.max_length is not None and len(sequence) > self.max_length:
            problem = Problem("TOO_LONG", f"{len(sequence)} letters, more than {self.max_length}")
        return Item(interval_of(gene), sequence, self.label or self.feature, gene.locus_tag, problem)

    def _free(self, context: TaskContext) -> FreeStretches:
        free, known = FreeStretches(), by_contig(context.genome.of_kind(self.feature))
        for contig, letters in context.genome.contigs.items():
            for strand in "+-":
                if self.background == "intergenic":
                    taken = context.genic(contig, known[contig])
                else:
                    taken = covered(known[contig], len(letters), f"{strand}.")
                free.add(contig, strand, context.free(contig, taken))
        return free
