"""Compare methods on held-out rows: metrics with confidence intervals."""

from __future__ import annotations

__all__ = ["evaluate"]
__verb__ = ("Predict and test", 140)

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from riboswitch.config.settings import Limits, check_values
from riboswitch.data.merging import read_curation
from riboswitch.data.predictions import STACK, Predictions, Trial
from riboswitch.data.task import Task
from riboswitch.errors import InputError, UsageError
from riboswitch.evaluation.boxes import box_metrics, box_trials, boxes_of
from riboswitch.evaluation.ceiling import noise_ceiling
from riboswitch.evaluation.censored import against_bounds
from riboswitch.evaluation.merging import merge_of, merged_trials
from riboswitch.evaluation.reliability import class_tables, reliability
from riboswitch.evaluation.resampling import (
    LEVEL,
    Measure,
    comparison,
    metric_table,
    resampled_table,
    summary,
)
from riboswitch.evaluation.rounding import round_json
from riboswitch.evaluation.scoring import HEADLINE, not_evaluable
from riboswitch.evaluation.spans import span_metrics, span_trials, spans_of
from riboswitch.io.atomic_files import write_json

MEAN = "mean_of_all"
WHOLES: Mapping[str, tuple[Callable[..., list[Trial]], Measure]] = {
    "spans": (span_trials, span_metrics),
    "boxes": (box_trials, box_metrics),
}
"""How to find, and to judge, what positions make together."""
LIMITS = dict.fromkeys(("bootstrap", "seed", "min_positives", "min_groups"), Limits(whole=True, at_least=0))


