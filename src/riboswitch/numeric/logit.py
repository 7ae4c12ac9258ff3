"""Log odds of probabilities."""

from __future__ import annotations

import numpy as np


def logit(probability: np.ndarray, clip: float) -> np.ndarray:
    """Return log(p / (1 - p)) of probabilities, which stays finite at 0 and 1.

    Parameters
    ----------
    probability : ndarray
        Of any shape.
    clip : float
        Probabilities are first clipped to the range from ``clip`` to ``1 - clip``.
    """
    clipped = np.clip(probability, clip, 1 - clip)
    return np.log(clipped / (1 - clipped))
