"""Kernel ridge regression on vectors of numbers that have been scaled.

The similarity of two vectors is a Gaussian of their distance. Its width is the median of the squared
distances between training vectors: at such a width it is nearly linear, and few rows with many numbers are
often best described so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from riboswitch.data.task import Task
from riboswitch.errors import BundleError
from riboswitch.learning.base_learners.kernel_ridge import fit_ridge, lines_of, probabilities

LANDMARKS = 2000
MOST_FOR_WIDTH = 1000


@dataclass(frozen=True)
class VectorKernel:
    """Kernel ridge regression on vectors.

    Attributes
    ----------
    places : ndarray
        float32, shape (landmarks, numbers): training vectors.
    width : ndarray
        float32, shape (1,): the squared distance at which the similarity is 1 / e.
    coefficients : ndarray
        float32, shape (landmarks, outputs).
    level : ndarray
        float64, shape (outputs,): the score of a vector unlike all landmarks.
    slope, offset : ndarray
        float64, shape (outputs,): from scores to log odds; empty for numbers.
    several : bool
        Whether the outputs are classes of which one is true.
    """

    places: np.ndarray
    width: np.ndarray
    coefficients: np.ndarray
    level: np.ndarray
    slope: np.ndarray
    offset: np.ndarray
    several: bool

    @classmethod
    def fit(
        cls, places: np.ndarray, labels: np.ndarray, weights: np.ndarray, task: Task, *, seed: int
    ) -> VectorKernel:
        """Fit it on vectors, float32 of shape (rows, numbers), with labels (rows, targets) and weights."""
        task.require_labels(labels)
        chosen = np.sort(np.random.default_rng(seed).permutation(len(places))[:LANDMARKS])
        near = places[chosen]
        width = width_of(_squares(near[:MOST_FOR_WIDTH], near[:MOST_FOR_WIDTH]))
        values = np.eye(len(task.classes))[labels[:, 0].astype(int)] if task.kind == "multiclass" else labels
        ridge, scores = fit_ridge(lambda some: _similarities(places[some], near, width[0]), chosen, values,
                                  weights)  # fmt: skip
        slope, offset = lines_of(scores, labels, weights, task)
        return cls(near, width, ridge.coefficients.astype(np.float32), ridge.mean, slope, offset,
                   task.kind == "multiclass")  # fmt: skip

    @property
    def outputs(self) -> int:
        return self.coefficients.shape[1]

    def predict(self, places: np.ndarray) -> np.ndarray:
        """Probabilities or values, shape (rows, outputs)."""
        similar = _similarities(places, self.places, self.width[0]).astype(np.float64)
        out = similar @ self.coefficients + self.level
        return probabilities(out, self.slope, self.offset, self.several) if len(self.slope) else out

    def tensors(self) -> dict[str, np.ndarray]:
        """The arrays by name, as in a bundle."""
        return {"places": self.places, "width": self.width, "coefficients": self.coefficients,
                "level": self.level, "slope": self.slope, "offset": self.offset}  # fmt: skip

    @classmethod
    def from_tensors(cls, tensors: dict[str, np.ndarray], task: Task) -> VectorKernel:
        """Make it from its `tensors`; `BundleError` if arrays do not fit together."""
        made = cls(tensors["places"], tensors["width"], tensors["coefficients"], tensors["level"],
                   tensors["slope"], tensors["offset"], task.kind == "multiclass")  # fmt: skip
        number, numbers = made.places.shape if made.places.ndim == 2 else (0, 0)
        outputs = len(task.outputs)
        lines = 0 if task.kind == "regression" else outputs
        require_shapes(tensors, {
            "places": ((number, numbers), np.float32), "width": ((1,), np.float32),
            "coefficients": ((number, outputs), np.float32), "level": ((outputs,), np.float64),
            "slope": ((lines,), np.float64), "offset": ((lines,), np.float64),
        })  # fmt: skip
        if not number or not made.width[0] > 0:
            raise BundleError("the arrays of the kernel do not fit together", found="places or width")
        return made


def width_of(squares: np.ndarray) -> np.ndarray:
    """Median of the squared distances between vectors, 1 if it is 0; float32 of shape (1,)."""
    apart = squares[np.triu_indices(len(squares), 1)]
    return np.array([(float(np.median(apart)) if len(apart) else 0.0) or 1.0], np.float32)


def require_shapes(tensors: dict[str, np.ndarray], expected: dict[str, tuple[tuple[int, ...], Any]]) -> None:
    """Raise `BundleError` unless the arrays of a kernel have these shapes and types, and finite numbers."""
    for name, (shape, dtype) in expected.items():
        values = tensors[name]
        if values.shape != shape or values.dtype != dtype or not np.isfinite(values).all():
            raise BundleError("the arrays of the kernel do not fit together", found=name)


def _squares(some: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Squared distances, float64 of shape (rows, others)."""
    one, other = some.astype(np.float64), others.astype(np.float64)
    apart = (one**2).sum(1)[:, None] + (other**2).sum(1) - 2 * one @ other.T
    return np.maximum(apart, 0.0)


def _similarities(some: np.ndarray, near: np.ndarray, width: float) -> np.ndarray:
    return np.exp(_squares(some, near) / -float(width))
