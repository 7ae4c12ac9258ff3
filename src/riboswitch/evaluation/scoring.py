"""The metrics of each kind of task, and the classes with too few examples to be evaluated."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from riboswitch.data.task import Task
from riboswitch.evaluation.metrics import (
    Array,
    accuracy,
    auroc,
    average_precision,
    bedroc,
    brier,
    c_index,
    calibration_error,
    confusion,
    enrichment,
    f1,
    mae,
    max_enrichment,
    mcc,
    mean,
    mean_defined,
    pearson,
    prevalence,
    r2,
    rank,
    recall,
    rmse,
    spearman,
    work_saved,
)

Thresholds = Sequence[float] | np.ndarray | None

HEADLINE = {"regression": "rmse", "binary": "ap", "multiclass": "macro_f1", "survival": "c_index"}
LOWER_IS_BETTER = frozenset({"rmse", "mae", "brier", "ece"})
NONE_CLASS = "none"
POOLED = "any class but none"
REGRESSION = {"rmse": rmse, "mae": mae, "r2": r2, "pearson": pearson, "spearman": spearman}
RANKING = {
    "auroc": auroc,
    "ap": average_precision,
    "ef1": enrichment,
    "bedroc": bedroc,
    "wss95": work_saved,
    "ef1_max": max_enrichment,
    "prevalence": prevalence,
}


def not_evaluable(
    task: Task, labels: Array, groups: Array | None = None, min_positives: int = 5, min_groups: int = 2
) -> dict[str, str]:
    """Classes (of a binary task: targets) with too few examples to be evaluated, each with the reason.

    A class needs ``min_positives`` rows from ``min_groups`` groups. A binary target needs as many positives,
    and as many negatives. ``any class but none`` is treated like a binary target. A survival task needs as
    many events.
    """
    reasons: dict[str, str] = {}
    for name, sides in _sides(task, labels).items():
        for side, rows in sides.items():
            distinct = None if groups is None else len(np.unique(groups[rows]))
            if rows.sum() < min_positives:
                reasons.setdefault(name, f"{rows.sum()} {side}, fewer than {min_positives}")
            elif distinct is not None and distinct < min_groups:
                reasons.setdefault(name, f"{side} from {distinct} group(s), fewer than {min_groups}")
    return reasons


def _sides(task: Task, labels: Array) -> dict[str, dict[str, Array]]:
    if task.kind == "regression":
        return {}
    if task.kind == "survival":
        return {task.targets[1]: {"events": labels[:, 1] == 1}}
    if task.kind == "binary":
        return {
            t: {"positives": y == 1, "negatives": y == 0} for t, y in zip(task.targets, labels.T, strict=True)
        }
    number = labels[:, 0]
    sides = {name: {"examples": number == i} for i, name in enumerate(task.classes)}
    if NONE_CLASS in sides:
        none = sides[NONE_CLASS]["examples"]
        sides[POOLED] = {"positives": ~none & np.isfinite(number), "negatives": none}
    return sides


def task_metrics(
    task: Task,
    labels: Array,
    outputs: Array,
    thresholds: Thresholds = None,
    skip: Collection[str] = (),
    weight: Array | None = None,
    macro_rankings: bool = True,
) -> dict[str, Array]:
    """Every metric of this kind of task, NaN where it cannot be computed.

    Parameters
    ----------
    task, labels, outputs, thresholds
        As in `score`; rows without a label do not count.
    skip : collection of str
        Classes or targets to leave out of the means.
    weight : ndarray, optional
        How many times each row counts, shape (rows,) or (resamples, rows).
    macro_rankings : bool
        Whether to compute ``macro_auroc`` and ``macro_ap``, which need one sort for each class.

    Returns
    -------
    dict
        Name to the mean over the targets, shape () or (resamples,); empty if no target is evaluable.
    """
    if task.kind == "survival":
        return _survival(task, labels, outputs, skip, weight)
    each: list[dict[str, Array]] = []
    for i, target in enumerate(task.targets):
        rows = np.isfinite(labels[:, i])
        if not rows.any() or (task.kind == "binary" and target in skip):
            continue
        truth, times = labels[rows, i], None if weight is None else weight[..., rows]
        if task.kind == "multiclass":
            each.append(_multiclass(task, truth.astype(np.int64), outputs[rows], times, skip, macro_rankings))
        elif task.kind == "binary":
            cut = 0.5 if thresholds is None else thresholds[i]
            each.append(_binary(truth, outputs[rows, i], times, cut))
        else:
            each.append({name: metric(truth, outputs[rows, i], times) for name, metric in REGRESSION.items()})
    return {name: _mean_of([found[name] for found in each]) for name in (each[0] if each else ())}


def _survival(
    task: Task, labels: Array, outputs: Array, skip: Collection[str], weight: Array | None
) -> dict[str, Array]:
    known = np.isfinite(labels).all(1)
    if not known.any() or task.targets[1] in skip:
        return {}
    time, event = labels[known].T
    return {
        "c_index": c_index(time, event, outputs[known, 0], None if weight is None else weight[..., known])
    }


def _mean_of(several: list[Array]) -> Array:
    return mean_defined(np.stack(several), axis=0)


def _ranked(truth: Array, score: Array, weight: Array | None) -> dict[str, Array]:
    ranking = rank(truth, score, weight)
    return {name: metric(ranking) for name, metric in RANKING.items()}


def _binary(truth: Array, p: Array, weight: Array | None, threshold: float) -> dict[str, Array]:
    table = confusion(truth, p >= threshold, 2, weight)
    return _ranked(truth, p, weight) | {
        "mcc": mcc(table),
        "balanced_accuracy": mean_defined(recall(table), -1),
        "brier": brier(truth, p, weight),
        "ece": calibration_error(truth, p, weight),
    }


def _multiclass(
    task: Task, truth: Array, p: Array, weight: Array | None, skip: Collection[str], macro_rankings: bool
) -> dict[str, Array]:
    best, classes = p.argmax(axis=1), len(task.classes)
    table = confusion(truth, best, classes, weight)
    keep = [i for i, name in enumerate(task.classes) if name not in skip]
    found = {
        "accuracy": accuracy(table),
        "mcc": mcc(table),
        "brier": mean(((p - np.eye(classes)[truth]) ** 2).sum(axis=1), weight),
        "ece": calibration_error(truth == best, p.max(axis=1), weight),
    }
    if keep:
        found["macro_f1"] = mean_defined(f1(table)[..., keep], -1)
        found["balanced_accuracy"] = mean_defined(recall(table)[..., keep], -1)
    if keep and macro_rankings:
        rankings = [rank(truth == i, p[:, i], weight) for i in keep]
        found["macro_auroc"] = _mean_of([auroc(ranking) for ranking in rankings])
        found["macro_ap"] = _mean_of([average_precision(ranking) for ranking in rankings])
    if NONE_CLASS in task.classes and POOLED not in skip:
        none = task.classes.index(NONE_CLASS)
        pooled = _ranked((truth != none).astype(np.float64), 1 - p[:, none], weight)
        found |= {f"pooled_{name}": value for name, value in pooled.items()}
    return found


def score(
    task: Task,
    labels: Array,
    outputs: Array,
    thresholds: Thresholds = None,
    skip: Collection[str] | None = None,
) -> dict[str, float]:
    """Every metric of this kind of task that can be computed.

    Parameters
    ----------
    task : Task
    labels, outputs : ndarray
        Labels from `Task.labels`, shape (rows, targets), and predictions, shape (rows, outputs).
    thresholds : sequence of float, optional
        Cut-off of each binary target for ``mcc`` and ``balanced_accuracy``; 0.5 unless given.
    skip : collection of str, optional
        Classes or targets to leave out of the means; `not_evaluable` of the labels unless given.

    Returns
    -------
    dict
        Name to value; means over the evaluable targets or classes, whose number is ``evaluated``.
        ``pooled_*`` are metrics of 1 - p(none). A multi-class ``brier`` runs from 0 to 2. The multi-class
        ``ece`` is that of the top class.
    """
    skip = not_evaluable(task, labels) if skip is None else skip
    values = {n: float(v) for n, v in task_metrics(task, labels, outputs, thresholds, skip).items()}
    labelled = np.array(task.targets)[np.isfinite(labels).any(axis=0)]
    asked = labelled[1:] if task.kind == "survival" else task.classes or labelled
    used = sum(name not in skip for name in asked)
    return {name: value for name, value in values.items() if np.isfinite(value)} | {"evaluated": float(used)}
