"""Censored labels for methods that learn from numbers only: an expected value in the place of each bound.

A method is fitted on the labels that are numbers, in folds, and predicts every row from rows of other folds.
A value is taken as normal around that prediction, with the spread of the errors of these predictions. A bound
is replaced by the mean of the part of this distribution that lies within it. This is one step of the
algorithm of Schmee and Hahn (Technometrics 1979, 21, 417), with predictions from outside the fold, so that a
method that remembers its training rows does not only confirm itself.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.special import log_ndtr

FOLDS = 5
LEAST = 2 * FOLDS
"""Numbers that a target must have; with fewer its bounds stay gaps."""
_LOG_ROOT = 0.5 * np.log(2 * np.pi)

Predict = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Fits a method on the rows at some positions, and predicts those at others: shape (others, targets)."""


def imputed(labels: np.ndarray, bounds: np.ndarray | None, predict: Predict, seed: int) -> np.ndarray:
    """Labels in which numbers stand for bounds.

    Parameters
    ----------
    labels : ndarray
        Shape (rows, targets), NaN for gaps and bounds.
    bounds : ndarray or None
        Shape (rows, targets, 2), see `riboswitch.data.bounds.columns.bounds_of`.
    predict : callable
        The method; every row at the first positions has a label.
    seed : int
        Of the folds.

    Returns
    -------
    ndarray
        Shape (rows, targets). A target with fewer than `LEAST` numbers keeps its gaps.
    """
    if bounds is None or np.isnan(bounds).all():
        return labels
    outside = _outside_folds(labels, predict, seed)
    if outside is None:
        return labels
    spread = np.sqrt(np.nanmean((outside - labels) ** 2, axis=0))
    enough = (~np.isnan(labels)).sum(0) >= LEAST
    expected = within(outside, np.maximum(spread, 1e-12), bounds)
    return np.where(np.isnan(labels) & enough, expected, labels)


def _outside_folds(labels: np.ndarray, predict: Predict, seed: int) -> np.ndarray | None:
    """What each row is predicted by the rows of other folds; None if a fold leaves a target no number."""
    known = ~np.isnan(labels)
    numbered = known.any(1)
    fold = np.random.default_rng([seed, FOLDS]).permutation(len(labels)) % FOLDS
    found = np.empty(labels.shape)
    for number in range(FOLDS):
        learned, asked = np.flatnonzero(numbered & (fold != number)), np.flatnonzero(fold == number)
        if not known[learned].any(0).all():
            return None
        if len(asked):
            found[asked] = predict(learned, asked)
    return found


def within(mean: np.ndarray, sd: np.ndarray, bounds: np.ndarray) -> np.ndarray:
    """The mean of a normal distribution between bounds, NaN where they are.

    Parameters
    ----------
    mean, sd : ndarray
        Shapes (rows, targets) and (targets,).
    bounds : ndarray
        Shape (rows, targets, 2).
    """
    low, high = (bounds - mean[..., None]).transpose(2, 0, 1) / sd
    with np.errstate(over="ignore", invalid="ignore"):
        above = np.exp(-0.5 * low**2 - _LOG_ROOT - log_ndtr(-low))
        below = -np.exp(-0.5 * high**2 - _LOG_ROOT - log_ndtr(high))
    both = np.isfinite(low) & np.isfinite(high)
    shift = np.where(np.isfinite(low), above, below)
    if both.any():
        shift[both] = _between(low[both], high[both])
    return np.clip(mean + sd * shift, bounds[..., 0], bounds[..., 1])


def _between(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """The mean of a standard normal between two finite bounds; of an interval without width, its place."""
    from scipy.stats import truncnorm  # scipy.stats takes half a second to import

    wide = high - low > 1e-9
    mean = (low + high) / 2
    mean[wide] = truncnorm.mean(low[wide], high[wide])
    return mean
