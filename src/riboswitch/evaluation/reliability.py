"""Reliability of single predictions: calibration, expected precision, and tables by class."""

from __future__ import annotations

from typing import Any

import numpy as np

from riboswitch.data.predictions import Trial
from riboswitch.data.task import Task
from riboswitch.evaluation.metrics import BINS, Array, bin_of, confusion, f1, mean_defined, precision, recall
from riboswitch.evaluation.scoring import NONE_CLASS, POOLED

TOP = "top class"
CUTS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)


def reliability(task: Task, trials: list[Trial], model: str) -> dict[str, Any]:
    """Calibration and expected precision of each yes-or-no question that ``model`` answers."""
    questions = _questions(task, trials, model)
    return {
        "calibration": {name: _calibration(*pair) for name, pair in questions.items()},
        "expected_precision": {name: _precision_above(*pair) for name, pair in questions.items()},
    }


def _questions(task: Task, trials: list[Trial], model: str) -> dict[str, tuple[Array, Array]]:
    """Each yes-or-no question by name: (truth, probability) of all labelled rows of all repeats."""
    if not task.of_probabilities:
        return {}
    labels = np.concatenate([t.labels for t in trials])
    outputs = np.concatenate([t.outputs[model] for t in trials])
    if task.kind == "binary":
        known = np.isfinite(labels)
        return {t: (labels[known[:, i], i], outputs[known[:, i], i]) for i, t in enumerate(task.targets)}
    known = np.isfinite(labels[:, 0])
    number, p = labels[known, 0], outputs[known]
    questions = {TOP: ((p.argmax(axis=1) == number).astype(np.float64), p.max(axis=1))}
    if NONE_CLASS in task.classes:
        none = task.classes.index(NONE_CLASS)
        questions[POOLED] = ((number != none).astype(np.float64), 1 - p[:, none])
    return questions


def _calibration(truth: Array, p: Array) -> list[dict[str, Any]]:
    """Ten bins of probability; empty bins have only a count. A row counts once in every repeat."""
    numbers, bins = bin_of(p), []
    for i in range(BINS):
        rows = numbers == i
        row = {"from": i / BINS, "to": (i + 1) / BINS, "count": int(rows.sum())}
        bins.append(
            row | ({"predicted": p[rows].mean(), "observed": truth[rows].mean()} if rows.any() else {})
        )
    return bins


def _precision_above(truth: Array, p: Array) -> list[dict[str, Any]]:
    """For each cut-off: the number of rows with at least this score, and the fraction that is positive."""
    selected = [(cut, p >= cut) for cut in CUTS]
    return [
        {
            "threshold": cut,
            "selected": int(rows.sum()),
            "precision": truth[rows].mean() if rows.any() else None,
        }
        for cut, rows in selected
    ]


def class_tables(task: Task, trials: list[Trial], skips: list[dict[str, str]], model: str) -> dict[str, Any]:
    """Support and metrics of each class, and the confusion counts summed over the repeats."""
    tables = []
    for trial in trials:
        known = np.isfinite(trial.labels[:, 0])
        best = trial.outputs[model][known].argmax(axis=1)
        tables.append(confusion(trial.labels[known, 0], best, len(task.classes)))
    total = np.sum(tables, axis=0).astype(int)
    rows = [_class_row(i, name, trials, skips, tables) for i, name in enumerate(task.classes)]
    return {"classes": rows, "confusion": {"classes": list(task.classes), "counts": total.tolist()}}


def _class_row(
    i: int, name: str, trials: list[Trial], skips: list[dict[str, str]], tables: list[Array]
) -> dict[str, Any]:
    """Support by repeat, and means over the repeats where the class is evaluable."""
    repeats = [str(t.repeat) for t in trials]
    members = [t.groups[t.labels[:, 0] == i] for t in trials]
    evaluable = [table for table, skip in zip(tables, skips, strict=True) if name not in skip]
    row: dict[str, Any] = {
        "class": name,
        "status": "evaluable" if evaluable else "not evaluable",
        "support": dict(zip(repeats, map(len, members), strict=True)),
        "groups": {repeat: len(np.unique(m)) for repeat, m in zip(repeats, members, strict=True)},
        "reasons": {repeat: s[name] for repeat, s in zip(repeats, skips, strict=True) if name in s},
    }
    for metric in (precision, recall, f1) if evaluable else ():
        row[metric.__name__] = mean_defined(np.array([metric(table)[i] for table in evaluable]), 0)
    return row
