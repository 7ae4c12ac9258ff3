"""Test rows whose label is a bound: how often each method's answer lies within it.

They are no part of the other metrics: a bound tells no error.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from riboswitch.data.predictions import Trial


def against_bounds(trials: Sequence[Trial]) -> dict[str, Any]:
    """The bounds of each repeat, and for each method the share of its answers that agree with them.

    Returns
    -------
    dict
        ``labels``: bounds by repeat. ``methods``: by name the ``share`` of all of them, and the number
        ``within`` by repeat. Empty if no label is a bound.
    """
    labels = {str(trial.repeat): _number(trial) for trial in trials}
    total = sum(labels.values())
    if not total:
        return {}
    within = {
        name: {str(trial.repeat): _within(trial, name) for trial in trials} for name in trials[0].outputs
    }
    methods = {name: {"share": sum(n.values()) / total, "within": n} for name, n in within.items()}
    return {"labels": labels, "methods": methods}


def _number(trial: Trial) -> int:
    return 0 if trial.bounds is None else int((~np.isnan(trial.bounds[..., 0])).sum())


def _within(trial: Trial, method: str) -> int:
    if trial.bounds is None:
        return 0
    low, high = trial.bounds[..., 0], trial.bounds[..., 1]
    return int(((trial.outputs[method] >= low) & (trial.outputs[method] <= high)).sum())
