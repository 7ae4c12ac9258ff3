"""What all tasks share: an example, the context they are cut from, and common settings."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from riboswitch.bio.genome import Gene, Genome
from riboswitch.config.settings import check_settings, number, whole
from riboswitch.errors import InputError, Problem
from riboswitch.genomes.intervals import Interval, Region, by_contig, covered

GENIC = ("gene", "CDS", "pseudogene", "tRNA", "rRNA", "tmRNA", "ncRNA", "misc_RNA")
"""Kinds of feature that count as genes: intergenic bases lie outside of all of them."""


class Item(NamedTuple):
    """An example, or a feature that cannot be one (``problem``)."""

    interval: Interval
    sequence: str
    label: str
    locus_tag: str = ""
    problem: Problem | None = None


@dataclass(frozen=True)
class TaskContext:
    """What a task works on.

    Attributes
    ----------
    genome : Genome
    region : Region
        The part of the genome to use.
    rng : Generator
    left_out : Counter
        How many examples were left out, by reason.
    """

    genome: Genome
    region: Region
    rng: np.random.Generator
    left_out: Counter[str]

    @cached_property
    def of_contig(self) -> dict[str, list[Gene]]:
        """Genes of any kind by contig."""
        return by_contig([*self.genome.cds, *(f for f in self.genome.others if f.kind in GENIC)])

    def free(self, contig: str, taken: np.ndarray) -> np.ndarray:
        """True for each base of the region that is not taken; shape (length,)."""
        return ~(taken | self.region.outside(contig, len(taken)))

    def genic(self, contig: str, more: Iterable[Gene] = ()) -> np.ndarray:
        """True for each base of a contig in a gene of any kind or in one of ``more``, on either strand."""
        return covered([*self.of_contig[contig], *more], len(self.genome.contigs[contig]))


BACKGROUNDS = ("elsewhere", "intergenic")


@dataclass(frozen=True, kw_only=True)
class BaseTask(ABC):
    """The settings that all tasks have.

    Attributes
    ----------
    region : str or list of str
        Part of the genome to use, as ``CONTIG`` or ``CONTIG:START-END``; all of it by default.
    block : int
        About how many bases a block has: records of different blocks have no base in common.
    max_ambiguous : float
        Largest fraction of ambiguity codes in an example.
    seed : int
        Of the random draws.
    """

    region: str | list[str] = ""
    block: int = whole(50_000)
    max_ambiguous: float = number(0.1, at_least=0, at_most=1)
    seed: int = whole(0, at_least=0)

    def __post_init__(self) -> None:
        check_settings(self)

    @property
    def kind(self) -> str:
        """Kind of feature that the examples are cut from."""
        return "CDS"

    def reads(self) -> set[str]:
        """Kinds of feature that the task reads."""
        return {*GENIC, self.kind}

    @abstractmethod
    def items(self, context: TaskContext) -> Iterator[Item]:
        """All examples, and the features that cannot be one."""


def features_of(context: TaskContext, kind: str) -> list[Gene]:
    """Features of a kind; raises `InputError` if the genome has none."""
    genes = context.genome.of_kind(kind)
    if not genes and not any(f.kind in (kind, "") for f in context.genome.ignored):
        raise InputError(f"no {kind} feature in the file", where=context.genome.source)
    return genes


def unusable(gene: Gene, kind: str, interval: Interval, context: TaskContext) -> Problem | None:
    """Why a feature, or the window around it, cannot be an example; None if it can."""
    if gene.kind != kind:
        return pseudogene()
    inside = context.region.holds(interval)
    return None if inside else Problem("OUTSIDE_REGION", "it does not lie in the region that was asked for")


def interval_of(gene: Gene) -> Interval:
    """The interval of a feature, from its first base to its last."""
    return Interval(gene.contig, gene.start, gene.end, gene.strand)


def pseudogene() -> Problem:
    """Why a pseudogene is no example of either class."""
    return Problem("PSEUDOGENE", "the gene is annotated as a pseudogene: neither a gene nor none")
