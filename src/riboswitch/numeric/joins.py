"""Equal keys on two sides: which rows of one side have a partner on the other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

NO_PARTNER = -1


class Keys:
    """The keys of two sides as numbers that are equal for equal keys.

    Parameters
    ----------
    left, right : sequence of (str or None)
        One key a row; None: the row has none, and so no partner.
    """

    def __init__(self, left: Sequence[str | None], right: Sequence[str | None]):
        numbers = pd.factorize(pd.Series([*left, *right], dtype=object))[0].astype(np.int64)
        self.left, self.right = numbers[: len(left)], numbers[len(left) :]
        self.distinct = int(numbers.max(initial=-1)) + 1

    def first_partners(self) -> np.ndarray:
        """The first row on the left with the key of each row on the right.

        Returns
        -------
        ndarray
            int64, shape (rows on the right,): `NO_PARTNER` where there is none.
        """
        return self._first(self.left)[self.right]

    def _first(self, keys: np.ndarray) -> np.ndarray:
        """The first position of each key, and `NO_PARTNER` at the end, for the number -1."""
        first = np.full(self.distinct + 1, NO_PARTNER, np.int64)
        first[keys[::-1]] = np.arange(len(keys))[::-1]
        first[-1] = NO_PARTNER
        return first

    def other_values(self, left: np.ndarray, right: np.ndarray, tolerance: float = 0.0) -> np.ndarray:
        """Find a row on the left with the same key and another value.

        Parameters
        ----------
        left, right : ndarray
            One number a row; NaN is a gap, which agrees with every value.
        tolerance : float
            Largest difference of values that agree.

        Returns
        -------
        ndarray
            int64, shape (rows on the right,): of the rows on the left with the lowest and the highest value,
            the one whose value is farther away; `NO_PARTNER` where all values of the key agree.
        """
        known = np.flatnonzero((self.left >= 0) & ~np.isnan(left))
        farthest = np.full(len(right), NO_PARTNER, np.int64)
        distance = np.full(len(right), float(tolerance))
        for sign in (1, -1):
            order = known[np.argsort(sign * left[known], kind="stable")]
            first = np.full(self.distinct + 1, NO_PARTNER, np.int64)
            first[self.left[order][::-1]] = order[::-1]
            partner = first[self.right]
            away = np.abs(np.where(partner >= 0, left[partner] if len(left) else np.nan, np.nan) - right)
            better = away > distance  # false for gaps
            farthest[better], distance[better] = partner[better], away[better]
        return farthest
