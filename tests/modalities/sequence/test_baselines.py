"""Baselines on sequences: training sequences get their own label, and outputs lie within bounds."""

from __future__ import annotations

import numpy as np
import pytest

from riboswitch.data.task import Task
from riboswitch.modalities.sequence.baselines import BASELINES, best_hit

TASKS = {
    "multiclass": (Task("multiclass", ("y",), ("a", "b", "c")), lambda n: (np.arange(n) % 3 * 1.0)[:, None]),
    "binary": (
        Task("binary", ("x", "y")),
        lambda n: np.stack([np.arange(n) % 2, np.arange(n) // 2 % 2], 1) * 1.0,
    ),
    "regression": (Task("regression", ("y",)), lambda n: np.linspace(-2, 2, n)[:, None]),
}


@pytest.fixture(scope="module")
def inputs():
    rng = np.random.default_rng(0)
    return ["M" + "".join(rng.choice(list("ACDEFGHIKLMNPQRSTVWY"), 60)) for _ in range(18)]


@pytest.mark.parametrize("kind", TASKS)
@pytest.mark.parametrize("method", BASELINES)
def test_shapes_bounds_and_determinism(inputs, kind, method):
    task, make = TASKS[kind]
    labels = make(len(inputs))
    labels[3] = np.nan
    weights = np.linspace(0.5, 1.5, len(inputs))
    new = [*inputs[:4], "MAAAAAAA", "W"]
    one, two = (
        BASELINES[method]({"sequence": inputs}, labels, {"sequence": new}, task, seed=0, weights=weights)
        for _ in range(2)
    )
    assert one.shape == (6, len(task.outputs)) and np.isfinite(one).all()
    np.testing.assert_array_equal(one, two)
    if kind != "regression":
        assert ((one >= 0) & (one <= 1)).all()
    if kind == "multiclass":
        assert one.sum(1) == pytest.approx(1)


@pytest.mark.parametrize("kind", TASKS)
def test_the_best_hit_of_a_training_sequence_is_itself(inputs, kind):
    task, make = TASKS[kind]
    labels = make(len(inputs))
    made = best_hit({"sequence": inputs}, labels, {"sequence": inputs}, task, seed=0)
    if kind == "multiclass":
        assert made.argmax(1).tolist() == labels[:, 0].tolist() and made.max(1) == pytest.approx(1)
    else:
        assert made == pytest.approx(labels)
    unlike = best_hit({"sequence": inputs}, labels, {"sequence": ["W"]}, task, seed=0)[0]
    average = np.bincount(labels[:, 0].astype(int)) / len(labels) if kind == "multiclass" else labels.mean(0)
    assert unlike == pytest.approx(average)


@pytest.mark.parametrize("method", BASELINES)
def test_one_class_in_training_is_no_fault(inputs, method):
    task = Task("binary", ("y",))
    assert BASELINES[method](
        {"sequence": inputs}, np.ones((18, 1)), {"sequence": inputs[:2]}, task, seed=0
    ) == pytest.approx(1)
