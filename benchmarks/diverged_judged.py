"""Recall at equal false calls: thresholds of the first genomes, recall with intervals, differences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import floor

import numpy as np

DRAWS = 2000


@dataclass(frozen=True, eq=False)
class Answers:
    """What a method says of proteins.

    Attributes
    ----------
    scores : ndarray
        Higher: more like a resistance gene. Shape (proteins,).
    right : ndarray
        bool: whether the class that the method gives is one of the true ones. False for frames of a host.
    """

    scores: np.ndarray
    right: np.ndarray


def threshold(first: Sequence[np.ndarray], rate: float) -> float:
    """The lowest threshold with at most ``rate`` calls in each of the first genomes, on the mean.

    Scores that equal the threshold are calls. With a rate below one call in all genomes together, it is just
    above all of their frames: so few genomes cannot show a lower rate.
    """
    pooled = np.sort(np.concatenate(first))[::-1]
    allowed = floor(rate * len(first) + 1e-9)
    return float(np.nextafter(pooled[allowed], np.inf)) if allowed < len(pooled) else -np.inf


def called(answers: Answers, least: float) -> np.ndarray:
    """Which planted genes are called with a right class, as 0 and 1."""
    return ((answers.scores >= least) & answers.right).astype(float)


def drawn(families: Sequence[str], seed: int = 0) -> np.ndarray:
    """How often each gene counts in each resampling, shape (draws, genes)."""
    names, rows = np.unique(list(families), return_inverse=True)
    rng = np.random.default_rng(seed)
    counts = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), size=DRAWS)
    return counts[:, rows]


def summary(values: np.ndarray, draws: np.ndarray) -> dict[str, float]:
    """The mean, and the 2.5th and 97.5th percentiles of its resamplings."""
    means = draws @ values / np.maximum(draws.sum(1), 1)
    low, high = np.percentile(means, (2.5, 97.5))
    found = {"mean": values.mean(), "low": low, "high": high}
    return {name: round(float(value), 4) for name, value in found.items()}


def macro(values: np.ndarray, groups: Sequence[str]) -> float:
    """Mean over the groups of the mean in each."""
    names, rows = np.unique(list(groups), return_inverse=True)
    return float((np.bincount(rows, values, len(names)) / np.bincount(rows, minlength=len(names))).mean())


def verdict(difference: Mapping[str, float]) -> str:
    """``wins`` or ``loses`` if the interval leaves out zero, else ``ties``."""
    if difference["low"] > 0:
        return "wins"
    return "loses" if difference["high"] < 0 else "ties"
