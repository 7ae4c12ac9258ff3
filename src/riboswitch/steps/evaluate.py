"""evaluate: predictions of held-out rows -> how good each method is, how sure that is, and who wins."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from riboswitch import metrics
from riboswitch.errors import InputError, UsageError
from riboswitch.files import write_json
from riboswitch.predictions import Predictions, Trial
from riboswitch.tasks import Task

MEAN = "mean_of_all"
TOP = "top class"
LEVEL = 0.95
CUTS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
DESCRIPTIVE = frozenset({"prevalence", "ef1_max", "pooled_prevalence", "pooled_ef1_max"})
# Resampling biases ece upwards, and the macro rankings need one sort a class, too slow to resample.
NO_INTERVAL = DESCRIPTIVE | {"ece", "macro_auroc", "macro_ap"}
BLOCK = 2_000_000

Table = dict[str, dict[str, np.ndarray]]


def evaluate(
    predictions: Predictions,
    *,
    bootstrap: int = 1000,
    seed: int = 0,
    min_positives: int = 5,
    min_groups: int = 2,
    model: str = "network",
) -> dict[str, Any]:
    """Judge every method on the test rows, and the chosen one against each of the others.

    Values are means over the repeats. Intervals are 95 % percentile intervals of a cluster bootstrap:
    whole groups are drawn with replacement, because rows of one family are not independent, and a
    group that stands in several repeats is drawn as often in each, because it is the same evidence.
    All methods see the same draws, so differences are paired. The intervals are pointwise (not adjusted
    for the number of comparisons) and leave out the chance of training, which ``sd`` over repeats shows.

    Parameters
    ----------
    predictions : Predictions
        Every method on the same test rows of every repeat; other parts are ignored.
    bootstrap, seed : int
        Number of resamples (0 for no intervals), and their seed.
    min_positives, min_groups : int
        Classes and targets with less are not evaluable, see `metrics.not_evaluable`.
    model : str
        The method that is compared with all others.

    Returns
    -------
    dict
        JSON values: ``methods`` (mean, sd, per repeat, interval), ``comparisons`` (model minus other,
        interval, verdict), ``not_evaluable``, ``classes``, ``confusion``, ``calibration``,
        ``expected_precision`` and ``counts``. What cannot be computed is absent.
        ``mean_of_all`` is the mean of all methods' outputs, as a method of its own.

    Raises
    ------
    InputError
        Without test rows, or if the methods were not tried on the same.
    UsageError
        If ``model`` is none of the methods, or a number is negative.
    """
    if min(bootstrap, seed, min_positives, min_groups) < 0:
        raise UsageError("bootstrap, seed, min_positives and min_groups must not be negative")
    task, trials = predictions.task, _trials(predictions, model)
    skips = [metrics.not_evaluable(task, t.labels, t.groups, min_positives, min_groups) for t in trials]
    result = {
        "task": task.to_dict(),
        "model": model,
        "headline": metrics.HEADLINE[task.kind],
        "settings": {"bootstrap": bootstrap, "seed": seed, "level": LEVEL,
                     "min_positives": min_positives, "min_groups": min_groups},
        "counts": {str(t.repeat): _counts(t) for t in trials},
        "not_evaluable": {str(t.repeat): skip for t, skip in zip(trials, skips, strict=True)},
    }  # fmt: skip
    result |= _methods(task, trials, skips, model, bootstrap, seed) | _reliability(task, trials, model)
    if task.kind == "multiclass":
        result |= _class_tables(task, trials, skips, model)
    return tidy(result)


def _methods(
    task: Task, trials: list[Trial], skips: list[dict[str, str]], model: str, bootstrap: int, seed: int
) -> dict[str, Any]:
    found = [_measures(task, trial, skip) for trial, skip in zip(trials, skips, strict=True)]
    values = _measured(found, [None] * len(trials))
    draws = _resampled(found, trials, bootstrap, seed)
    others = [method for method in values if method != model]
    return {
        "methods": {name: _summary(values[name], draws.get(name, {}), trials) for name in values},
        "comparisons": {name: _comparison(values, draws, model, name) for name in others},
    }


def _reliability(task: Task, trials: list[Trial], model: str) -> dict[str, Any]:
    questions = _questions(task, trials, model)
    return {
        "calibration": {name: _calibration(*pair) for name, pair in questions.items()},
        "expected_precision": {name: _precision_above(*pair) for name, pair in questions.items()},
    }


def _trials(predictions: Predictions, model: str) -> list[Trial]:
    held_out = predictions.part("test")
    if not len(held_out):
        raise InputError("there are no test rows to judge by", where=predictions.source)
    if MEAN in held_out.methods:
        raise InputError("the name of a method is reserved", where=predictions.source, found=MEAN)
    if model not in held_out.methods:
        raise UsageError("no such method among the predictions", found=model,
                         hint=f"Choose one of: {', '.join(held_out.methods)}.")  # fmt: skip
    return [_with_mean(trial) for trial in held_out.trials()]


def _with_mean(trial: Trial) -> Trial:
    if len(trial.outputs) < 2:
        return trial
    outputs = trial.outputs | {MEAN: np.mean(list(trial.outputs.values()), axis=0)}
    cuts = trial.thresholds | {MEAN: np.mean(list(trial.thresholds.values()), axis=0)}
    return replace(trial, outputs=outputs, thresholds=cuts)


def _measures(task: Task, trial: Trial, skip: dict[str, str]) -> dict[str, dict[str, metrics.Measure]]:
    return {
        method: metrics.measures(task, trial.labels, outputs, trial.thresholds[method], skip)
        for method, outputs in trial.outputs.items()
    }


def _measured(
    found: list[dict[str, dict[str, metrics.Measure]]],
    weights: list[np.ndarray] | list[None],
    leave: frozenset[str] = frozenset(),
) -> Table:
    """Per method and measure the values of every repeat, shape (repeats,) or (repeats, resamples)."""
    table: Table = {}
    for method in found[0]:
        names = sorted(set().union(*(trial[method] for trial in found)) - leave)
        table[method] = {
            name: np.stack([_value(t[method].get(name), w) for t, w in zip(found, weights, strict=True)])
            for name in names
        }
    return table


def _value(measure: metrics.Measure | None, weight: np.ndarray | None) -> np.ndarray:
    if measure is None:
        return np.full(() if weight is None else weight.shape[:-1], np.nan)
    return np.asarray(measure(weight))


def _resampled(
    found: list[dict[str, dict[str, metrics.Measure]]], trials: list[Trial], bootstrap: int, seed: int
) -> Table:
    """As `_measured`, for draws of whole groups; empty if there is nothing to draw from."""
    names, index = np.unique(np.concatenate([t.groups for t in trials]), return_inverse=True)
    if bootstrap == 0 or len(names) < 2:
        return {}
    member = np.split(index, np.cumsum([len(t.groups) for t in trials])[:-1])
    size = max(1, BLOCK // max(len(t.groups) for t in trials))
    blocks = [
        _measured(found, [times[:, groups] for groups in member], NO_INTERVAL)
        for times in _draws(len(names), bootstrap, size, seed)
    ]
    return {
        method: {
            name: np.concatenate([b[method][name] for b in blocks], axis=1) for name in blocks[0][method]
        }
        for method in blocks[0]
    }


def _draws(groups: int, resamples: int, size: int, seed: int) -> Iterator[np.ndarray]:
    """How often each group is drawn, in blocks of shape (at most ``size``, groups)."""
    random = np.random.default_rng(seed)
    for start in range(0, resamples, size):
        rows = min(size, resamples - start)
        drawn = random.integers(groups, size=(rows, groups)) + groups * np.arange(rows)[:, None]
        yield np.bincount(drawn.ravel(), minlength=rows * groups).reshape(rows, groups).astype(np.float64)


def _summary(
    values: dict[str, np.ndarray], draws: dict[str, np.ndarray], trials: list[Trial]
) -> dict[str, Any]:
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


def _interval(draws: np.ndarray) -> dict[str, float]:
    """Percentile interval of the mean over repeats, absent if most resamples cannot be judged."""
    means = metrics.mean_defined(draws, 0)
    defined = means[np.isfinite(means)]
    if len(defined) < len(means) / 2:
        return {}
    low, high = np.quantile(defined, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return {"low": tidy(low), "high": tidy(high)}


def _comparison(values: Table, draws: Table, model: str, other: str) -> dict[str, Any]:
    result = {}
    for name in sorted((values[model].keys() & values[other].keys()) - DESCRIPTIVE):
        difference = metrics.mean_defined(values[model][name] - values[other][name], 0)
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
    return "wins" if (low > 0) != (name in metrics.LOWER_IS_BETTER) else "loses"


def _counts(trial: Trial) -> dict[str, int]:
    labelled = int(np.isfinite(trial.labels).any(axis=1).sum())
    return {"rows": len(trial.labels), "labelled": labelled, "groups": len(np.unique(trial.groups))}


def _class_tables(task: Task, trials: list[Trial], skips: list[dict[str, str]], model: str) -> dict[str, Any]:
    tables = []
    for trial in trials:
        known = np.isfinite(trial.labels[:, 0])
        best = trial.outputs[model][known].argmax(axis=1)
        tables.append(metrics.confusion(trial.labels[known, 0], best, len(task.classes)))
    total = np.sum(tables, axis=0).astype(int)
    rows = [_class_row(i, name, trials, skips, tables) for i, name in enumerate(task.classes)]
    return {"classes": rows, "confusion": {"classes": list(task.classes), "counts": total.tolist()}}


def _class_row(
    i: int, name: str, trials: list[Trial], skips: list[dict[str, str]], tables: list[np.ndarray]
) -> dict[str, Any]:
    """Support by repeat, and means over the repeats where the class is evaluable."""
    repeats = [str(t.repeat) for t in trials]
    members = [t.groups[t.labels[:, 0] == i] for t in trials]
    judged = [table for table, skip in zip(tables, skips, strict=True) if name not in skip]
    row: dict[str, Any] = {
        "class": name,
        "status": "evaluable" if judged else "not evaluable",
        "support": dict(zip(repeats, map(len, members), strict=True)),
        "groups": {repeat: len(np.unique(m)) for repeat, m in zip(repeats, members, strict=True)},
        "reasons": {repeat: s[name] for repeat, s in zip(repeats, skips, strict=True) if name in s},
    }
    for measure in (metrics.precision, metrics.recall, metrics.f1) if judged else ():
        row[measure.__name__] = metrics.mean_defined(np.array([measure(table)[i] for table in judged]), 0)
    return row


def _questions(task: Task, trials: list[Trial], model: str) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Yes-or-no questions the model answers: (truth, probability) of all labelled rows of all repeats."""
    if task.kind == "regression":
        return {}
    labels = np.concatenate([t.labels for t in trials])
    outputs = np.concatenate([t.outputs[model] for t in trials])
    if task.kind == "binary":
        known = np.isfinite(labels)
        return {t: (labels[known[:, i], i], outputs[known[:, i], i]) for i, t in enumerate(task.targets)}
    known = np.isfinite(labels[:, 0])
    number, p = labels[known, 0], outputs[known]
    questions = {TOP: ((p.argmax(axis=1) == number).astype(np.float64), p.max(axis=1))}
    if metrics.NONE_CLASS in task.classes:
        none = task.classes.index(metrics.NONE_CLASS)
        questions[metrics.POOLED] = ((number != none).astype(np.float64), 1 - p[:, none])
    return questions


