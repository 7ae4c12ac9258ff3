"""How well two genes go together as neighbours, by their strands and the bases between them.

Genes of one operon lie close together, often with the stop of one in the start of the next (ATGA, TAATG).
Genes seldom overlap by more, and least where both begin.
"""

from __future__ import annotations

import numpy as np

MOST, REACH = 200, 300  # most bases that neighbours share; distance from which on it does not matter
SCALE = 1024  # scores are whole numbers of this part, so that their sums do not depend on the order
SAME, TAILS, HEADS = 60, 150, 40  # most bases shared: on one strand, with their ends, with their starts
FORBIDDEN = -1e6


def links() -> np.ndarray:
    """Scores of neighbours, ``[strand, next strand, distance + MOST]``, in parts of `SCALE`."""
    distance = np.arange(-MOST, REACH + 1)
    shared = np.maximum(-distance, 0)
    same = np.where((distance >= 0) & (distance < 40), 0.7, -0.05 * shared)
    same[distance == -4], same[distance == -1] = 2.0, 1.0
    heads = np.where(shared > 0, -2 - 0.1 * shared, np.where(distance < 40, -1.0, 0.0))
    tails = -0.05 * shared
    table = np.empty((2, 2, len(distance)))
    table[0, 0] = table[1, 1] = np.where(shared > SAME, FORBIDDEN, same)
    table[0, 1] = np.where(shared > TAILS, FORBIDDEN, tails)
    table[1, 0] = np.where(shared > HEADS, FORBIDDEN, heads)
    return np.rint(table * SCALE).astype(np.int64)
