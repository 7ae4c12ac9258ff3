"""Kernel ridge regression on pairs.

The kernel of two pairs is the product of the similarities of their left and of their right inputs, each
raised to a power. A low power also learns from remote relatives. A high power keeps only near ones: each
input of that side has a model of its own, and what is known of its partners elsewhere says little.

References
----------
Ben-Hur and Noble, Bioinformatics 2005, 21, i38 (kernels of pairs).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from threadpoolctl import threadpool_limits

from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.task import Task
from riboswitch.errors import BundleError
from riboswitch.learning.base_learners.kernel_ridge import probabilities
from riboswitch.learning.base_learners.vector_kernel import require_shapes
from riboswitch.modalities.pair.base_learners.fitting import (
    MIDDLE,
    Fit,
    Held,
    Kernels,
    Learned,
    Powers,
    least,
    raised,
)
from riboswitch.modalities.pair.base_learners.similarity import Similarity
from riboswitch.modalities.pair.base_learners.solving import Pairs
from riboswitch.modalities.pair.base_learners.tables import PairTables

MOST_INPUTS, MOST_PAIRS = 8000, 100_000  # of more some are drawn
PAIRS_TOGETHER = 2**14
SIDES = ("left", "right")


@dataclass(frozen=True)
class PairKernel:
    """Kernel ridge regression on pairs.

    Attributes
    ----------
    left, right : Similarity
    powers : ndarray
        float32, shape (2,).
    numbers : ndarray
        int32, shape (2, pairs): the inputs of the training pairs.
    coefficients : ndarray
        float32, shape (pairs, outputs).
    level : ndarray
        float64, shape (outputs,): the score of a pair unlike all others.
    slope, offset : ndarray
        float64, shape (outputs,): from scores to log odds; empty for numbers.
    several : bool
        Whether the outputs are classes of which one is true.
    """

    POWERS: ClassVar[tuple[Powers, ...]] = ((1.0, 1.0), (0.5, 1.0), (1.0, 0.5))
    """Powers of both sides to choose from."""

    OWN: ClassVar[tuple[str, ...]] = ("powers", "numbers", "coefficients", "level", "slope", "offset")
    """Fields that are arrays."""

    left: Similarity
    right: Similarity
    powers: np.ndarray
    numbers: np.ndarray
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
    ) -> Self:
        """Fit it on the pairs at ``rows``; see `riboswitch.modalities.stack_part.BaseLearner`."""
        return cls.of_tables(PairTables.of(arrays, rows), labels[rows], weights[rows], task, seed)

    @classmethod
    def of_tables(
        cls, tables: PairTables, labels: np.ndarray, weights: np.ndarray, task: Task, seed: int
    ) -> Self:
        """Fit it on features of pairs; labels (pairs, targets) with gaps as NaN."""
        tables, rows = tables.drawn(MOST_INPUTS, MOST_PAIRS, np.random.default_rng(seed))
        weights = weights[rows] / weights[rows].mean()
        left, right = (Similarity.of(side.compared) for side in tables.sides)
        alike = left(tables.left.compared), right(tables.right.compared)
        with threadpool_limits(1):
            fit = Fit(Pairs(tables.numbers, (len(left), len(right))), labels[rows], weights, task, seed)
            form, learned = cls._learned(fit, alike)
        return cls(left, right, **form, numbers=tables.numbers.astype(np.int32),
                   coefficients=learned.factors.astype(np.float32), level=learned.level,
                   slope=learned.slope, offset=learned.offset, several=task.kind == "multiclass")  # fmt: skip

    @classmethod
    def _learned(cls, fit: Fit, alike: Kernels) -> tuple[dict[str, Any], Learned]:
        """The arrays that are not common to all kinds of kernels, and what was learned."""
        powers, kernels, held = cls._best_powers(fit, alike)
        return {"powers": powers}, fit.whole(kernels, held)

    @classmethod
    def _best_powers(cls, fit: Fit, alike: Kernels) -> tuple[np.ndarray, Kernels, list[Held]]:
        """Powers and penalties that leave held-out pairs the least error, and their kernels."""
        tried = [fit.held_out(raised(alike, powers), (MIDDLE,)) for powers in cls.POWERS]
        best = least(tried)
        kernels = raised(alike, cls.POWERS[best])
        return np.array(cls.POWERS[best], np.float32), kernels, fit.better_penalties(kernels, tried[best])

    def _scores(self, pairs: Pairs, alike: Kernels, numbers: np.ndarray) -> np.ndarray:
        """Scores above the level of pairs by the similarities of their inputs, shape (pairs, outputs)."""
        return pairs.columns(self.coefficients, *raised(alike, self.powers), numbers)

    @property
    def outputs(self) -> int:
        return self.coefficients.shape[1]

    def predict(self, arrays: RaggedArrays, rows: np.ndarray) -> np.ndarray:
        """Probabilities or values, shape (rows, outputs); those of a pair do not depend on the others."""
        return self.answers(PairTables.of(arrays, rows))

    def answers(self, tables: PairTables) -> np.ndarray:
        """Probabilities or values, shape (pairs, outputs)."""
        out = np.empty((tables.pairs, self.outputs))
        pairs = Pairs(self.numbers.astype(np.int64), (len(self.left), len(self.right)))
        with threadpool_limits(1):
            for start in range(0, tables.pairs, PAIRS_TOGETHER):
                some = tables.part(np.arange(start, min(start + PAIRS_TOGETHER, tables.pairs)))
                alike = self.left(some.left.compared), self.right(some.right.compared)
                out[start : start + some.pairs] = self._scores(pairs, alike, some.numbers)
        out += self.level
        return probabilities(out, self.slope, self.offset, self.several) if len(self.slope) else out

    def tensors(self) -> dict[str, np.ndarray]:
        """The arrays by name, as in a bundle."""
        own = {name: getattr(self, name) for name in self.OWN}
        sides = {name: getattr(self, name).tensors() for name in SIDES}
        return own | {f"{name}.{key}": value for name, found in sides.items() for key, value in found.items()}

    @classmethod
    def from_tensors(cls, tensors: dict[str, np.ndarray], task: Task) -> Self:
        """Make it from its `tensors`; `BundleError` if arrays do not fit together."""
        left, right = (Similarity.from_tensors(tensors, f"{name}.") for name in SIDES)
        own = {name: tensors[name] for name in cls.OWN}
        made = cls(left=left, right=right, several=task.kind == "multiclass", **own)
        made._check(task)
        return made

    def _check(self, task: Task) -> None:
        pairs, outputs = self.numbers.shape[-1], len(task.outputs)
        lines = 0 if task.kind == "regression" else outputs
        require_shapes(vars(self), {
            "powers": ((2,), np.float32), "numbers": ((2, pairs), np.int32),
            "coefficients": ((pairs, outputs), np.float32),
            "level": ((outputs,), np.float64), "slope": ((lines,), np.float64),
            "offset": ((lines,), np.float64),
        })  # fmt: skip
        for side, numbers in zip((self.left, self.right), self.numbers, strict=True):
            if len(numbers) and not 0 <= numbers.min() <= numbers.max() < len(side):
                raise BundleError("the arrays of the kernel do not fit together", found="numbers")


class LeftKernel(PairKernel):
    """The same with near relatives of the left side alone: a model for each left input."""

    POWERS: ClassVar[tuple[Powers, ...]] = ((8.0, 1.0),)


class RightKernel(PairKernel):
    """The same with near relatives of the right side alone: a model for each right input."""

    POWERS: ClassVar[tuple[Powers, ...]] = ((1.0, 8.0),)
