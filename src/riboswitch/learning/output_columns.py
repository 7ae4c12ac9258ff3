"""Columns of a table of predictions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from riboswitch.data.model import Model
from riboswitch.data.task import FORMS, HIGH, LOW
from riboswitch.evaluation.boxes import boxes_in, classes_of, side_of
from riboswitch.evaluation.spans import Types, decoded
from riboswitch.learning.forms import FurtherForms, Range
from riboswitch.learning.prediction_units import PredictionUnits
from riboswitch.learning.trust.answers import trust_columns
from riboswitch.learning.trust.calibration import Calibration


def output_columns(
    model: Model,
    mean: np.ndarray,
    sd: np.ndarray,
    span: Range | None = None,
    calibration: Calibration | None = None,
) -> pd.DataFrame:
    """Predictions as columns, rounded to six decimals: files then do not depend on the last bit.

    With a range each prediction has ``_low`` and ``_high``, which are missing where there is one form. With a
    calibration there are the columns of `trust_columns`.
    """
    task = model.task
    columns: dict[str, Any] = {}
    if task.kind == "multiclass":
        columns["class"] = [task.classes[i] for i in mean.argmax(1)] if len(mean) else []
        columns["probability"] = np.round(mean.max(1), 6) if len(mean) else []
    for i, name in enumerate(task.columns):
        columns[name] = np.round(mean[:, i], 6)
        columns[f"{name}_sd"] = np.round(sd[:, i], 6)
        if span is not None:
            columns[f"{name}{LOW}"] = np.round(span.low[:, i], 6)
            columns[f"{name}{HIGH}"] = np.round(span.high[:, i], 6)
    return pd.DataFrame(columns | (trust_columns(calibration, mean) if calibration is not None else {}))


def form_counts(forms: FurtherForms | None) -> dict[str, Any]:
    """The column of the number of forms; none if inputs have one form each."""
    return {} if forms is None else {FORMS: pd.array(forms.counts, dtype="Int16")}


def position_columns(model: Model, mean: np.ndarray, units: PredictionUnits) -> pd.DataFrame:
    """The most likely class of each position, as one text for a row, and means over the row's positions.

    Classes that make spans (`Types.in_classes`) are chosen together: none goes on where none began.
    """
    lengths, task = units.lengths, model.task
    types = Types.in_classes(task.classes)
    best = mean.argmax(1) if types is None else decoded(mean, lengths, types)
    cut = np.split(np.array(list(task.classes))[best], np.cumsum(lengths)[:-1]) if len(lengths) else []
    row = np.repeat(np.arange(len(lengths)), lengths)

    def average(values: np.ndarray) -> np.ndarray:
        sums = np.bincount(row, weights=values, minlength=len(lengths))
        return np.round(sums / np.maximum(lengths, 1), 6)

    columns: dict[str, Any] = {
        "labels": ["".join(part) for part in cut],
        "probability": average(mean[np.arange(len(best)), best]),
    }
    return pd.DataFrame(columns | {n: average(mean[:, i]) for i, n in enumerate(task.columns)})


def box_columns(
    model: Model, mean: np.ndarray, units: PredictionUnits, boxes: Mapping[str, str], ids: Sequence[str]
) -> pd.DataFrame:
    """The boxes of each row, the best first: one line each, with the number of the row as its index.

    Left, top, width and height are parts of the width and height of the input. A row without boxes has one
    line of gaps.
    """
    classes, names = classes_of(model.task, boxes), np.array([*boxes], object)
    parts, ends = [], np.cumsum(units.lengths)
    for row, (name, end, length) in enumerate(zip(ids, ends, units.lengths, strict=True)):
        side = side_of(int(length), name)
        found = boxes_in(mean[end - length : end].reshape(side, side, -1), classes)
        best = np.argsort(-found.score, kind="stable")
        sides = found.sides[best]
        numbers = np.column_stack([sides[:, :2], sides[:, 2:] - sides[:, :2], found.score[best]])
        part = pd.DataFrame(np.round(numbers, 6), columns=["left", "top", "width", "height", "score"])
        part.insert(0, "box", names[found.type[best]])
        part.index = pd.Index([row] * len(part), dtype=np.int64)
        parts.append(part if len(part) else part.reindex([row]))
    if not parts:
        return pd.DataFrame(columns=["box", "left", "top", "width", "height", "score"])
    return pd.concat(parts)
