"""How sure the measures are: draws of whole groups, intervals, and who wins."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from riboswitch.data.predictions import Trial
from riboswitch.data.task import Task
from riboswitch.evaluation.metrics import Array, mean_defined
from riboswitch.evaluation.rounding import round_json
from riboswitch.evaluation.scoring import LOWER_IS_BETTER, measures

LEVEL = 0.95
DESCRIPTIVE = frozenset({"prevalence", "ef1_max", "pooled_prevalence", "pooled_ef1_max"})
# Resampling biases ece upwards.
NO_INTERVAL = DESCRIPTIVE | {"ece"}
BLOCK = 2_000_000

Table = dict[str, dict[str, Array]]
Skips = list[dict[str, str]]


def measured(task: Task, trials: list[Trial], skips: Skips, weights: list[Array] | None = None) -> Table:
    """The measures of every method in every repeat.

    Parameters
    ----------
    task : Task
        What is predicted.
    trials, skips : list
        The repeats, and of each what is not evaluable.
    weights : list of ndarray, optional
        For each repeat how many times its rows count, shape (resamples, rows). The macro rankings are
        left out then: they need one sort a class, too slow to resample.

    Returns
    -------
    dict
        Method to name to values, shape (repeats,) or (repeats, resamples); NaN where undefined.
    """
    judge = partial(measures, task, macro_rankings=weights is None)
    each = [None] * len(trials) if weights is None else weights
    gap = np.full(() if weights is None else weights[0].shape[:-1], np.nan)
    table: Table = {}
    for method in trials[0].outputs:
        found = [
            judge(t.labels, t.outputs[method], t.thresholds[method], skip, weight)
            for t, skip, weight in zip(trials, skips, each, strict=True)
        ]
        names = sorted(set().union(*found))
        table[method] = {name: np.stack([values.get(name, gap) for values in found]) for name in names}
    return table


def resampled(task: Task, trials: list[Trial], skips: Skips, resamples: int, seed: int) -> Table:
    """As `measured`, for draws of whole groups; empty if there is nothing to draw from."""
    names, index = np.unique(np.concatenate([t.groups for t in trials]), return_inverse=True)
    if resamples == 0 or len(names) < 2:
        return {}
    member = np.split(index, np.cumsum([len(t.groups) for t in trials])[:-1])
    size = max(1, BLOCK // max(len(t.groups) for t in trials))
    blocks = [
        measured(task, trials, skips, [times[:, groups] for groups in member])
        for times in _draws(len(names), resamples, size, seed)
    ]
    return {
        method: {
            name: np.concatenate([block[method][name] for block in blocks], axis=1)
            for name in found
            if name not in NO_INTERVAL
        }
        for method, found in blocks[0].items()
    }


def _draws(groups: int, resamples: int, size: int, seed: int) -> Iterator[Array]:
    """How often each group is drawn, in blocks of shape (at most ``size``, groups)."""
    random = np.random.default_rng(seed)
    for start in range(0, resamples, size):
        rows = min(size, resamples - start)
        drawn = random.integers(groups, size=(rows, groups)) + groups * np.arange(rows)[:, None]
        yield np.bincount(drawn.ravel(), minlength=rows * groups).reshape(rows, groups).astype(np.float64)


def summary(values: dict[str, Array], draws: dict[str, Array], trials: list[Trial]) -> dict[str, Any]:
    """Of one method: mean and deviation over the repeats, each repeat, and the interval of the mean."""
    result = {}
    for name, each in values.items():
        defined = each[np.isfinite(each)]
        if len(defined):
            result[name] = {
                "mean": defined.mean(),
                "sd": defined.std(ddof=1) if len(defined) > 1 else None,
                "per_repeat": {str(t.repeat): v for t, v in zip(trials, each, strict=True)},
            } | (_interval(draws[name]) if name in draws else {})
    return result


def _interval(draws: Array) -> dict[str, float]:
    """Percentile interval of the mean over repeats, absent if most resamples cannot be judged."""
    means = mean_defined(draws, 0)
    defined = means[np.isfinite(means)]
    if len(defined) < len(means) / 2:
        return {}
    low, high = np.quantile(defined, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return {"low": round_json(low), "high": round_json(high)}


def comparison(values: Table, draws: Table, model: str, other: str) -> dict[str, Any]:
    """Of each measure: ``model`` minus ``other``, paired by repeat and draw, with interval and verdict."""
    result = {}
    for name in sorted((values[model].keys() & values[other].keys()) - DESCRIPTIVE):
        difference = mean_defined(values[model][name] - values[other][name], 0)
        if np.isfinite(difference):
            result[name] = {"difference": difference} | _judged(name, draws, model, other)
    return result


def _judged(name: str, draws: Table, model: str, other: str) -> dict[str, Any]:
    if name not in draws.get(model, {}):
        return {}
    interval = _interval(draws[model][name] - draws[other][name])
    return interval | {"verdict": _verdict(name, **interval)} if interval else {}


def _verdict(name: str, low: float, high: float) -> str:
    if low <= 0 <= high:
        return "ties"
    return "wins" if (low > 0) != (name in LOWER_IS_BETTER) else "loses"
