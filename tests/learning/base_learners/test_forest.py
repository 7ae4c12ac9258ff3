"""Forests as arrays, with scikit-learn as the oracle."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

from riboswitch.data.task import Task
from riboswitch.errors import BundleError, InputError
from riboswitch.learning.base_learners.forest import Forest, ForestSettings, _rounded_down

REGRESSION = Task("regression", ("u", "v"))
BINARY = Task("binary", ("a", "b", "c"))
CLASSES = Task("multiclass", ("c",), ("p", "q", "r", "s"))
HOW = ForestSettings(trees=7, features=0.4, leaf=2)


def table(seed=0, rows=80):
    """Counts beside measured values, as molecules have them; and other rows of the same kind."""
    rng = np.random.default_rng(seed)
    return [
        np.hstack([rng.poisson(1, (n, 12)), rng.normal(size=(n, 3))]).astype(np.float32) for n in (rows, 300)
    ]


def labels_of(task, x, seed=0, gaps=0.3):
    rng = np.random.default_rng(seed)
    score = x[:, : len(task.targets)] + x[:, -1:] + rng.normal(size=(len(x), len(task.targets)))
    if task.kind == "binary":
        score = (score > 1).astype(float)
    if task.kind == "multiclass":
        score = np.digitize(score, [0.5, 2.5]).astype(float)  # the class 3 is never seen
    score[rng.random(score.shape) < gaps] = np.nan
    return score


def oracle(task, x, labels, weights, asked):
    """What scikit-learn says, target by target."""
    columns = []
    for column in labels.T:
        known = ~np.isnan(column)
        common = {"max_features": HOW.features, "min_samples_leaf": HOW.leaf, "random_state": 3}
        cls = RandomForestRegressor if task.kind == "regression" else RandomForestClassifier
        model = cls(HOW.trees, **common).fit(x[known], column[known], weights[known])
        if task.kind == "regression":
            columns.append(model.predict(asked)[:, None])
            continue
        p = np.zeros((len(asked), len(task.classes) or 2))
        p[:, model.classes_.astype(int)] = model.predict_proba(asked)
        columns.append(p if task.kind == "multiclass" else p[:, 1:])
    return np.hstack(columns)


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 2**31 - 1), task=st.sampled_from([REGRESSION, BINARY, CLASSES]))
def test_the_arrays_answer_as_scikit_learn_does(seed, task):
    x, asked = table(seed)
    labels, weights = labels_of(task, x, seed), np.random.default_rng(seed).uniform(0.1, 2, len(x))
    forest = Forest.grow(x, labels, task, HOW, seed=3, weights=weights)
    assert forest.outputs == len(task.outputs)
    np.testing.assert_allclose(forest.predict(asked), oracle(task, x, labels, weights, asked), atol=1e-6)
    np.testing.assert_array_equal(forest.predict(asked)[::-7], forest.predict(asked[::-7]))


@pytest.mark.parametrize("task", [REGRESSION, BINARY, CLASSES], ids=lambda t: t.kind)
def test_a_forest_comes_back_from_its_tensors(task):
    x, asked = table()
    forest = Forest.grow(x, labels_of(task, x), task, HOW, seed=0, threads=2)
    same = Forest.grow(x, labels_of(task, x), task, HOW, seed=0)
    tensors = forest.tensors("forest.")
    assert all(name.startswith("forest.") for name in tensors)
    back = Forest.from_tensors(tensors, "forest.")
    for other in (same, back):
        np.testing.assert_array_equal(other.predict(asked), forest.predict(asked))
    assert forest.predict(asked[:0]).shape == (0, len(task.outputs))


@given(wide=st.floats(-1e30, 1e30), steps=st.integers(-3, 3))
def test_a_narrower_threshold_divides_as_before(wide, steps):
    narrow = _rounded_down(np.array([wide]))
    assert narrow.dtype == np.float32
    x = np.float32(wide)
    for _ in range(abs(steps)):
        x = np.nextafter(x, np.float32(np.copysign(np.inf, steps)))
    assert (x <= narrow[0]) == (float(x) <= wide)


def test_balance_gives_a_rare_class_its_weight():
    x, asked = table()
    labels = np.zeros((len(x), 1))
    labels[:4] = 1
    task = Task("binary", ("y",))
    plain, even = (
        Forest.grow(x, labels, task, ForestSettings(20, leaf=10, balanced=b), seed=0).predict(asked).mean()
        for b in (False, True)
    )
    assert plain < 0.1 < even


def test_a_target_without_labels_is_named():
    x, _ = table()
    labels = labels_of(BINARY, x)
    labels[:, 1] = np.nan
    with pytest.raises(InputError, match="no training row has a label of this target; found 'b'"):
        Forest.grow(x, labels, BINARY, HOW, seed=0)


def test_too_few_features_are_not_read_past_their_end():
    x, asked = table()
    forest = Forest.grow(x, labels_of(BINARY, x), BINARY, HOW, seed=0)
    with pytest.raises(BundleError, match="features, but the forest asks"):
        forest.predict(asked[:, :3])


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("right", lambda a: np.where(np.arange(len(a)) == 0, 0, a)),  # the root is its own child
        ("right", lambda a: a + 10**6),
        ("right", lambda a: a[:-1]),
        ("feature", lambda a: np.zeros_like(a)),  # no leaves
        ("feature", lambda a: a - 1),
        ("root", lambda a: a - 1),
        ("root", lambda a: a + 10**6),
        ("root", lambda a: a[:0]),
        ("column", lambda a: a - 1),
        ("value", lambda a: a[:1]),
        ("value", lambda a: a[:, 0]),
        ("threshold", lambda a: a[:-1]),
    ],
)
def test_arrays_that_lead_astray_are_refused(name, change):
    x, _ = table()
    forest = Forest.grow(x, labels_of(BINARY, x), BINARY, HOW, seed=0)
    broken = dataclasses.replace(forest, **{name: change(getattr(forest, name))})
    with pytest.raises(BundleError, match="do not fit together"):
        Forest.from_tensors(broken.tensors(""), "")


def test_a_missing_array_is_named():
    x, _ = table()
    tensors = Forest.grow(x, labels_of(BINARY, x), BINARY, HOW, seed=0).tensors("forest.")
    del tensors["forest.right"]
    with pytest.raises(BundleError, match=r"missing; found 'forest\.right'"):
        Forest.from_tensors(tensors, "forest.")


@pytest.mark.parametrize(
    ("name", "value"),
    [("feature", "floats"), ("right", "floats"), ("root", "floats"), ("threshold", "whole"),
     ("feature", "table"), ("root", "table"), ("value", "no columns"), ("column", "far")],
)  # fmt: skip
def test_arrays_of_another_kind_are_refused(name, value):
    x, _ = table()
    tensors = Forest.grow(x, labels_of(REGRESSION, x), REGRESSION, HOW, seed=0).tensors("")
    array = tensors[name]
    made = {"floats": array.astype(float), "whole": array.astype(int), "table": array[:, None],
            "no columns": array[:, :0] if array.ndim == 2 else array,
            "far": array.astype(np.int64) + 10**6}  # fmt: skip
    with pytest.raises(BundleError, match="of the forest"):
        Forest.from_tensors(tensors | {name: made[value]}, "")
