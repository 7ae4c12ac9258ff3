"""Kernel ridge regression on pairs whose inputs are alike in what they are and in how they answer.

Two proteins with the same answers to all molecules are alike, whatever their sequences say. Few answers are
known, so that those of a first kernel, fitted on similarities alone, stand in for all of them. The next
kernel is the mean of the similarity and of a Gaussian of the distance of answers; it answers better, and so
do up to three kernels in a row. Of an input that was not in training no answer is known: the last kernel
counts as far as both inputs are similar to those of training, the first kernel for the rest.

References
----------
van Laarhoven et al., Bioinformatics 2011, 27, 3036 (profiles of interactions as a kernel); van Laarhoven and
Marchiori, PLoS ONE 2013, 8, e66952 (profiles that are predicted).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, Self

import numpy as np
from scipy.sparse import csr_matrix

from riboswitch.data.task import Task
from riboswitch.errors import BundleError
from riboswitch.learning.base_learners.vector_kernel import require_shapes, width_of
from riboswitch.modalities.pair.base_learners.fitting import (
    MIDDLE,
    Fit,
    Held,
    Kernels,
    Learned,
    least,
    raised,
)
from riboswitch.modalities.pair.base_learners.kernel import SIDES, PairKernel
from riboswitch.modalities.pair.base_learners.similarity import MOST_FOR_MEDIAN, squares
from riboswitch.modalities.pair.base_learners.solving import Pairs

STAGES = 3
ANSWERS = 128  # of each input that are compared: partners and outputs are drawn if there are more


@dataclass(frozen=True)
class Answers:
    """How inputs of one side answer to some partners.

    Attributes
    ----------
    weights : ndarray
        float32, shape (inputs, answers): from kernels with the training inputs to answers.
    answers : ndarray
        float32, shape (inputs, answers): those of the training inputs.
    width : ndarray
        float32, shape (1,): the median of the squared distances between answers.
    """

    weights: np.ndarray
    answers: np.ndarray
    width: np.ndarray

    @classmethod
    def of(cls, weights: np.ndarray, kernel: np.ndarray) -> Answers:
        """Compute the answers of the training inputs from their kernel with each other."""
        answers = kernel.T @ weights
        first = answers[:MOST_FOR_MEDIAN]
        return cls(weights, answers, width_of(squares(first, first)))

    def __call__(self, alike: np.ndarray, kernel: np.ndarray) -> np.ndarray:
        """The next kernel of training inputs with others, of their similarities and their kernel so far."""
        apart = squares(self.answers, kernel.T @ self.weights)
        return (alike + np.exp(apart / -self.width[0])) / 2


Stage = tuple[Answers, Answers]


@dataclass(frozen=True)
class AnswersKernel(PairKernel):
    """Kernel ridge regression on pairs, by similarities and answers.

    Attributes
    ----------
    first : ndarray
        float32, shape (pairs, outputs): coefficients of the kernel of similarities alone.
    stages : tuple of tuple of Answers
        Answers of left and right inputs by one kernel after the other; none: similarities are enough.
    """

    OWN: ClassVar[tuple[str, ...]] = (*PairKernel.OWN, "first")

    first: np.ndarray
    stages: tuple[Stage, ...] = ()

    @classmethod
    def _learned(cls, fit: Fit, alike: Kernels) -> tuple[dict[str, Any], Learned]:
        powers, alike, held = cls._best_powers(fit, alike)
        tried, trial, kernels = [held], list[Stage](), alike
        while len(trial) < STAGES and all(found.factors is not None for found in held):
            trial.append(_stage(fit, _kept(fit, tried[-1]), kernels))
            kernels = _next(trial[-1], alike, kernels)
            tried.append(fit.held_out(kernels, (MIDDLE,)))
        best = least(tried)
        if best:
            tried[best] = fit.better_penalties(_through(trial[:best], alike), tried[best])
        # The same again with the held-out pairs, whose scores above stay those of pairs that were not known.
        stages, kernels, last = list[Stage](), alike, fit.whole(alike, held)
        first = last.factors.astype(np.float32)
        for found in tried[1 : best + 1]:
            stages.append(_stage(fit, last.factors, kernels))
            kernels = _next(stages[-1], alike, kernels)
            last = fit.whole(kernels, found)
        return {"powers": powers, "first": first, "stages": tuple(stages)}, last

    def _scores(self, pairs: Pairs, alike: Kernels, numbers: np.ndarray) -> np.ndarray:
        kernels = raised(alike, self.powers)
        first = pairs.columns(self.first, *kernels, numbers)
        if not self.stages:
            return first
        last = pairs.columns(self.coefficients, *_through(self.stages, kernels), numbers)
        one, other = (side.max(0)[inputs] for side, inputs in zip(alike, numbers, strict=True))
        return first + (one * other)[:, None] * (last - first)

    def tensors(self) -> dict[str, np.ndarray]:
        """The arrays by name, as in a bundle."""
        return super().tensors() | {
            f"stage{number}.{side}.{name}": value
            for number, stage in enumerate(self.stages)
            for side, answers in zip(SIDES, stage, strict=True)
            for name, value in vars(answers).items()
        }

    @classmethod
    def from_tensors(cls, tensors: dict[str, np.ndarray], task: Task) -> Self:
        """Make it from its `tensors`; `BundleError` if arrays do not fit together."""
        made, stages = super().from_tensors(tensors, task), list[Stage]()
        require_shapes(tensors, {"first": (made.coefficients.shape, np.float32)})
        while any(name.startswith(f"stage{len(stages)}.") for name in tensors):
            left, right = (
                Answers(**{field.name: tensors[f"stage{len(stages)}.{side}.{field.name}"]
                           for field in fields(Answers)})
                for side in SIDES
            )  # fmt: skip
            for side, answers in zip((made.left, made.right), (left, right), strict=True):
                _check(answers, len(side))
            stages.append((left, right))
        return replace(made, stages=tuple(stages))


def _check(answers: Answers, inputs: int) -> None:
    table = (inputs, answers.weights.shape[-1]), np.float32
    require_shapes(vars(answers), {"weights": table, "answers": table, "width": ((1,), np.float32)})
    if not answers.width[0] > 0:
        raise BundleError("the arrays of the kernel do not fit together", found="width")


def _kept(fit: Fit, held: Sequence[Held]) -> np.ndarray:
    """Factors of all pairs, those of held-out ones 0; shape (pairs, outputs)."""
    return np.hstack([
        target.spread(found.factors, target.kept, len(fit.labels))
        for target, found in zip(fit.targets, held, strict=True) if found.factors is not None
    ])  # fmt: skip


def _stage(fit: Fit, factors: np.ndarray, kernels: Kernels) -> Stage:
    """Answers of both sides by the kernels with these factors, shape (pairs, outputs)."""
    rng = np.random.default_rng(fit.seed)
    tables = [csr_matrix((column.astype(np.float32), tuple(fit.pairs.numbers)), shape=fit.pairs.sizes)
              for column in factors.T]  # fmt: skip
    number = max(1, ANSWERS // len(tables))
    one, other = (np.sort(rng.permutation(size)[:number]) for size in fit.pairs.sizes)
    left = np.hstack([table @ kernels[1][:, other] for table in tables])
    right = np.hstack([table.T @ kernels[0][:, one] for table in tables])
    return Answers.of(left, kernels[0]), Answers.of(right, kernels[1])


def _through(stages: Sequence[Stage], alike: Kernels) -> Kernels:
    """The last kernel: each stage makes the next one of the similarities and of the one before."""
    kernels = alike
    for stage in stages:
        kernels = _next(stage, alike, kernels)
    return kernels


def _next(stage: Stage, alike: Kernels, kernels: Kernels) -> Kernels:
    left, right = stage
    return left(alike[0], kernels[0]), right(alike[1], kernels[1])
