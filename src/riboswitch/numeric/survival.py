"""Times to an event, some of them censored: partial likelihood, cumulative hazard and concordance.

An event that happens at the time at which another row is censored happens before it, as is usual.
"""

from __future__ import annotations

import numpy as np

from riboswitch.numeric.compiled import compiled


def partial_loss(
    risk: np.ndarray, time: np.ndarray, event: np.ndarray, weights: np.ndarray | None = None
) -> tuple[float, np.ndarray]:
    """Negative log partial likelihood of log hazards with Efron's ties, and its slope.

    Parameters
    ----------
    risk, time, event : ndarray
        Shape (rows,): log hazards, times, and 1 for an event or 0 for a censored row.
    weights : ndarray, optional
        Of the rows, shape (rows,). A tie has the mean weight of its events.

    Returns
    -------
    loss : float
    slope : ndarray
        By ``risk``, shape (rows,).
    """
    weights = np.ones(len(risk)) if weights is None else np.asarray(weights, np.float64)
    order = np.argsort(-np.asarray(time, np.float64), kind="stable")
    high = risk.max() if len(risk) else 0.0
    loss, slope = _efron(np.asarray(risk, np.float64)[order] - high, np.asarray(time, np.float64)[order],
                         np.asarray(event, np.float64)[order], weights[order])  # fmt: skip
    back = np.empty_like(slope)
    back[order] = slope
    return loss, back


@compiled
def _efron(
    risk: np.ndarray, time: np.ndarray, event: np.ndarray, weights: np.ndarray
) -> tuple[float, np.ndarray]:
    """The loss of rows in descending order of time, and its slope."""
    rows, loss, at_risk = len(risk), 0.0, 0.0
    hazard = weights * np.exp(risk)
    slope = np.zeros(rows)
    ends = np.zeros(rows)  # of each time: sum of weight / denominator, to be added to all rows before its end
    ties = np.zeros(rows)  # of each event: what it gets less, since it leaves the risk set within the tie
    start = 0
    while start < rows:
        end = start
        events, tied, weight = 0, 0.0, 0.0
        while end < rows and time[end] == time[start]:
            at_risk += hazard[end]
            if event[end] > 0:
                events += 1
                tied += hazard[end]
                weight += weights[end]
                loss -= weights[end] * risk[end]
                slope[end] -= weights[end]
            end += 1
        less = 0.0
        for number in range(events):
            gone = number / events
            bottom = max(at_risk - gone * tied, 1e-300)
            loss += weight / events * np.log(bottom)
            ends[end - 1] += weight / events / bottom
            less += weight / events * gone / bottom
        for row in range(start, end):
            if event[row] > 0:
                ties[row] = less
        start = end
    behind = 0.0
    for row in range(rows - 1, -1, -1):
        behind += ends[row]
        slope[row] += hazard[row] * (behind - ties[row])
    return loss, slope


def cumulative_hazard(time: np.ndarray, event: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """The cumulative hazard (Nelson and Aalen) of all rows together at the time of each, shape (rows,)."""
    weights = np.ones(len(time)) if weights is None else weights
    distinct, at = np.unique(time, return_inverse=True)
    events = np.bincount(at, weights * event, len(distinct))
    left = np.cumsum(np.bincount(at, weights, len(distinct))[::-1])[::-1]
    hazard = np.cumsum(events / np.where(left > 0, left, 1.0))
    found: np.ndarray = hazard[at]
    return found


def concordance(
    time: np.ndarray, event: np.ndarray, risk: np.ndarray, weights: np.ndarray | None = None
) -> float:
    """Harrell's C: fraction of the pairs, one of which has its event first, in which it has the higher risk.

    A pair counts if the earlier row has an event; equal risks count one half. Of two events at one time there
    is no earlier one. NaN if no pair counts.

    Parameters
    ----------
    time, event, risk : ndarray
        Shape (rows,).
    weights : ndarray, optional
        How many times each row counts, shape (rows,).
    """
    weights = np.ones(len(time)) if weights is None else np.asarray(weights, np.float64)
    right, pairs = pair_weights(time, event, risk, weights[None])
    return float(right[0] / pairs[0]) if pairs[0] > 0 else float("nan")


def pair_weights(
    time: np.ndarray, event: np.ndarray, risk: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Weights of pairs in the right order, and of all pairs, (resamples,); of rows: (resamples, rows)."""
    width = weights.shape[0]
    right, pairs = np.zeros(width), np.zeros(width)
    for i in np.flatnonzero(np.asarray(event) == 1):
        later = (time > time[i]) | ((time == time[i]) & (np.asarray(event) == 0))
        won = np.where(later, (risk < risk[i]) + 0.5 * (risk == risk[i]), 0.0)
        both = weights @ np.stack([won, later.astype(np.float64)], 1)  # (resamples, 2)
        right += weights[:, i] * both[:, 0]
        pairs += weights[:, i] * both[:, 1]
    return right, pairs


def disorder(time: np.ndarray, event: np.ndarray, risk: np.ndarray) -> np.ndarray:
    """For each row the share of its pairs in which the risks are in the wrong order; see `concordance`.

    Returns
    -------
    ndarray
        Shape (rows,), from 0 to 1; NaN for a row without a time, or in no pair.
    """
    event = np.asarray(event) == 1
    first = event[:, None] & ((time[:, None] < time) | ((time[:, None] == time) & ~event))
    wrong = first * ((risk[:, None] < risk) + 0.5 * (risk[:, None] == risk))
    pairs = first.sum(1) + first.sum(0)
    return np.where(pairs > 0, (wrong.sum(1) + wrong.sum(0)) / np.maximum(pairs, 1), np.nan)
