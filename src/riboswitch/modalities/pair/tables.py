"""Tables for the baselines of pairs: the distinct inputs of a side by number, their features and labels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from riboswitch.data.arrays import distinct
from riboswitch.data.task import Task
from riboswitch.modalities.pair.base_learners.tables import PairTables, SideTable
from riboswitch.modalities.pair.sides import Pair, Side
from riboswitch.modalities.parts import Inputs

SWEEPS = 25
SHRINK = 1.0  # labels at the mean that each effect is pulled by


@dataclass(frozen=True)
class Items:
    """The distinct inputs of one side, in training and new ones.

    Attributes
    ----------
    side : Side
    values : list
    train, new : ndarray
        The number of the input of each training row, and of each row to predict.
    """

    side: Side
    values: list[Any]
    train: np.ndarray
    new: np.ndarray

    def described(self) -> np.ndarray:
        """Features of all distinct inputs; see `Side.vectors`."""
        return self.side.vectors(self.values)

    def table(self) -> SideTable:
        """Features of all distinct inputs, and what they are compared by."""
        vectors, part = self.described(), self.side.modality.amounts
        counted = vectors if part is None else part.amounts({self.side.modality.component: self.values})
        return SideTable(vectors, counted)

    def features(self) -> tuple[np.ndarray, np.ndarray]:
        """Features of all distinct inputs, and of the distinct new ones in ascending order of number."""
        table = self.described()
        table = table[:, _varied(table[np.unique(self.train)])]
        return table, table[np.unique(self.new)]


def _varied(known: np.ndarray) -> np.ndarray:
    """The features that are not the same in all rows; the first if all are."""
    varied = np.flatnonzero((known != known[:1]).any(0)) if len(known) else np.empty(0, np.int64)
    return varied if len(varied) else np.zeros(min(1, known.shape[1]), np.int64)


def items_of(side: Side, train_inputs: Inputs, inputs: Inputs) -> Items:
    """Number the distinct inputs of a side."""
    known = train_inputs[side.component]
    values, index = distinct([*known, *inputs[side.component]])
    return Items(side, values, index[: len(known)], index[len(known) :])


def described(pair: Pair, train_inputs: Inputs, inputs: Inputs) -> tuple[PairTables, PairTables]:
    """Features of training pairs, and of pairs to predict."""
    sides = [items_of(side, train_inputs, inputs) for side in pair.sides]
    left, right = (items.table() for items in sides)
    train = PairTables(left, right, np.stack([items.train for items in sides]))
    new = PairTables(left, right, np.stack([items.new for items in sides]))
    return train.part(np.arange(train.pairs)), new.part(np.arange(new.pairs))


def votes_of(labels: np.ndarray, task: Task) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """For each target the rows with a label, and the labels: columns (rows, 1), classes (rows, classes).

    Raises
    ------
    InputError
        If a target has no label.
    """
    task.require_labels(labels)
    for column in labels.T:
        known = np.flatnonzero(~np.isnan(column))
        values = column[known]
        yield known, np.eye(len(task.classes))[values.astype(int)] if task.classes else values[:, None]


def merged(
    items: np.ndarray, labels: np.ndarray, weights: np.ndarray, task: Task
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Merge rows of one input: of values to their mean, of classes to one row for each class.

    Returns
    -------
    items, labels, weights : ndarray
        Of the merged rows; labels have shape (rows, targets), one target of a row known.
    """
    task.require_labels(labels)
    found: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    for target, column in enumerate(labels.T):
        known = np.flatnonzero(~np.isnan(column))
        value = np.zeros(len(known)) if task.kind == "regression" else column[known]
        keys, place = np.unique(np.stack([items[known], value], 1), axis=0, return_inverse=True)
        place = place.reshape(-1)
        weight = np.bincount(place, weights[known])
        mean = np.bincount(place, weights[known] * column[known]) / np.where(weight > 0, weight, 1.0)
        own = np.full((len(keys), labels.shape[1]), np.nan)
        own[:, target] = mean
        found.append((keys[:, 0].astype(np.int64), own, weight))
    rows, values, sums = zip(*found, strict=True)
    return np.concatenate(rows), np.concatenate(values), np.concatenate(sums)


def effects(
    left: np.ndarray,
    right: np.ndarray,
    new_left: np.ndarray,
    new_right: np.ndarray,
    values: np.ndarray,
    weights: np.ndarray,
) -> np.ndarray:
    """Predict a value by additive effects of both inputs, fitted in turns (backfitting) with shrinkage.

    Parameters
    ----------
    left, right : ndarray
        Numbers of the inputs of the training rows.
    new_left, new_right : ndarray
        Of the rows to predict.
    values, weights : ndarray
        Of the training rows.
    """
    weights = weights / weights.mean()
    mean = float(np.average(values, weights=weights))
    numbers = (left, new_left), (right, new_right)
    sizes = [int(max(one.max(initial=-1), other.max(initial=-1))) + 1 for one, other in numbers]
    of_left, of_right = np.zeros(sizes[0]), np.zeros(sizes[1])
    counts = [np.bincount(i, weights, n) + SHRINK for i, n in zip((left, right), sizes, strict=True)]
    for _ in range(SWEEPS):
        of_left = np.bincount(left, weights * (values - mean - of_right[right]), sizes[0]) / counts[0]
        of_right = np.bincount(right, weights * (values - mean - of_left[left]), sizes[1]) / counts[1]
    return mean + of_left[new_left] + of_right[new_right]
