"""An annotated genome as a data set: labelled records made of one file, or of a FASTA file and its GFF3."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from riboswitch.bio.alphabet import Policy, clean
from riboswitch.bio.genome import Genome, read_genome
from riboswitch.config.settings import build, one_of
from riboswitch.data.records import REQUIRED, Record, Records, Rejection
from riboswitch.errors import Problem
from riboswitch.genomes.annotated_sites import AroundTask, PerPositionTask
from riboswitch.genomes.annotated_tasks import CodingTask, FeaturesTask, FramesTask
from riboswitch.genomes.intervals import Interval, Region, blocks
from riboswitch.genomes.task_context import BaseTask, Item, TaskContext

TASKS: dict[str, type[BaseTask]] = {
    "features": FeaturesTask,
    "coding": CodingTask,
    "around": AroundTask,
    "per_position": PerPositionTask,
    "frames": FramesTask,
}


def annotated(
    path: str | Path,
    settings: Mapping[str, Any],
    *,
    target: str = "label",
    format: str | None = None,
    annotation: str | None = None,
) -> Records:
    """Make labelled records of an annotated genome.

    Parameters
    ----------
    path : path
        GenBank, EMBL, GFF3 with its sequences, or FASTA with an ``annotation``.
    settings : mapping
        ``task``, one of `TASKS`, and the settings of that class.
    target : str
        Column of the labels.
    format : str, optional
        As for `read_genome`.
    annotation : str, optional
        GFF3, a path from the folder of the FASTA file.

    Returns
    -------
    Records
        DNA along ``strand``, ids ``contig:start-end(strand)``, with the fields ``contig``, ``start``, ``end``
        (from 1, both inside), ``strand``, ``locus_tag`` (of features), ``block`` (records of different
        blocks have no base in common, so splitting by it separates neighbours) and the label. Every feature
        that cannot be used is a rejection; ``meta["left_out"]`` counts windows and reading frames that are
        not, and genes that no reading frame ends with.

    Raises
    ------
    InputError
        The file cannot be read, or has no feature of that kind.
    UsageError
        There is no such task or setting, or the region is on no contig.
    """
    rest = dict(settings)
    one_of("task", rest.get("task"), tuple(TASKS))
    task = build(TASKS[rest.pop("task")], rest, "annotated")
    beside = None if annotation is None else Path(path).parent / annotation
    genome = read_genome(path, beside, format=format, kinds=task.reads(), strict=False)
    ground = TaskContext(genome, Region.of(genome, task.region), np.random.default_rng(task.seed), Counter())
    items = list(_checked(task.items(ground), task.max_ambiguous))
    rows = [*_unplaced(genome, task), *_outcomes(_blocked(items, genome, task.block), target, genome.source)]
    left_out = {name: int(count) for name, count in sorted(ground.left_out.items()) if count}
    made = Records.collect((replace(row, row=i) for i, row in enumerate(rows, 1)), left_out=left_out)
    if not len(made):  # the columns are there even if there is nothing in them
        made.table = made.table.reindex(columns=[*REQUIRED, *Interval._fields, "locus_tag", "block", target])
    return made


def _checked(items: Iterable[Item], max_ambiguous: float) -> Iterator[Item]:
    """Items with a problem where there is one: bad letters, or the place of an earlier one."""
    policy, taken = Policy(max_ambiguous=max_ambiguous), set()
    for item in items:
        problem = item.problem or clean(item.sequence, policy).problem
        if problem is None and (item.place, item.sequence) in taken:
            problem = Problem("DUPLICATE", "an earlier feature lies at the very same place")
        if problem is None:
            taken.add((item.place, item.sequence))
        yield item._replace(problem=problem)


def _blocked(items: list[Item], genome: Genome, size: int) -> Iterator[tuple[Item, str]]:
    """Each item with its block; one that lies in two gets a problem."""
    good = [item.place for item in items if item.problem is None]
    names = iter(blocks(good, genome.lengths, size))
    for item in items:
        block = next(names) if item.problem is None else ""
        if block is None:
            item = item._replace(problem=Problem(
                "CROSSES_BLOCK", "it lies in two blocks, which a split may put on different sides",
                "It is counted; larger blocks (block) cut fewer."))  # fmt: skip
        yield item, block or ""


def _outcomes(items: Iterable[tuple[Item, str]], target: str, source: str) -> Iterator[Record | Rejection]:
    times: Counter[str] = Counter()
    for item, block in items:
        place = item.place
        if item.problem:
            name = item.locus_tag or str(place)
            yield Rejection(0, name, item.sequence, *item.problem, source=source)
            continue
        times[str(place)] += 1
        name = f"{place}/{times[str(place)]}" if times[str(place)] > 1 else str(place)
        fields = {**place._asdict(), "locus_tag": item.locus_tag, "block": block, target: item.label}
        yield Record(0, name, item.sequence, fields, source)


def _unplaced(genome: Genome, task: BaseTask) -> Iterator[Rejection]:
    """Features of the kind in question that are not on the contigs."""
    for name, kind, problem in genome.unplaced:
        if kind == task.kind:
            yield Rejection(0, name, "", *problem, source=genome.source)
