"""How much of an input is common in the training data: a domain that gives no training row away.

Only that a bit of the fingerprint is set in at least `LEAST_ROWS` training rows is kept, one bit each.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from riboswitch.data.bundles.shared_checks import COMMON, DOMAIN
from riboswitch.data.model import Model
from riboswitch.errors import BundleError
from riboswitch.learning.trust.groupwise import limit

LEAST_ROWS = 20
"""Fewest training rows behind anything that a shared bundle says of them."""
LEVEL = 0.95


@dataclass(frozen=True)
class Familiarity:
    """The share of an input's fingerprint bits that many training rows have.

    Attributes
    ----------
    common : ndarray
        Packed bits, uint8 of shape (bytes,): set in at least `LEAST_ROWS` training rows.
    least : float
        Rows of new groups have at least this share with 95 %.
    """

    common: np.ndarray
    least: float

    @classmethod
    def fit(cls, prints: np.ndarray, groups: np.ndarray) -> Familiarity | None:
        """Count bits, and measure each group against the rows of all others.

        Parameters
        ----------
        prints : ndarray
            Packed fingerprints of the training rows, uint8 of shape (rows, bytes).
        groups : ndarray
            Group of each row, shape (rows,).

        Returns
        -------
        Familiarity or None
            None if there are too few groups for the limit, or no bit is common.
        """
        code = np.unique(groups, return_inverse=True)[1]
        order = np.argsort(code, kind="stable")
        members = np.split(order, np.cumsum(np.bincount(code))[:-1])
        counts = np.sum([_counts(prints[rows]) for rows in members], axis=0)
        shares = np.empty(len(prints))
        for rows in members:
            others = np.packbits(counts - _counts(prints[rows]) >= LEAST_ROWS)
            shares[rows] = _shares(prints[rows], others)
        common = np.packbits(counts >= LEAST_ROWS)
        lowest = -limit(-shares, code, LEVEL)
        if not common.any() or math.isinf(lowest):
            return None
        return cls(common, math.floor(100 * max(lowest, 0.0)) / 100)

    @classmethod
    def of(cls, model: Model) -> Familiarity | None:
        """That of a bundle; None if it has none."""
        if COMMON not in model.tensors:
            return None
        return cls(model.tensors[COMMON], float(model.header["shared"][DOMAIN]["least"]))

    def store(self, model: Model) -> None:
        """Put it into a bundle; `of` gives it back."""
        model.header["shared"][DOMAIN] = {"least": self.least, "rows": LEAST_ROWS}
        model.tensors[COMMON] = self.common

    def __call__(self, prints: np.ndarray) -> np.ndarray:
        """The share of each input, float64 of shape (inputs,); 0 for one without bits."""
        if prints.shape[1] != len(self.common):
            raise BundleError("the bundle was made for other fingerprints", found=f"{len(self.common)} bytes",
                              hint="Share it again with this version.")  # fmt: skip
        return _shares(prints, self.common)


def _counts(prints: np.ndarray) -> np.ndarray:
    """In how many rows each bit is set, int64 of shape (bits,)."""
    return np.unpackbits(prints, axis=1).sum(0, dtype=np.int64)


def _shares(prints: np.ndarray, common: np.ndarray) -> np.ndarray:
    own = np.bitwise_count(prints).sum(1, dtype=np.int64)
    shared = np.bitwise_count(prints & common).sum(1, dtype=np.int64)
    return shared / np.maximum(own, 1)
