"""When a map of scores may be shown: the networks agree on it, and more than such as learned nothing."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from scipy.stats import rankdata

LEAST_PARTS = 5  # agreement in the order of fewer comes too easily by chance
LEAST_STABILITY = 0.7
SAME = 1e-3  # of the largest score of a map: what differs less has the same rank


def agreement(maps: np.ndarray, others: np.ndarray | None = None) -> float:
    """Mean Spearman correlation of pairs of maps, of shapes (maps, parts) and (others, parts).

    Without others, of each two of the maps. NaN if there is no such pair, or a map is all alike.
    """
    ranks = _ranks(maps)
    if others is None:
        pairs = [one @ two for one, two in combinations(ranks, 2)]
    else:
        pairs = list((ranks @ _ranks(others).T).ravel())
    return float(np.mean(pairs)) if pairs else np.nan


def _ranks(maps: np.ndarray) -> np.ndarray:
    """Ranks of each row, centred and of length 1; NaN where all are alike."""
    largest = np.abs(maps).max(1, keepdims=True)
    steps = np.round(maps / np.where(largest > 0, SAME * largest, 1.0))
    ranks = rankdata(steps, axis=1)
    ranks -= ranks.mean(1, keepdims=True)
    length = np.sqrt((ranks**2).sum(1, keepdims=True))
    return ranks / np.where(length > 0, length, np.nan)


def doubt(maps: np.ndarray, stability: float, control: float) -> str:
    """Why the maps of an input (networks, parts) are not to be shown as one; empty if they may."""
    networks, parts = maps.shape
    if networks < 2:
        return "one network alone: nothing tells whether another would say the same"
    if parts < LEAST_PARTS:
        return f"fewer than {LEAST_PARTS} parts: agreement on their order would mean little"
    if np.isnan(stability):
        return "to some network all parts are alike"
    if stability < LEAST_STABILITY:
        return f"the networks agree too little: {stability:.2f}, less than {LEAST_STABILITY}"
    if stability <= control:
        return f"networks that learned nothing agree as well: {control:.2f}, and these {stability:.2f}"
    return ""
