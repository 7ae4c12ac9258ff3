"""Linear-chain conditional random field: classes of steps in a row, from features and from their neighbours.

The score of a row of classes is the sum of the scores of each class at its step, and of each pair of
neighbours. Weights have the highest likelihood under a Gaussian prior (Lafferty et al., ICML 2001).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_matrix
from scipy.special import logsumexp

from riboswitch.numeric.offsets import offsets_of
from riboswitch.numeric.row_steps import row_steps

MOST_STEPS = 150
TOLERANCE = 1e-5


class Marginals(NamedTuple):
    """Log of the sum over all classes, log probabilities of classes, and expected pairs of classes."""

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
        rows, known = row_steps(lengths), np.isfinite(labels)
        used = np.unique(x.indices)
        inside = csr_matrix((x.data, np.searchsorted(used, x.indices), x.indptr), (x.shape[0], len(used)))
        back = inside.T.tocsr()
        mean = np.ones(len(lengths)) if weights is None else _means(weights, lengths)
        each = np.repeat(mean, lengths)
        truth = np.where(known, labels, 0).astype(np.int64)
        fixed = np.where(np.eye(classes, dtype=bool)[truth] | ~known[:, None], 0.0, -np.inf)
        whole = bool(known.all())
        size = len(used) * classes

        def loss(vector: np.ndarray) -> tuple[float, np.ndarray]:
            score, pairs = vector[:size].reshape(-1, classes), vector[size:].reshape(classes, classes)
            emitted = inside @ score
            free = _marginals(emitted, pairs, rows, mean, lengths)
            if whole:
                held = _of_truth(emitted, pairs, rows, truth, mean, lengths, classes)
            else:
                held = _marginals(emitted + fixed, pairs, rows, mean, lengths)
            away = each[:, None] * (np.exp(free.classes) - np.exp(held.classes))
            slope = np.concatenate([(back @ away).ravel(), (free.pairs - held.pairs).ravel()])
            return (
                free.total - held.total + float(vector @ vector) / (2 * strength),
                slope + vector / strength,
            )

        found = minimize(loss, np.zeros(size + classes**2), jac=True, method="L-BFGS-B",
                         options={"maxiter": steps, "ftol": TOLERANCE / 10, "gtol": TOLERANCE}).x  # fmt: skip
        full = np.zeros((x.shape[1], classes))
        full[used] = found[:size].reshape(-1, classes)
        return cls(full, found[size:].reshape(classes, classes))

    def __call__(self, x: csr_matrix, lengths: np.ndarray) -> np.ndarray:
        """Probabilities of the classes at each step, given the whole row; shape (steps, classes)."""
        made = _marginals(x @ self.weights, self.pairs, row_steps(lengths), np.ones(len(lengths)), lengths)
        probabilities = np.exp(made.classes)
        return probabilities / probabilities.sum(1, keepdims=True)


def _means(weights: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    row = np.repeat(np.arange(len(lengths)), lengths)
    return np.bincount(row, weights, len(lengths)) / np.maximum(lengths, 1)


def _marginals(
    emitted: np.ndarray, pairs: np.ndarray, rows: list[np.ndarray], weights: np.ndarray, lengths: np.ndarray
) -> Marginals:
    """Sums over all classes by the forward and backward recursions."""
    ahead, behind = emitted.copy(), np.zeros_like(emitted)
    for before, now in pairwise(rows):
        ahead[now] += logsumexp(ahead[before[: len(now)]][:, :, None] + pairs, axis=1)
    for now, after in reversed([*pairwise(rows)]):
        reach = emitted[after] + behind[after]
        behind[now[: len(after)]] = logsumexp(pairs + reach[:, None], axis=2)
    joint = ahead + behind
    total = logsumexp(joint, axis=1, keepdims=True) if len(joint) else np.empty((0, 1))
    each = np.repeat(weights, lengths)
    expected = np.zeros_like(pairs)
    for before, now in pairwise(rows):
        first = before[: len(now)]
        log = (
            ahead[first][:, :, None] + pairs + (emitted[now] + behind[now])[:, None] - total[now][:, :, None]
        )
        expected += np.einsum("r,rab->ab", each[now], np.exp(log))
    ends = offsets_of(lengths)[1:][lengths > 0] - 1
    return Marginals(float(weights[lengths > 0] @ total[ends, 0]), joint - total, expected)


def _of_truth(
    emitted: np.ndarray, pairs: np.ndarray, rows: list[np.ndarray], truth: np.ndarray, weights: np.ndarray,
    lengths: np.ndarray, classes: int,
) -> Marginals:  # fmt: skip
    """The same where every class is known."""
    each = np.repeat(weights, lengths)
    total = float(each @ emitted[np.arange(len(truth)), truth])
    expected = np.zeros_like(pairs)
    for before, now in pairwise(rows):
        number = truth[before[: len(now)]] * classes + truth[now]
        expected += np.bincount(number, each[now], classes**2).reshape(classes, classes)
    one = np.where(np.eye(classes, dtype=bool)[truth], 0.0, -np.inf)
    return Marginals(total + float((expected * pairs).sum()), one, expected)
