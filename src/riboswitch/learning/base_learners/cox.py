"""Cox regression with a ridge penalty, and what stands for a survival label where numbers are learned."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from riboswitch.errors import InputError
from riboswitch.numeric.survival import concordance, cumulative_hazard, partial_loss

STRENGTHS = tuple(10.0**power for power in np.arange(-1, 4.1, 0.5))
FOLDS = 5
FEWEST_EVENTS = 10  # with fewer there is nothing to choose a penalty by
MIDDLE = 100.0


@dataclass(frozen=True)
class Cox:
    """Factors of a linear log hazard.

    Attributes
    ----------
    factors : ndarray
        Shape (features,).

    References
    ----------
    Cox, J. R. Stat. Soc. B 1972, 34, 187; ties by Efron, J. Am. Stat. Assoc. 1977, 72, 557.
    Verweij and van Houwelingen, Stat. Med. 1994, 13, 2427 (ridge penalty).
    """

    factors: np.ndarray

    @classmethod
    def fit(
        cls, x: np.ndarray, labels: np.ndarray, weights: np.ndarray | None = None, strength: float = 1.0
    ) -> Cox:
        """Minimise the partial log likelihood with a penalty of ``strength / 2`` times the squared factors.

        Parameters
        ----------
        x : ndarray
            Shape (rows, features); scaled, since all features have one penalty. There are few features, or
            the factors are sought in the space of the rows.
        labels : ndarray
            Time and event, shape (rows, 2); rows without are left out.
        weights : ndarray, optional
            Shape (rows,).
        strength : float
            In units of an event.
        """
        from scipy.optimize import minimize  # takes a third of a second to import

        known = ~np.isnan(labels).any(1)
        if not (labels[known, 1] == 1).any():
            raise InputError("no training row has an event", hint="Give more rows, or split otherwise.")
        x, labels = x[known], labels[known]
        weights = np.ones(len(x)) if weights is None else weights[known]
        basis = np.eye(x.shape[1])
        if x.shape[1] > len(x):  # the best factors are sums of rows
            basis = np.linalg.qr(x.T)[0]
        rows = x @ basis

        def objective(values: np.ndarray) -> tuple[float, np.ndarray]:
            loss, slope = partial_loss(rows @ values, labels[:, 0], labels[:, 1], weights)
            return loss + strength / 2 * values @ values, rows.T @ slope + strength * values

        found = minimize(objective, np.zeros(rows.shape[1]), jac=True, method="L-BFGS-B")
        return cls(basis @ found.x)

    @classmethod
    def tuned(cls, x: np.ndarray, labels: np.ndarray, weights: np.ndarray | None = None, *, seed: int) -> Cox:
        """Fit with the penalty whose C-index over the held-out rows of five folds is the highest."""
        known = np.flatnonzero(~np.isnan(labels).any(1))
        events = labels[known, 1] == 1
        if events.sum() < FEWEST_EVENTS:
            return cls.fit(x, labels, weights, MIDDLE)
        order = known[np.random.default_rng(seed).permutation(len(known))]
        order = order[np.argsort(labels[order, 1], kind="stable")]
        fold = np.full(len(x), -1)
        fold[order] = np.arange(len(order)) % FOLDS
        return cls.fit(x, labels, weights, max(STRENGTHS, key=lambda s: _score(x, labels, weights, fold, s)))

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Log hazards relative to a row of zeros, shape (rows, 1)."""
        return (x @ self.factors)[:, None]


def _score(
    x: np.ndarray, labels: np.ndarray, weights: np.ndarray | None, fold: np.ndarray, strength: float
) -> float:
    """Mean C-index over the folds, of which each has its own factors."""
    scores = []
    for number in range(FOLDS):
        train, test = (fold >= 0) & (fold != number), fold == number
        made = Cox.fit(x[train], labels[train], None if weights is None else weights[train], strength)
        scores.append(concordance(labels[test, 0], labels[test, 1], made.predict(x[test])[:, 0]))
    return float(np.nanmean(scores))


def residuals(labels: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """Martingale residuals of the model without features: numbers that stand for survival labels.

    A residual is the event (0 or 1) minus the hazard that all rows together put up until the time, so higher
    means worse than expected. Methods for numbers can learn it.

    Parameters
    ----------
    labels : ndarray
        Time and event, shape (rows, 2), NaN in rows without a label.
    weights : ndarray, optional
        Shape (rows,).

    Returns
    -------
    ndarray
        Shape (rows, 1), NaN in rows without a label.

    References
    ----------
    Therneau, Grambsch and Fleming, Biometrika 1990, 77, 147.
    """
    found = np.full((len(labels), 1), np.nan)
    known = ~np.isnan(labels).any(1)
    time, event = labels[known].T
    found[known, 0] = event - cumulative_hazard(time, event, None if weights is None else weights[known])
    return found
