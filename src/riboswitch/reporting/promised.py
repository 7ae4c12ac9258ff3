"""The promise of a short-list beside what experiment says of the same compounds."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from riboswitch.evaluation.first_rows import hit_rate_interval

FEWEST = 10
"""Tested compounds of the list, below which experiment says too little of the promise."""


def against_experiment(promise: Mapping[str, Any], values: Sequence[float]) -> str:
    """One sentence: whether the compounds of the list that were tested bear the promise out.

    The rate of positives among those that were tested has a 95 % interval. The promise fails if all of it
    lies outside the promised rates.

    Parameters
    ----------
    promise : mapping
        ``low``, ``high`` and ``rows``, from `rank`.
    values : sequence of float
        Of each compound of the list that training did not see: 0 or 1; NaN if it was not tested.

    Returns
    -------
    str
        Empty if fewer than `FEWEST` were tested.
    """
    tested = [value for value in values if math.isfinite(value)]
    if len(tested) < FEWEST or not promise.get("rows"):
        return ""
    positive = sum(value == 1 for value in tested)
    low, high = hit_rate_interval(positive, len(tested))
    least, most = promise["low"] / promise["rows"], promise["high"] / promise["rows"]
    seen = f"{positive} of the {len(tested)} of them that were tested are positive"
    rates = f"{100 * low:.0f} to {100 * high:.0f} %, the promise is {100 * least:.0f} to {100 * most:.0f} %"
    if high < least or low > most:
        much = "fewer" if high < least else "more"
        return (
            f"Experiment contradicts this: {seen} ({rates}), {much} than promised. The compounds of this "
            "list are not like new groups of the training data: rely on the tested ones."
        )
    return f"Experiment does not contradict this: {seen} ({rates})."
