"""Measures of how good predictions are, each of them weighted.

A weight says how many times a row counts: a weight of 2 is the row standing there twice. Weights of shape
``(resamples, rows)`` give one value a resample, so a bootstrap is one call and no row is ever copied.
What cannot be computed (no positives, constant labels) is NaN here, and absent from what `score` returns.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import partial

import numpy as np

from riboswitch.tasks import Task

Array = np.ndarray
Measure = Callable[[Array | None], Array]
Thresholds = Sequence[float] | np.ndarray | None

HEADLINE = {"regression": "rmse", "binary": "ap", "multiclass": "macro_f1"}
LOWER_IS_BETTER = frozenset({"rmse", "mae", "brier", "ece"})
NONE_CLASS = "none"
POOLED = "any class but none"
BINS = 10


def _weights(weight: Array | None, rows: int) -> Array:
    return np.ones(rows) if weight is None else np.asarray(weight, np.float64)


def _ratio(top: Array, bottom: Array) -> Array:
    """``top / bottom``, NaN where ``bottom`` is 0."""
    top, bottom = np.broadcast_arrays(np.asarray(top, np.float64), np.asarray(bottom, np.float64))
    return np.divide(top, bottom, out=np.full(bottom.shape, np.nan), where=bottom != 0)[()]


def mean_defined(values: Array, axis: int) -> Array:
    """Mean over the values that are not NaN; NaN where there are none."""
    defined = np.isfinite(values)
    return _ratio(np.where(defined, values, 0.0).sum(axis), defined.sum(axis))


def _mean(values: Array, weight: Array | None = None) -> Array:
    weights = _weights(weight, len(values))
    return _ratio(weights @ values, weights.sum(-1))


def _ranked(truth: Array, score: Array, weight: Array | None) -> tuple[Array, Array]:
    """Positives found and rows taken from the best score down, one step for each block of ties, from 0."""
    order = np.argsort(-np.asarray(score, np.float64), kind="stable")
    ordered = np.asarray(score)[order]
    last = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True))[: len(order)]
    weights = _weights(weight, len(order))[..., order]
    start = np.zeros((*weights.shape[:-1], 1))
    found = np.cumsum(weights * np.asarray(truth)[order], axis=-1)[..., last]
    taken = np.cumsum(weights, axis=-1)[..., last]
    return np.concatenate([start, found], axis=-1), np.concatenate([start, taken], axis=-1)


def auroc(truth: Array, score: Array, weight: Array | None = None) -> Array:
    """Area under the ROC curve; a tie counts one half."""
    found, taken = _ranked(truth, score, weight)
    missed = taken - found
    area = (np.diff(missed) * (found[..., 1:] + found[..., :-1])).sum(-1) / 2
    return _ratio(area, found[..., -1] * missed[..., -1])


def average_precision(truth: Array, score: Array, weight: Array | None = None) -> Array:
    """Sum over the steps of recall of the precision there, as scikit-learn defines it."""
    found, taken = _ranked(truth, score, weight)
    precision = np.nan_to_num(_ratio(found[..., 1:], taken[..., 1:]))
    return _ratio((np.diff(found) * precision).sum(-1), found[..., -1])


def enrichment(truth: Array, score: Array, weight: Array | None = None, fraction: float = 0.01) -> Array:
    """Hit rate among the best ``fraction`` of the rows over the hit rate among all.

    The number taken is rounded up. Where it ends within a block of ties, the hits are those expected
    of a random order of that block.
    """
    found, taken = _ranked(truth, score, weight)
    take = _taken(taken[..., -1:], fraction)
    share = np.clip(np.nan_to_num(_ratio(take - taken[..., :-1], np.diff(taken))), 0, 1)
    hits = (np.diff(found) * share).sum(-1)
    return _ratio(hits * taken[..., -1], take[..., 0] * found[..., -1])


def max_enrichment(truth: Array, weight: Array | None = None, fraction: float = 0.01) -> Array:
    """The highest `enrichment` that any ranking of these labels could reach."""
    weights = _weights(weight, len(truth))
    rows, positives = weights.sum(-1), (weights * truth).sum(-1)
    take = _taken(rows, fraction)
    return _ratio(np.minimum(take, positives) * rows, take * positives)


def _taken(rows: Array, fraction: float) -> Array:
    return np.ceil(fraction * rows - 1e-9)  # 0.07 * 100 is a little more than 7


def bedroc(truth: Array, score: Array, weight: Array | None = None, alpha: float = 20.0) -> Array:
    """Boltzmann-enhanced discrimination of ROC (Truchon and Bayly, J. Chem. Inf. Model. 2007, 47:488).

    1 when every positive comes first, 0 when last. Tied rows share the mean exponential of their ranks,
    which is the value expected of a random order among them.
    """
    found, taken = _ranked(truth, score, weight)
    positives, rows = found[..., -1:], taken[..., -1:]
    fall = -np.diff(np.exp(-alpha * _ratio(taken, rows)))
    per_row = np.nan_to_num(_ratio(fall, np.diff(taken)))
    total = (np.diff(found) * per_row).sum(-1, keepdims=True)
    rie = _ratio(rows * total, positives * (1 - np.exp(-alpha)))
    ratio = _ratio(positives, rows)
    best = _ratio(1 - np.exp(-alpha * ratio), ratio * (1 - np.exp(-alpha)))
    worst = _ratio(1 - np.exp(alpha * ratio), ratio * (1 - np.exp(alpha)))
    return np.where(ratio == 1, np.nan, _ratio(rie - worst, best - worst))[..., 0][()]


def confusion(truth: Array, predicted: Array, classes: int, weight: Array | None = None) -> Array:
    """Counts of shape (..., classes, classes): true class by predicted class."""
    cell = np.asarray(truth, np.int64) * classes + np.asarray(predicted, np.int64)
    counts = _counted(cell, _weights(weight, len(cell)), classes * classes)
    return counts.reshape(*counts.shape[:-1], classes, classes)


def _counted(cell: Array, weights: Array, cells: int) -> Array:
    """Sum of the weights in each cell, shape (..., cells)."""
    counts = np.empty((*weights.shape[:-1], cells))
    for resample in np.ndindex(counts.shape[:-1]):
        counts[resample] = np.bincount(cell, weights[resample], cells)
    return counts


def accuracy(table: Array) -> Array:
    """Share of the rows on the diagonal of a `confusion`."""
    return _ratio(np.trace(table, axis1=-2, axis2=-1), table.sum((-2, -1)))


def recall(table: Array) -> Array:
    """Recall of each class, NaN for a class without rows."""
    return _ratio(np.diagonal(table, axis1=-2, axis2=-1), table.sum(-1))


def precision(table: Array) -> Array:
    """Precision of each class, NaN for a class never predicted."""
    return _ratio(np.diagonal(table, axis1=-2, axis2=-1), table.sum(-2))


def f1(table: Array) -> Array:
    """F1 of each class, NaN for a class without rows."""
    true, predicted = table.sum(-1), table.sum(-2)
    values = _ratio(2 * np.diagonal(table, axis1=-2, axis2=-1), true + predicted)
    return np.where(true > 0, values, np.nan)


def mcc(table: Array) -> Array:
    """Matthews correlation, of several classes Gorodkin's R_K; 0 when only one is true or predicted."""
    true, predicted, rows = table.sum(-1), table.sum(-2), table.sum((-2, -1))
    right = np.trace(table, axis1=-2, axis2=-1)
    spread = (rows**2 - (true**2).sum(-1)) * (rows**2 - (predicted**2).sum(-1))
    value = np.nan_to_num(_ratio(right * rows - (true * predicted).sum(-1), np.sqrt(spread)))
    return np.where(rows > 0, value, np.nan)[()]