def evaluate(
    predictions: Predictions,
    *,
    bootstrap: int = 1000,
    seed: int = 0,
    min_positives: int = 5,
    min_groups: int = 2,
    model: str = "network",
    curation: pd.DataFrame | None = None,
    merge: Mapping[str, str] | None = None,
    spans: Mapping[str, str] | None = None,
    boxes: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Evaluate every method on the test rows, and compare ``model`` with each of the others.

    Values are means over the repeats. Intervals are 95 % percentile intervals of a cluster bootstrap. Whole
    groups are drawn with replacement, because rows of one family are not independent. A group in several
    repeats is drawn as often in each, because it is the same evidence. All methods are evaluated on the same
    draws: differences are paired. The intervals are pointwise (not adjusted for the number of comparisons).
    They do not include the chance of training, which ``sd`` over the repeats shows.

    Parameters
    ----------
    predictions : Predictions
        Every method on the same test rows of every repeat; other parts are ignored.
    bootstrap, seed : int
        Number of resamples (0 for no intervals), and their seed.
    min_positives, min_groups : int
        Classes and targets with fewer are not evaluable, see `evaluation.scoring.not_evaluable`.
    model : str
        The method that is compared with all others.
    curation : DataFrame, optional
        The labels of repeated inputs, from `parse`: they tell the noise of the labels, and the best score.
    merge, spans, boxes : mapping, optional
        Coarser class of some classes, letter of each type of span or box: see these in `evaluation`.

    Returns
    -------
    dict
        JSON values: ``methods`` (mean, sd, per repeat, interval), ``comparisons`` (model minus other,
        interval, verdict), ``not_evaluable``, ``classes``, ``confusion``, ``calibration``,
        ``expected_precision`` and ``counts``; with ``curation`` also ``noise``, see
        `evaluation.ceiling`; with ``merge`` also ``merged``, with ``spans`` and ``boxes`` these. Labels that
        are bounds are in no metric but ``bounds``, see `evaluation.censored`. Values that cannot be computed
        are absent. ``mean_of_all`` is an additional method, the mean of the outputs of all that were trained.

    Raises
    ------
    InputError
        If there are no test rows, or the methods were not applied to the same.
    UsageError
        If ``model`` is not one of the methods, or a number is negative.
    """
    check_values(LIMITS, bootstrap=bootstrap, seed=seed, min_positives=min_positives, min_groups=min_groups)
    task, trials = predictions.task, _trials(predictions, model)
    how = {"bootstrap": bootstrap, "seed": seed, "min_positives": min_positives, "min_groups": min_groups}
    skips = [not_evaluable(task, t.labels, t.groups, min_positives, min_groups) for t in trials]
    result = {
        "task": task.to_dict(), "model": model, "headline": HEADLINE[task.kind],
        "settings": how | {"level": LEVEL},
        "counts": {str(t.repeat): _counts(t) for t in trials},
        **_measured(task, trials, skips, model, bootstrap, seed), **reliability(task, trials, model),
    }  # fmt: skip
    result |= {"bounds": found} if (found := against_bounds(trials)) else {}
    result |= {} if curation is None else {"noise": noise_ceiling(task, trials, skips, curation, seed)}
    result |= {"given": dict(given)} if (given := predictions.meta.get("given")) else {}
    result |= {"merged": _merged(task, trials, merge, how, model)} if merge else {}
    for name, types in (("spans", spans), ("boxes", boxes)):
        result |= {name: _of_wholes(task, trials, name, types, how, model)} if types else {}
    return round_json(result)


def _merged(
    task: Task, trials: list[Trial], merge: Mapping[str, str], how: Mapping[str, int], model: str
) -> dict[str, Any]:
    """The same with coarser classes."""
    coarse, same, classes = merged_trials(task, trials, merge)
    skips = [not_evaluable(coarse, t.labels, t.groups, how["min_positives"], how["min_groups"]) for t in same]
    return {"merge": classes, **_measured(coarse, same, skips, model, how["bootstrap"], how["seed"])}


def _of_wholes(
    task: Task, trials: list[Trial], kind: str, types: Mapping[str, str], how: Mapping[str, int], model: str
) -> dict[str, Any]:
    """The same of what positions make together: spans or boxes of some types."""
    found, measure = WHOLES[kind]
    counted = found(task, trials, types)
    skips: list[dict[str, str]] = [{} for _ in counted]
    judged = partial(measure, [*types])
    return {kind: dict(types)} | _compared(task, counted, skips, model, how["bootstrap"], how["seed"], judged)


def _measured(
    task: Task,
    trials: list[Trial],
    skips: list[dict[str, str]],
    model: str,
    bootstrap: int,
    seed: int,
) -> dict[str, Any]:
    """Metrics, comparisons and, of classes, their tables."""
    return {
        "not_evaluable": {str(t.repeat): skip for t, skip in zip(trials, skips, strict=True)},
        **_compared(task, trials, skips, model, bootstrap, seed),
    } | (class_tables(task, trials, skips, model) if task.kind == "multiclass" else {})


def _compared(
    task: Task,
    trials: list[Trial],
    skips: list[dict[str, str]],
    model: str,
    bootstrap: int,
    seed: int,
    measure: Measure | None = None,
) -> dict[str, Any]:
    """Metrics of all methods, and how ``model`` compares."""
    values = metric_table(task, trials, skips, measure=measure)
    draws = resampled_table(task, trials, skips, bootstrap, seed, measure)
    return {
        "methods": {name: summary(values[name], draws.get(name, {}), trials) for name in values},
        "comparisons": {name: comparison(values, draws, model, name) for name in values if name != model},
    }


def _trials(predictions: Predictions, model: str) -> list[Trial]:
    held_out = predictions.part("test")
    if not len(held_out):
        raise InputError("there are no test rows to evaluate", where=predictions.source)
    if MEAN in held_out.methods:
        raise InputError("the name of a method is reserved", where=predictions.source, found=MEAN)
    if model not in held_out.methods:
        raise UsageError("no such method among the predictions", found=model,
                         hint=f"Choose one of: {', '.join(held_out.methods)}.")  # fmt: skip
    given = predictions.meta.get("given", {})
    return [_with_mean(trial, [*given, STACK]) for trial in held_out.trials()]


def _with_mean(trial: Trial, but: Sequence[str]) -> Trial:
    names = [name for name in trial.outputs if name not in but]  # the stack is made of the others
    if len(names) < 2:
        return trial
    outputs = trial.outputs | {MEAN: np.mean([trial.outputs[n] for n in names], axis=0)}
    cuts = trial.thresholds | {MEAN: np.mean([trial.thresholds[n] for n in names], axis=0)}
    return replace(trial, outputs=outputs, thresholds=cuts)


def _counts(trial: Trial) -> dict[str, int]:
    labelled = int(np.isfinite(trial.labels).any(axis=1).sum())
    return {"rows": len(trial.labels), "labelled": labelled, "groups": len(np.unique(trial.groups))}


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
    curation: Path | None = None,
    merge: list[str] | None = None,
    span: list[str] | None = None,
    box: list[str] | None = None,
) -> None:
    """Evaluate predictions in files.

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
        Classes with fewer held-out examples are not evaluated.
    min_groups : int
        Classes with examples of fewer groups are not evaluated.
    model : str
        The method that is compared with all others.
    curation : Path
        Labels of repeated inputs (.tsv, from riboswitch parse): the metrics then say how good a model can
        be at best with labels as noisy as these.
    merge : list of str
        A class and a coarser class that it counts as in a second evaluation, as G=H. Repeat the option.
    span : list of str
        A type of span, as a mention of a chemical, and the class that begins it, as Chemical=C: spans are
        then judged as wholes. Its small letter is the rest of the span. Repeat the option.
    box : list of str
        A type of box in a square picture of positions, and the class of its core, as cell=c: boxes are then
        judged by average precision. Repeat the option.
    """
    measured = None if curation is None else read_curation(curation)
    together = Predictions.concat([Predictions.load(path) for path in predictions])
    found = evaluate(together, bootstrap=bootstrap, seed=seed, min_positives=min_positives,
                     min_groups=min_groups, model=model, curation=measured, merge=merge_of(merge or ()),
                     spans=spans_of(span or ()), boxes=boxes_of(box or ()))  # fmt: skip
    write_json(found, output)
