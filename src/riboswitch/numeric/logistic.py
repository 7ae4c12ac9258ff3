"""Log odds, and log probabilities of classes, fitted to labels with a pull towards a start."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from scipy.special import expit, log_softmax

Bounds = Sequence[tuple[float | None, float | None]]


def fit_odds(
    terms: np.ndarray, labels: np.ndarray, weights: np.ndarray, start: np.ndarray, pull: float, bounds: Bounds
) -> np.ndarray:
    """Factors of terms whose sum is the log odds of the label 1, with the lowest log loss.

    Parameters
    ----------
    terms : ndarray
        Shape (rows, terms).
    labels, weights : ndarray
        Shape (rows,); labels are 0 or 1.
    start : ndarray
        Shape (terms,).
    pull : float
        What half the squared distance from ``start`` costs, in units of one row.
    bounds : sequence of (float or None, float or None)
        Limits of each factor.

    Returns
    -------
    ndarray
        Shape (terms,).
    """
    objective = partial(_of_odds, terms, labels, weights, start, pull)
    return _lowest(objective, start, bounds)


def fit_classes(
    logs: np.ndarray, classes: np.ndarray, weights: np.ndarray, start: np.ndarray, pull: float, bounds: Bounds
) -> np.ndarray:
    """One factor of all scores, then what is added for each class, whose softmax has the lowest log loss.

    Parameters
    ----------
    logs : ndarray
        Scores, such as log probabilities, shape (rows, classes).
    classes, weights : ndarray
        Shape (rows,); numbers of the true classes.
    start, pull, bounds
        As for `fit_odds`.

    Returns
    -------
    ndarray
        Shape (1 + classes,).
    """
    return _lowest(partial(_of_classes, logs, classes, weights, start, pull), start, bounds)


def _lowest(objective: partial[tuple[float, np.ndarray]], start: np.ndarray, bounds: Bounds) -> np.ndarray:
    from scipy.optimize import minimize  # takes a third of a second to import

    found: np.ndarray = minimize(objective, start, jac=True, method="L-BFGS-B", bounds=bounds).x
    return found


def _of_odds(
    terms: np.ndarray,
    labels: np.ndarray,
    weights: np.ndarray,
    start: np.ndarray,
    pull: float,
    values: np.ndarray,
) -> tuple[float, np.ndarray]:
    """Log loss with the pull towards ``start``, and its gradient."""
    odds, away = terms @ values, values - start
    loss = (weights * (np.logaddexp(0, odds) - labels * odds)).sum() + pull / 2 * (away**2).sum()
    slope = terms.T @ (weights * (expit(odds) - labels)) + pull * away
    return loss / weights.sum(), slope / weights.sum()


def _of_classes(
    logs: np.ndarray,
    classes: np.ndarray,
    weights: np.ndarray,
    start: np.ndarray,
    pull: float,
    values: np.ndarray,
) -> tuple[float, np.ndarray]:
    away, rows = values - start, np.arange(len(logs))
    out = log_softmax(values[0] * logs + values[1:], axis=1)
    error = np.exp(out)
    error[rows, classes] -= 1
    error *= weights[:, None]
    loss = -(weights * out[rows, classes]).sum() + pull / 2 * (away**2).sum()
    slope = np.append((error * logs).sum(), error.sum(0)) + pull * away
    return loss / weights.sum(), slope / weights.sum()
