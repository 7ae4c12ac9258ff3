"""Kernel ridge regression on pairs.

The kernel of two pairs is the product of the similarities of their left and of their right inputs, each
raised to a power. A low power also learns from remote relatives. A high power keeps only near ones: each
input of that side has a model of its own, and what is known of its partners elsewhere says little.

References
----------
Ben-Hur and Noble, Bioinformatics 2005, 21, i38 (kernels of pairs).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
from threadpoolctl import threadpool_limits

from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.task import Task
from riboswitch.errors import BundleError
from riboswitch.learning.base_learners.kernel_ridge import fit_line, fit_lines, probabilities
from riboswitch.modalities.pair.base_learners.similarity import Similarity
from riboswitch.modalities.pair.base_learners.solving import Pairs, solve
from riboswitch.modalities.pair.base_learners.tables import PairTables
from riboswitch.modalities.pair.tables import votes_of

Powers = tuple[float, float]
Kernels = tuple[np.ndarray, np.ndarray]

MIDDLE = 0.3
PENALTIES = (0.1, MIDDLE, 1.0)
OWN = ("powers", "numbers", "coefficients", "level", "slope", "offset")
HELD_OUT = 0.2  # of the pairs, to choose the penalty and to turn scores into probabilities
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
        rng = np.random.default_rng(seed)
        tables, rows = tables.drawn(MOST_INPUTS, MOST_PAIRS, rng)
        labels, weights = labels[rows], weights[rows]
        left, right = (Similarity.of(side.compared) for side in tables.sides)
        alike = left(tables.left.compared), right(tables.right.compared)
        weights = weights / weights.mean()
        with threadpool_limits(1):
            fit = _Fit(Pairs(tables.numbers, (len(left), len(right))), alike, labels, weights, task, seed)
            powers = fit.best_powers(cls.POWERS)
            factors, level, slope, offset = fit.whole(powers)
        return cls(left, right, np.array(powers, np.float32), tables.numbers.astype(np.int32),
                   factors.astype(np.float32), level, slope, offset, task.kind == "multiclass")  # fmt: skip

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
                kernels = raised(alike, self.powers)
                for column, factors in enumerate(self.coefficients.T):
                    scores = pairs.sums(factors, *kernels, some.numbers)
                    out[start : start + some.pairs, column] = scores
        out += self.level
        return probabilities(out, self.slope, self.offset, self.several) if len(self.slope) else out

    def tensors(self) -> dict[str, np.ndarray]:
        """The arrays by name, as in a bundle."""
        own = {name: getattr(self, name) for name in OWN}
        sides = {name: getattr(self, name).tensors() for name in SIDES}
        return own | {f"{name}.{key}": value for name, found in sides.items() for key, value in found.items()}

    @classmethod
    def from_tensors(cls, tensors: dict[str, np.ndarray], task: Task) -> Self:
        """Make it from its `tensors`; `BundleError` if arrays do not fit together."""
        left, right = (Similarity.from_tensors(tensors, f"{name}.") for name in SIDES)
        own = {name: tensors[name] for name in OWN}
        made = cls(left=left, right=right, several=task.kind == "multiclass", **own)
        made._check(task)
        return made

    def _check(self, task: Task) -> None:
        pairs, outputs = self.numbers.shape[-1], len(task.outputs)
        lines = 0 if task.kind == "regression" else outputs
        forms: dict[str, tuple[tuple[int, ...], Any]] = {
            "powers": ((2,), np.float32), "numbers": ((2, pairs), np.int32),
            "coefficients": ((pairs, outputs), np.float32),
            "level": ((outputs,), np.float64), "slope": ((lines,), np.float64),
            "offset": ((lines,), np.float64),
        }  # fmt: skip
        for name, (shape, dtype) in forms.items():
            value = getattr(self, name)
            if value.shape != shape or value.dtype != dtype or not np.isfinite(value).all():
                raise BundleError("the arrays of the kernel do not fit together", found=name)
        for side, numbers in zip((self.left, self.right), self.numbers, strict=True):
            if len(numbers) and not 0 <= numbers.min() <= numbers.max() < len(side):
                raise BundleError("the arrays of the kernel do not fit together", found="numbers")


class LeftKernel(PairKernel):
    """The same with near relatives of the left side alone: a model for each left input."""

    POWERS: ClassVar[tuple[Powers, ...]] = ((8.0, 1.0),)


class RightKernel(PairKernel):
    """The same with near relatives of the right side alone: a model for each right input."""

    POWERS: ClassVar[tuple[Powers, ...]] = ((1.0, 8.0),)


def raised(alike: Kernels, powers: Sequence[float] | np.ndarray) -> Kernels:
    """Similarities of both sides, raised to powers."""
    one, other = (np.float32(power) for power in powers)
    return alike[0] if one == 1 else alike[0] ** one, alike[1] if other == 1 else alike[1] ** other


@dataclass(frozen=True)
class _Fit:
    """Pairs with their labels. Powers and penalties are chosen by the error of held-out pairs."""

    pairs: Pairs
    alike: Kernels
    labels: np.ndarray
    weights: np.ndarray
    task: Task
    seed: int

    def targets(self) -> Iterator[_Target]:
        """Each target: its known pairs, of which a fifth is held out."""
        for known, votes in votes_of(self.labels, self.task):
            order = np.random.default_rng(self.seed).permutation(len(known))
            cut = int(HELD_OUT * len(known))
            parts = np.sort(order[cut:]), np.sort(order[:cut])
            yield _Target(known, self.pairs.of(known), votes, self.weights[known], *parts)

    def best_powers(self, choice: Sequence[Powers]) -> Powers:
        """The powers with the least error of the held-out pairs of all targets."""
        targets = [each for each in self.targets() if len(each.held)]
        if len(choice) == 1 or not targets:
            return choice[0]
        errors = [sum(each.error(raised(self.alike, powers), MIDDLE)[0] for each in targets)
                  for powers in choice]  # fmt: skip
        return choice[int(np.argmin(errors))]

    def whole(self, powers: Powers) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Factors (pairs, outputs), and level, slope and offset of each output."""
        kernels, columns, levels, lines = raised(self.alike, powers), [], [], []
        for each in self.targets():
            tried = [(*each.error(kernels, penalty), penalty) for penalty in PENALTIES if len(each.held)]
            _, scores, best = min(tried, key=lambda one: one[0], default=(0.0, None, MIDDLE))
            found, level = each.factors(kernels, best, np.arange(len(each.votes)))
            factors = np.zeros((len(self.labels), each.votes.shape[1]))
            factors[each.known] = found
            columns.append(factors)
            levels.append(level)
            lines.append(each.lines(scores, self.task))
        slope, offset = (np.concatenate(part) for part in zip(*lines, strict=True))
        return np.hstack(columns), np.concatenate(levels), slope, offset


