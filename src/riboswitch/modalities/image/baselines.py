"""Baselines for images: classical features with a forest or a linear model; and the mean.

All see the same numbers, see `features`. Linear models see them scaled by the training images.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.task import Task
from riboswitch.learning.base_learners.cox import Cox
from riboswitch.learning.base_learners.forest import Forest, ForestSettings
from riboswitch.learning.base_learners.tuned_linear import ridge_of
from riboswitch.modalities.image.encode import image_at
from riboswitch.modalities.image.features import features
from riboswitch.modalities.image.position_baselines import POSITION_BASELINES as POSITION_BASELINES
from riboswitch.modalities.parts import Baseline, Inputs

TREES = 500
FAR = 8.0  # deviations to which a scaled feature is clipped


def vectors(
    inputs: Inputs, settings: Mapping[str, Any] | None = None, arrays: RaggedArrays | None = None
) -> np.ndarray:
    """The features of each image; see `riboswitch.modalities.pair_parts.VectorsPart`."""
    if len(inputs["image"]):
        return features(inputs["image"])
    channels = int((settings or {}).get("channels") or 1)
    return features([np.zeros((4, 4, channels), np.uint8)])[:0]


def of_arrays(arrays: RaggedArrays, rows: np.ndarray) -> np.ndarray:
    """The features of encoded images."""
    items = arrays.items(rows).tolist()
    if not items:
        return vectors({"image": []}, arrays.meta)
    return features([image_at(arrays.only, item) for item in items])


def _scaled(train: np.ndarray, new: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    mean, deviation = train.mean(0, dtype=np.float64), train.std(0, dtype=np.float64)
    scale = np.where(deviation > 1e-9, deviation, 1.0)
    return ((train - mean) / scale).clip(-FAR, FAR), ((new - mean) / scale).clip(-FAR, FAR)


def linear(
    train_inputs: Inputs,
    train_labels: np.ndarray,
    inputs: Inputs,
    task: Task,
    *,
    seed: int,
    weights: np.ndarray | None = None,
    threads: int = 1,
) -> np.ndarray:
    """Ridge regression, of classes logistic regression; the penalty is chosen by cross-validation."""
    task.require_labels(train_labels)
    x, new = _scaled(vectors(train_inputs), vectors(inputs))
    weights = np.ones(len(x)) if weights is None else weights
    known = ~np.isnan(train_labels)
    return np.hstack([
        ridge_of(x[rows], train_labels[rows, target], weights[rows], new, task, seed)
        for target, rows in enumerate(known.T)
    ])  # fmt: skip


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
    grown = grow(vectors(train_inputs), train_labels, task, seed, weights, threads)
    new = vectors(inputs)
    return grown.predict(new) if len(new) else np.empty((0, len(task.outputs)))


def grow(
    x: np.ndarray, labels: np.ndarray, task: Task, seed: int, weights: np.ndarray | None, threads: int
) -> Forest:
    """The forest on features."""
    settings = ForestSettings(TREES, 1 / 3 if task.kind == "regression" else "sqrt", balanced=True)
    return Forest.grow(x, labels, task, settings, seed=seed, weights=weights, threads=threads)


def mean(
    train_inputs: Inputs,
    train_labels: np.ndarray,
    inputs: Inputs,
    task: Task,
    *,
    seed: int,
    weights: np.ndarray | None = None,
    threads: int = 1,
) -> np.ndarray:
    """The mean of the training labels; of classes how often each occurs."""
    task.require_labels(train_labels)
    weights = np.ones(len(train_labels)) if weights is None else weights
    if task.kind == "multiclass":
        known = ~np.isnan(train_labels[:, 0])
        votes = np.eye(len(task.classes))[train_labels[known, 0].astype(int)]
        answer = np.average(votes, 0, weights[known])
    else:
        columns = [(column[~np.isnan(column)], weights[~np.isnan(column)]) for column in train_labels.T]
        answer = np.array([np.average(values, weights=own) for values, own in columns])
    return np.tile(answer, (len(inputs["image"]), 1))


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
    x, new = _scaled(vectors(train_inputs), vectors(inputs))
    return Cox.tuned(x, train_labels, weights, seed=seed).predict(new)


BASELINES: Mapping[str, Baseline] = {"mean": mean, "linear": linear, "forest": forest}
SURVIVAL_BASELINES: Mapping[str, Baseline] = {"cox": cox}