def brier(truth: Array, p: Array, weight: Array | None = None) -> Array:
    """Mean squared difference of probability and outcome."""
    return _mean((np.asarray(truth) - p) ** 2, weight)


def bin_of(p: Array, bins: int = BINS) -> Array:
    """The equal-width bin of each probability; 1 belongs to the last."""
    return np.minimum((np.asarray(p) * bins).astype(np.int64), bins - 1)


def calibration_error(truth: Array, p: Array, weight: Array | None = None, bins: int = BINS) -> Array:
    """Expected calibration error: |mean outcome - mean probability| of equal-width bins, weighted by size."""
    weights = _weights(weight, len(p))
    gaps = (np.asarray(truth) - p)[:, None] * (bin_of(p, bins)[:, None] == np.arange(bins))
    return _ratio(np.abs(weights @ gaps).sum(-1), weights.sum(-1))


def rmse(truth: Array, value: Array, weight: Array | None = None) -> Array:
    """Root of the mean squared error."""
    return np.sqrt(_mean((truth - value) ** 2, weight))


def mae(truth: Array, value: Array, weight: Array | None = None) -> Array:
    """Mean absolute error."""
    return _mean(np.abs(truth - value), weight)


def r2(truth: Array, value: Array, weight: Array | None = None) -> Array:
    """Coefficient of determination against the mean of these labels; NaN when they are all equal."""
    weights = _weights(weight, len(truth))
    centre = np.asarray(_mean(truth, weights))[..., None]
    total = _nonzero((weights * (truth - centre) ** 2).sum(-1), (weights * np.square(truth)).sum(-1))
    return 1 - _ratio((weights * (truth - value) ** 2).sum(-1), total)


