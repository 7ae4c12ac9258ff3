"""Base learners of the stack: a forest and a kernel, both on counts of atom environments and properties."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.task import Task
from riboswitch.learning.base_learners.forest import Forest, ForestSettings
from riboswitch.modalities.molecule.base_learners.counts import describe
from riboswitch.modalities.molecule.base_learners.kernel import Kernel
from riboswitch.modalities.stack_part import StartingWeights

# The same for every task: chosen on ESOL, Lipophilicity, BBBP and activity against E. coli and S. aureus, by
# scaffold.
TREES, NUMBER_TREES = 500, 200  # of one target; those for numbers take longest, and add least
MOST_TREES, LEAST_TREES = 4000, 100  # of all targets together, or the bundle would be too large; of one
CLASSES = ForestSettings(features="sqrt"), ForestSettings(features="sqrt", cuts="random")
NUMBERS = (ForestSettings(features=0.15),)
CLASS_WEIGHTS = StartingWeights({"network": 0.2, "forest": 0.5, "kernel": 0.3}, np.inf)
NUMBER_WEIGHTS = StartingWeights({"network": 0.7, "forest": 0.1, "kernel": 0.2}, 10)
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
        """Grow it on the molecules at ``rows``; see `riboswitch.modalities.stack_part.BaseLearner`."""
        table, labels, weights = describe(arrays, rows), labels[rows], weights[rows]
        return cls(Forest.joined([
            Forest.grow(table, labels, task, settings, seed=seed, weights=weights, threads=threads)
            for settings in forests(task)
        ]))  # fmt: skip

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


def forests(task: Task) -> list[ForestSettings]:
    """The forests that are joined to one: for classes one with the best cuts, and one with random ones."""
    numbers = task.kind == "regression"
    kinds = NUMBERS if numbers else CLASSES
    trees = max(min(NUMBER_TREES if numbers else TREES, MOST_TREES // len(task.targets)), LEAST_TREES)
    return [replace(settings, trees=trees // len(kinds)) for settings in kinds]


def base_learners(meta: Mapping[str, Any]) -> dict[str, type]:
    """Return the base learners for encoded molecules."""
    return {"forest": CountForest, "kernel": Kernel}


def starting_weights(task: Task, meta: Mapping[str, Any]) -> StartingWeights:
    """Return fixed weights for classes, and weights that validation rows change for numbers.

    Where actives are rare, weights that few validation rows choose change from repeat to repeat. For numbers
    the methods differ so much from set to set that even a few rows tell.
    """
    return NUMBER_WEIGHTS if task.kind == "regression" else CLASS_WEIGHTS
