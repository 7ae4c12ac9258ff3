"""Maps of scores: what a change does to an answer, and when a map of it may be shown.

It may if the networks agree on it, and more than such as learned nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy.stats import rankdata

from riboswitch.numeric.logit import logit

LEAST_PARTS = 5  # agreement in the order of fewer comes too easily by chance
CLIP = 1e-12  # probabilities are clipped to [CLIP, 1 - CLIP] before their log odds
SAME = 1e-3  # of the largest score of a map: what differs less has the same rank


@dataclass(frozen=True)
class Rules:
    """What holds for the maps of a modality.

    Attributes
    ----------
    ranked : bool
        Maps are compared by the order of their parts (Spearman); else by their values (Pearson), for inputs
        in which few parts matter and the order of the others is chance.
    least_stability : float
        Correlation of two networks' maps from which on they may be shown.
    most_parts : float
        Inputs of more are not asked about.
    """

    ranked: bool = True
    least_stability: float = 0.7
    most_parts: float = np.inf


def effect_scale(answers: np.ndarray, kind: str) -> np.ndarray:
    """Answers on the scale on which effects are differences: log odds for probabilities, else the values.

    Parameters
    ----------
    answers : ndarray
        Of any shape.
    kind : str
        Kind of the task.
    """
    return answers if kind == "regression" else logit(answers, CLIP)


def by_part(scores: np.ndarray, part: np.ndarray, parts: int) -> np.ndarray:
    """Mean over the changes of each part: (maps, changes) -> (maps, parts).

    ``part`` (changes,) is the number of the part that is changed; each has at least one change.
    """
    many = np.bincount(part, minlength=parts)
    return np.stack([np.bincount(part, row, parts) / many for row in scores])


def agreement(maps: np.ndarray, others: np.ndarray | None = None, ranked: bool = True) -> float:
    """Mean correlation of pairs of maps, of shapes (maps, parts) and (others, parts).

    Without others, of each two of the maps. NaN if there is no such pair, or a map is all alike.
    """
    own = _directions(maps, ranked)
    if others is None:
        pairs = [one @ two for one, two in combinations(own, 2)]
    else:
        pairs = list((own @ _directions(others, ranked).T).ravel())
    return float(np.mean(pairs)) if pairs else np.nan


def _directions(maps: np.ndarray, ranked: bool) -> np.ndarray:
    """Each row, or its ranks, centred and of length 1; NaN where all are alike."""
    largest = np.abs(maps).max(1, keepdims=True)
    values = maps / np.where(largest > 0, largest, 1.0)
    if ranked:
        values = rankdata(np.round(values / SAME), axis=1)
    values = values - values.mean(1, keepdims=True)
    length = np.sqrt((values**2).sum(1, keepdims=True))
    return values / np.where(length > SAME, length, np.nan)


def doubt(maps: np.ndarray, stability: float, control: float, least: float = Rules.least_stability) -> str:
    """Why the maps of an input (networks, parts) are not to be shown as one; empty if they may."""
    networks, parts = maps.shape
    if networks < 2:
        return "one network alone: nothing tells whether another would say the same"
    if parts < LEAST_PARTS:
        return f"fewer than {LEAST_PARTS} parts: agreement on their order would mean little"
    if np.isnan(stability):
        return "to some network all parts are alike"
    if stability < least:
        return f"the networks agree too little: {stability:.2f}, less than {least}"
    if stability <= control:
        return f"networks that learned nothing agree as well: {control:.2f}, and these {stability:.2f}"
    return ""
