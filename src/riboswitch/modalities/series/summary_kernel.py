"""Kernel ridge regression on the scaled summaries of the channels of series."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.task import Task
from riboswitch.errors import BundleError
from riboswitch.learning.base_learners.vector_kernel import VectorKernel, require_shapes
from riboswitch.modalities.series.summaries import described, scaled, scalers

FLAT = 1e-6  # summaries with a smaller standard deviation are constant
ROWS_AT_ONCE = 4096


@dataclass(frozen=True)
class SummaryKernel:
    """Kernel ridge regression on summaries.

    Attributes
    ----------
    kernel : VectorKernel
    centre, scale : ndarray
        float32, shape (summaries,): means and standard deviations of training rows. A gap is the mean.
    """

    kernel: VectorKernel
    centre: np.ndarray
    scale: np.ndarray

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
    ) -> SummaryKernel:
        """Fit it on the series at ``rows``; see `riboswitch.modalities.stack_part.BaseLearner`."""
        x = described(arrays, rows).astype(np.float64)
        centre, scale = (part.astype(np.float32) for part in scalers(x, FLAT))
        kernel = VectorKernel.fit(_places(x, centre, scale), labels[rows], weights[rows], task, seed=seed)
        return cls(kernel, centre, scale)

    @property
    def outputs(self) -> int:
        return self.kernel.outputs

    def predict(self, arrays: RaggedArrays, rows: np.ndarray) -> np.ndarray:
        """Probabilities or values, shape (rows, outputs)."""
        out = np.empty((len(rows), self.outputs))
        for start in range(0, len(rows), ROWS_AT_ONCE):
            x = described(arrays, rows[start : start + ROWS_AT_ONCE])
            if x.shape[1] != len(self.centre):
                raise BundleError("the kernel is of series with other channels",
                                  found=f"{len(self.centre)} summaries for {x.shape[1]}")  # fmt: skip
            out[start : start + len(x)] = self.kernel.predict(_places(x, self.centre, self.scale))
        return out

    def tensors(self) -> dict[str, np.ndarray]:
        """The arrays by name, as in a bundle."""
        return {**self.kernel.tensors(), "centre": self.centre, "scale": self.scale}

    @classmethod
    def from_tensors(cls, tensors: dict[str, np.ndarray], task: Task) -> SummaryKernel:
        """Make it from its `tensors`; `BundleError` if arrays do not fit together."""
        made = cls(VectorKernel.from_tensors(tensors, task), tensors["centre"], tensors["scale"])
        shape = made.kernel.places.shape[1:]
        require_shapes(tensors, {"centre": (shape, np.float32), "scale": (shape, np.float32)})
        if not (made.scale > 0).all():
            raise BundleError("the arrays of the kernel do not fit together", found="scale")
        return made


def _places(x: np.ndarray, centre: np.ndarray, scale: np.ndarray) -> np.ndarray:
    return scaled(x, centre, scale).astype(np.float32)
