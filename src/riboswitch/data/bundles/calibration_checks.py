"""What must hold of the calibration in a bundle: its maps fit the task, its arrays fit each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from riboswitch.data.task import Task

DTYPES = {"outputs": np.float32, "labels": np.float32, "groups": np.int32}


def map_problem(maps: Sequence[Mapping[str, Any]], task: Task) -> str:
    """What is wrong with the maps of probabilities; empty if nothing is."""
    several = task.kind == "multiclass"
    needed = {"regression": 0, "multiclass": 1}.get(task.kind, len(task.targets))
    if len(maps) != needed:
        return f"maps: {len(maps)} for {needed}"
    for number, each in enumerate(maps):
        own = {"none", "temperature", "vector"} if several else {"none", "platt", "beta"}
        if each["kind"] not in own:
            return f"maps[{number}]: {each['kind']} is no map for this task"
        length = 0 if each["kind"] == "none" else 1 + len(task.classes) if several else 3
        if len(each["parameters"]) != length:
            return f"maps[{number}]: not {length} numbers"
        if len(each.get("shift", ())) not in (0, len(task.classes) if several else 1):
            return f"maps[{number}]: a shift of {len(each['shift'])} numbers"
        slopes = each["parameters"][: 1 if several else 2]
        if any(slope < 0 for slope in slopes) or (slopes and not any(slopes)):
            return f"maps[{number}]: does not rise"
    return ""


def limit_problem(calibration: Mapping[str, Any], task: Task) -> str:
    """What is wrong with limits that stand for calibration rows; empty if nothing is, or there are none."""
    several = task.kind == "multiclass"
    each = 1 if task.kind == "regression" else 2
    shape = (1, len(task.classes)) if several else (len(task.targets), each)
    for level, rows in calibration.get("limits", {}).items():
        if len(rows) != shape[0] or any(len(row) != shape[1] for row in rows):
            return f"limits.{level}: not of shape {shape}"
        if any(value is not None and not 0 <= value < np.inf for row in rows for value in row):
            return f"limits.{level}: not a distance"
    return ""


def array_problem(header: Mapping[str, Any], tensors: Mapping[str, np.ndarray], task: Task) -> str:
    """What is wrong with the calibration rows; empty if nothing is."""
    missing = np.empty(())
    found = {name: tensors.get(f"calibration.{name}", missing) for name in DTYPES}
    rows = header["rows"]
    shapes = {"outputs": (rows, len(task.outputs)), "labels": (rows, len(task.targets)), "groups": (rows,)}
    for name, values in found.items():
        if values.dtype != DTYPES[name] or values.shape != shapes[name]:
            return f"calibration.{name} is not {np.dtype(DTYPES[name])} of shape {shapes[name]}"
    outputs, labels, groups = (tensors[f"calibration.{name}"] for name in DTYPES)
    if not np.isfinite(outputs).all() or np.isinf(labels).any():
        return "calibration: values that are not finite"
    if len(np.unique(groups)) != header["groups"]:
        return f"calibration: not {header['groups']} groups"
    near = tensors.get("calibration.similarity", np.zeros(rows, np.float32))
    if near.dtype != np.float32 or near.shape != (rows,) or not np.isfinite(near).all():
        return f"calibration.similarity is not float32 of shape ({rows},)"
    rows_each = tensors.get("calibration.stands_for", np.ones(rows, np.float32))
    if rows_each.dtype != np.float32 or rows_each.shape != (rows,) or not (rows_each >= 1).all():
        return f"calibration.stands_for is not float32 of shape ({rows},), 1 or more"
    known = labels[~np.isnan(labels)]
    classes = {"binary": 2, "multiclass": len(task.classes)}.get(task.kind)
    if classes and not np.isin(known, np.arange(classes)).all():
        return "calibration: a label that is no class"
    if classes and ((outputs < 0) | (outputs > 1)).any():
        return "calibration: a probability outside 0 to 1"
    return ""
