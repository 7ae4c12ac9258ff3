"""The scale of inputs and labels that all owners learn with, from sums and counts of each.

A mean and a standard deviation of all rows follow from the sums of values and squares. A buffer of another
kind, as a largest value, becomes the mean over the owners by rows. The order in which rows of owners are
added matters only in the last digits.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from riboswitch.data.bounds.arrays import at_bounds, bounds_at
from riboswitch.data.records import Records
from riboswitch.data.task import Task
from riboswitch.errors import UsageError
from riboswitch.learning.federated.layout import deviation_of, scalers
from riboswitch.learning.federated.plan import Plan, arrays_of
from riboswitch.learning.federated.state import Scale
from riboswitch.learning.loss import LabelScale, balanced, class_counts
from riboswitch.learning.training_job import Job
from riboswitch.modalities.base import Modality


def plain_scale(task: Task) -> Scale:
    """Labels as they are, and classes that nobody counted."""
    return Scale([0.0] * len(task.targets), [1.0] * len(task.targets), [])


def sums_of(job: Job, rows: np.ndarray, network: Any, plan: Plan) -> dict[str, np.ndarray | float]:
    """What an owner sends: sums over its training ``rows``, and no row.

    Of a mean and a standard deviation that a network computes, the sums are recomputed. Inputs that are
    always 0, as those that are always missing, count as unknown.
    """
    network.fit_scalers(job.features, rows)
    found, n = arrays_of(network), float(len(rows))
    pieces: dict[str, np.ndarray | float] = {"rows": n}
    for name, kind in scalers(plan).items():
        mean = found[name].astype(np.float64)
        if kind == "other":
            pieces[f"scaler.{name}.sum"] = n * mean
            continue
        sd = np.broadcast_to(found[deviation_of(name)].astype(np.float64), mean.shape)
        equal = sd == 1.0  # what stands for no spread
        known = np.where(equal & (mean == 0.0), 0.0, n)
        spread = np.where(equal, 0.0, sd**2)
        moments = {"known": known, "sum": known * mean, "squares": known * (mean**2 + spread)}
        pieces |= {f"scaler.{name}.{piece}": value for piece, value in moments.items()}
    return pieces | _label_sums(job, rows)


def _label_sums(job: Job, rows: np.ndarray) -> dict[str, np.ndarray | float]:
    units = job.units(rows)
    labels = at_bounds(job.labels[units], bounds_at(job.bounds, units))
    columns = [column[~np.isnan(column)] for column in labels.T]
    known = np.array([float(len(column)) for column in columns])
    if job.task.kind != "regression":
        classes = class_counts(job.task, job.labels[units]) if job.task.of_probabilities else np.empty(0)
        return {"label.known": known, "label.sum": 0.0, "label.squares": 0.0, "classes": classes}
    mean = np.array([column.mean() if len(column) else 0.0 for column in columns])
    spread = np.array([column.var() if len(column) else 0.0 for column in columns])
    return {"label.known": known, "label.sum": known * mean, "label.squares": known * (mean**2 + spread),
            "classes": np.empty(0)}  # fmt: skip


def agreed(
    plan: Plan, weights: Mapping[str, np.ndarray], total: Mapping[str, np.ndarray]
) -> tuple[Scale, dict[str, np.ndarray], dict[str, int]]:
    """The scale of the labels, the weights with the scale of the inputs, and the rows with a label."""
    changed = dict(weights)
    for name, kind in scalers(plan).items():
        if kind == "other":
            changed[name] = (total[f"scaler.{name}.sum"] / total["rows"]).astype(weights[name].dtype)
            continue
        mean, sd = _moments(*(total[f"scaler.{name}.{piece}"] for piece in ("known", "sum", "squares")))
        changed[name] = mean.astype(weights[name].dtype)
        like = weights[deviation_of(name)]  # of several batches, the mean over them
        changed[deviation_of(name)] = sd.reshape(-1, *like.shape).mean(0).astype(like.dtype)
    mean, sd = _moments(*(total[f"label.{piece}"] for piece in ("known", "sum", "squares")))
    scale = plain_scale(plan.task)
    if plan.task.kind == "regression":
        scale = Scale(mean.tolist(), sd.tolist(), [])
    elif total["classes"].ndim == 2:
        scale = Scale(scale.mean, scale.sd, np.rint(total["classes"]).tolist())
    rows = {"train": round(float(total["rows"]))}
    rows |= {
        f"label {t}": round(float(k)) for t, k in zip(plan.task.targets, total["label.known"], strict=True)
    }
    return scale, changed, rows


def _moments(known: np.ndarray, sums: np.ndarray, squares: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Means and standard deviations; 0 and 1 where nothing is known, and 1 without spread."""
    count = np.maximum(known, 1.0)
    mean = sums / count
    sd = np.sqrt(np.maximum(squares / count - mean**2, 0.0))
    return mean, np.where(sd > 1e-7 * np.maximum(1.0, np.abs(mean)), sd, 1.0)


def public_scale(plan: Plan, network: Any, records: Records, modality: Modality) -> Scale:
    """The scale from public records: that of the inputs is put into the network; that of the labels.

    Raises
    ------
    UsageError
        If labels are numbers and the records have none.
    """
    features = modality.encoder.encode(records.inputs, records.ids, plan.encoder)
    network.fit_scalers(features, np.arange(len(features)))
    if plan.task.kind != "regression":
        return plain_scale(plan.task)
    labels = plan.task.labels(records.table, "public records")
    if np.isnan(labels).all(0).any():
        raise UsageError("a public record of each target needs a label", where="--public",
                         hint="The scale of the labels follows from them.")  # fmt: skip
    found = LabelScale.fit(plan.task, labels)
    return Scale([*found.mean], [*found.sd], [])


def label_scale(scale: Scale) -> LabelScale:
    """The scale of labels as the loss takes it."""
    return LabelScale(tuple(scale.mean), tuple(scale.sd))


def balance_of(scale: Scale, plan: Plan) -> np.ndarray | None:
    """Weights of the classes, if they were counted."""
    return balanced(np.array(scale.classes), plan.training.class_power) if scale.classes else None
