"""Fitting of kernel ridge regression on pairs: powers, penalties and what is held out to choose them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from riboswitch.data.task import Task
from riboswitch.learning.base_learners.kernel_ridge import fit_line, fit_lines
from riboswitch.modalities.pair.base_learners.solving import Pairs, solve
from riboswitch.modalities.pair.tables import votes_of

Powers = tuple[float, float]
Kernels = tuple[np.ndarray, np.ndarray]

MIDDLE = 0.3
PENALTIES = (0.1, MIDDLE, 1.0)
HELD_OUT = 0.2  # of the pairs, to choose and to turn scores into probabilities


def raised(alike: Kernels, powers: Sequence[float] | np.ndarray) -> Kernels:
    """Similarities of both sides, raised to powers."""
    one, other = (np.float32(power) for power in powers)
    return alike[0] if one == 1 else alike[0] ** one, alike[1] if other == 1 else alike[1] ** other


class Held(NamedTuple):
    """How held-out pairs of a target are answered if the others are known.

    Attributes
    ----------
    error : float
        Mean squared error; 0 if none is held out.
    scores : ndarray, optional
        Shape (held-out pairs, outputs).
    penalty : float
    factors : ndarray, optional
        Of the other pairs, shape (others, outputs).
    """

    error: float
    scores: np.ndarray | None
    penalty: float
    factors: np.ndarray | None


class Learned(NamedTuple):
    """Factors of all pairs (pairs, outputs), and level, slope and offset of each output."""

    factors: np.ndarray
    level: np.ndarray
    slope: np.ndarray
    offset: np.ndarray


def least(tried: Sequence[Sequence[Held]]) -> int:
    """The number of the try with the least error over all targets; the first of equal ones."""
    return int(np.argmin([sum(target.error for target in found) for found in tried]))


@dataclass(frozen=True)
class Fit:
    """Pairs with their labels.

    Attributes
    ----------
    pairs : Pairs
    labels : ndarray
        Shape (pairs, targets), gaps as NaN.
    weights : ndarray
        Shape (pairs,).
    task : Task
    seed : int
    """

    pairs: Pairs
    labels: np.ndarray
    weights: np.ndarray
    task: Task
    seed: int

    @cached_property
    def targets(self) -> list[Target]:
        """Each target: its known pairs, of which a fifth is held out."""
        found = []
        for known, votes in votes_of(self.labels, self.task):
            order = np.random.default_rng(self.seed).permutation(len(known))
            cut = int(HELD_OUT * len(known))
            parts = np.sort(order[cut:]), np.sort(order[:cut])
            found.append(Target(known, self.pairs.of(known), votes, self.weights[known], *parts))
        return found

    def held_out(self, kernels: Kernels, penalties: Sequence[float]) -> list[Held]:
        """How held-out pairs of each target are answered, with the penalty of the least error."""
        return [each.held_out(kernels, penalties) for each in self.targets]

    def better_penalties(self, kernels: Kernels, middle: Sequence[Held]) -> list[Held]:
        """The same with penalties beside the middle one, where they leave less error."""
        others = self.held_out(kernels, [penalty for penalty in PENALTIES if penalty != MIDDLE])
        return [min(pair, key=lambda found: found.error) for pair in zip(middle, others, strict=True)]

    def whole(self, kernels: Kernels, held: Sequence[Held]) -> Learned:
        """Fit on all pairs with the penalties of what was held out, whose scores give slope and offset."""
        factors, levels, lines = [], [], []
        for target, found in zip(self.targets, held, strict=True):
            own, level = target.factors(kernels, found.penalty, np.arange(len(target.votes)))
            factors.append(target.spread(own, slice(None), len(self.labels)))
            levels.append(level)
            lines.append(target.lines(found.scores, self.task))
        slope, offset = (np.concatenate(part) for part in zip(*lines, strict=True))
        return Learned(np.hstack(factors), np.concatenate(levels), slope, offset)


class Target(NamedTuple):
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

    def held_out(self, kernels: Kernels, penalties: Sequence[float]) -> Held:
        """How the held-out pairs are answered, with the penalty of the least error."""
        if not len(self.held):
            return Held(0.0, None, MIDDLE, None)
        return min((self._tried(kernels, penalty) for penalty in penalties), key=lambda found: found.error)

    def spread(self, factors: np.ndarray, rows: np.ndarray | slice, pairs: int) -> np.ndarray:
        """Factors of some rows of the known pairs among those of all pairs, the others with 0."""
        out = np.zeros((pairs, factors.shape[1]))
        out[self.known[rows]] = factors
        return out

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

    def _tried(self, kernels: Kernels, penalty: float) -> Held:
        factors, level = self.factors(kernels, penalty, self.kept)
        pairs, asked = self.pairs.of(self.kept), self.pairs.numbers[:, self.held]
        scores = level + pairs.columns(factors, *kernels, asked)
        apart = ((scores - self.votes[self.held]) ** 2).sum(1)
        error = float(np.average(apart, weights=self.weights[self.held]))
        return Held(error, scores, penalty, factors)
