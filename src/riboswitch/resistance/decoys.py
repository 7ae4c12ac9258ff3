"""How often a score is reached by chance: the false-discovery rate, estimated with decoys."""

from __future__ import annotations

import numpy as np


def q_values(scores: np.ndarray, decoys: np.ndarray) -> np.ndarray:
    """Decoy-estimated false-discovery rate at each score, made monotone (Käll et al., J Proteome Res 2008).

    A score of zero (no homology) has the rate 1.

    Parameters
    ----------
    scores : ndarray
        What was searched, shape (scores,).
    decoys : ndarray
        As many false things searched alike, shape (decoys,).

    Returns
    -------
    ndarray
        Shape (scores,), between 0 and 1; never lower for a lower score.
    """
    rate = np.minimum(1.0, at_least(decoys, scores) / np.maximum(at_least(scores, scores), 1))
    rate[scores <= 0] = 1.0
    order = np.argsort(scores, kind="stable")
    rate[order] = np.minimum.accumulate(rate[order])
    return rate


def at_least(values: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    """How many of the values reach each threshold, shape (thresholds,)."""
    ordered = np.sort(values)
    return len(ordered) - np.searchsorted(ordered, thresholds, "left")
