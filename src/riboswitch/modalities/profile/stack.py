"""The base learner of profiles: kernel ridge regression on the distance of scaled profiles.

The similarity of two profiles is a Gaussian of the distance of their scaled features, gaps counted as means.
Its width is the median of the squared distances between training profiles: at such a width it is nearly
linear, and few samples with many features are often best described so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.task import Task
from riboswitch.errors import BundleError
from riboswitch.learning.base_learners.kernel_ridge import fit_ridge, lines_of, probabilities
from riboswitch.modalities.profile.scaling import gathered, scalers
from riboswitch.modalities.stack_part import BaseLearner

LANDMARKS = 2000
MOST_FOR_WIDTH = 1000
FARTHEST = 10.0  # a scaled value is clipped to this, as in the network
ROWS_AT_ONCE = 4096


@dataclass(frozen=True)
class Kernel:
    """Kernel ridge regression on scaled profiles.

    Attributes
    ----------
    places : ndarray
        float32, shape (landmarks, features): training profiles, scaled.
    centre, scale : ndarray
        float32, shapes (batches + 1, features) and (features,).
    width : ndarray
        float32, shape (1,): the squared distance at which the similarity is 1 / e.
    coefficients : ndarray
        float32, shape (landmarks, outputs).
    level : ndarray
        float64, shape (outputs,): the score of a profile unlike all landmarks.
    slope, offset : ndarray
        float64, shape (outputs,): from scores to log odds; empty for numbers.
    several : bool
        Whether the outputs are classes of which one is true.
    """

    places: np.ndarray
    centre: np.ndarray
    scale: np.ndarray
    width: np.ndarray
    coefficients: np.ndarray
    level: np.ndarray
    slope: np.ndarray
    offset: np.ndarray
    several: bool

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
        labels, weights = labels[rows], weights[rows]
        task.require_labels(labels)
        batches = len(arrays.meta.get("batches") or ())
        centre, scale = (part.astype(np.float32) for part in scalers(gathered(arrays, rows), batches))
        places = _places(arrays, rows, centre, scale)
        chosen = np.sort(np.random.default_rng(seed).permutation(len(rows))[:LANDMARKS])
        near = places[chosen]
        apart = _squares(near[:MOST_FOR_WIDTH], near[:MOST_FOR_WIDTH])
        apart = apart[np.triu_indices(len(apart), 1)]
        width = np.array([(float(np.median(apart)) if len(apart) else 0.0) or 1.0], np.float32)
        values = np.eye(len(task.classes))[labels[:, 0].astype(int)] if task.kind == "multiclass" else labels
        ridge, scores = fit_ridge(lambda some: _similarities(places[some], near, width[0]), chosen, values,
                                  weights)  # fmt: skip
        slope, offset = lines_of(scores, labels, weights, task)
        return cls(near, centre, scale, width, ridge.coefficients.astype(np.float32), ridge.mean, slope,
                   offset, task.kind == "multiclass")  # fmt: skip

    @property
    def outputs(self) -> int:
        return self.coefficients.shape[1]

    def predict(self, arrays: RaggedArrays, rows: np.ndarray) -> np.ndarray:
        """Probabilities or values, shape (rows, outputs)."""
        out = np.empty((len(rows), self.outputs))
        for start in range(0, len(rows), ROWS_AT_ONCE):
            some = _places(arrays, rows[start : start + ROWS_AT_ONCE], self.centre, self.scale)
            similar = _similarities(some, self.places, self.width[0]).astype(np.float64)
            out[start : start + len(some)] = similar @ self.coefficients + self.level
        return probabilities(out, self.slope, self.offset, self.several) if len(self.slope) else out

    def tensors(self) -> dict[str, np.ndarray]:
        """The arrays by name, as in a bundle."""
        return {field.name: getattr(self, field.name) for field in fields(self) if field.name != "several"}

    @classmethod
    def from_tensors(cls, tensors: dict[str, np.ndarray], task: Task) -> Kernel:
        """Make it from its `tensors`; `BundleError` if arrays do not fit together."""
        named = {field.name: tensors[field.name] for field in fields(cls) if field.name != "several"}
        made = cls(**named, several=task.kind == "multiclass")
        made._check(task)
        return made

    def _check(self, task: Task) -> None:
        number, features = self.places.shape if self.places.ndim == 2 else (0, 0)
        outputs, batches = len(task.outputs), len(self.centre)
        lines = 0 if task.kind == "regression" else outputs
        expected: dict[str, tuple[tuple[int, ...], Any]] = {
            "places": ((number, features), np.float32), "centre": ((batches, features), np.float32),
            "scale": ((features,), np.float32), "width": ((1,), np.float32),
            "coefficients": ((number, outputs), np.float32), "level": ((outputs,), np.float64),
            "slope": ((lines,), np.float64), "offset": ((lines,), np.float64),
        }  # fmt: skip
        for name, (shape, dtype) in expected.items():
            values = getattr(self, name)
            if values.shape != shape or values.dtype != dtype or not np.isfinite(values).all():
                raise BundleError("the arrays of the kernel do not fit together", found=name)
        if not number or not batches or not (self.scale > 0).all() or not self.width[0] > 0:
            raise BundleError("the arrays of the kernel do not fit together", found="scale")


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


def _squares(some: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Squared distances, float64 of shape (rows, others)."""
    one, other = some.astype(np.float64), others.astype(np.float64)
    apart = (one**2).sum(1)[:, None] + (other**2).sum(1) - 2 * one @ other.T
    return np.maximum(apart, 0.0)


def _similarities(some: np.ndarray, near: np.ndarray, width: float) -> np.ndarray:
    return np.exp(_squares(some, near) / -float(width))
