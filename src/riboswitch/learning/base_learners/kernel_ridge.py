"""Kernel ridge regression on landmarks. What each row would be predicted without itself chooses the penalty.

References
----------
Saunders, Gammerman and Vovk, ICML 1998 (kernel ridge regression).
Rifkin and Lippert, MIT-CSAIL-TR-2007-025 (leave-one-out predictions in closed form).
Platt, Advances in Large Margin Classifiers 1999 (scores to probabilities).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve, solve_triangular
from scipy.linalg.lapack import dpotri
from scipy.special import expit, softmax
from threadpoolctl import threadpool_limits

from riboswitch.data.task import Task
from riboswitch.numeric.logistic import fit_classes, fit_odds

PENALTIES = (0.01, 0.03, 0.1, 0.3, 1.0)
ROWS_TOGETHER = 2048
JITTER = 1e-6  # equal landmarks would make the kernel singular
FIRST_SLOPE, FIRST_OFFSET = 4.0, -2.0  # of scores from 0 to 1
PULL = 0.01  # towards these two, in units of one row

KernelOf = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Ridge:
    """A weighted sum of similarities to landmarks.

    Attributes
    ----------
    coefficients : ndarray
        float64, shape (landmarks, outputs).
    mean : ndarray
        float64, shape (outputs,): what is predicted for a row unlike all landmarks.
    """

    coefficients: np.ndarray
    mean: np.ndarray


def fit_ridge(
    kernel_of: KernelOf, landmarks: np.ndarray, values: np.ndarray, weights: np.ndarray
) -> tuple[Ridge, np.ndarray]:
    """Fit one ridge for each column of ``values``.

    Linear algebra runs on one thread: on several its last digits would depend on their number.

    Parameters
    ----------
    kernel_of : callable
        Similarities of some rows to the landmarks, float of shape (rows, landmarks).
    landmarks : ndarray
        Rows that are landmarks.
    values : ndarray
        Shape (rows, outputs), NaN for gaps; each column has a value.
    weights : ndarray
        Shape (rows,).

    Returns
    -------
    Ridge
    ndarray
        Shape (rows, outputs): what each row would be predicted if its value were not known; NaN for gaps.
    """
    with threadpool_limits(1):
        own = kernel_of(landmarks).astype(np.float64)
        own[np.diag_indices_from(own)] += JITTER
        every = len(landmarks) == len(values)
        fit = _Exact(own, landmarks) if every else _OnLandmarks(own, kernel_of)
        means, columns, without = [], [], np.full(values.shape, np.nan)
        for column, value in enumerate(values.T):
            known = np.flatnonzero(~np.isnan(value))
            weight = weights[known] / weights[known].mean()
            mean = float(np.average(value[known], weights=weight))
            found, left_out = fit(known, value[known] - mean, weight)
            means.append(mean)
            columns.append(found)
            without[known, column] = left_out + mean
        return Ridge(np.stack(columns, 1), np.array(means)), without


@dataclass(frozen=True)
class _Exact:
    """All rows are landmarks."""

    own: np.ndarray
    landmarks: np.ndarray

    def __call__(
        self, known: np.ndarray, value: np.ndarray, weight: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        place = np.empty(len(self.landmarks), np.int64)
        place[self.landmarks] = np.arange(len(self.landmarks))
        at = place[known]
        kernel = self.own[np.ix_(at, at)]
        least, best = np.inf, (value, value)
        for penalty in PENALTIES:
            factor = cho_factor(kernel + np.diag(penalty / weight), lower=True)
            coefficients = cho_solve(factor, value)
            inverse, _ = dpotri(factor[0], lower=1)  # its lower half
            left_out = value - coefficients / np.diag(inverse)
            if (error := float(np.average((left_out - value) ** 2, weights=weight))) < least:
                least, best = error, (coefficients, left_out)
        found = np.zeros(len(self.landmarks))
        found[at] = best[0]
        return found, best[1]


@dataclass(frozen=True)
class _OnLandmarks:
    """Some of the rows are landmarks; similarities to them are computed block by block."""

    own: np.ndarray
    kernel_of: KernelOf

    def __call__(
        self, known: np.ndarray, value: np.ndarray, weight: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        gram, target = np.zeros_like(self.own), np.zeros(len(self.own))
        for at, block in self._blocks(known):
            weighted = block * weight[at, None]
            gram += weighted.T @ block
            target += weighted.T @ value[at]
        factors = [cho_factor(gram + penalty * self.own, lower=True) for penalty in PENALTIES]
        solutions = np.stack([cho_solve(factor, target) for factor in factors], 1)
        left_out = np.empty((len(known), len(PENALTIES)))
        for at, block in self._blocks(known):
            fitted = block @ solutions
            for column, factor in enumerate(factors):
                half = solve_triangular(factor[0], block.T, lower=True)
                share = weight[at] * np.einsum("lr,lr->r", half, half)
                share = np.minimum(share, 1 - JITTER)  # of its own fitted value, below 1 but for rounding
                left_out[at, column] = (fitted[:, column] - share * value[at]) / (1 - share)
        errors = np.average((left_out - value[:, None]) ** 2, axis=0, weights=weight)
        best = int(errors.argmin())
        return solutions[:, best], left_out[:, best]

    def _blocks(self, known: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
        for start in range(0, len(known), ROWS_TOGETHER):
            at = slice(start, start + ROWS_TOGETHER)
            yield at, self.kernel_of(known[at]).astype(np.float64)


def fit_line(scores: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> tuple[float, float]:
    """Slope and offset of the log odds of a class as a line in its score.

    Parameters
    ----------
    scores, labels, weights : ndarray
        Shape (rows,); labels are 0 or 1.
    """
    terms, start = np.stack([scores, np.ones_like(scores)], 1), np.array([FIRST_SLOPE, FIRST_OFFSET])
    slope, offset = fit_odds(terms, labels, weights, start, PULL, [_RISING, _ANY])
    return float(slope), float(offset)


def fit_lines(scores: np.ndarray, classes: np.ndarray, weights: np.ndarray) -> tuple[float, np.ndarray]:
    """One slope, and an offset for each class, of log probabilities as lines in the scores of the classes.

    Parameters
    ----------
    scores : ndarray
        Shape (rows, classes).
    classes, weights : ndarray
        Shape (rows,); numbers of the true classes.
    """
    several = scores.shape[1]
    start = np.append(FIRST_SLOPE, np.zeros(several))
    found = fit_classes(scores, classes, weights, start, PULL, [_RISING, *[_ANY] * several])
    return float(found[0]), found[1:]


def lines_of(
    scores: np.ndarray, labels: np.ndarray, weights: np.ndarray, task: Task
) -> tuple[np.ndarray, np.ndarray]:
    """Slope and offset of each output, from the scores of rows that were left out; empty for numbers."""
    if task.kind == "regression":
        return np.empty(0), np.empty(0)
    if task.kind == "multiclass":
        slope, offset = fit_lines(scores, labels[:, 0].astype(int), weights)
        return np.full(len(offset), slope), offset
    lines = []
    for score, label in zip(scores.T, labels.T, strict=True):
        known = ~np.isnan(label)
        lines.append(fit_line(score[known], label[known], weights[known]))
    slopes, offsets = zip(*lines, strict=True)
    return np.array(slopes), np.array(offsets)


_RISING, _ANY = (1e-3, None), (None, None)


def probabilities(scores: np.ndarray, slope: np.ndarray, offset: np.ndarray, several: bool) -> np.ndarray:
    """Scores (rows, outputs) to probabilities: of each output, or of ``several`` classes that sum to 1."""
    odds = slope * scores + offset
    return softmax(odds, axis=1) if several else expit(odds)
