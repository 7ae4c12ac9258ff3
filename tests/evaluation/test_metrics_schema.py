"""What evaluate writes is what its schema says, for every kind of task."""

from __future__ import annotations

import json

import numpy as np
import pytest

from riboswitch.data.predictions import Predictions
from riboswitch.data.task import Task
from riboswitch.evaluation.metrics_schema import metrics_problem
from riboswitch.steps.evaluate import evaluate

TASKS = [
    Task("regression", ("y",)),
    Task("binary", ("a", "b")),
    Task("multiclass", ("c",), ("none", "x", "y")),
    Task("multiclass", ("c",), ("x",)),
]


@pytest.mark.parametrize("task", TASKS, ids=str)
@pytest.mark.parametrize("rows", [3, 40])
@pytest.mark.parametrize("methods", [["network"], ["network", "forest", "stack"]])
def test_metrics_of_every_kind_of_task_fit_the_schema(task, rows, methods):
    rng, parts = np.random.default_rng(0), []
    for repeat in range(2):
        shape = rows, len(task.targets)
        classes = {"regression": 100, "binary": 2, "multiclass": len(task.classes)}[task.kind]
        labels = rng.integers(0, classes, shape).astype(float)
        labels[rng.random(shape) < 0.2] = np.nan
        for method in methods:
            outputs = rng.random((rows, len(task.columns)))
            if task.kind == "multiclass":
                outputs /= outputs.sum(1, keepdims=True)
            ids = [f"r{i}" for i in range(rows)]
            parts.append(Predictions.build(task, ids, [i[:2] for i in ids], repeat, "test", method, labels,
                                           outputs))  # fmt: skip
    for bootstrap in (0, 20):
        found = evaluate(Predictions.concat(parts), bootstrap=bootstrap)
        assert metrics_problem(json.loads(json.dumps(found))) == ""


def test_other_metrics_are_told_what_is_wrong():
    assert "not of type 'object'" in metrics_problem([])
    assert "required" in metrics_problem({})
