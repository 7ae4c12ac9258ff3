"""Baselines for profiles: linear models, a forest, the nearest training profiles, and the training mean.

All see the same numbers: centred by batch if the profiles have batches, gaps filled with the training mean,
and each feature scaled by the training rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.task import Task
from riboswitch.learning.base_learners.each_target import MEAN, each_target, tuned_cox, votes, without_threads
from riboswitch.learning.base_learners.forest import Forest, ForestSettings
from riboswitch.learning.base_learners.tuned_linear import elastic_net_of, ridge_of
from riboswitch.modalities.defaults import POSITION_BASELINES as POSITION_BASELINES
from riboswitch.modalities.parts import Baseline, Inputs

TREES = 500
K = 5
FLAT = 1e-9


def scaled(train_inputs: Inputs, inputs: Inputs) -> tuple[np.ndarray, np.ndarray]:
    """Scaled features of training rows and of new ones, float64, gaps as 0; all by the training rows."""
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
    return away / scale, centred(new) / scale


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


def _nearest(
    x: np.ndarray, labels: np.ndarray, weights: np.ndarray, new: np.ndarray, task: Task, seed: int
) -> np.ndarray:
    """Weighted mean of the five nearest training profiles by Euclidean distance, and of the training mean."""
    said = votes(labels, task)
    distance = ((x**2).sum(1) - 2 * new @ x.T) + (new**2).sum(1, keepdims=True)
    distance = np.sqrt(np.maximum(distance, 0)) + FLAT
    k = min(K, len(x))
    last = np.partition(distance, k - 1, axis=1)[:, [k - 1]]
    close = np.where(distance <= last, weights / distance, 0.0)
    own = close / close.sum(1, keepdims=True)
    return (K * own @ said + np.average(said, 0, weights)) / (K + 1)


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
    train, new = (part.astype(np.float32) for part in scaled(train_inputs, inputs))
    settings = ForestSettings(TREES, 1 / 3 if task.kind == "regression" else "sqrt", balanced=True)
    grown = Forest.grow(train, train_labels, task, settings, seed=seed, weights=weights, threads=threads)
    return grown.predict(new) if len(new) else np.empty((0, len(task.outputs)))


BASELINES: Mapping[str, Baseline] = {
    "mean": MEAN,
    "nearest": each_target(scaled, without_threads(_nearest)),
    "ridge": each_target(scaled, without_threads(ridge_of)),
    "elastic_net": each_target(scaled, without_threads(elastic_net_of)),
    "forest": forest,
}
SURVIVAL_BASELINES: Mapping[str, Baseline] = {"cox": tuned_cox(scaled)}
