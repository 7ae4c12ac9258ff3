"""Base learners of the stack: a forest on counts of atom environments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.task import Task
from riboswitch.learning.forest import Forest, ForestSettings
from riboswitch.modalities.molecule.counts import describe

# Chosen by validation loss, the same for every task. Leaves of one row would double depth and size.
CLASSES = ForestSettings(trees=100, features="sqrt", leaf=2)
NUMBERS = ForestSettings(trees=100, features=0.1, leaf=2)
MOLECULES_AT_ONCE = 4096  # described together in prediction


@dataclass(frozen=True)
class CountForest:
    """A forest on counts of atom environments and on properties."""

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
    ) -> CountForest:
        """Grow it on the molecules at ``rows``; see `riboswitch.modalities.optional_parts.BaseLearner`."""
        settings = NUMBERS if task.kind == "regression" else CLASSES
        return cls(Forest.grow(describe(arrays, rows), labels[rows], task, settings, seed=seed,
                               weights=weights[rows], threads=threads))  # fmt: skip

    @property
    def outputs(self) -> int:
        return self.forest.outputs

    def predict(self, arrays: RaggedArrays, rows: np.ndarray) -> np.ndarray:
        """Probabilities or values, shape (rows, outputs)."""
        starts = range(0, len(rows), MOLECULES_AT_ONCE)
        chunks = [rows[start : start + MOLECULES_AT_ONCE] for start in starts] or [rows]
        return np.concatenate([self.forest.predict(describe(arrays, chunk)) for chunk in chunks])

    def tensors(self) -> dict[str, np.ndarray]:
        """The arrays by name, as in a bundle."""
        return self.forest.tensors("")

    @classmethod
    def from_tensors(cls, tensors: dict[str, np.ndarray], task: Task) -> CountForest:
        """Make it from its `tensors`; `BundleError` if an array is missing or an index is out of range."""
        return cls(Forest.from_tensors(tensors, ""))


def base_learners(meta: Mapping[str, Any]) -> dict[str, type]:
    """Return the base learners for encoded molecules: the forest."""
    return {"forest": CountForest}
