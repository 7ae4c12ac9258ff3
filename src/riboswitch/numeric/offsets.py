"""Offsets of items that lie one after the other in a flat array.

Item ``i`` is ``flat[offsets[i]:offsets[i + 1]]``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np


def offsets_of(lengths: Sequence[int] | np.ndarray) -> np.ndarray:
    """Offsets of items of these lengths, int64 of shape (items + 1,)."""
    return running_sums(lengths, np.int64)


def running_sums(values: Sequence[Any] | np.ndarray, dtype: type[np.generic] = np.int64) -> np.ndarray:
    """Sums of the first 0, 1, ..., n values, shape (n + 1,).

    The sum of ``values[a:b]`` is ``sums[b] - sums[a]``. The sums of a mask count its true values.
    """
    sums = np.zeros(len(values) + 1, dtype)
    np.cumsum(np.asarray(values), dtype=dtype, out=sums[1:])
    return sums


def gather_index(offsets: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Positions in the flat array of the items at ``rows``, and the offsets of those items put together."""
    lengths = offsets[rows + 1] - offsets[rows]
    new = offsets_of(lengths)
    index = np.arange(new[-1]) + np.repeat(offsets[rows] - new[:-1], lengths)
    return index, new
