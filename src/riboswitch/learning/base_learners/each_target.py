"""Baselines on numbers that describe inputs: one solver for each target, on the rows with a label for it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from riboswitch.data.task import Task
from riboswitch.learning.base_learners.cox import Cox
from riboswitch.modalities.parts import Baseline, Inputs

Solver = Callable[[np.ndarray, np.ndarray, np.ndarray, np.ndarray, Task, int, int], np.ndarray]
"""``solver(x, labels, weights, new, task, seed, threads)``: outputs of one target, (new rows, outputs)."""

Describe = Callable[[Inputs, Inputs], tuple[np.ndarray, np.ndarray]]
"""``describe(train_inputs, inputs)``: numbers of training rows and of new ones, (rows, columns) each."""


def each_target(describe: Describe, solver: Solver) -> Baseline:
    """A baseline that solves each target on the rows with a label for it."""

    def method(
        train_inputs: Inputs,
        train_labels: np.ndarray,
        inputs: Inputs,
        task: Task,
        *,
        seed: int,
        weights: np.ndarray | None = None,
        threads: int = 1,
    ) -> np.ndarray:
        task.require_labels(train_labels)
        train, new = describe(train_inputs, inputs)
        weights = np.ones(len(train)) if weights is None else weights
        known = ~np.isnan(train_labels)
        columns = [
            solver(train[rows], train_labels[rows, t], weights[rows], new, task, seed, threads)
            for t, rows in enumerate(known.T)
        ]
        return np.hstack(columns)

    return method


def without_threads(
    solver: Callable[[np.ndarray, np.ndarray, np.ndarray, np.ndarray, Task, int], np.ndarray],
) -> Solver:
    """The same solver; it has no use for threads."""
    return lambda x, labels, weights, new, task, seed, threads: solver(x, labels, weights, new, task, seed)


def tuned_cox(describe: Describe) -> Baseline:
    """Cox regression with a ridge penalty that is chosen by cross-validation in the training rows."""

    def method(
        train_inputs: Inputs,
        train_labels: np.ndarray,
        inputs: Inputs,
        task: Task,
        *,
        seed: int,
        weights: np.ndarray | None = None,
        threads: int = 1,
    ) -> np.ndarray:
        train, new = describe(train_inputs, inputs)
        return Cox.tuned(train, train_labels, weights, seed=seed).predict(new)

    return method


def votes(labels: np.ndarray, task: Task) -> np.ndarray:
    """What each label says of each output of a target: of several classes 1 for its own, else the label."""
    return np.eye(len(task.classes))[labels.astype(int)] if task.kind == "multiclass" else labels[:, None]


def _undescribed(train_inputs: Inputs, inputs: Inputs) -> tuple[np.ndarray, np.ndarray]:
    """Rows without a column: what looks at labels alone needs no numbers."""
    one, other = (len(next(iter(some.values()))) for some in (train_inputs, inputs))
    return np.empty((one, 0)), np.empty((other, 0))


def _mean(
    x: np.ndarray, labels: np.ndarray, weights: np.ndarray, new: np.ndarray, task: Task, seed: int
) -> np.ndarray:
    return np.tile(np.average(votes(labels, task), 0, weights), (len(new), 1))


MEAN = each_target(_undescribed, without_threads(_mean))
"""The weighted mean of the training labels; of classes how often each occurs."""
