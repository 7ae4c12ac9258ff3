"""How many of a list are expected to be active, with an interval that holds on new groups.

The sum of calibrated probabilities is the expected number. Three things make it uncertain: each compound is
a draw; compounds of one group succeed or fail together; and the calibration itself was estimated from so
many groups.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import stats

from riboswitch.learning.trust.maps import CLIP
from riboswitch.numeric.logit import logit

LEVEL = 0.9
LEAST_GROUPS = 20
"""Groups with actives that a promise needs."""


@dataclass(frozen=True)
class Dispersion:
    """What the calibration rows say about the doubt of a sum of probabilities.

    Attributes
    ----------
    between : float
        Variance of the log odds between groups that have the same calibrated probability.
    covariance : ndarray
        Of intercept and slope of the log odds, as estimated from whole groups, shape (2, 2).
    """

    between: float
    covariance: np.ndarray

    @classmethod
    def fit(cls, p: np.ndarray, truth: np.ndarray, groups: np.ndarray, weights: np.ndarray) -> Dispersion:
        """Estimate both from calibration rows.

        Parameters
        ----------
        p, truth : ndarray
            Calibrated probability and 0 or 1, shape (rows,).
        groups, weights : ndarray
            Shape (rows,).

        References
        ----------
        Liang and Zeger, Biometrika 1986, 73, 13 (covariance from clusters).
        """
        p = np.clip(p, CLIP, 1 - CLIP)
        code = np.unique(groups, return_inverse=True)[1]
        spread = p * (1 - p)
        terms = np.stack([np.ones_like(p), logit(p, CLIP)], 1)
        steps = terms * (weights * (truth - p))[:, None]
        of_group = np.zeros((code.max() + 1, 2))
        np.add.at(of_group, code, steps)
        curvature = (terms * (weights * spread)[:, None]).T @ terms
        inverse = np.linalg.pinv(curvature)
        groups_found = len(of_group)
        covariance = inverse @ (of_group.T @ of_group) @ inverse * groups_found / max(groups_found - 1, 1)
        return cls(_between(truth - p, spread, code), covariance)

    def variance(self, p: np.ndarray, groups: np.ndarray) -> float:
        """Variance of the number of actives in a list.

        Parameters
        ----------
        p : ndarray
            Calibrated probability of each compound, shape (compounds,).
        groups : ndarray
            Group of each compound, shape (compounds,).
        """
        clipped = np.clip(p, CLIP, 1 - CLIP)
        spread = clipped * (1 - clipped)
        code = np.unique(groups, return_inverse=True)[1]
        together = np.bincount(code, spread) ** 2 - np.bincount(code, spread**2)
        slope = np.stack([spread, spread * logit(clipped, CLIP)]).sum(1)
        return float(spread.sum() + self.between * together.sum() + slope @ self.covariance @ slope)


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
