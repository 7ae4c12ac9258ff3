"""The base learner of images: a forest on classical features."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.task import Task
from riboswitch.learning.base_learners.forest import Forest
from riboswitch.modalities.image.baselines import grow, of_arrays
from riboswitch.modalities.stack_part import BaseLearner


@dataclass(frozen=True)
class FeatureForest:
    """A forest on intensities, texture and shape."""

    forest: Forest

    @classmethod
    def fit(
        cls,
        arrays: RaggedArrays,
        rows: np.ndarray,
        labels: np.ndarray,
        weights: np.ndarray,
        task: Task,
        *,
        seed: int,
        threads: int = 1,
    ) -> FeatureForest:
        """Grow it on the images at ``rows``; see `riboswitch.modalities.stack_part.BaseLearner`."""
        return cls(grow(of_arrays(arrays, rows), labels[rows], task, seed, weights[rows], threads))

    @property
    def outputs(self) -> int:
        return self.forest.outputs

    def predict(self, arrays: RaggedArrays, rows: np.ndarray) -> np.ndarray:
        """Probabilities or values, shape (rows, outputs)."""
        return self.forest.predict(of_arrays(arrays, rows))

    def tensors(self) -> dict[str, np.ndarray]:
        """The arrays by name, as in a bundle."""
        return self.forest.tensors("")

    @classmethod
    def from_tensors(cls, tensors: dict[str, np.ndarray], task: Task) -> FeatureForest:
        """Make it from its `tensors`; `BundleError` if an array is missing or an index is out of range."""
        return cls(Forest.from_tensors(tensors, ""))


def base_learners(meta: Mapping[str, Any]) -> dict[str, type[BaseLearner]]:
    """Return the forest."""
    return {"features": FeatureForest}


def starting_weights(task: Task, meta: Mapping[str, Any]) -> None:
    """Return none: validation rows alone decide the weights."""
