"""Labelled records from an annotated genome: one file, or a FASTA file and its GFF3."""

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
from riboswitch.genomes.intervals import Interval, Region, blocks
from riboswitch.genomes.tasks.around import AroundTask
from riboswitch.genomes.tasks.base import BaseTask, Item, TaskContext
from riboswitch.genomes.tasks.coding import CodingTask
from riboswitch.genomes.tasks.features import FeaturesTask
from riboswitch.genomes.tasks.frames import FramesTask
from riboswitch.genomes.tasks.per_position import PerPositionTask

TASKS: dict[str, type[BaseTask]] = {
    "features": FeaturesTask,
    "coding": CodingTask,
    "around": AroundTask,
    "per_position": PerPositionTask,
    "frames": FramesTask,
}


def annotated_records(
    path: str | Path,
    settings: Mapping[str, Any],
    *,
    target: str = "label",
    format: str | None = None,
    annotation: str | None = None,
) -> Records:
    """Cut labelled records from an annotated genome.

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
        GFF3; its path is relative to the folder of the FASTA file.

    Returns
    -------
    Records
        DNA along ``strand``, ids ``contig:start-end(strand)``, with the fields ``contig``, ``start``, ``end``
        (from 1, both inclusive), ``strand``, ``locus_tag`` (of features), ``block`` and the label. Records of
        different blocks have no base in common, so that a split by block separates neighbours. A feature that
        cannot be used is a rejection. ``meta["left_out"]`` counts the windows and reading frames that are
        left out, and the genes without a reading frame.

    Raises
    ------
    InputError
        If the file cannot be read, or has no feature of that kind.
    UsageError
        If there is no such task or setting, or the region lies on no contig.
    """
    options = dict(settings)
    one_of("task", options.get("task"), tuple(TASKS))
    task = build(TASKS[options.pop("task")], options, "annotated")
    beside = None if annotation is None else Path(path).parent / annotation
    genome = read_genome(path, beside, format=format, kinds=task.reads())
    context = TaskContext(genome, Region.of(genome, task.region), np.random.default_rng(task.seed), Counter())
    items = list(_checked(task.items(context), task.max_ambiguous))
    rows = [*_ignored(genome, task), *_outcomes(_blocked(items, genome, task.block), target, genome.source)]
    left_out = {name: int(count) for name, count in sorted(context.left_out.items()) if count}
    numbered = (replace(row, row=i) for i, row in enumerate(rows, 1))
    records = Records.collect(numbered, ["sequence"], left_out=left_out)
    if not len(records):  # an empty table has the same columns
        columns = [*REQUIRED, "sequence", *Interval._fields, "locus_tag", "block", target]
        records.table = records.table.reindex(columns=columns)
    return records


def _checked(items: Iterable[Item], max_ambiguous: float) -> Iterator[Item]:
    """Mark items with bad letters, and those that lie where an earlier one does."""
    policy, taken = Policy(max_ambiguous=max_ambiguous), set()
    for item in items:
        problem = item.problem or clean(item.sequence, policy).problem
        if problem is None and (item.interval, item.sequence) in taken:
            problem = Problem("DUPLICATE", "an earlier feature lies at the very same place")
        if problem is None:
            taken.add((item.interval, item.sequence))
        yield item._replace(problem=problem)


def _blocked(items: list[Item], genome: Genome, size: int) -> Iterator[tuple[Item, str]]:
    """Each item with its block; an item in two blocks gets a problem."""
    good = [item.interval for item in items if item.problem is None]
    names = iter(blocks(good, genome.lengths, size))
    for item in items:
        block = next(names) if item.problem is None else ""
        if block is None:
            item = item._replace(problem=Problem(
                "CROSSES_BLOCK", "it lies in two blocks, which a split may put into different parts",
                "A larger setting block cuts fewer features."))  # fmt: skip
        yield item, block or ""


def _outcomes(items: Iterable[tuple[Item, str]], target: str, source: str) -> Iterator[Record | Rejection]:
    times: Counter[str] = Counter()
    for item, block in items:
        interval = item.interval
        if item.problem:
            name = item.locus_tag or str(interval)
            yield Rejection(0, name, item.sequence, *item.problem, source=source)
            continue
        times[str(interval)] += 1
        name = f"{interval}/{times[str(interval)]}" if times[str(interval)] > 1 else str(interval)
        fields = {**interval._asdict(), "locus_tag": item.locus_tag, "block": block, target: item.label}
        yield Record(0, name, {"sequence": item.sequence}, fields, source)


def _ignored(genome: Genome, task: BaseTask) -> Iterator[Rejection]:
    """Contigs, and features of the task's kind, that cannot be used."""
    yield from genome.rejected
    for feature in genome.ignored:
        if feature.kind in (task.kind, ""):
            yield Rejection(0, feature.label, "", *feature.problem, source=genome.source)