class _Target(NamedTuple):
    """The pairs with a label of one target; ``kept`` and ``held`` are rows of these."""

    known: np.ndarray
    pairs: Pairs
    votes: np.ndarray
    weights: np.ndarray
    kept: np.ndarray
    held: np.ndarray

    def factors(self, kernels: Kernels, penalty: float, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Factors of some of the pairs, and the level of each output."""
        votes, weights = self.votes[rows], self.weights[rows]
        level = np.average(votes, axis=0, weights=weights)
        pairs, penalties = self.pairs.of(rows), penalty / weights
        columns = [solve(pairs, *kernels, column, penalties) for column in (votes - level).T]
        return np.stack(columns, 1), level

    def error(self, kernels: Kernels, penalty: float) -> tuple[float, np.ndarray]:
        """Squared error of the held-out pairs if the others are known, and their scores."""
        factors, level = self.factors(kernels, penalty, self.kept)
        pairs, asked = self.pairs.of(self.kept), self.pairs.numbers[:, self.held]
        scores = level + np.stack([pairs.sums(column, *kernels, asked) for column in factors.T], 1)
        apart = ((scores - self.votes[self.held]) ** 2).sum(1)
        return float(np.average(apart, weights=self.weights[self.held])), scores

    def lines(self, scores: np.ndarray | None, task: Task) -> tuple[np.ndarray, np.ndarray]:
        """Slope and offset of each output, from the scores of held-out pairs; empty for numbers."""
        if task.kind == "regression":
            return np.empty(0), np.empty(0)
        votes, weights = self.votes[self.held], self.weights[self.held]
        scores = np.empty((0, votes.shape[1])) if scores is None else scores
        if task.kind == "multiclass":
            slope, offset = fit_lines(scores, votes.argmax(1), weights)
            return np.full(len(offset), slope), offset
        slope, shift = fit_line(scores[:, 0], votes[:, 0], weights)
        return np.array([slope]), np.array([shift])
