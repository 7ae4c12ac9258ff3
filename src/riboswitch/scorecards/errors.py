"""The error of each method by the distance of a test row to the training data, and by known or new group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from riboswitch.auditing.relations import sketched
from riboswitch.config.settings import build
from riboswitch.data.records import Records
from riboswitch.data.task import Task
from riboswitch.evaluation.metrics import Array
from riboswitch.evaluation.resampling import LEVEL
from riboswitch.modalities.base import Modality
from riboswitch.modalities.optional_parts import Sketch
from riboswitch.numeric.survival import disorder

BINS = 5  # of the similarity from 0 to 1
LEAST_GROUPS = 5  # in a part of the rows, for an error with an interval
MOST_DRAWN = 2_000_000  # numbers in memory at once
NAMES = {"regression": "root mean squared error", "binary": "Brier score", "multiclass": "Brier score",
         "survival": "share of pairs in the wrong order"}  # fmt: skip


class Measure(NamedTuple):
    """How alike rows are: the name of the measure, and its meaning."""

    name: str
    meaning: str


class Nearness:
    """Similarity of test rows to their nearest training row, by fold.

    Parameters
    ----------
    records : Records
    modality : Modality
    processes : int
    """

    def __init__(self, records: Records, modality: Modality, processes: int = 1):
        self.modality, self.processes = modality, processes
        self.measure: Measure | None = None
        self._sketch: Sketch | None = None
        self._prints: Array | None = None
        if modality.auditor is not None:
            name, meaning = next(iter(modality.auditor.MEASURES.items()), ("", ""))
            if name:
                self.measure = Measure(name, meaning)
                reading = records.meta.get("reading", {})
                self._sketch = sketched(records.table, modality, modality.auditor, reading, processes)
        elif modality.similarity is not None:
            self.measure = Measure("similarity", modality.similarity.NAME)
            self._prints = modality.similarity.fingerprints(records.inputs)

    def __call__(self, train: Array, test: Array) -> Array:
        """Similarity of each test row to the nearest of the training rows; NaN: it cannot be measured."""
        if self._sketch is not None and self.modality.auditor is not None and self.measure is not None:
            sides = _at(self._sketch, train), _at(self._sketch, test)
            settings: Any = build(self.modality.auditor.AuditSettings, {})
            found = self.modality.auditor.compare(*sides, settings, self.processes).nearest
            return found[self.measure.name].value if self.measure.name in found else _unknown(test)
        if self._prints is not None and self.modality.similarity is not None:
            value, _ = self.modality.similarity.nearest(self._prints[test], self._prints[train])
            return value.astype(np.float64)
        return _unknown(test)


def _unknown(rows: Array) -> Array:
    return np.full(len(rows), np.nan)


def _at(sketch: Sketch, rows: Array) -> Sketch:
    keys = {name: [values[row] for row in rows] for name, values in sketch.keys.items()}
    return Sketch(keys, {name: values[rows] for name, values in sketch.arrays.items()})


def squared_errors(task: Task, labels: Array, outputs: Array) -> Array:
    """Squared error of each unit: its mean over the labelled targets, or its sum over the classes.

    Of times to an event it is the share of the unit's pairs that its risk puts in the wrong order.

    Returns
    -------
    ndarray
        Shape (units,); NaN without a label, or without a pair.
    """
    if task.kind == "survival":
        return disorder(labels[:, 0], labels[:, 1], outputs[:, 0])
    if task.kind != "multiclass":
        known = np.isfinite(labels)
        off = np.where(known, outputs - np.nan_to_num(labels), 0.0) ** 2
        count = known.sum(1)
        return np.divide(off.sum(1), count, out=np.full(len(labels), np.nan), where=count > 0)
    known = np.isfinite(labels[:, 0])
    truth = np.eye(len(task.classes))[np.nan_to_num(labels[:, 0]).astype(int)]
    return np.where(known, ((outputs - truth) ** 2).sum(1), np.nan)


def by_part(
    task: Task,
    parts: Sequence[Any],
    part_of_unit: Array,
    errors: Mapping[str, Array],
    group_of_unit: Sequence[str],
    resamples: int,
    seed: int,
) -> list[dict[str, Any]]:
    """The error of each method in each part of the test rows, with an interval over groups.

    Parameters
    ----------
    task : Task
    parts : sequence of mapping
        JSON values that describe each part.
    part_of_unit : ndarray
        Number of the part of each unit, shape (units,); -1: none.
    errors : mapping of str to ndarray
        Squared errors by method, shape (units,). A unit that is tested in several folds counts in each.
    group_of_unit : sequence of str
        Groups are drawn with replacement.
    resamples, seed : int

    Returns
    -------
    list of dict
        One a part: what describes it, ``rows``, ``groups``, and ``methods`` with ``error`` and its interval.
        ``methods`` is empty, with a ``reason``, if there are fewer than five groups.
    """
    names = list(errors)
    table = np.column_stack([np.ones(len(part_of_unit)), *(errors[name] for name in names)])
    code = pd.factorize(pd.Series(list(group_of_unit)))[0]
    sums = np.zeros((code.max(initial=-1) + 1, len(parts), table.shape[1]))
    inside = part_of_unit >= 0
    np.add.at(sums, (code[inside], part_of_unit[inside]), table[inside])
    drawn = _drawn(sums, resamples, seed)
    shown = np.sqrt if task.kind == "regression" else np.asarray
    found = []
    for number, part in enumerate(parts):
        count, times = sums[:, number, 0], drawn[:, number, 0]
        row = {**part, "rows": int(count.sum()), "groups": int((count > 0).sum()), "methods": {}}
        if row["groups"] < LEAST_GROUPS:
            row["reason"] = f"{row['groups']} group(s), fewer than {LEAST_GROUPS}"
        else:
            for column, name in enumerate(names, 1):
                error = sums[:, number, column].sum() / count.sum()
                each = drawn[:, number, column] / np.where(times > 0, times, np.nan)
                row["methods"][name] = {"error": float(shown(error)), **_ends(shown(each))}
        found.append(row)
    return found


def _drawn(sums: Array, resamples: int, seed: int) -> Array:
    """Sums of groups that are drawn with replacement, shape (resamples, parts, columns)."""
    groups, flat = len(sums), sums.reshape(len(sums), sums.shape[1] * sums.shape[2])
    rng, found = np.random.default_rng(seed), []
    size = max(1, MOST_DRAWN // max(groups, 1))
    for start in range(0, resamples if groups else 0, size):
        rows = min(size, resamples - start)
        picked = rng.integers(groups, size=(rows, groups)) + groups * np.arange(rows)[:, None]
        times = np.bincount(picked.ravel(), minlength=rows * groups).reshape(rows, groups)
        found.append(times @ flat)
    drawn = np.concatenate(found) if found else np.empty((0, flat.shape[1]))
    return drawn.reshape(len(drawn), *sums.shape[1:])


def _ends(values: Array) -> dict[str, float]:
    known = values[np.isfinite(values)]
    if not len(known):
        return {}
    low, high = np.quantile(known, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return {"low": float(low), "high": float(high)}


def bins() -> list[dict[str, float]]:
    """The parts of the similarity: from the least alike to the most alike."""
    return [{"from": i / BINS, "to": (i + 1) / BINS} for i in range(BINS)]


def bin_of(similarity: Array) -> Array:
    """The part of each similarity, -1 if it is not known."""
    number = np.clip(np.nan_to_num(similarity) * BINS + 1e-9, 0, BINS - 1).astype(np.int64)
    return np.where(np.isnan(similarity), -1, number)
