"""The label in a cell: a number, a bound of a number, 0 or 1, a name, or a gap."""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Literal

import numpy as np

from riboswitch.data.bounds.bound import Bound, read_bounded
from riboswitch.io import cells

Censored = Literal["reject", "bounds"]
"""What to do with a label such as ``>10``: reject it, or take it as a bound."""

TIME = "time"
"""Kind of the first label of a survival task; the second is binary."""

TEXT_KINDS = ("multiclass", "per_position")
"""Kinds of task whose labels are text."""


def label(
    cell: Any,
    kind: str,
    lengths: tuple[int, ...] = (),
    *,
    censored: Censored = "reject",
    relation: str | None = None,
) -> float | Bound | str | None:
    """The label of a cell, or None for a gap.

    Parameters
    ----------
    cell : object
        Text, or a value of a typed column. What stands for a gap is the same in all kinds: `cells.MISSING`.
    kind : {"regression", "binary", "multiclass", "per_position", "time"}
    lengths : tuple of int
        Allowed numbers of labels, where each position has one.
    censored : {"reject", "bounds"}
        Whether a number may have a sign that makes it a bound (regression).
    relation : str, optional
        The sign that stands beside a number in a column of its own, see `bound.relation_of` (regression).

    Raises
    ------
    ValueError
        In words that follow the text of the cell.
    """
    if cells.is_missing(cell):
        return None
    if kind in TEXT_KINDS:
        return _name(cell, lengths)
    if kind == "regression" and (censored == "bounds" or relation is not None):
        return _bounded(cell, relation or "", censored)
    value = _number(cell, kind)
    if kind == "binary" and value not in (0, 1):
        raise ValueError("neither 0 nor 1")
    if kind == TIME and value < 0:
        raise ValueError("a negative time")
    return value


def kind_of_target(kind: str, number: int) -> str:
    """The kind of the labels of one target: of a survival task the first is a time, the second binary."""
    return (TIME, "binary")[min(number, 1)] if kind == "survival" else kind


def label_text(cell: Any) -> str:
    """The text of a label as it is compared with the labels that a user names; empty for a gap."""
    if cells.is_missing(cell):
        return ""
    try:
        return cells.plain(cell).strip()
    except ValueError:
        return str(cell)


def renamed(cell: Any, meaning: Mapping[str, float | str]) -> Any:
    """What the text of a cell stands for; the cell itself if that is not said."""
    return meaning.get(label_text(cell), cell)


def _name(cell: Any, lengths: tuple[int, ...]) -> str:
    is_fraction = isinstance(cell, float | np.floating) and cell % 1
    text = str(cell) if is_fraction else cells.plain(cell).strip()
    if lengths and len(text) not in lengths:
        raise ValueError(f"{len(text)} labels for {lengths[0]} positions")
    return text


def _bounded(cell: Any, relation: str, censored: Censored) -> float | Bound:
    text = cells.plain(cell) if isinstance(cell, bytes) else cell
    value = read_bounded(text, relation, lambda rest: _number(rest, "regression"))
    if isinstance(value, Bound) and censored == "reject":
        raise ValueError(
            f"which the relation {relation!r} makes a bound" if relation else "not a number but a bound"
        )
    return value


def _number(cell: Any, kind: str) -> float:
    if isinstance(cell, str | bytes):
        text = cells.plain(cell)
        if kind == "binary" and text.strip() == "+":
            raise ValueError("neither 0 nor 1; write 1 for +, and 0 for -, which stands for a gap")
        return cells.number(text)
    if isinstance(cell, bool | np.bool_) and kind in ("regression", TIME):
        raise ValueError("not a number")
    if not isinstance(cell, int | float | Decimal | np.number | np.bool_):
        raise ValueError("not a number")
    if not math.isfinite(cell):
        raise ValueError("not a finite number")
    return float(cell)
