"""The text of a cell: is it missing, which number is it, and would a spreadsheet run it?

Python itself reads more as a number than people write: ``1_000``, ``１２``, ``Infinity``. Text of users is
read by `number` and `whole` only.
"""

from __future__ import annotations

import datetime
import math
import re
from decimal import Decimal
from numbers import Number, Real
from typing import Any

MISSING = (
    "", "NA", "nan", "NaN", "NAN", "null", "NULL", "None", "N/A", "n/a", "NaT", "<NA>", "#N/A", "#NA", "-nan",
    "-NaN", "-",
)  # fmt: skip
"""Texts that stand for a missing value, written just so. ``none``, ``na`` and ``Na`` are names."""

_MISSING = frozenset(MISSING)
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_WHOLE = re.compile("[0-9]{1,18}")
_INFINITE = re.compile(r"[+-]?(inf|infinity)", re.IGNORECASE)
_EXACT = 2**53  # from here on a float is not one whole number but one of several
_BLANKS = " \t"
_SCALARS = (Number, datetime.date, datetime.time)
_NO_VALUE = ("NoneType", "NAType")  # pandas' NA by its name: importing pandas takes long

# What a spreadsheet takes for the start of a formula, also in full width. A sign alone is none.
_FORMULA = re.compile(r"[=+\-@\t\r\n＝＋－＠].", re.DOTALL)
SUSPECTS = frozenset("'=+-@\t\r\n＝＋－＠")
_GUARDED = re.compile(r"'+[=+\-@\t\r\n＝＋－＠].", re.DOTALL)


def is_missing(value: Any) -> bool:
    """Whether a value, of text or of a typed column, stands for a missing one."""
    if isinstance(value, str):
        return value.strip() in _MISSING
    if type(value).__name__ in _NO_VALUE:
        return True
    return isinstance(value, _SCALARS) and bool(value != value)


def number(text: str) -> float:
    """The number that a text is: ASCII digits, a point, a sign, an exponent, with blanks around.

    Raises
    ------
    ValueError
        In words that follow the text, such as "not a number".
    """
    plain = text.strip(_BLANKS)
    if not _NUMBER.fullmatch(plain):
        raise ValueError(f"not a number{_why(plain)}")
    value = float(plain)
    if not math.isfinite(value):
        raise ValueError("not a finite number")
    return value


def number_or_gap(cell: Any) -> float:
    """The number of a cell of text or of a typed column: NaN for a gap, infinite where it says so.

    Raises
    ------
    ValueError
        In words that follow the cell, such as "not a number".
    """
    if is_missing(cell):
        return math.nan
    if isinstance(cell, str):
        if _INFINITE.fullmatch(cell.strip()):
            return math.copysign(math.inf, -1 if cell.strip().startswith("-") else 1)
        return number(cell)
    try:
        return float(cell)
    except (TypeError, ValueError):
        raise ValueError("not a number") from None


def is_number(cell: Any) -> bool:
    """Whether a cell holds a number and is no gap."""
    try:
        return not math.isnan(number_or_gap(cell))
    except ValueError:
        return False


def _why(text: str) -> str:
    if re.fullmatch("[+-]?[0-9]+,[0-9]+", text):
        return " with a decimal point"
    if text[:1] in "<>≤≥~" and text:
        return " but a bound" if text[0] != "~" else " but an approximate one"
    return ""


def whole(text: str) -> int:
    """The count or position that a text is: 1 to 18 ASCII digits, no sign.

    Raises
    ------
    ValueError
    """
    if not _WHOLE.fullmatch(text):
        raise ValueError("not a whole number")
    return int(text)


def plain(value: Any) -> str:
    """The text of a value of a typed column (Parquet, DataFrame); a missing one is empty.

    A whole number is written as one, also where the column holds floats: 17, not 17.0.

    Raises
    ------
    ValueError
        If it is a list or another value without a text, a float that is no whole number known exactly, or
        bytes that are not UTF-8.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value.decode("utf-8")
    if is_missing(value):
        return ""
    if not isinstance(value, _SCALARS):
        raise ValueError(f"a value of type {type(value).__name__}, not a text")
    if isinstance(value, Real | Decimal) and not isinstance(value, int):
        return _whole_text(value)
    return str(value)


def _whole_text(value: Any) -> str:
    if not math.isfinite(value) or value != int(value):
        raise ValueError(f"the number {value}, which is not whole")
    if isinstance(value, float) and abs(value) >= _EXACT:
        raise ValueError(f"the number {value!r}, of which a column of floats keeps 15 digits only")
    return str(int(value))


def guarded(text: str) -> str:
    """A text with an apostrophe before it if a spreadsheet would take it for a formula.

    These begin with = + - @, a tab or the end of a line, and are not numbers. Texts that would be read as
    guarded get an apostrophe, too, so that `unguarded` restores each text.
    """
    if text[:1] not in SUSPECTS:
        return text
    if _GUARDED.match(text) or (_FORMULA.match(text) and not _NUMBER.fullmatch(text)):
        return f"'{text}"
    return text


def unguarded(text: str) -> str:
    """The text that `guarded` was given."""
    return text[1:] if text[:1] == "'" and _GUARDED.match(text) else text
