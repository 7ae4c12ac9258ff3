"""What the tasks of an annotated genome have in common: their examples, their ground, their settings."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from riboswitch.bio.genome import Gene, Genome
from riboswitch.config.settings import fraction, positive_int
from riboswitch.errors import InputError, Problem
from riboswitch.genomes.intervals import Interval, Region, by_contig, covered

GENIC = ("gene", "CDS", "pseudogene", "tRNA", "rRNA", "tmRNA", "ncRNA", "misc_RNA")
"""Kinds of feature that intergenic bases are outside of."""


class Item(NamedTuple):
    """An example, or what could not become one and why."""

    place: Interval
    sequence: str
    label: str
    locus_tag: str = ""
    problem: Problem | None = None


@dataclass(frozen=True)
class TaskContext:
    """What a task works on: a genome, the part to use, a source of chance, and counts of what is left out."""

    genome: Genome
    area: Region
    rng: np.random.Generator
    left_out: Counter[str]

    @cached_property
    def of_contig(self) -> dict[str, list[Gene]]:
        """Genes of any sort by contig."""
        return by_contig([*self.genome.cds, *(f for f in self.genome.others if f.kind in GENIC)])

    def free(self, contig: str, taken: np.ndarray) -> np.ndarray:
        """Bases of the part to use that are not taken."""
        return ~(taken | self.area.outside(contig, len(taken)))

    def genic(self, contig: str, more: Iterable[Gene] = ()) -> np.ndarray:
        """True for every base of a contig in a gene of any sort or in one of these, on either strand."""
        return covered([*self.of_contig[contig], *more], len(self.genome.contigs[contig]))


@dataclass(frozen=True, kw_only=True)
class BaseTask(ABC):
    """Settings of every task.

    Attributes
    ----------
    region : str or list of str
        Part of the genome to use, as ``CONTIG`` or ``CONTIG:START-END``; all of it by default.
    block : int
        About how many bases make a block: records of different blocks have no base in common.
    max_ambiguous : float
        Largest share of ambiguity codes in an example.
    seed : int
        Of the draw.
    """

    region: str | list[str] = ""
    block: int = 50_000
    max_ambiguous: float = 0.1
    seed: int = 0

    def __post_init__(self) -> None:
        positive_int("block", self.block)
        positive_int("seed", self.seed, least=0)
        fraction("max_ambiguous", self.max_ambiguous, below_one=False)

    @property
    def kind(self) -> str:
        """Kind of feature that the examples are made of."""
        return "CDS"

    def reads(self) -> set[str]:
        """Kinds of feature that the task looks at."""
        return {*GENIC, self.kind}

    @abstractmethod
    def items(self, ground: TaskContext) -> Iterator[Item]:
        """All examples, and the features that cannot be one."""


def features_of(ground: TaskContext, kind: str) -> list[Gene]:
    """Features of a kind; there must be some."""
    genes = ground.genome.of_kind(kind)
    if not genes and not any(u.kind == kind for u in ground.genome.unplaced):
        raise InputError(f"no {kind} feature in the file", where=ground.genome.source)
    return genes


def unusable(gene: Gene, kind: str, place: Interval, ground: TaskContext) -> Problem | None:
    """Why what lies at a place cannot be an example of a feature of its kind, if so."""
    if gene.kind != kind:
        return pseudogene()
    inside = ground.area.holds(place)
    return None if inside else Problem("OUTSIDE_REGION", "it does not lie in the region that was asked for")


def place_of(gene: Gene) -> Interval:
    """Where a feature lies, from its first base to its last."""
    return Interval(gene.contig, gene.start, gene.end, gene.strand)


def pseudogene() -> Problem:
    """Why a pseudogene is no example of either class."""
    return Problem("PSEUDOGENE", "the gene is annotated as a pseudogene: neither a gene nor none")
