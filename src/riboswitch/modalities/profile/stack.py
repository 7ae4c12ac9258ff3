"""The base learner of profiles: kernel ridge regression on the distance of scaled profiles, gaps as means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.task import Task
from riboswitch.errors import BundleError
from riboswitch.learning.base_learners.vector_kernel import VectorKernel, require_shapes
from riboswitch.modalities.profile.scaling import gathered, scalers
from riboswitch.modalities.stack_part import BaseLearner

FARTHEST = 10.0  # a scaled value is clipped to this, as in the network
ROWS_AT_ONCE = 4096


@dataclass(frozen=True)
class Kernel:
    """Kernel ridge regression on scaled profiles.

    Attributes
    ----------
    kernel : VectorKernel
    centre, scale : ndarray
        float32, shapes (batches + 1, features) and (features,).
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
    ) -> Kernel:
        """Fit it on the profiles at ``rows``; see `riboswitch.modalities.stack_part.BaseLearner`."""
        batches = len(arrays.meta.get("batches") or ())
        centre, scale = (part.astype(np.float32) for part in scalers(gathered(arrays, rows), batches))
        places = _places(arrays, rows, centre, scale)
        return cls(VectorKernel.fit(places, labels[rows], weights[rows], task, seed=seed), centre, scale)

    @property
    def outputs(self) -> int:
        return self.kernel.outputs

    def predict(self, arrays: RaggedArrays, rows: np.ndarray) -> np.ndarray:
        """Probabilities or values, shape (rows, outputs)."""
        out = np.empty((len(rows), self.outputs))
        for start in range(0, len(rows), ROWS_AT_ONCE):
            some = _places(arrays, rows[start : start + ROWS_AT_ONCE], self.centre, self.scale)
            out[start : start + len(some)] = self.kernel.predict(some)
        return out

    def tensors(self) -> dict[str, np.ndarray]:
        """The arrays by name, as in a bundle."""
        return {**self.kernel.tensors(), "centre": self.centre, "scale": self.scale}

    @classmethod
    def from_tensors(cls, tensors: dict[str, np.ndarray], task: Task) -> Kernel:
        """Make it from its `tensors`; `BundleError` if arrays do not fit together."""
        made = cls(VectorKernel.from_tensors(tensors, task), tensors["centre"], tensors["scale"])
        features, batches = made.kernel.places.shape[1], len(made.centre)
        require_shapes(tensors, {"centre": ((batches, features), np.float32),
                              "scale": ((features,), np.float32)})  # fmt: skip
        if not batches or not (made.scale > 0).all():
            raise BundleError("the arrays of the kernel do not fit together", found="scale")
        return made


def base_learners(meta: Mapping[str, Any]) -> dict[str, type[BaseLearner]]:
    """Return the kernel."""
    return {"kernel": Kernel}


def starting_weights(task: Task, meta: Mapping[str, Any]) -> None:
    """Return none: validation rows alone decide the weights."""


def _places(arrays: RaggedArrays, rows: np.ndarray, centre: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Scaled profiles, float32, gaps as 0."""
    values, known, batch = gathered(arrays, rows)
    if values.shape[1] != len(scale):
        raise BundleError("the kernel is of profiles with other features",
                          found=f"{len(scale)} features for {values.shape[1]}")  # fmt: skip
    place = np.where(batch < len(centre) - 1, batch, -1)
    away = np.where(known, (values - centre[place]) / scale, 0.0)
    return away.clip(-FARTHEST, FARTHEST).astype(np.float32)
