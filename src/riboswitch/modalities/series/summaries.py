"""Series as rows of numbers that describe each channel, for plain methods and the trees of the stack."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from riboswitch.data.arrays import RaggedArrays
from riboswitch.modalities.series.encode import decoded

QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)
OF_A_CHANNEL = ("count", "mean", "sd", "min", "max", "first", "last", "slope", "change", "change_sd", "turns",
                "first_time", "last_time", *(f"q{100 * q:g}" for q in QUANTILES))  # fmt: skip
OF_A_SERIES = ("steps", "duration")
FAR = 10.0  # a scaled summary is clipped to this


def width(channels: int) -> int:
    """Number of summaries of series with so many channels."""
    return len(OF_A_SERIES) + channels * len(OF_A_CHANNEL)


def summaries(series: Sequence[np.ndarray], channels: int) -> np.ndarray:
    """Summaries of series, float32 of shape (series, `width`), NaN where a channel was never measured.

    ``change`` is the mean absolute difference of values that follow each other, ``change_sd`` the standard
    deviation of these differences, and ``turns`` the share of them that cross the channel's mean.
    """
    rows = np.empty((len(series), width(channels)), np.float32)
    for row, one in zip(rows, series, strict=True):
        each = np.asarray(one, np.float64)
        row[:2] = len(each), each[-1, 0] - each[0, 0]
        row[2:] = _of_channels(each[:, 0], each[:, 1:]).ravel()
    return rows


def described(arrays: RaggedArrays, rows: np.ndarray) -> np.ndarray:
    """Summaries of the encoded series at ``rows``, as `summaries`."""
    series = [decoded(arrays.item(int(row))) for row in rows]
    return summaries(series, len(arrays.meta["channels"]))


def scalers(x: np.ndarray, flat: float) -> tuple[np.ndarray, np.ndarray]:
    """Means and standard deviations of summaries over the rows that have them; 1 for those below ``flat``."""
    known = ~np.isnan(x)
    count = np.maximum(known.sum(0), 1)
    mean = np.where(known, x, 0.0).sum(0) / count
    deviation = np.sqrt((np.where(known, x - mean, 0.0) ** 2).sum(0) / count)
    return mean, np.where(deviation > flat * np.maximum(1, np.abs(mean)), deviation, 1.0)


def scaled(x: np.ndarray, centre: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Scaled summaries within bounds, gaps as 0."""
    return np.nan_to_num((x - centre) / scale).clip(-FAR, FAR)


def _of_channels(time: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Shape (channels, summaries of a channel)."""
    channels, known = values.shape[1], ~np.isnan(values)
    count = known.sum(0)
    many = np.maximum(count, 1)
    filled = np.where(known, values, 0.0)
    mean = filled.sum(0) / many
    away = np.where(known, values - mean, 0.0)
    first, last = known.argmax(0), len(time) - 1 - known[::-1].argmax(0)
    each = np.arange(channels)
    at = np.where(known, time[:, None], 0.0)
    lag = np.where(known, time[:, None] - at.sum(0) / many, 0.0)
    spread = (lag**2).sum(0)
    slope = np.where(spread > 0, (lag * away).sum(0) / np.where(spread > 0, spread, 1.0), 0.0)
    change, change_sd, turns = _changes(away, known, count)
    ordered = np.sort(values, axis=0)  # gaps are last
    table = np.stack([
        count, mean, np.sqrt((away**2).sum(0) / many), ordered[0], ordered[many - 1, each],
        values[first, each], values[last, each], slope, change, change_sd, turns, time[first], time[last],
        *(_quantile(ordered, count, share) for share in QUANTILES),
    ], 1)  # fmt: skip
    table[count == 0, 1:] = np.nan
    return table


def _changes(
    away: np.ndarray, known: np.ndarray, count: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Differences between values that follow each other, gaps passed over; 0 for a single value."""
    step = np.arange(len(away))[:, None]
    before = np.maximum.accumulate(np.where(known, step, -1), axis=0)[:-1]
    pair = known[1:] & (before >= 0)
    former = np.take_along_axis(away, np.maximum(before, 0), 0)
    moved = np.where(pair, away[1:] - former, 0.0)
    pairs = np.maximum(count - 1, 1)
    mean = moved.sum(0) / pairs
    spread = np.sqrt(np.maximum((moved**2).sum(0) / pairs - mean**2, 0.0))
    crossed = (pair & ((away[1:] > 0) != (former > 0))).sum(0)
    return np.abs(moved).sum(0) / pairs, spread, crossed / pairs


def _quantile(ordered: np.ndarray, count: np.ndarray, share: float) -> np.ndarray:
    """A quantile of each channel, between neighbours by a line."""
    place = share * np.maximum(count - 1, 0)
    low = np.floor(place).astype(np.int64)
    high, each = np.minimum(low + 1, np.maximum(count - 1, 0)), np.arange(ordered.shape[1])
    below, above = ordered[low, each], ordered[high, each]
    return below + (place - low) * (above - below)
