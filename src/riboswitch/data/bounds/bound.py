"""A bound: a label that says only between which numbers a value lies, as ``>10``.

Such labels are called censored. A value at the bound itself is taken as possible: ``>10`` is ``>=10``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from riboswitch.io import cells

ABOVE, BELOW = (">", ">=", "≥", ">>"), ("<", "<=", "≤", "<<")
EXACT = ("=", "==")
APPROXIMATE = "~"
_CELL = re.compile(r"\s*([<>=≥≤~]+)(.*)", re.DOTALL)


class Bound(NamedTuple):
    """What is known of a value: it is at least ``low`` and at most ``high``; one of them may be infinite."""

    low: float = -math.inf
    high: float = math.inf

    def __str__(self) -> str:
        if math.isinf(self.high):
            return f">{self.low}"
        return f"<{self.high}" if math.isinf(self.low) else f"{self.low} to {self.high}"


def interval(label: float | Bound) -> Bound:
    """A label as an interval; that of a number has no width."""
    return label if isinstance(label, Bound) else Bound(label, label)


def together(labels: Sequence[float | Bound]) -> Bound:
    """What is known of a value of which all these labels hold; ``low`` is above ``high`` if none can."""
    each = [interval(label) for label in labels]
    return Bound(max(low for low, _ in each), min(high for _, high in each))


def parted(text: str) -> tuple[str, str]:
    """The sign of a cell, and what follows it; an empty sign if the cell begins with none."""
    found = _CELL.fullmatch(text)
    return (found[1], found[2]) if found else ("", text)


def bounded(sign: str, value: float) -> float | Bound:
    """The label of a number with a sign before it, or with a relation beside it.

    Parameters
    ----------
    sign : str
        One of `ABOVE`, `BELOW` or `EXACT`; empty stands for an equal sign.

    Raises
    ------
    ValueError
        For another sign, in words that follow the text of the cell.
    """
    if sign in ABOVE:
        return Bound(low=value)
    if sign in BELOW:
        return Bound(high=value)
    if sign and sign not in EXACT:
        raise ValueError(
            "an approximate number" if sign == APPROXIMATE else f"with {sign!r}, which is no sign of a bound"
        )
    return value


def read_bounded(cell: Any, relation: str, number: Callable[[Any], float]) -> float | Bound:
    """The label of a cell that may be a number or a bound.

    Parameters
    ----------
    cell : object
        Text, or a value of a typed column; no gap.
    relation : str
        What a column of relations says, as ``>``. An empty one says that the number is exact, as ``=`` does.
    number : callable
        Gives the number of a cell without a sign, or raises `ValueError`.

    Raises
    ------
    ValueError
        In words that follow the text of the cell.
    """
    sign, rest = parted(cell) if isinstance(cell, str) else ("", cell)
    if sign and relation and sign != relation:
        raise ValueError(f"which is another sign than its relation {relation!r}")
    return bounded(sign or relation, number(rest))


def relation_of(cell: Any) -> str:
    """The sign in a cell of a column of relations. ChEMBL writes it in quotes; a gap is no sign."""
    return "" if cells.is_missing(cell) else cells.plain(cell).strip().strip("'\"").strip()


def is_bound(text: str) -> bool:
    """Whether a text is that of a bound: ``str`` of a `Bound`."""
    return text[:1] in ("<", ">") or " to " in text
