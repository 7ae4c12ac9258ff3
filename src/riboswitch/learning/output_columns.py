"""Columns of a table of predictions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from riboswitch.data.model import Model
from riboswitch.learning.prediction_units import PredictionUnits


def output_columns(model: Model, mean: np.ndarray, sd: np.ndarray) -> pd.DataFrame:
    """Predictions as columns, rounded to six decimals: files then do not depend on the last bit."""
    task = model.task
    columns: dict[str, Any] = {}
    if task.kind == "multiclass":
        columns["class"] = [task.classes[i] for i in mean.argmax(1)] if len(mean) else []
        columns["probability"] = np.round(mean.max(1), 6) if len(mean) else []
    for i, name in enumerate(task.columns):
        columns[name] = np.round(mean[:, i], 6)
        columns[f"{name}_sd"] = np.round(sd[:, i], 6)
    return pd.DataFrame(columns)


def position_columns(model: Model, mean: np.ndarray, units: PredictionUnits) -> pd.DataFrame:
    """The most likely class of each position, as one text for a row, and means over the row's positions."""
    lengths, task = units.lengths, model.task
    best = np.array(list(task.classes))[mean.argmax(1)]
    row = np.repeat(np.arange(len(lengths)), lengths)

    def average(values: np.ndarray) -> np.ndarray:
        sums = np.bincount(row, weights=values, minlength=len(lengths))
        return np.round(sums / np.maximum(lengths, 1), 6)

    columns: dict[str, Any] = {
        "labels": ["".join(part) for part in np.split(best, np.cumsum(lengths)[:-1])] if len(lengths) else [],
        "probability": average(mean.max(1)),
    }
    return pd.DataFrame(columns | {n: average(mean[:, i]) for i, n in enumerate(task.columns)})
