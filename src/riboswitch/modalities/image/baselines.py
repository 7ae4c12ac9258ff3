"""Baselines for images: classical features with a forest or a linear model; and the mean.

All see the same numbers, see `features`. Linear models see them scaled by the training images.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.task import Task
from riboswitch.learning.base_learners.each_target import MEAN, each_target, tuned_cox, without_threads
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


def scaled(train_inputs: Inputs, inputs: Inputs) -> tuple[np.ndarray, np.ndarray]:
    """Features of training images and of new ones, scaled by the training images."""
    train, new = vectors(train_inputs), vectors(inputs)
    mean, deviation = train.mean(0, dtype=np.float64), train.std(0, dtype=np.float64)
    scale = np.where(deviation > 1e-9, deviation, 1.0)
    return ((train - mean) / scale).clip(-FAR, FAR), ((new - mean) / scale).clip(-FAR, FAR)


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


BASELINES: Mapping[str, Baseline] = {
    "mean": MEAN,
    "linear": each_target(scaled, without_threads(ridge_of)),  # of classes logistic regression
    "forest": forest,
}
SURVIVAL_BASELINES: Mapping[str, Baseline] = {"cox": tuned_cox(scaled)}