def _calibration(truth: np.ndarray, p: np.ndarray) -> list[dict[str, Any]]:
    """Ten bins of probability; empty ones have a count only. A row counts once in every repeat."""
    place, bins = metrics.bin_of(p), []
    for i in range(metrics.BINS):
        rows = place == i
        row = {"from": i / metrics.BINS, "to": (i + 1) / metrics.BINS, "count": int(rows.sum())}
        bins.append(
            row | ({"predicted": p[rows].mean(), "observed": truth[rows].mean()} if rows.any() else {})
        )
    return bins


def _precision_above(truth: np.ndarray, p: np.ndarray) -> list[dict[str, Any]]:
    """Of the rows with at least such a score, how many there are and which share is positive."""
    selected = [(cut, p >= cut) for cut in CUTS]
    return [
        {
            "threshold": cut,
            "selected": int(rows.sum()),
            "precision": truth[rows].mean() if rows.any() else None,
        }
        for cut, rows in selected
    ]


def tidy(value: Any) -> Any:
    """JSON values with six significant digits; entries that are NaN or None are left out.

    Differences below 1e-12 are rounding noise and become 0, so that equal runs give equal bytes.
    """
    if isinstance(value, dict):
        kept = {key: tidy(item) for key, item in value.items()}
        return {key: item for key, item in kept.items() if item is not None}
    if isinstance(value, list):
        return [tidy(item) for item in value]
    if isinstance(value, float | np.floating | np.ndarray):
        number = float(value)
        if not math.isfinite(number):
            return None
        return 0.0 if abs(number) < 1e-12 else float(f"{number:.6g}")
    return value


def command(
    predictions: list[Path],
    /,
    *,
    output: Path,
    bootstrap: int = 1000,
    seed: int = 0,
    min_positives: int = 5,
    min_groups: int = 2,
    model: str = "network",
) -> None:
    """Judge methods on held-out rows: metrics with intervals, and who wins.

    Parameters
    ----------
    predictions : list of Path
        Predictions of one task (.parquet), by any number of methods and repeats.
    output : Path
        Where the metrics go (.json).
    bootstrap : int
        Resamples of whole groups for the intervals; 0 for none.
    seed : int
        Seed of the resamples.
    min_positives : int
        Classes with fewer held-out examples are not evaluable.
    min_groups : int
        Classes with examples of fewer groups are not evaluable.
    model : str
        The method that is compared with all others.
    """
    together = Predictions.concat([Predictions.load(path) for path in predictions])
    found = evaluate(together, bootstrap=bootstrap, seed=seed, min_positives=min_positives,
                     min_groups=min_groups, model=model)  # fmt: skip
    write_json(found, output)
