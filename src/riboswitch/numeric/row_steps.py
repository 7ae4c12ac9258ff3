"""Steps of rows of unequal length that lie one after the other: all first steps, all second ones, and so on.

What goes along every row, step by step, is then a few operations for each step number, and no row is padded.
"""

from __future__ import annotations

import numpy as np

from riboswitch.numeric.offsets import offsets_of


def row_steps(lengths: np.ndarray) -> list[np.ndarray]:
    """For each step number the places of these steps, the longest row first.

    Rows that end are the last ones: ``steps[t][:len(steps[t + 1])]`` stand before ``steps[t + 1]``.
    """
    order = np.argsort(-lengths, kind="stable")
    starts, long = offsets_of(lengths)[:-1][order], lengths[order]
    steps = range(int(lengths.max(initial=0)))
    return [starts[: np.searchsorted(-long, -step)] + step for step in steps]
