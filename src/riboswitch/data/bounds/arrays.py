"""Bounds as arrays, and as two columns of a table for each column of labels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from riboswitch.errors import InputError

ENDS = (".above", ".below")
"""Ends of the names of the columns with the two ends of a bound; infinite where an end is not known."""
AGAIN = "Make the file again."


def columns_of(label: str) -> tuple[str, str]:
    """Names of the columns with the bounds of a column of labels."""
    return f"{label}{ENDS[0]}", f"{label}{ENDS[1]}"


def bounds_in(table: pd.DataFrame, labels: Sequence[str]) -> list[str]:
    """The columns of bounds that a table has for these columns of labels."""
    return [name for label in labels for name in columns_of(label) if name in table]


def with_bounds(table: pd.DataFrame, labels: Sequence[str], bounds: np.ndarray | None) -> pd.DataFrame:
    """A table with columns for bounds, of those columns of labels that have any.

    Parameters
    ----------
    table : DataFrame
    labels : sequence of str
    bounds : ndarray or None
        Shape (rows, labels, 2), NaN for labels that are no bounds.
    """
    if bounds is None:
        return table
    added = {
        name: bounds[:, i, end]
        for i, label in enumerate(labels) if not np.isnan(bounds[:, i]).all()
        for end, name in enumerate(columns_of(label))
    }  # fmt: skip
    return table.assign(**added)


def bounds_at(bounds: np.ndarray | None, rows: np.ndarray) -> np.ndarray | None:
    """The bounds of some rows; None if no label is censored."""
    return None if bounds is None else bounds[rows]


def read_bounds(table: pd.DataFrame, labels: Sequence[str], where: str) -> np.ndarray | None:
    """The bounds in a table; None if no label is censored.

    Returns
    -------
    ndarray or None
        float64, shape (rows, labels, 2): lower and upper end, infinite where an end is not known, NaN for
        labels that are no bounds.

    Raises
    ------
    InputError
        If an end is no number, missing, or above the other; or a label is both a number and a bound.
    """
    if not bounds_in(table, labels):
        return None
    found = np.full((len(table), len(labels), 2), np.nan)
    for i, label in enumerate(labels):
        for end, name in enumerate(columns_of(label)):
            if name in table:
                found[:, i, end] = _numbers(table[name], where)
    _require_whole(found, where)
    twice = ~np.isnan(found[..., 0]) & table[list(labels)].notna().to_numpy()
    if twice.any():
        raise InputError("a label is a number and a bound", where=f"{where} row {_first(twice) + 1}",
                         hint=AGAIN)  # fmt: skip
    return None if np.isnan(found).all() else found


def _numbers(column: pd.Series, where: str) -> np.ndarray:
    try:
        return column.to_numpy(np.float64)
    except (TypeError, ValueError) as error:
        raise InputError("a bound is not a number", where=f"{where} column {column.name}", found=error,
                         hint=AGAIN) from error  # fmt: skip


def _require_whole(bounds: np.ndarray, where: str) -> None:
    """Raise `InputError` unless each bound has both ends in order, and one of them is finite."""
    known = ~np.isnan(bounds)
    wrong = known[..., 0] != known[..., 1]
    wrong |= np.isinf(bounds).all(-1) | (bounds[..., 0] > bounds[..., 1])
    if wrong.any():
        row = _first(wrong)
        raise InputError("the ends of a bound are not in order", where=f"{where} row {row + 1}",
                         found=bounds[row].tolist(), hint=AGAIN)  # fmt: skip


def _first(wrong: np.ndarray) -> int:
    return int(np.argwhere(wrong)[0, 0])


def known_labels(labels: np.ndarray, bounds: np.ndarray | None) -> np.ndarray:
    """Which labels are known as a number or by a bound, bool of shape (rows, targets)."""
    known = ~np.isnan(labels)
    return known if bounds is None else known | ~np.isnan(bounds[..., 0])


def at_bounds(labels: np.ndarray, bounds: np.ndarray | None) -> np.ndarray:
    """Labels with each bound in the place of its gap: the finite end, or the middle of two."""
    if bounds is None:
        return labels
    low, high = bounds[..., 0], bounds[..., 1]
    with np.errstate(invalid="ignore"):
        end = np.where(np.isinf(low), high, np.where(np.isinf(high), low, (low + high) / 2))
    return np.where(np.isnan(labels), end, labels)
