"""Groups of profiles that belong in the same part of a split: equal ones, or those that are correlated."""

from __future__ import annotations

from typing import Any

import numpy as np

from riboswitch.config.settings import FRACTION, check_values, one_of
from riboswitch.modalities.parts import Inputs
from riboswitch.modalities.profile.read import identity
from riboswitch.numeric.components import components, first_members

METHODS = ("correlation", "random")
RELATIVES: str | None = None  # cohorts are alike throughout; an audit finds equal profiles
LIMITS = {"cutoff": FRACTION}
ROWS_AT_ONCE = 1024
FEWEST = 3  # features: of fewer a correlation says nothing, and only equal profiles are together


def group(inputs: Inputs, method: str = "correlation", *, cutoff: float = 0.9) -> list[str]:
    """Label each profile with its group.

    Groups by patient, batch or site are those of a column: ``split --method column``.

    Parameters
    ----------
    inputs : mapping
        ``{"profile": arrays of the reader}``.
    method : {"correlation", "random"}
        ``correlation``: components of the graph that joins two profiles if the Pearson correlation of their
        values, each feature scaled by mean and deviation over all profiles, reaches ``cutoff``. Gaps count as
        the mean. ``random``: each profile is a group of its own; equal profiles are together.
    cutoff : float
        Correlation that makes two profiles relatives.

    Returns
    -------
    list of str
        One label for each profile, that of the first member by identity; the order of the inputs does not
        matter.
    """
    settle(inputs, method, cutoff=cutoff)
    keys = [identity({"profile": value}) for value in inputs["profile"]]
    first = {
        key: np.asarray(value, np.float64)[:-1] for key, value in zip(keys, inputs["profile"], strict=True)
    }
    unique = sorted(first)
    if method == "random" or len(unique) < 2 or len(first[unique[0]]) < FEWEST:
        return keys
    component = _components(np.stack([first[key] for key in unique]), cutoff)
    label = first_members(unique, component)
    return [label[key] for key in keys]


def settle(inputs: Inputs, method: str = "correlation", *, cutoff: float = 0.9) -> dict[str, Any]:
    """The options that `group` uses; `UsageError` for an unknown method or a value out of range."""
    one_of("way to group profiles", method, METHODS)
    check_values(LIMITS, cutoff=cutoff)
    return {"cutoff": cutoff} if method == "correlation" else {}


def size(inputs: Inputs) -> int:
    """Numbers of all profiles."""
    return sum(map(len, inputs["profile"]))


def _components(values: np.ndarray, cutoff: float) -> np.ndarray:
    known = ~np.isnan(values)
    count = np.maximum(known.sum(0), 1)
    away = np.where(known, values - np.where(known, values, 0.0).sum(0) / count, 0.0)
    deviation = np.sqrt((away**2).sum(0) / count)
    scaled = away / np.where(deviation > 0, deviation, 1.0)
    scaled -= scaled.mean(1, keepdims=True)
    length = np.sqrt((scaled**2).sum(1, keepdims=True))
    scaled /= np.where(length > 0, length, 1.0)
    pairs = [np.add(np.argwhere(scaled[i : i + ROWS_AT_ONCE] @ scaled.T >= cutoff), [i, 0])
             for i in range(0, len(scaled), ROWS_AT_ONCE)]  # fmt: skip
    one, other = np.concatenate(pairs).T
    return components(one, other, len(scaled))
