"""Linear-chain conditional random field: classes of steps in a row, from features and from their neighbours.

The score of a row of classes is the sum of the scores of each class at its step, and of each pair of
neighbours. Weights have the highest likelihood under a Gaussian prior (Lafferty et al., ICML 2001).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

from riboswitch.numeric.offsets import offsets_of
from riboswitch.numeric.row_steps import row_steps

MOST_STEPS = 150
TOLERANCE = 1e-5
LEAST = 1e-300


class Sums(NamedTuple):
    """Log of the sum over all classes, probabilities of classes, and expected pairs of classes."""

    total: float
    classes: np.ndarray
    pairs: np.ndarray


@dataclass(frozen=True)
class Chain:
    """A conditional random field.

    Attributes
    ----------
    weights : ndarray
        Shape (features, classes).
    pairs : ndarray
        Shape (classes, classes): the score of a class, second, after another, first.
    """

    weights: np.ndarray
    pairs: np.ndarray

    @classmethod
    def fit(
        cls,
        x: csr_matrix,
        lengths: np.ndarray,
        labels: np.ndarray,
        classes: int,
        strength: float,
        weights: np.ndarray | None = None,
        steps: int = MOST_STEPS,
    ) -> Chain:
        """Fit the weights.

        Parameters
        ----------
        x : csr_matrix
            Features of all steps, row after row.
        lengths : ndarray
            Steps of each row.
        labels : ndarray
            Class of each step, NaN where it is not known: it is then left to the chain.
        classes : int
        strength : float
            Variance of the prior.
        weights : ndarray, optional
            Of each step; the mean over a row is that of the row.
        steps : int
            Most steps of the search.
        """
        known = np.isfinite(labels)
        used = np.unique(x.indices)
        inside = csr_matrix((x.data, np.searchsorted(used, x.indices), x.indptr), (x.shape[0], len(used)))
        back = inside.T.tocsr()
        rows = Rows(lengths, None if weights is None else _means(weights, lengths))
        truth = np.where(known, labels, 0).astype(np.int64)
        fixed = np.where(np.eye(classes, dtype=bool)[truth] | ~known[:, None], 0.0, -np.inf)
        # Where every class is known, classes and pairs are those of the truth, whatever the weights are.
        counted = rows.sums(fixed, np.zeros((classes, classes))) if known.all() else None
        size = len(used) * classes

        def loss(vector: np.ndarray) -> tuple[float, np.ndarray]:
            score, pairs = vector[:size].reshape(-1, classes), vector[size:].reshape(classes, classes)
            emitted = inside @ score
            free = rows.sums(emitted, pairs)
            held = counted or rows.sums(emitted + fixed, pairs)
            total = held.total
            if counted:
                of_steps = np.take_along_axis(emitted, truth[:, None], 1)[:, 0]
                total = float(rows.each @ of_steps + (held.pairs * pairs).sum())
            away = rows.each[:, None] * (free.classes - held.classes)
            slope = np.concatenate([(back @ away).ravel(), (free.pairs - held.pairs).ravel()])
            return free.total - total + float(vector @ vector) / (2 * strength), slope + vector / strength

        found = minimize(loss, np.zeros(size + classes**2), jac=True, method="L-BFGS-B",
                         options={"maxiter": steps, "ftol": TOLERANCE / 10, "gtol": TOLERANCE}).x  # fmt: skip
        full = np.zeros((x.shape[1], classes))
        full[used] = found[:size].reshape(-1, classes)
        return cls(full, found[size:].reshape(classes, classes))

    def __call__(self, x: csr_matrix, lengths: np.ndarray) -> np.ndarray:
        """Probabilities of the classes at each step, given the whole row; shape (steps, classes)."""
        found = Rows(lengths).sums(x @ self.weights, self.pairs).classes
        return found / found.sum(1, keepdims=True)


class Rows:
    """Rows of steps, and sums over all their classes by the forward and backward recursions.

    The recursions go through all first steps, then all second ones, in probabilities that are scaled to a
    sum of one at each step (Rabiner, Proc. IEEE 1989, 77, 257): matrix products instead of logarithms.

    Parameters
    ----------
    lengths : ndarray
        Steps of each row.
    weights : ndarray, optional
        Of each row; 1 if left out.
    """

    def __init__(self, lengths: np.ndarray, weights: np.ndarray | None = None):
        self.each = np.repeat(np.ones(len(lengths)) if weights is None else weights, lengths)
        steps = row_steps(lengths)
        self._order = np.concatenate([np.empty(0, np.int64), *steps])
        starts = offsets_of(np.array([len(step) for step in steps], np.int64)).tolist()
        self._firsts = starts[1] if steps else 0
        # Places of steps, and of the steps before them, in the order of the recursions.
        self._links = [
            (slice(before, before + end - start), slice(start, end))
            for before, start, end in zip(starts[:-2], starts[1:-1], starts[2:], strict=True)
        ]
        ranges = [np.arange(before.start, before.stop) for before, _ in self._links]
        self._before = np.concatenate([np.empty(0, np.int64), *ranges])

    def sums(self, emitted: np.ndarray, pairs: np.ndarray) -> Sums:
        """Sums over all classes of all rows.

        Parameters
        ----------
        emitted : ndarray
            Shape (steps, classes): scores of the classes at each step; -inf where a class cannot be.
        pairs : ndarray
            Shape (classes, classes): the score of a class, second, after another, first.
        """
        if not len(emitted):
            return Sums(0.0, np.empty(emitted.shape), np.zeros(pairs.shape))
        highest, most, firsts = emitted.max(1)[self._order], pairs.max(), self._firsts
        at, step = np.exp(emitted[self._order] - highest[:, None]), np.exp(pairs - most)
        ahead, scale = at.copy(), np.empty((len(at), 1))
        scale[:firsts] = at[:firsts].sum(1, keepdims=True)
        ahead[:firsts] /= scale[:firsts]
        for before, now in self._links:
            ahead[now] *= ahead[before] @ step
            scale[now] = np.maximum(ahead[now].sum(1, keepdims=True), LEAST)
            ahead[now] /= scale[now]
        at /= scale
        behind = np.ones_like(at)
        for before, now in reversed(self._links):
            at[now] *= behind[now]
            behind[before] = at[now] @ step.T
        each = self.each[self._order]
        later = each[firsts:, None]
        expected = step * ((ahead[self._before] * later).T @ at[firsts:])
        classes = np.empty_like(at)
        classes[self._order] = ahead * behind
        total = float(each @ (np.log(scale[:, 0]) + highest) + most * later.sum())
        return Sums(total, classes, expected)


def _means(weights: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    row = np.repeat(np.arange(len(lengths)), lengths)
    return np.bincount(row, weights, len(lengths)) / np.maximum(lengths, 1)
