"""Test rows known by a bound: counted apart, and in no other metric."""

from __future__ import annotations

import numpy as np

from riboswitch.data.predictions import Predictions
from riboswitch.data.task import Task
from riboswitch.evaluation.metrics_schema import metrics_problem
from riboswitch.steps.evaluate import evaluate

TASK = Task("regression", ("y",))
LABELS = np.array([[1.0], [2.0], [3.0], [np.nan], [np.nan]])
BOUNDS = np.full((5, 1, 2), np.nan)
BOUNDS[3:, 0] = [(10.0, np.inf), (-np.inf, 0.5)]


def made(outputs, method="network", rows=5, bounds=BOUNDS):
    ids = [f"r{i}" for i in range(rows)]
    values = np.asarray(outputs, np.float64)[:rows, None]
    return Predictions.build(TASK, ids, list("abcde")[:rows], 0, "test", method, LABELS[:rows], values,
                             bounds=None if bounds is None else bounds[:rows])  # fmt: skip


def test_bounds_are_judged_apart():
    both = Predictions.concat([made([1, 2, 4, 12, 1]), made([1, 2, 3, 9, 0], "forest")])
    found = evaluate(both, bootstrap=20)
    assert not metrics_problem(found)
    assert found["bounds"] == {
        "labels": {"0": 2},
        "methods": {
            "forest": {"share": 0.5, "within": {"0": 1}},
            "mean_of_all": {"share": 1.0, "within": {"0": 2}},
            "network": {"share": 0.5, "within": {"0": 1}},
        },
    }
    without = evaluate(
        Predictions.concat([made([1, 2, 4], rows=3), made([1, 2, 3], "forest", 3)]), bootstrap=0
    )
    for name in ("network", "forest"):
        assert found["methods"][name]["rmse"]["mean"] == without["methods"][name]["rmse"]["mean"]
    assert "bounds" not in without
    assert found["counts"]["0"] == {"rows": 5, "labelled": 3, "groups": 5}


def test_predictions_keep_bounds_through_a_file(tmp_path):
    one = made([1, 2, 4, 12, 1])
    one.save(tmp_path / "p.parquet")
    loaded = Predictions.load(tmp_path / "p.parquet")
    assert np.array_equal(loaded.bounds, BOUNDS, equal_nan=True)
    assert np.array_equal(loaded.labels, LABELS, equal_nan=True)
    assert made([1, 2, 4], rows=3).bounds is None and "y_y.above" not in made([1, 2, 4], rows=3).table


def test_parts_with_and_without_bounds_can_be_joined():
    other = Predictions.build(TASK, ["z"], ["z"], 1, "test", "network", np.array([[1.0]]), np.array([[1.0]]))
    joined = Predictions.concat([made([1, 2, 4, 12, 1]), other])
    assert np.isnan(joined.bounds[-1]).all() and (~np.isnan(joined.bounds[:, 0, 0])).sum() == 2
    assert [trial.bounds is not None for trial in joined.trials()] == [True, False]
