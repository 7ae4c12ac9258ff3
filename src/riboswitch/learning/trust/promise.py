"""How many of a list are expected to be active, with an interval that holds on new groups.

The sum of calibrated probabilities is the expected number, after a last correction: a map that fits all
rows may be off among the best, where a list is made, by a level and by a slope. Three things make the number
uncertain: each compound is a draw; compounds of one group succeed or fail together; level and slope were
estimated from so many groups. The list lies at the end of the rows that they come from, so that the slope
counts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from scipy.special import betaincinv, expit

from riboswitch.learning.trust.maps import CLIP
from riboswitch.numeric.logit import logit

LEVEL = 0.9
LEAST_GROUPS = 20
"""Groups with actives that a promise needs."""
LEAST_ROWS = 100
"""Rows that the correction is estimated from, if so many score as high as the list; else the highest."""
PRIOR = 4.0  # variance of the level and of the slope before any row was seen, in log odds
STEPS = 50
TINY = 1e-9


@dataclass(frozen=True)
class Dispersion:
    """What the calibration rows say of the number of actives in a list.

    Attributes
    ----------
    between : float
        Variance of the log odds between groups that have the same calibrated probability.
    centre : float
        Mean log odds of the rows that score as high as the list.
    line : ndarray
        What is added to the log odds: at the centre, and for each further unit of log odds; shape (2,).
    doubt : ndarray
        Covariance of the line, shape (2, 2).
    """

    between: float = 0.0
    centre: float = 0.0
    line: np.ndarray = field(default_factory=lambda: np.zeros(2))
    doubt: np.ndarray = field(default_factory=lambda: np.zeros((2, 2)))

    @classmethod
    def fit(
        cls,
        p: np.ndarray,
        truth: np.ndarray,
        groups: np.ndarray,
        least: float = 0.0,
        rows: np.ndarray | None = None,
    ) -> Dispersion:
        """Estimate all from calibration rows.

        Parameters
        ----------
        p, truth : ndarray
            Calibrated probability and 0 or 1, shape (rows,).
        groups : ndarray
            Shape (rows,).
        least : float
            The lowest probability on the list.
        rows : ndarray, optional
            How many rows of the experiment each row stands for, shape (rows,); None: each for itself.

        References
        ----------
        Liang and Zeger, Biometrika 1986, 73, 13 (variance from clusters).
        """
        code, rows = np.unique(groups, return_inverse=True)[1], np.ones(len(p)) if rows is None else rows
        p = np.clip(p, CLIP, 1 - CLIP)
        between = _between(rows * (truth - p), rows * p * (1 - p), code, rows)
        least = min(least, float(np.sort(p)[-min(LEAST_ROWS, len(p))]))
        high = p >= least
        odds = logit(p[high], CLIP)
        centre = float(np.average(odds, weights=rows[high]))
        return cls(between, centre, *_line(odds, centre, truth[high], code[high], rows[high]))

    def corrected(self, p: np.ndarray) -> np.ndarray:
        """Probabilities of the compounds of a list after the correction."""
        odds = logit(p, CLIP)
        return expit(odds + _terms(odds, self.centre) @ self.line)

    def variance(self, p: np.ndarray, groups: np.ndarray) -> float:
        """Variance of the number of actives in a list.

        Parameters
        ----------
        p : ndarray
            Probability of each compound before the correction, shape (compounds,).
        groups : ndarray
            Group of each compound, shape (compounds,).
        """
        corrected = self.corrected(p)
        spread = corrected * (1 - corrected)
        code = np.unique(groups, return_inverse=True)[1]
        together = np.bincount(code, spread) ** 2 - np.bincount(code, spread**2)
        moved = _terms(logit(p, CLIP), self.centre).T @ spread  # the number, by level and by slope
        return float(spread.sum() + self.between * together.sum() + moved @ self.doubt @ moved)


def _terms(odds: np.ndarray, centre: float) -> np.ndarray:
    """What level and slope are multiplied with, shape (rows, 2)."""
    return np.stack([np.ones_like(odds), odds - centre], axis=1)


def _line(
    odds: np.ndarray, centre: float, truth: np.ndarray, code: np.ndarray, rows: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Level and slope of the change of log odds that fits the outcomes, drawn towards 0; their covariance.

    The covariance is that of whole groups, but in no direction less than if each row were its own group.
    """
    terms, line = _terms(odds, centre), np.zeros(2)

    def curvature(p: np.ndarray) -> np.ndarray:
        return (terms * (rows * p * (1 - p))[:, None]).T @ terms + np.eye(2) / PRIOR

    for _ in range(STEPS):
        p = expit(odds + terms @ line)
        step = np.linalg.solve(curvature(p), terms.T @ (rows * (truth - p)) - line / PRIOR)
        line = line + np.clip(step, -1, 1)
        if np.abs(step).max() < TINY:
            break
    p = expit(odds + terms @ line)
    alone = np.linalg.inv(curvature(p))
    of_group = np.stack([np.bincount(code, column) for column in (terms * (rows * (truth - p))[:, None]).T])
    return line, _larger(alone, alone @ (of_group @ of_group.T) @ alone)


def _larger(least: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The covariance ``other``, raised to that of ``least`` in each direction in which it is smaller."""
    root = np.linalg.cholesky(least)
    back = np.linalg.inv(root)
    values, vectors = np.linalg.eigh(back @ other @ back.T)
    turned = root @ vectors
    raised: np.ndarray = (turned * np.maximum(values, 1.0)) @ turned.T
    return raised


def _between(error: np.ndarray, spread: np.ndarray, code: np.ndarray, rows: np.ndarray) -> float:
    """Mean product of the errors of two rows of one group, in units of the product of their p (1 - p).

    An effect of the group on the log odds moves both by so much. A group of n rows has n (n - 1) pairs, but
    not as much to say: it counts n times.
    """
    products = np.bincount(code, error) ** 2 - np.bincount(code, error**2)
    spreads = np.bincount(code, spread) ** 2 - np.bincount(code, spread**2)
    others = np.maximum(np.bincount(code, rows) - 1, 1)
    return max(float((products / others).sum() / max((spreads / others).sum(), CLIP)), 0.0)


def interval(mean: float, variance: float, size: int, level: float = LEVEL) -> tuple[int, int]:
    """The least and the largest number of actives that are promised.

    A beta distribution from -1/2 to ``size`` + 1/2 with this mean and variance, rounded to whole numbers.
    """
    width = size + 1.0
    centre = float(np.clip((mean + 0.5) / width, 1e-6, 1 - 1e-6))
    share = min(variance / width**2, 0.999 * centre * (1 - centre))
    total = centre * (1 - centre) / max(share, 1e-12) - 1
    tails = betaincinv(centre * total, (1 - centre) * total, [(1 - level) / 2, (1 + level) / 2])
    low, high = (tails * width - 0.5).tolist()
    # In a list of a few groups most may be active or few: the mean stays inside.
    first, last = min(round(low + 0.5), math.floor(mean)), max(round(high - 0.5), math.ceil(mean))
    return max(first, 0), min(last, size)
