"""Conformal prediction for new groups: quantiles and p-values in which each group counts once.

Rows of one group (a scaffold, a family) are alike, so a new row of a known group is no new case. What is
promised here is promised for a row of a group that was never seen, and so calibration counts groups: each
group of n rows has weight 1/n for each of them, and one more group, the new one, may have any score.

References
----------
Dunn, Wasserman and Ramdas, J. Am. Stat. Assoc. 2023, 118, 2491 (two-layer hierarchical models).
Lee, Barber and Willett, arXiv:2306.06342 (the quantile used here, and its guarantee).
Vovk, Asian Conference on Machine Learning 2012 (class-conditional, or Mondrian, calibration).
"""

from __future__ import annotations

import math

import numpy as np

LEVELS = (0.8, 0.9, 0.95)
"""Levels that are measured. Columns of answers have the middle one."""
SHOWN = 0.9
"""The level of the columns."""
_BIT = 1e-9  # sums of weights may be off by rounding


def least_groups(level: float) -> int:
    """The least number of groups with which a level can be promised: 4, 9 and 19 for 0.8, 0.9 and 0.95."""
    return math.ceil(level / (1 - level) - _BIT)


def group_weights(groups: np.ndarray, rows: np.ndarray | None = None) -> np.ndarray:
    """Weight of each row, shape (rows,): its share of its group, where it counts as so many ``rows``."""
    code = np.unique(groups, return_inverse=True)[1]
    rows = np.ones(len(code)) if rows is None else rows
    return rows / np.bincount(code, rows)[code]


def count_groups(groups: np.ndarray) -> int:
    """Number of different groups."""
    return len(np.unique(groups))


def limit(scores: np.ndarray, groups: np.ndarray, level: float) -> float:
    """The score that a row of a new group does not exceed with probability ``level``.

    Parameters
    ----------
    scores : ndarray
        How badly each calibration row was predicted, shape (rows,).
    groups : ndarray
        Group of each row, shape (rows,).
    level : float

    Returns
    -------
    float
        Infinite if there are fewer groups than `least_groups`.
    """
    if not len(scores):
        return math.inf
    order = np.argsort(scores, kind="stable")
    reached = np.cumsum(group_weights(groups)[order]) / (count_groups(groups) + 1)
    place = int(np.searchsorted(reached, level - _BIT))
    return float(scores[order[place]]) if place < len(scores) else math.inf


class Exceeding:
    """Share of new rows that would be false and score at least so high: conformal p-values.

    The share of a row of a new group is computed with equal groups and with equal rows, and the larger one
    counts: a list holds more rows of large groups, and their rows may be false more often.

    Parameters
    ----------
    scores : ndarray
        Score of each calibration row, shape (rows,).
    false : ndarray
        Whether the row is none of those that are looked for, bool of shape (rows,).
    groups : ndarray
        Group of each row, shape (rows,).
    rows : ndarray, optional
        How many rows each stands for, shape (rows,); None: each for itself.

    References
    ----------
    Jin and Candès, J. Mach. Learn. Res. 2023, 24, 244 (selection by prediction with conformal p-values).
    """

    def __init__(
        self, scores: np.ndarray, false: np.ndarray, groups: np.ndarray, rows: np.ndarray | None = None
    ):
        rows = np.ones(len(scores)) if rows is None else rows
        self.groups = count_groups(groups)
        order = np.argsort(-scores[false], kind="stable")
        self._falling = -scores[false][order]
        by_group = np.append(0.0, np.cumsum(group_weights(groups, rows)[false][order]))
        by_row, new = np.append(0.0, np.cumsum(rows[false][order])), rows[false].max(initial=1.0)
        shares = (by_group + 1) / (self.groups + 1), (by_row + new) / (rows.sum() + new)
        self._values = np.minimum(np.maximum(*shares), 1.0)

    def __call__(self, scores: np.ndarray) -> np.ndarray:
        """The p-value of each score, shape (rows,): small if few false rows score as high."""
        return self._values[np.searchsorted(self._falling, -scores, side="right")]

    @property
    def steps(self) -> np.ndarray:
        """All p-values that there can be, ascending."""
        return np.unique(self._values)


def adjusted(p_values: np.ndarray) -> np.ndarray:
    """The smallest false-discovery rate at which each row is selected, shape (rows,).

    References
    ----------
    Benjamini and Hochberg, J. R. Stat. Soc. B 1995, 57, 289.
    """
    steps, places, counts = np.unique(p_values, return_inverse=True, return_counts=True)
    return _rates(steps, counts)[places]


def _rates(steps: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """The rate of each of ascending p-values, of which there are so many."""
    upto = np.cumsum(counts)
    rates = np.full(len(upto), np.inf)
    np.divide(steps * upto[-1:], upto, out=rates, where=upto > 0)
    return np.minimum(np.minimum.accumulate(rates[::-1])[::-1], 1.0)


class CountedRates:
    """`adjusted` p-values of rows that come block by block: first all are counted, then each gets its rate.

    There are few different p-values, so counts of them hold all that is needed.

    Parameters
    ----------
    p_values : Exceeding
    """

    def __init__(self, p_values: Exceeding):
        self.p_values, self._steps = p_values, p_values.steps
        self._counts = np.zeros(len(self._steps), np.int64)

    def add(self, scores: np.ndarray) -> None:
        """Count rows, by their scores."""
        places = np.searchsorted(self._steps, self.p_values(scores))
        self._counts += np.bincount(places, minlength=len(self._steps))

    def __call__(self, scores: np.ndarray) -> np.ndarray:
        """The smallest rate at which each row is selected among all that were counted, shape (rows,)."""
        rates = _rates(self._steps, self._counts)
        return rates[np.searchsorted(self._steps, self.p_values(scores))]
