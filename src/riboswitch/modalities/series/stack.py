"""The base learners of series: a random forest and a kernel on the summaries of the channels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.task import Task
from riboswitch.errors import BundleError
from riboswitch.learning.base_learners.forest import Forest
from riboswitch.modalities.series.grown import filled, grow, medians
from riboswitch.modalities.series.summaries import described
from riboswitch.modalities.series.summary_kernel import SummaryKernel
from riboswitch.modalities.stack_part import BaseLearner

PREFIX = "forest."


@dataclass(frozen=True)
class SummaryForest:
    """A random forest on summaries.

    Attributes
    ----------
    forest : Forest
    middle : ndarray
        float32, shape (summaries,): the medians that stand in gaps.
    """

    forest: Forest
    middle: np.ndarray

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
    ) -> SummaryForest:
        """Fit it on the series at ``rows``; see `riboswitch.modalities.stack_part.BaseLearner`."""
        x = described(arrays, rows)
        middle = medians(x)
        grown = grow(filled(x, middle), labels[rows], task, seed=seed, weights=weights[rows], threads=threads)
        return cls(grown, middle)

    @property
    def outputs(self) -> int:
        return self.forest.outputs

    def predict(self, arrays: RaggedArrays, rows: np.ndarray) -> np.ndarray:
        """Probabilities or values, shape (rows, outputs)."""
        if not len(rows):
            return np.empty((0, self.outputs))
        x = described(arrays, rows)
        if x.shape[1] != len(self.middle):
            raise BundleError("the forest is of series with other channels",
                              found=f"{len(self.middle)} summaries for {x.shape[1]}")  # fmt: skip
        return self.forest.predict(filled(x, self.middle))

    def tensors(self) -> dict[str, np.ndarray]:
        """The arrays by name, as in a bundle."""
        return {"middle": self.middle, **self.forest.tensors(PREFIX)}

    @classmethod
    def from_tensors(cls, tensors: dict[str, np.ndarray], task: Task) -> SummaryForest:
        """Make it from its `tensors`; `BundleError` if arrays do not fit together."""
        made = cls(Forest.from_tensors(tensors, PREFIX), tensors["middle"])
        middle = made.middle
        if middle.ndim != 1 or middle.dtype != np.float32 or not np.isfinite(middle).all():
            raise BundleError("the arrays of the forest do not fit together", found="middle")
        if made.outputs != len(task.outputs) or made.forest.feature.max() >= len(middle):
            raise BundleError("the arrays of the forest do not fit together", found="outputs or summaries")
        return made


def base_learners(meta: Mapping[str, Any]) -> dict[str, type[BaseLearner]]:
    """Return the forest and the kernel."""
    return {"forest": SummaryForest, "kernel": SummaryKernel}


def starting_weights(task: Task, meta: Mapping[str, Any]) -> None:
    """Return none: validation rows alone decide the weights."""
