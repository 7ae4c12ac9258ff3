"""Baselines for profiles: linear models, a forest, the nearest training profiles, and the training mean.

All see the same numbers: centred by batch if the profiles have batches, gaps filled with the training mean,
and each feature scaled by the training rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.task import Task
from riboswitch.learning.base_learners.cox import Cox
from riboswitch.learning.base_learners.forest import Forest, ForestSettings
from riboswitch.learning.base_learners.tuned_linear import elastic_net_of, ridge_of
from riboswitch.modalities.defaults import POSITION_BASELINES as POSITION_BASELINES
from riboswitch.modalities.parts import Baseline, Inputs

TREES = 500
K = 5
FLAT = 1e-9


@dataclass(frozen=True)
class Scaled:
    """Scaled features of training rows and of new ones, float64, gaps as 0."""

    train: np.ndarray
    new: np.ndarray


def scaled(train_inputs: Inputs, inputs: Inputs) -> Scaled:
    """Fill gaps and scale features, all by the training rows."""
    train, new = _stack(train_inputs["profile"]), _stack(inputs["profile"])
    new = new if len(new) else np.empty((0, train.shape[1]))
    overall = _means(train[:, :-1], np.zeros(train.shape[1] - 1))
    centres = {
        n: _means(train[train[:, -1] == n, :-1], overall)
        for n in np.unique(train[:, -1][~np.isnan(train[:, -1])])
    }

    def centred(rows: np.ndarray) -> np.ndarray:
        centre = np.array([centres.get(number, overall) for number in rows[:, -1]])
        return np.nan_to_num(rows[:, :-1] - centre.reshape(len(rows), -1))

    known, away = ~np.isnan(train[:, :-1]), centred(train)
    deviation = np.sqrt((away**2).sum(0) / np.maximum(known.sum(0), 1))
    scale = np.where(deviation > FLAT * np.maximum(1, np.abs(overall)), deviation, 1.0)
    return Scaled(away / scale, centred(new) / scale)


def vectors(
    inputs: Inputs, settings: Mapping[str, Any] | None = None, arrays: RaggedArrays | None = None
) -> np.ndarray:
    """The features of each profile, gaps as NaN; see `riboswitch.modalities.pair_parts.VectorsPart`."""
    rows, width = inputs["profile"], len((settings or {}).get("features") or ())
    return np.asarray(rows, np.float32)[:, :-1] if len(rows) else np.empty((0, width), np.float32)


def _stack(values: object) -> np.ndarray:
    return np.asarray(values, np.float64)


def _means(values: np.ndarray, otherwise: np.ndarray) -> np.ndarray:
    count = (~np.isnan(values)).sum(0)
    return np.where(count > 0, np.nansum(values, 0) / np.maximum(count, 1), otherwise)


Solver = Callable[[np.ndarray, np.ndarray, np.ndarray, np.ndarray, Task, int], np.ndarray]
"""``solver(x, labels, weights, new, task, seed)``: outputs of one target, shape (new rows, its outputs)."""


def _each_target(solver: Solver) -> Baseline:
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
        x = scaled(train_inputs, inputs)
        weights = np.ones(len(x.train)) if weights is None else weights
        known = ~np.isnan(train_labels)
        columns = [
            solver(x.train[rows], train_labels[rows, t], weights[rows], x.new, task, seed)
            for t, rows in enumerate(known.T)
        ]
        return np.hstack(columns)

    return method


def _mean(
    x: np.ndarray, labels: np.ndarray, weights: np.ndarray, new: np.ndarray, task: Task, seed: int
) -> np.ndarray:
    return np.tile(np.average(_votes(labels, task), 0, weights), (len(new), 1))


def _nearest(
    x: np.ndarray, labels: np.ndarray, weights: np.ndarray, new: np.ndarray, task: Task, seed: int
) -> np.ndarray:
    """Weighted mean of the five nearest training profiles by Euclidean distance, and of the training mean."""
    votes = _votes(labels, task)
    distance = ((x**2).sum(1) - 2 * new @ x.T) + (new**2).sum(1, keepdims=True)
    distance = np.sqrt(np.maximum(distance, 0)) + FLAT
    k = min(K, len(x))
    last = np.partition(distance, k - 1, axis=1)[:, [k - 1]]
    close = np.where(distance <= last, weights / distance, 0.0)
    own = close / close.sum(1, keepdims=True)
    return (K * own @ votes + np.average(votes, 0, weights)) / (K + 1)


def _votes(labels: np.ndarray, task: Task) -> np.ndarray:
    return np.eye(len(task.classes))[labels.astype(int)] if task.kind == "multiclass" else labels[:, None]


def forest(
    train_inputs: Inputs,
    train_labels: np.ndarray,
    inputs: Inputs,
    task: Task,
    *,
    seed: int,
    weights: np.ndarray | None = None,
    threads: int = 1,
) -> np.ndarray:
    """Random forest of 500 trees; a node chooses from a third of the features, of classes from their root."""
    x = scaled(train_inputs, inputs)
    settings = ForestSettings(TREES, 1 / 3 if task.kind == "regression" else "sqrt", balanced=True)
    grown = Forest.grow(
        x.train.astype(np.float32), train_labels, task, settings, seed=seed, weights=weights, threads=threads
    )
    return grown.predict(x.new.astype(np.float32)) if len(x.new) else np.empty((0, len(task.outputs)))


def cox(
    train_inputs: Inputs,
    train_labels: np.ndarray,
    inputs: Inputs,
    task: Task,
    *,
    seed: int,
    weights: np.ndarray | None = None,
    threads: int = 1,
) -> np.ndarray:
    """Cox regression with a ridge penalty that is chosen by cross-validation in the training rows."""
    x = scaled(train_inputs, inputs)
    return Cox.tuned(x.train, train_labels, weights, seed=seed).predict(x.new)


BASELINES: Mapping[str, Baseline] = {
    "mean": _each_target(_mean),
    "nearest": _each_target(_nearest),
    "ridge": _each_target(ridge_of),
    "elastic_net": _each_target(elastic_net_of),
    "forest": forest,
}
SURVIVAL_BASELINES: Mapping[str, Baseline] = {"cox": cox}
