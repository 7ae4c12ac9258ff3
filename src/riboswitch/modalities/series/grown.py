"""A random forest on summaries whose leaves are as large as cross-validation finds best."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

import numpy as np

from riboswitch.data.task import Task
from riboswitch.learning.base_learners.forest import Forest, ForestSettings
from riboswitch.learning.base_learners.tuned_linear import folds, loss

TREES, TREES_TRIED = 500, 100
LEAVES = (1, 3, 8)
TRIED = 3  # folds
FEWEST = 60  # rows: with fewer the leaves have one row


def medians(x: np.ndarray) -> np.ndarray:
    """The median of each column over the rows that have a value; 0 without any."""
    known = ~np.isnan(x)
    ordered, count = np.sort(x, axis=0), known.sum(0)
    at = np.maximum(count - 1, 0) // 2
    found = ordered[at, np.arange(x.shape[1])] if len(x) else np.zeros(x.shape[1])
    return np.where(count > 0, found, 0.0).astype(np.float32)


def filled(x: np.ndarray, middle: np.ndarray) -> np.ndarray:
    """The rows with medians in their gaps, float32."""
    return np.where(np.isnan(x), middle, x).astype(np.float32)


def grow(
    x: np.ndarray,
    labels: np.ndarray,
    task: Task,
    *,
    seed: int,
    weights: np.ndarray | None = None,
    threads: int = 1,
) -> Forest:
    """Grow a forest on rows without gaps; a node chooses from a third of the columns, for classes fewer."""
    settings = ForestSettings(TREES, 1 / 3 if task.kind == "regression" else "sqrt")
    leaf = _leaf(x, labels, task, replace(settings, trees=TREES_TRIED), seed, weights, threads)
    return Forest.grow(
        x, labels, task, replace(settings, leaf=leaf), seed=seed, weights=weights, threads=threads
    )


def _leaf(
    x: np.ndarray, labels: np.ndarray, task: Task, settings: ForestSettings, seed: int,
    weights: np.ndarray | None, threads: int,
) -> int:  # fmt: skip
    """The size of leaves with the least loss over the folds of the first target."""
    rows = np.flatnonzero(~np.isnan(labels).any(1))
    if len(rows) < FEWEST:
        return LEAVES[0]
    x, labels = x[rows], labels[rows]
    weights = np.ones(len(rows)) if weights is None else weights[rows]
    losses = np.zeros(len(LEAVES))
    for train, valid in islice(folds(labels[:, 0], task, seed), TRIED):
        for number, leaf in enumerate(LEAVES):
            grown = Forest.grow(x[train], labels[train], task, replace(settings, leaf=leaf), seed=seed,
                                weights=weights[train], threads=threads)  # fmt: skip
            answers = grown.predict(x[valid])
            answers = answers if task.kind == "multiclass" else answers[:, :1]
            losses[number] += loss(answers, labels[valid, 0], weights[valid], task)
    return LEAVES[int(losses.argmin())]
