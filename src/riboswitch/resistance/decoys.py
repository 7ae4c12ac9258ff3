"""How often chance reaches a score: the false-discovery rate, estimated with decoys."""

from __future__ import annotations

import numpy as np


def q_values(scores: np.ndarray, decoys: np.ndarray, each: float = 1.0) -> np.ndarray:
    """The false-discovery rate at each score, estimated with decoys and made monotone.

    A score of zero (no homology) has the rate 1. See Käll et al., J Proteome Res 2008, 7, 29.

    Parameters
    ----------
    scores : ndarray
        Of the true queries, shape (scores,).
    decoys : ndarray
        Of decoys, searched in the same way; shape (decoys,).
    each : float
        How many queries a decoy stands for: 1 if there are as many.

    Returns
    -------
    ndarray
        Shape (scores,), between 0 and 1; never lower for a lower score.
    """
    rate = np.minimum(1.0, each * at_least(decoys, scores) / np.maximum(at_least(scores, scores), 1))
    rate[scores <= 0] = 1.0
    order = np.argsort(scores, kind="stable")
    rate[order] = np.minimum.accumulate(rate[order])
    return rate


def at_least(values: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    """How many of the values reach each threshold, shape (thresholds,)."""
    ordered = np.sort(values)
    return len(ordered) - np.searchsorted(ordered, thresholds, "left")
