"""The chain of reading frames with the highest sum of scores, of frames that can be genes side by side.

Neighbours may overlap a little; how much depends on their strands (as in Prodigal: Hyatt et al., BMC
Bioinformatics 2010, 11, 119).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Overlap(NamedTuple):
    """Most bases that two neighbours may share: on one strand, with their ends, with their starts."""

    same: int = 60
    tails: int = 200
    heads: int = 30


def best_chain(
    left: np.ndarray, right: np.ndarray, strand: np.ndarray, score: np.ndarray, overlap: Overlap | None = None
) -> np.ndarray:
    """Numbers of the intervals that make the best chain, from left to right.

    Each begins and ends after the one before it and shares no more bases with it than is allowed. This then
    holds for all pairs, so that an interval with a score below zero never improves a chain.

    Parameters
    ----------
    left, right : ndarray, shape (n,)
        First base, and base after the last.
    strand : ndarray, shape (n,)
        0 or 1; on strand 0 a gene begins at its left.
    score : ndarray, shape (n,)
    overlap : Overlap, optional

    Returns
    -------
    ndarray
        Shape (chosen,).
    """
    most = overlap or Overlap()
    order = np.lexsort((left, right))
    left, right, strand, score = left[order], right[order], strand[order], score[order]
    free = np.searchsorted(right, left, side="right")  # how many end before this one begins
    total, before = np.zeros(len(order)), np.full(len(order), -1)
    peak, peak_at = np.zeros(len(order) + 1), np.full(len(order) + 1, -1)
    for i in range(len(order)):
        best, at = peak[min(free[i], i)], peak_at[min(free[i], i)]
        near = np.arange(free[i], i)
        shared = right[near] - left[i]
        allowed = np.select([strand[near] == strand[i], strand[near] < strand[i]], most[:2], most.heads)
        near = near[(shared <= allowed) & (left[near] < left[i]) & (right[near] < right[i])]
        if len(near) and total[near].max() > best:
            at = near[np.argmax(total[near])]
            best = total[at]
        total[i], before[i] = score[i] + best, at
        better = total[i] > peak[i]
        peak[i + 1], peak_at[i + 1] = (total[i], i) if better else (peak[i], peak_at[i])
    chosen, at = [], peak_at[-1]
    while at >= 0:
        chosen.append(at)
        at = before[at]
    return order[np.array(chosen[::-1], np.int64)]
