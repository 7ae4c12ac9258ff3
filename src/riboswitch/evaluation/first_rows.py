"""Positives among the first rows of a ranking: counts, intervals, enrichment and the curve."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.special import betaincinv

from riboswitch.evaluation.metrics import Array, Ranking, rank
from riboswitch.evaluation.resampling import LEVEL

CURVE_ROWS = 200  # the curve has at most so many points


def found_among(ranking: Ranking, rows: Array) -> Array:
    """Positives among the first rows; of tied rows so many as a random order of them would give."""
    return np.interp(rows, ranking.taken, ranking.found)


def hit_rate_interval(positives: float, rows: int) -> tuple[float, float]:
    """95 % interval of the rate of positives after Clopper and Pearson (Biometrika 1934, 26:404)."""
    tail = (1 - LEVEL) / 2
    low = betaincinv(positives, rows - positives + 1, tail) if positives > 0 else 0.0
    high = betaincinv(positives + 1, rows - positives, 1 - tail) if positives < rows else 1.0
    return float(low), float(high)


def first_rows(truth: Array, score: Array, sizes: Sequence[int]) -> list[dict[str, Any]]:
    """Describe the first rows of a ranking, best score first.

    Parameters
    ----------
    truth : ndarray
        0 or 1, shape (rows,).
    score : ndarray
        Shape (rows,).
    sizes : sequence of int
        How many rows are looked at; those above the number of rows are left out.

    Returns
    -------
    list of dict
        For each size ``rows``, ``positives``, ``by_chance`` (those of a random order), ``rate`` with its
        interval ``low`` and ``high``, and ``enrichment`` (the rate divided by that of all rows).
    """
    ranking, share = rank(truth, score), float(np.mean(truth))
    described = []
    for size in (size for size in sizes if size <= len(truth)):
        positives = float(found_among(ranking, np.array(size)))
        low, high = hit_rate_interval(positives, size)
        rate = positives / size
        described.append({
            "rows": size, "positives": positives, "by_chance": size * share, "rate": rate, "low": low,
            "high": high, "enrichment": rate / share if share else None,
        })  # fmt: skip
    return described


def curve(truth: Array, score: Array) -> dict[str, list[float]]:
    """Positives found against rows looked at, from 0 to all rows, at about 200 points."""
    rows = np.unique(np.linspace(0, len(truth), min(len(truth), CURVE_ROWS) + 1).round())
    found = found_among(rank(truth, score), rows)
    return {"rows": rows.tolist(), "positives": found.tolist()}
