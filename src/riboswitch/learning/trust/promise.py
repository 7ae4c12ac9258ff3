"""How many of a list are expected to be active, with an interval that holds on new groups.

The sum of calibrated probabilities is the expected number, after a last correction: a map that fits all
rows may be off among the best, where a list is made. Three things make the number uncertain: each compound
is a draw; compounds of one group succeed or fail together; the correction was estimated from so many groups.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import stats
from scipy.special import expit

from riboswitch.learning.trust.maps import CLIP
from riboswitch.numeric.logit import logit

LEVEL = 0.9
LEAST_GROUPS = 20
"""Groups with actives that a promise needs."""
LEAST_ROWS = 100
"""Rows that the correction is estimated from, if so many score as high as the list; else the highest."""
PRIOR = 4.0  # variance of the correction before any row was seen, in log odds
STEPS = 50


@dataclass(frozen=True)
class Dispersion:
    """What the calibration rows say of the number of actives in a list.

    Attributes
    ----------
    between : float
        Variance of the log odds between groups that have the same calibrated probability.
    shift, doubt : float
        Correction of the log odds of rows that score as high as the list, and its variance.
    """

    between: float = 0.0
    shift: float = 0.0
    doubt: float = 0.0

    @classmethod
    def fit(cls, p: np.ndarray, truth: np.ndarray, groups: np.ndarray, least: float = 0.0) -> Dispersion:
        """Estimate all from calibration rows.

        Parameters
        ----------
        p, truth : ndarray
            Calibrated probability and 0 or 1, shape (rows,).
        groups : ndarray
            Shape (rows,).
        least : float
            The lowest probability on the list.

        References
        ----------
        Liang and Zeger, Biometrika 1986, 73, 13 (variance from clusters).
        """
        code = np.unique(groups, return_inverse=True)[1]
        p = np.clip(p, CLIP, 1 - CLIP)
        between = _between(truth - p, p * (1 - p), code)
        least = min(least, float(np.sort(p)[-min(LEAST_ROWS, len(p))]))
        high = p >= least
        return cls(between, *_shift(logit(p[high], CLIP), truth[high], code[high]))

    def corrected(self, p: np.ndarray) -> np.ndarray:
        """Probabilities of the compounds of a list after the correction."""
        return expit(logit(p, CLIP) + self.shift)

    def variance(self, p: np.ndarray, groups: np.ndarray) -> float:
        """Variance of the number of actives in a list.

        Parameters
        ----------
        p : ndarray
            Corrected probability of each compound, shape (compounds,).
        groups : ndarray
            Group of each compound, shape (compounds,).
        """
        spread = p * (1 - p)
        code = np.unique(groups, return_inverse=True)[1]
        together = np.bincount(code, spread) ** 2 - np.bincount(code, spread**2)
        return float(spread.sum() + self.between * together.sum() + self.doubt * spread.sum() ** 2)


def _shift(odds: np.ndarray, truth: np.ndarray, code: np.ndarray) -> tuple[float, float]:
    """The change of log odds that fits the outcomes, drawn towards 0, and its variance over groups."""
    shift, curvature = 0.0, 1.0
    for _ in range(STEPS):
        p = expit(odds + shift)
        curvature = float((p * (1 - p)).sum() + 1 / PRIOR)
        step = float((truth - p).sum() - shift / PRIOR) / curvature
        shift += float(np.clip(step, -1, 1))
        if abs(step) < 1e-9:
            break
    of_group = np.bincount(code, truth - expit(odds + shift))
    return shift, max(float((of_group**2).sum()) / curvature**2, 1 / curvature)


def _between(error: np.ndarray, spread: np.ndarray, code: np.ndarray) -> float:
    """Mean product of the errors of two rows of one group, in units of the product of their p (1 - p).

    An effect of the group on the log odds moves both by so much. A group of n rows has n (n - 1) pairs, but
    not as much to say: it counts n times.
    """
    products = np.bincount(code, error) ** 2 - np.bincount(code, error**2)
    spreads = np.bincount(code, spread) ** 2 - np.bincount(code, spread**2)
    others = np.maximum(np.bincount(code) - 1, 1)
    return max(float((products / others).sum() / max((spreads / others).sum(), CLIP)), 0.0)


def interval(mean: float, variance: float, size: int, level: float = LEVEL) -> tuple[int, int]:
    """The least and the largest number of actives that are promised.

    A beta distribution from -1/2 to ``size`` + 1/2 with this mean and variance, rounded to whole numbers.
    """
    width = size + 1.0
    centre = float(np.clip((mean + 0.5) / width, 1e-6, 1 - 1e-6))
    share = min(variance / width**2, 0.999 * centre * (1 - centre))
    total = centre * (1 - centre) / max(share, 1e-12) - 1
    tails = stats.beta.ppf([(1 - level) / 2, (1 + level) / 2], centre * total, (1 - centre) * total)
    low, high = (tails * width - 0.5).tolist()
    # In a list of a few groups most may be active or few: the mean stays inside.
    first, last = min(round(low + 0.5), math.floor(mean)), max(round(high - 0.5), math.ceil(mean))
    return max(first, 0), min(last, size)
