"""Confidence of metrics: a bootstrap of whole groups, intervals, and comparisons of methods."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from riboswitch.data.predictions import Trial
from riboswitch.data.task import Task
from riboswitch.evaluation.metrics import Array, mean_defined
from riboswitch.evaluation.rounding import round_json
from riboswitch.evaluation.scoring import LOWER_IS_BETTER, task_metrics
from riboswitch.io.log.progress import tracked

LEVEL = 0.95
DESCRIPTIVE = frozenset({"prevalence", "ef1_max", "pooled_prevalence", "pooled_ef1_max"})
# Resampling biases ece upwards.
NO_INTERVAL = DESCRIPTIVE | {"ece"}
MOST_WEIGHTS = 2_000_000  # in memory at once: resamples x rows

Table = dict[str, dict[str, Array]]
Skips = list[dict[str, str]]
Measure = Callable[..., dict[str, Array]]


def metric_table(
    task: Task,
    trials: list[Trial],
    skips: Skips,
    weights: list[Array] | None = None,
    measure: Measure | None = None,
) -> Table:
    """The metrics of every method in every repeat.

    Parameters
    ----------
    task : Task
    trials, skips : list
        The repeats, and the classes or targets of each that are not evaluable.
    weights : list of ndarray, optional
        For each repeat how many times its rows count, shape (resamples, rows). Macro rankings are then left
        out: they need one sort for each class, too slow to resample.
    measure : callable, optional
        Metrics of one method in one repeat, with the arguments of `task_metrics` after the task.

    Returns
    -------
    dict
        Method to metric to values, shape (repeats,) or (repeats, resamples); NaN where undefined.
    """
    metrics = measure or partial(task_metrics, task, macro_rankings=weights is None)
    each = [None] * len(trials) if weights is None else weights
    gap = np.full(() if weights is None else weights[0].shape[:-1], np.nan)
    table: Table = {}
    for method in trials[0].outputs:
        found = [
            metrics(t.labels, t.outputs[method], t.thresholds[method], skip, weight)
            for t, skip, weight in zip(trials, skips, each, strict=True)
        ]
        names = sorted(set().union(*found))
        table[method] = {name: np.stack([values.get(name, gap) for values in found]) for name in names}
    return table


def resampled_table(
    task: Task,
    trials: list[Trial],
    skips: Skips,
    resamples: int,
    seed: int,
    measure: Measure | None = None,
) -> Table:
    """The `metric_table` of a bootstrap of whole groups; empty if there are fewer than two groups."""
    names, index = np.unique(np.concatenate([t.groups for t in trials]), return_inverse=True)
    if resamples == 0 or len(names) < 2:
        return {}
    member = np.split(index, np.cumsum([len(t.groups) for t in trials])[:-1])
    size = max(1, MOST_WEIGHTS // max(len(t.groups) for t in trials))
    blocks = [
        metric_table(task, trials, skips, [times[:, groups] for groups in member], measure)
        for times in tracked(
            _draws(len(names), resamples, size, seed), "evaluate", "resamples", resamples, len
        )
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
    """How many times each group is drawn, in blocks of shape (at most ``size``, groups)."""
    random = np.random.default_rng(seed)
    for start in range(0, resamples, size):
        rows = min(size, resamples - start)
        drawn = random.integers(groups, size=(rows, groups)) + groups * np.arange(rows)[:, None]
        yield np.bincount(drawn.ravel(), minlength=rows * groups).reshape(rows, groups).astype(np.float64)


def summary(values: dict[str, Array], draws: dict[str, Array], trials: list[Trial]) -> dict[str, Any]:
    """The metrics of one method: mean and standard deviation, value of each repeat, interval of the mean."""
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
    """Percentile interval of the mean over repeats; empty if it is undefined in most resamples."""
    means = mean_defined(draws, 0)
    defined = means[np.isfinite(means)]
    if len(defined) < len(means) / 2:
        return {}
    low, high = np.quantile(defined, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return {"low": round_json(low), "high": round_json(high)}


def comparison(values: Table, draws: Table, model: str, other: str) -> dict[str, Any]:
    """For each metric: ``model`` minus ``other``, paired by repeat and draw, with interval and verdict."""
    result = {}
    for name in sorted((values[model].keys() & values[other].keys()) - DESCRIPTIVE):
        difference = mean_defined(values[model][name] - values[other][name], 0)
        if np.isfinite(difference):
            result[name] = {"difference": difference} | _interval_and_verdict(name, draws, model, other)
    return result


def _interval_and_verdict(name: str, draws: Table, model: str, other: str) -> dict[str, Any]:
    if name not in draws.get(model, {}):
        return {}
    interval = _interval(draws[model][name] - draws[other][name])
    return interval | {"verdict": _verdict(name, **interval)} if interval else {}


def _verdict(name: str, low: float, high: float) -> str:
    if low <= 0 <= high:
        return "ties"
    return "wins" if (low > 0) != (name in LOWER_IS_BETTER) else "loses"