def spearman(truth: Array, value: Array, weight: Array | None = None) -> Array:
    """Pearson correlation of the mid-ranks; NaN when either side is constant."""
    weights = _weights(weight, len(truth))
    one, other = (_centred_ranks(np.asarray(v), weights) for v in (truth, value))
    spread = (weights * one**2).sum(-1) * (weights * other**2).sum(-1)
    return _ratio((weights * one * other).sum(-1), np.sqrt(_nonzero(spread, weights.sum(-1))))


def _centred_ranks(values: Array, weights: Array) -> Array:
    distinct, inverse = np.unique(values, return_inverse=True)
    size = _counted(inverse, weights, len(distinct))
    ranks = (np.cumsum(size, axis=-1) - size / 2)[..., inverse]
    return ranks - np.asarray(_ratio((weights * ranks).sum(-1), weights.sum(-1)))[..., None]


def _nonzero(value: Array, scale: Array) -> Array:
    """``value`` with rounding noise set to 0."""
    return np.where(value <= 1e-20 * scale, 0.0, value)


def not_evaluable(
    task: Task, labels: Array, groups: Array | None = None, min_positives: int = 5, min_groups: int = 2
) -> dict[str, str]:
    """Classes (of a binary task: targets) with too little to be judged on, each with the reason.

    A class needs ``min_positives`` rows from ``min_groups`` groups, a binary target needs so many
    positives and so many negatives. ``any class but none`` is judged like a binary target.
    """
    reasons: dict[str, str] = {}
    for name, sides in _sides(task, labels).items():
        for what, rows in sides.items():
            families = None if groups is None else len(np.unique(groups[rows]))
            if rows.sum() < min_positives:
                reasons.setdefault(name, f"{rows.sum()} {what}, fewer than {min_positives}")
            elif families is not None and families < min_groups:
                reasons.setdefault(name, f"{what} from {families} group(s), fewer than {min_groups}")
    return reasons


def _sides(task: Task, labels: Array) -> dict[str, dict[str, Array]]:
    if task.kind == "regression":
        return {}
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


def measures(
    task: Task, labels: Array, outputs: Array, thresholds: Thresholds = None, skip: Collection[str] = ()
) -> dict[str, Measure]:
    """All measures that suit the task, each a function of the weights, leaving out gaps and ``skip``."""
    each = []
    for i, target in enumerate(task.targets):
        rows = np.isfinite(labels[:, i])
        if not rows.any() or (task.kind == "binary" and target in skip):
            continue
        truth, output = labels[rows, i], outputs[rows, i]
        if task.kind == "multiclass":
            found = _multiclass(task, truth.astype(np.int64), outputs[rows], skip)
        elif task.kind == "binary":
            found = _binary(truth, output, 0.5 if thresholds is None else thresholds[i])
        else:
            found = {
                measure.__name__: partial(measure, truth, output) for measure in (rmse, mae, r2, spearman)
            }
        each.append({name: partial(_on_rows, measure, rows) for name, measure in found.items()})
    return {name: partial(_mean_of, [found[name] for found in each]) for name in (each[0] if each else ())}


