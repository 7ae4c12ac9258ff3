"""How values are written in the cells of a format."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from riboswitch.io.cells import guarded

SOFTWARE = "riboswitch"
"""The program's name, where a format asks for the source of a line."""


_TO_QUOTE = re.compile(r"[\t\r\n\"]")


def text(value: Any) -> str:
    """A value as text: numbers with six significant digits, truth values in lower case."""
    if isinstance(value, bool | np.bool_):
        return str(bool(value)).lower()
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def of_table(value: Any) -> str:
    """A value as a cell of a TSV: a text is guarded against spreadsheets, and quoted where it has to be."""
    if not isinstance(value, str):
        return text(value)
    safe = guarded(value)
    return '"' + safe.replace('"', '""') + '"' if _TO_QUOTE.search(safe) else safe
