"""Picking some of a pool of inputs: good ones, unlike each other and what was measured, and cheap ones.

References
----------
Ashton et al., Quant. Struct.-Act. Relat. 2002, 21, 598 (the MaxMin picker).
"""

from __future__ import annotations

from dataclasses import dataclass
from string import ascii_uppercase

import numpy as np

from riboswitch.modalities.optional_parts import Similarity

ROWS, COLUMNS = ascii_uppercase[:8], 12
PLATE = len(ROWS) * COLUMNS
"""Wells of a plate."""


@dataclass(frozen=True)
class Weights:
    """What a pick is worth: ``gain`` · gain + ``diversity`` · (1 − similarity) − ``price`` · price."""

    gain: float
    diversity: float
    price: float = 0.0


def pick(
    gain: np.ndarray,
    fingerprints: np.ndarray,
    similarity: Similarity,
    weights: Weights,
    keep: int,
    *,
    price: np.ndarray | None = None,
    known: np.ndarray | None = None,
) -> list[int]:
    """Pick inputs of a pool one after another, each time the one that is worth most beside those before it.

    With a weight for diversity alone this is the MaxMin picker, begun with the first input or, if there
    are known inputs, with the one farthest from them.

    Parameters
    ----------
    gain : ndarray
        Of each input, best first; it is scaled to 0 to 1. Shape (inputs,).
    fingerprints : ndarray
        Of each input, from ``similarity``.
    similarity : Similarity
        How alike inputs are, 0 to 1.
    weights : Weights
    keep : int
    price : ndarray, optional
        Of each input; scaled by the highest.
    known : ndarray, optional
        Fingerprints of inputs that were measured already: one that is like them adds less.

    Returns
    -------
    list of int
        At most ``keep`` places in the pool, in the order of the picks; of equal ones the first.
    """
    worth = weights.gain * _scaled(gain)
    if price is not None and weights.price and len(price) and price.max() > 0:
        worth = worth - weights.price * price / price.max()
    nearest = np.zeros(len(gain))
    if known is not None and len(known) and len(gain):
        nearest = similarity.nearest(fingerprints, known)[0].astype(np.float64)
    free, picked = np.ones(len(gain), bool), []
    for _ in range(min(keep, len(gain))):
        value = np.where(free, worth - weights.diversity * nearest, -np.inf)
        best = int(value.argmax())
        free[best] = False
        picked.append(best)
        near = similarity.nearest(fingerprints, fingerprints[best : best + 1])[0]
        nearest = np.maximum(nearest, near)
    return picked


def _scaled(values: np.ndarray) -> np.ndarray:
    """From 0 for the least to 1 for the highest; 1 if all are equal."""
    if not len(values) or values.max() == values.min():
        return np.ones(len(values))
    return (values - values.min()) / (values.max() - values.min())


def wells(count: int) -> list[tuple[int, str]]:
    """Plate, from 1, and well (``A01`` to ``H12``, row by row) of so many compounds."""
    places = (divmod(number, PLATE) for number in range(count))
    return [(plate + 1, f"{ROWS[well // COLUMNS]}{well % COLUMNS + 1:02d}") for plate, well in places]