def _on_rows(measure: Measure, rows: Array, weight: Array | None) -> Array:
    return measure(None if weight is None else weight[..., rows])


def _mean_of(several: Sequence[Measure], weight: Array | None) -> Array:
    return mean_defined(np.stack([measure(weight) for measure in several]), axis=0)


def _ranking(truth: Array, score: Array, prefix: str = "") -> dict[str, Measure]:
    found = {"auroc": auroc, "ap": average_precision, "ef1": enrichment, "bedroc": bedroc}
    return {f"{prefix}{name}": partial(measure, truth, score) for name, measure in found.items()} | {
        f"{prefix}ef1_max": partial(max_enrichment, truth),
        f"{prefix}prevalence": partial(_mean, truth),
    }


def _binary(truth: Array, p: Array, threshold: float) -> dict[str, Measure]:
    table = partial(confusion, truth, p >= threshold, 2)
    return _ranking(truth, p) | {
        "mcc": lambda w: mcc(table(w)),
        "balanced_accuracy": lambda w: mean_defined(recall(table(w)), -1),
        "brier": partial(brier, truth, p),
        "ece": partial(calibration_error, truth, p),
    }


def _multiclass(task: Task, truth: Array, p: Array, skip: Collection[str]) -> dict[str, Measure]:
    best, classes = p.argmax(axis=1), len(task.classes)
    table = partial(confusion, truth, best, classes)
    keep = [i for i, name in enumerate(task.classes) if name not in skip]
    found: dict[str, Measure] = {
        "accuracy": lambda w: accuracy(table(w)),
        "mcc": lambda w: mcc(table(w)),
        "brier": partial(_mean, ((p - np.eye(classes)[truth]) ** 2).sum(axis=1)),
        "ece": partial(calibration_error, truth == best, p.max(axis=1)),
    }
    if keep:
        found |= {
            "macro_f1": lambda w: mean_defined(f1(table(w))[..., keep], -1),
            "balanced_accuracy": lambda w: mean_defined(recall(table(w))[..., keep], -1),
            "macro_auroc": partial(_mean_of, [partial(auroc, truth == i, p[:, i]) for i in keep]),
            "macro_ap": partial(_mean_of, [partial(average_precision, truth == i, p[:, i]) for i in keep]),
        }
    if NONE_CLASS in task.classes and POOLED not in skip:
        none = task.classes.index(NONE_CLASS)
        found |= _ranking((truth != none).astype(np.float64), 1 - p[:, none], "pooled_")
    return found


def score(
    task: Task,
    labels: Array,
    outputs: Array,
    thresholds: Thresholds = None,
    skip: Collection[str] | None = None,
) -> dict[str, float]:
    """Every measure that suits the task and can be computed.

    Parameters
    ----------
    task : Task
        What is predicted.
    labels, outputs : ndarray
        As `Task.labels` gives them, shape (rows, targets), and predictions, shape (rows, outputs).
    thresholds : sequence of float, optional
        Cut-off of each binary target for ``mcc`` and ``balanced_accuracy``; 0.5 unless given.
    skip : collection of str, optional
        Classes or targets to leave out of the means; `not_evaluable` of the labels unless given.

    Returns
    -------
    dict
        Name to value; means over the evaluable targets or classes, whose number is ``evaluated``.
        ``pooled_*`` judge 1 - p(none). A multi-class ``brier`` runs from 0 to 2, ``ece`` is of the top class.
    """
    skip = not_evaluable(task, labels) if skip is None else skip
    found = measures(task, labels, outputs, thresholds, skip)
    values = {name: float(measure(None)) for name, measure in found.items()}
    labelled = np.array(task.targets)[np.isfinite(labels).any(axis=0)]
    used = sum(name not in skip for name in (task.classes or labelled))
    return {name: value for name, value in values.items() if np.isfinite(value)} | {"evaluated": float(used)}
