"""Windows with a label for each base: coding on either strand, or intergenic."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from riboswitch.bio.genome import Gene
from riboswitch.config.settings import whole
from riboswitch.errors import Problem
from riboswitch.genomes.intervals import Interval, by_contig, covered
from riboswitch.genomes.tasks.base import (
    BaseTask,
    Item,
    TaskContext,
    features_of,
)


@dataclass(frozen=True, kw_only=True)
class PerPositionTask(BaseTask):
    """The genome cut into windows, each with a label for every base.

    The label is a text as long as the window: ``+`` and ``-`` for bases that code on the forward or reverse
    strand, ``i`` for intergenic ones, and ``.`` (no label) where both strands code, in pseudogenes, in genes
    that code for no protein, in introns, and where the base is not known.

    Attributes
    ----------
    window : int
        Bases of a window.
    min_length : int
        A shorter window at the end of a contig is left out.
    """

    window: int = whole(2000)
    min_length: int = whole(50)

    def items(self, context: TaskContext) -> Iterator[Item]:
        features_of(context, "CDS")
        genes = by_contig(context.genome.cds)
        for contig, spans in context.region.spans.items():
            track = _track(context, contig, genes[contig])
            for first, last in spans:
                for start in range(first, last + 1, self.window):
                    interval = Interval(contig, start, min(start + self.window - 1, last), "+")
                    labels = track[interval.start - 1 : interval.end]
                    yield Item(interval, interval.read(context.genome), labels, problem=self._problem(labels))

    def _problem(self, labels: str) -> Problem | None:
        if len(labels) < self.min_length:
            return Problem("TOO_SHORT", f"{len(labels)} letters, fewer than {self.min_length}")
        if not labels.strip("."):
            return Problem("MISSING_LABEL", "no base of the window has a label")
        return None


def _track(context: TaskContext, contig: str, cds: list[Gene]) -> str:
    """The label of each base of a contig."""
    letters = context.genome.contigs[contig]
    bases = np.frombuffer(letters.encode("ascii"), np.uint8)
    genes = [g for g in cds if g.kind == "CDS"]
    forward, reverse, unclear = (covered(genes, len(letters), s) for s in "+-.")
    pseudo = covered([g for g in cds if g.kind != "CDS"], len(letters))
    track = np.full(len(letters), ord("i"), np.uint8)
    track[context.genic(contig)] = ord(".")
    track[forward], track[reverse] = ord("+"), ord("-")
    track[(forward & reverse) | unclear | pseudo | ~np.isin(bases, list(b"ACGT"))] = ord(".")
    return track.tobytes().decode("ascii")
