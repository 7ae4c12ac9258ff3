"""How values are written in the cells of a format."""

from __future__ import annotations

from typing import Any

import numpy as np

SOFTWARE = "riboswitch"
"""The program's name, where a format asks for the source of a line."""


def text(value: Any) -> str:
    """A value as text: numbers with six significant digits, truth values in lower case."""
    if isinstance(value, bool | np.bool_):
        return str(bool(value)).lower()
    return f"{value:.6g}" if isinstance(value, float) else str(value)
