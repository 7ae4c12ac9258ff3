"""A forest on the features of both sides, one after the other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.task import Task
from riboswitch.errors import BundleError
from riboswitch.learning.base_learners.forest import Forest, ForestSettings
from riboswitch.modalities.pair.base_learners.tables import PairTables

SETTINGS = {
    "regression": ForestSettings(100, 0.05, cuts="random"),  # its trees for many values are large and slow
    "classes": ForestSettings(300, "sqrt", balanced=True),
}
PAIRS_TOGETHER = 4096


@dataclass(frozen=True)
class PairForest:
    """A forest on features of pairs; for classes a random forest, else extremely randomised trees.

    Attributes
    ----------
    forest : Forest
    used : ndarray
        int32: the features that differ between training pairs, in ascending order.
    """

    forest: Forest
    used: np.ndarray

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
    ) -> PairForest:
        """Grow it on the pairs at ``rows``; see `riboswitch.modalities.stack_part.BaseLearner`."""
        tables = PairTables.of(arrays, rows)
        return cls.of_tables(tables, labels[rows], weights[rows], task, seed, threads)

    @classmethod
    def of_tables(
        cls,
        tables: PairTables,
        labels: np.ndarray,
        weights: np.ndarray | None,
        task: Task,
        seed: int,
        threads: int = 1,
    ) -> PairForest:
        """Grow it on features of pairs; labels (pairs, targets) with gaps as NaN."""
        varied = np.concatenate([(s.vectors != s.vectors[:1]).any(0) for s in tables.sides])
        used = np.flatnonzero(varied).astype(np.int32) if varied.any() else np.zeros(1, np.int32)
        return cls(Forest.grow(tables.joined()[:, used], labels, task, settings(task), seed=seed,
                               weights=weights, threads=threads), used)  # fmt: skip

    @property
    def outputs(self) -> int:
        return self.forest.outputs

    def predict(self, arrays: RaggedArrays, rows: np.ndarray) -> np.ndarray:
        """Probabilities or values, shape (rows, outputs)."""
        return self.answers(PairTables.of(arrays, rows))

    def answers(self, tables: PairTables) -> np.ndarray:
        """Probabilities or values, shape (pairs, outputs)."""
        starts = range(0, tables.pairs, PAIRS_TOGETHER)
        chunks = [slice(start, start + PAIRS_TOGETHER) for start in starts] or [slice(0)]
        return np.concatenate([self.forest.predict(tables.joined(chunk)[:, self.used]) for chunk in chunks])

    def tensors(self) -> dict[str, np.ndarray]:
        """The arrays by name, as in a bundle."""
        return {**self.forest.tensors(""), "used": self.used}

    @classmethod
    def from_tensors(cls, tensors: dict[str, np.ndarray], task: Task) -> PairForest:
        """Make it from its `tensors`; `BundleError` if they do not fit together."""
        forest, used = Forest.from_tensors(tensors, ""), tensors["used"]
        sound = used.ndim == 1 and used.dtype == np.int32 and len(used) > forest.feature.max()
        if not sound or not (used[0] >= 0 and (used[1:] > used[:-1]).all()):
            raise BundleError("the arrays of the forest do not fit together", found="used")
        return cls(forest, used)


def settings(task: Task) -> ForestSettings:
    """For classes a random forest, balanced; for values extremely randomised trees."""
    return SETTINGS["regression" if task.kind == "regression" else "classes"]
