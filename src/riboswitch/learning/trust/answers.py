"""What a calibration adds to a table of answers: intervals of numbers, and sets of classes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from riboswitch.data.task import FROM, SET, TO
from riboswitch.learning.trust.calibration import Calibration
from riboswitch.learning.trust.groupwise import SHOWN

BETWEEN = " | "
_DIGITS = 6


def trust_columns(calibration: Calibration, mean: np.ndarray) -> dict[str, Any]:
    """Columns that hold on new groups with 90 %.

    Parameters
    ----------
    calibration : Calibration
    mean : ndarray
        Calibrated predictions, shape (rows, outputs).

    Returns
    -------
    dict
        For each target of numbers the ends of its interval; for each target of 0 and 1, or for all classes,
        the set: the classes that the row may have, as a text. Without a column where a promise needs more
        groups than there are; of classes, those that have too few are in no set.
    """
    task, limits = calibration.task, calibration.limits(SHOWN)
    if task.kind == "multiclass":
        return {} if np.isinf(limits).all() else {SET: class_sets(mean, limits[0], task.classes)}
    columns: dict[str, Any] = {}
    for name, values, limit in zip(task.columns, mean.T, limits, strict=True):
        if np.isinf(limit).any():
            continue
        if task.kind == "regression":
            columns[f"{name}{FROM}"] = np.round(values - limit[0], _DIGITS)
            columns[f"{name}{TO}"] = np.round(values + limit[0], _DIGITS)
        else:
            both = np.stack([1 - values, values], 1)
            columns[f"{name}_{SET}"] = class_sets(both, limit, ("0", "1"))
    return columns


def class_sets(p: np.ndarray, limits: np.ndarray, classes: tuple[str, ...]) -> Any:
    """The set of each row as a text: its classes with `BETWEEN` between them, in their order.

    Parameters
    ----------
    p : ndarray
        Probability of each class, shape (rows, classes).
    limits : ndarray
        The largest 1 - p with which a class is in the set, shape (classes,); infinite: it is never.
    """
    inside = in_sets(p, limits)
    kinds, code = _distinct(inside)
    texts = [BETWEEN.join(name for name, i in zip(classes, kind, strict=True) if i) for kind in kinds]
    return pd.array(np.array([*texts, ""], object)[code], dtype="str")


def in_sets(p: np.ndarray, limits: np.ndarray) -> np.ndarray:
    """Whether each class is in the set of each row, bool of shape (rows, classes)."""
    return (1 - p <= limits + 1e-9) & np.isfinite(limits)


def _distinct(inside: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The different rows of a table of truth values, and which of them each row is."""
    if not len(inside):
        return inside, np.empty(0, np.int64)
    packed = np.packbits(inside, axis=1)
    keys = np.ascontiguousarray(packed).view(np.dtype((np.void, packed.shape[1]))).ravel()
    _, first, code = np.unique(keys, return_index=True, return_inverse=True)
    return inside[first], code
