"""Maps: a score for each part of an input, from the effects of changes of that part on the prediction.

A map may be shown if the networks agree on it, and agree more than networks that learned nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from riboswitch.numeric.logit import logit

LEAST_PARTS = 5  # the order of fewer parts agrees too often by chance
CLIP = 1e-12  # probabilities are clipped to [CLIP, 1 - CLIP] before their log odds
SAME = 1e-3  # fraction of a map's largest score: scores that differ less have the same rank


@dataclass(frozen=True)
class Rules:
    """Rules for the maps of a modality.

    Attributes
    ----------
    ranked : bool
        Maps are compared by the order of their parts (Spearman); else by their values (Pearson). Values suit
        inputs in which few parts matter: the order of the others is chance.
    least_stability : float
        Least mean correlation between the maps of two networks for a map to be shown.
    most_parts : float
        Inputs with more parts are not explained.
    """

    ranked: bool = True
    least_stability: float = 0.7
    most_parts: float = np.inf


def effect_scale(answers: np.ndarray, kind: str) -> np.ndarray:
    """Predictions on a scale on which effects are differences: log odds of probabilities, or values, risks.

    Parameters
    ----------
    answers : ndarray
        Predictions, of any shape.
    kind : str
        Kind of the task.
    """
    return answers if kind in ("regression", "survival") else logit(answers, CLIP)


def by_part(scores: np.ndarray, part: np.ndarray, parts: int) -> np.ndarray:
    """Mean over the changes of each part: (maps, changes) -> (maps, parts).

    ``part``, shape (changes,), holds the index of the part that is changed. Each part has a change.
    """
    changes = np.bincount(part, minlength=parts)
    return np.stack([np.bincount(part, row, parts) / changes for row in scores])


def agreement(maps: np.ndarray, others: np.ndarray | None = None, ranked: bool = True) -> float:
    """Mean correlation between maps, of shapes (maps, parts) and (others, parts).

    Without ``others`` the pairs are those within ``maps``. NaN if there is no pair, or if a map is constant.
    """
    own = _directions(maps, ranked)
    if others is None:
        pairs = [one @ two for one, two in combinations(own, 2)]
    else:
        pairs = list((own @ _directions(others, ranked).T).ravel())
    return float(np.mean(pairs)) if pairs else np.nan


def _directions(maps: np.ndarray, ranked: bool) -> np.ndarray:
    """Each row, or its ranks, centred and scaled to length 1; NaN for a constant row."""
    largest = np.abs(maps).max(1, keepdims=True)
    values = maps / np.where(largest > 0, largest, 1.0)
    if ranked:
        values = pd.DataFrame(np.round(values / SAME)).rank(axis=1).to_numpy()
    values = values - values.mean(1, keepdims=True)
    length = np.sqrt((values**2).sum(1, keepdims=True))
    return values / np.where(length > SAME, length, np.nan)


def doubt(maps: np.ndarray, stability: float, control: float, least: float = Rules.least_stability) -> str:
    """Why the mean of an input's maps, shape (networks, parts), must not be shown; empty if it may."""
    networks, parts = maps.shape
    if networks < 2:
        return "one network alone: there is no other map to compare with"
    if parts < LEAST_PARTS:
        return f"fewer than {LEAST_PARTS} parts: agreement on their order would mean little"
    if np.isnan(stability):
        return "to some network all parts are alike"
    if stability < least:
        return f"the networks agree too little: {stability:.2f}, less than {least}"
    if stability <= control:
        return f"networks that learned nothing agree as well: {control:.2f}, and these {stability:.2f}"
    return ""
