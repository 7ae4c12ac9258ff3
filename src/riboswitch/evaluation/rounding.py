"""Rounding of the numbers in a JSON file."""

from __future__ import annotations

import math
from typing import Any

import numpy as np


def round_json(value: Any) -> Any:
    """Round JSON values to six significant digits; leave out entries that are NaN or None.

    Numbers below 1e-12 are rounding noise and become 0: equal runs then give equal bytes.
    """
    if isinstance(value, dict):
        kept = {key: round_json(item) for key, item in value.items()}
        return {key: item for key, item in kept.items() if item is not None}
    if isinstance(value, list):
        return [round_json(item) for item in value]
    if isinstance(value, float | np.floating | np.ndarray):
        number = float(value)
        if not math.isfinite(number):
            return None
        return 0.0 if abs(number) < 1e-12 else float(f"{number:.6g}")
    return value
