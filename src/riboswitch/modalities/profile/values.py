"""The numbers of one profile: from the cells of a row to float32, gaps as NaN.

| code           | the row                                                          |
|----------------|------------------------------------------------------------------|
| `BAD_NUMBER`   | has a cell that is neither a number nor a gap                    |
| `NOT_FINITE`   | has an infinite value, or one that float32 cannot hold           |
| `NO_VALUES`    | has gaps only                                                    |
| `BAD_PROFILE`  | of a list is no mapping, numbers or ``name=number`` text         |
| `MISSING_FEATURE` | of a list lacks a feature                                     |
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from riboswitch.errors import Problem, shorten
from riboswitch.io import cells

_PLAIN = re.compile(r"[0-9.eE+-]*")
LARGEST = float(np.finfo(np.float32).max)
DECIMALS = "Write numbers with a decimal point; leave a gap empty or write NA."


def profile(row: Sequence[Any], names: Sequence[str]) -> np.ndarray | Problem:
    """Read the cells of one row.

    Parameters
    ----------
    row : sequence
        Texts or numbers, one a feature.
    names : sequence of str
        Names of the features, for messages.

    Returns
    -------
    ndarray or Problem
        float32, shape (features,), gaps as NaN; or why the row cannot be used.
    """
    values = _fast(row)
    if values is None:
        values = np.empty(len(row))
        for number, cell in enumerate(row):
            try:
                values[number] = cells.number_or_gap(cell)
            except ValueError as error:
                return _problem(names[number], cell, str(error))
    if np.isnan(values).all():
        return Problem("NO_VALUES", f"all {len(row)} features are gaps", "Leave the row out, or fill it.")
    large = np.abs(values) > LARGEST
    if large.any():
        number = int(large.argmax())
        return Problem(
            "NOT_FINITE", f"feature {names[number]!r} is {values[number]:g}", "Correct it, or make it a gap."
        )
    return values.astype(np.float32)


def _fast(row: Sequence[Any]) -> np.ndarray | None:
    """The row as numbers if all its cells are plain texts of numbers; else None."""
    if not all(isinstance(cell, str) and cell for cell in row) or not _PLAIN.fullmatch("".join(row)):
        return None
    try:
        return np.array(row, np.float64)
    except ValueError:
        return None


def _problem(name: str, cell: Any, reason: str) -> Problem:
    return Problem("BAD_NUMBER", f"feature {name!r} is {shorten(cell, 30)!r}, {reason}", DECIMALS)


def named_values(value: Any) -> Mapping[str, Any] | Problem:
    """The cells of a profile in memory by their names.

    ``value`` is a mapping, or a text such as ``TP53=1.5 BRCA1=``, in which an empty number is a gap.
    """
    if isinstance(value, Mapping):
        return {str(name): cell for name, cell in value.items()}
    hint = "Give a mapping of names to numbers, or a text as 'TP53=1.5 BRCA1='."
    if not isinstance(value, str) or not value.strip():
        return Problem("BAD_PROFILE", "not a profile", hint)
    found: dict[str, str] = {}
    for word in value.split():
        name, sign, cell = word.rpartition("=")
        if not sign or not name:
            return Problem("BAD_PROFILE", f"{shorten(word, 30)!r} is not NAME=NUMBER", hint)
        if name in found:
            return Problem("BAD_PROFILE", f"the feature {name!r} stands twice", "Name each feature once.")
        found[name] = cell
    return found
