"""Labels that conflict across the line: one thing has one label in training and another one in testing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from riboswitch.io.cells import is_missing, number
from riboswitch.numeric.joins import NO_PARTNER, Keys


class Conflicts(NamedTuple):
    """The conflicts of one target.

    Attributes
    ----------
    compared : int
        Test rows that have a label, and so has a training row that is the same thing.
    train : ndarray
        int64, shape (test rows,): a training row with another label; `NO_PARTNER` where all agree.
    """

    compared: int
    train: np.ndarray


def conflicts(train: Sequence[Any], test: Sequence[Any], same: Sequence[Keys], tolerance: float) -> Conflicts:
    """Compare labels of rows that are one thing.

    Parameters
    ----------
    train, test : sequence
        The cells of the target, a gap agrees with every label.
    same : sequence of Keys
        Rows with an equal key are one thing.
    tolerance : float
        Largest difference of numbers that agree.
    """
    left, right, are_numbers = _values(train, test)
    found = np.full(len(right), NO_PARTNER, np.int64)
    compared = np.zeros(len(right), bool)
    labelled = ~np.isnan(left)
    for keys in same:
        others = keys.other_values(left, right, tolerance if are_numbers else 0.0)
        found = np.where(found == NO_PARTNER, others, found)
        compared |= np.isin(keys.right, keys.left[labelled & (keys.left >= 0)]) & ~np.isnan(right)
    return Conflicts(int(compared.sum()), found)


def _values(train: Sequence[Any], test: Sequence[Any]) -> tuple[np.ndarray, np.ndarray, bool]:
    """Labels as numbers, NaN for gaps; names are numbered, unless all labels are numbers."""
    cells = [None if is_missing(cell) else cell for cell in (*train, *test)]
    try:
        values = np.array([np.nan if cell is None else _number(cell) for cell in cells], np.float64)
        are_numbers = True
    except ValueError:
        texts = pd.Series([None if cell is None else str(cell).strip() for cell in cells], dtype=object)
        numbers = pd.factorize(texts)[0].astype(np.float64)
        values, are_numbers = np.where(numbers < 0, np.nan, numbers), False
    return values[: len(train)], values[len(train) :], are_numbers


def _number(cell: Any) -> float:
    return number(cell) if isinstance(cell, str) else float(cell)
