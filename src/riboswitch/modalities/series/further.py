"""A baseline that is trained only if it is named: the nearest series after warping of time."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from riboswitch.data.task import Task
from riboswitch.modalities.defaults import POSITION_BASELINES as POSITION_BASELINES
from riboswitch.modalities.defaults import SURVIVAL_BASELINES as SURVIVAL_BASELINES
from riboswitch.modalities.parts import Baseline, Inputs
from riboswitch.numeric.compiled import compiled

BAND = 0.2  # steps may be moved by this share of the longer series
DOUBT = 0.05  # share of the mean of the training rows in an answer


def warped(
    train_inputs: Inputs,
    train_labels: np.ndarray,
    inputs: Inputs,
    task: Task,
    *,
    seed: int,
    weights: np.ndarray | None = None,
    threads: int = 1,
) -> np.ndarray:
    """The label of the training series that is nearest by dynamic time warping of all channels together.

    Channels are scaled by the training rows. The time of a step does not count, only the order; a gap holds
    the last value. The work grows with the square of the length: it is meant for short series.

    References
    ----------
    Shokoohi-Yekta et al., Data Mining and Knowledge Discovery 2017, 31:1 (dependent warping).
    """
    task.require_labels(train_labels)
    train, new = train_inputs["series"], inputs["series"]
    every = np.concatenate([series[:, 1:] for series in train]).astype(np.float64)
    known = ~np.isnan(every)
    count = np.maximum(known.sum(0), 1)
    mean = np.where(known, every, 0.0).sum(0) / count
    sd = np.sqrt((np.where(known, every - mean, 0.0) ** 2).sum(0) / count)
    scale = np.where(sd > 0, sd, 1.0)
    reference, asked = ([_held((one[:, 1:] - mean) / scale) for one in each] for each in (train, new))
    weights = np.ones(len(train)) if weights is None else weights
    distance = np.array([[_distance(one, other, BAND) for other in reference] for one in asked])
    distance = distance.reshape(len(new), len(train))
    columns = []
    for target in range(train_labels.shape[1]):
        rows = np.flatnonzero(~np.isnan(train_labels[:, target]))
        labels = train_labels[rows, target]
        votes = (
            np.eye(len(task.classes))[labels.astype(int)] if task.kind == "multiclass" else labels[:, None]
        )
        nearest = votes[distance[:, rows].argmin(1)] if len(new) else np.empty((0, votes.shape[1]))
        columns.append((1 - DOUBT) * nearest + DOUBT * np.average(votes, 0, weights[rows]))
    return np.hstack(columns)


def _held(values: np.ndarray) -> np.ndarray:
    """Values with the last one in gaps, 0 before the first."""
    known = ~np.isnan(values)
    last = np.maximum.accumulate(np.where(known, np.arange(len(values))[:, None], -1), axis=0)
    filled = np.take_along_axis(np.nan_to_num(values), np.maximum(last, 0), 0)
    return np.ascontiguousarray(np.where(last >= 0, filled, 0.0), np.float64)


@compiled
def _distance(one: np.ndarray, other: np.ndarray, band: float) -> float:
    """Squared distance along the best path within the band."""
    rows, columns = len(one), len(other)
    width = max(int(band * max(rows, columns)), abs(rows - columns)) + 1
    before = np.full(columns + 1, np.inf)
    before[0] = 0.0
    for i in range(rows):
        now = np.full(columns + 1, np.inf)
        for j in range(max(0, i - width), min(columns, i + width + 1)):
            apart = 0.0
            for k in range(one.shape[1]):
                apart += (one[i, k] - other[j, k]) ** 2
            now[j + 1] = apart + min(before[j], min(before[j + 1], now[j]))
        before = now
    return float(before[columns])


BASELINES: Mapping[str, Baseline] = {"warped": warped}
