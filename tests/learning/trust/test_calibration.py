"""Calibration in a bundle: fitted, stored, checked, applied, and refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, softmax

from bundles import small_bundle
from riboswitch.data.model import Model
from riboswitch.data.predictions import Predictions
from riboswitch.data.task import Task
from riboswitch.errors import BundleError, InputError, UsageError
from riboswitch.learning.trust.answers import BETWEEN, class_sets, trust_columns
from riboswitch.learning.trust.calibration import Calibration

TASKS = {
    "regression": Task("regression", ("u", "v")),
    "binary": Task("binary", ("a", "b")),
    "multiclass": Task("multiclass", ("c",), ("p", "q", "r")),
}
KINDS = st.sampled_from(sorted(TASKS))


def held_out(kind="binary", groups=120, seed=0, part="test", method="stack", repeats=1):
    """Predictions that are too sure of themselves, with labels and gaps, of rows in groups."""
    task, rng = TASKS[kind], np.random.default_rng(seed)
    group = np.repeat(np.arange(groups), rng.integers(1, 6, groups))
    rows = len(group)
    odds = rng.normal(size=(groups, len(task.outputs)))[group] + rng.normal(size=(rows, len(task.outputs)))
    if kind == "regression":
        labels, outputs = odds + rng.normal(size=odds.shape), odds
    elif kind == "binary":
        labels, outputs = (rng.random(odds.shape) < expit(odds)) * 1.0, expit(3 * odds)
    else:
        labels, outputs = (odds + rng.gumbel(size=odds.shape)).argmax(1)[:, None] * 1.0, softmax(3 * odds, 1)
    labels[rng.random(labels.shape) < 0.05] = np.nan
    ids = [f"r{i}" for i in range(rows)]
    names = [f"g{g}" for g in group]
    each = [(task, ids, names, repeat, part, method, labels, outputs) for repeat in range(repeats)]
    return Predictions.concat([Predictions.build(*values) for values in each])


def stored(calibration, tmp_path):
    task = calibration.task
    model = small_bundle({"0.w": np.zeros(1, np.float32)}, task=task.to_dict())
    model.header["golden"] = [[0.5] * len(task.outputs)]
    model.header["members"][0] |= {"label_mean": [0.0] * len(task.targets),
                                   "label_sd": [1.0] * len(task.targets), "thresholds": []}  # fmt: skip
    calibration.store(model)
    model.save(tmp_path / "model.safetensors")
    return model


@pytest.mark.parametrize("kind", TASKS)
def test_a_bundle_gives_back_what_was_stored(kind, tmp_path):
    made = Calibration.fit(held_out(kind), {"method": "scaffold", "options": {}})
    stored(made, tmp_path)
    found = Calibration.of(Model.load(tmp_path / "model.safetensors"))
    assert (found.maps, found.method, found.grouping) == (made.maps, made.method, made.grouping)
    for level in (0.8, 0.9, 0.95):
        np.testing.assert_array_equal(found.limits(level), made.limits(level))
    outputs = held_out(kind, seed=1).outputs
    np.testing.assert_array_equal(found(outputs), made(outputs))


@settings(max_examples=15, deadline=None)
@given(KINDS, st.integers(0, 99))
def test_the_order_of_the_rows_changes_nothing(kind, seed):
    one = held_out(kind, groups=30, seed=seed)
    mixed = one.table.sample(frac=1, random_state=seed).reset_index(drop=True)
    first, second = Calibration.fit(one), Calibration.fit(Predictions(mixed, one.task))
    for level in (0.8, 0.95):
        np.testing.assert_allclose(first.limits(level), second.limits(level), atol=1e-5)
    np.testing.assert_array_equal(first.groups, second.groups)


@settings(max_examples=20, deadline=None)
@given(KINDS, st.integers(1, 30))
def test_answers_do_not_depend_on_the_batch(kind, cut):
    calibration, outputs = Calibration.fit(held_out(kind, groups=60)), held_out(kind, seed=2).outputs
    whole = calibration(outputs)
    np.testing.assert_array_equal(
        whole, np.concatenate([calibration(outputs[:cut]), calibration(outputs[cut:])])
    )
    several = calibration(np.stack([outputs, outputs]))
    np.testing.assert_array_equal(several[1], whole)
    parts = [trust_columns(calibration, w) for w in (whole[:cut], whole[cut:], whole)]
    tables = [pd.DataFrame(part) for part in parts]
    pd.testing.assert_frame_equal(pd.concat(tables[:2], ignore_index=True), tables[2])
    assert len(tables[2].columns) == {"regression": 4, "binary": 2, "multiclass": 1}[kind]


@pytest.mark.parametrize("kind", TASKS)
def test_intervals_and_sets_hold_the_truth_of_new_groups(kind):
    calibration, new = Calibration.fit(held_out(kind, groups=300)), held_out(kind, groups=600, seed=9)
    mean, labels = calibration(new.outputs), new.labels
    columns = trust_columns(calibration, mean)
    for target, name in enumerate(calibration.task.targets):
        y = labels[:, target]
        if kind == "regression":
            low, high = columns[f"{name}_from90"], columns[f"{name}_to90"]
            inside = [((low <= y) & (y <= high))[~np.isnan(y)]]
        else:
            several = kind == "multiclass"
            sets = columns["set90" if several else f"p_{name}_set90"]
            names = calibration.task.classes if several else ("0", "1")
            inside = [
                np.array([text in sets[i].split(BETWEEN) for i in np.flatnonzero(y == number)])
                for number, text in enumerate(names)
            ]
        for hits in inside:
            assert 0.84 < hits.mean() < 0.96


def test_a_map_is_fitted_and_its_calibration_error_falls():
    calibration, new = Calibration.fit(held_out()), held_out(seed=5)
    y, p = new.labels, new.outputs
    known = ~np.isnan(y)
    assert {each.kind for each in calibration.maps} <= {"platt", "beta"}
    assert ((calibration(p) - y)[known] ** 2).mean() < ((p - y)[known] ** 2).mean() - 0.01


def test_a_row_of_several_repeats_counts_once():
    once, thrice = (Calibration.fit(held_out(repeats=repeats)) for repeats in (1, 3))
    np.testing.assert_allclose(
        [m.parameters for m in once.maps], [m.parameters for m in thrice.maps], rtol=1e-3
    )
    np.testing.assert_allclose(once.limits(0.9), thrice.limits(0.9), atol=1e-5)


def test_too_few_groups_are_refused_with_a_reason():
    calibration = Calibration.fit(held_out(groups=8))
    said = " ".join(calibration.refused)
    assert "probabilities stay as they are" in said and "fewer than 10" in said
    assert "9 for 90%, 19 for 95%" in said
    outputs = held_out(seed=1).outputs
    np.testing.assert_array_equal(calibration(outputs), outputs)
    assert trust_columns(calibration, outputs) == {}
    assert Calibration.fit(held_out(groups=300)).refused == []


def test_a_class_of_few_groups_is_in_no_set():
    p = np.array([[0.9, 0.05, 0.05], [0.3, 0.3, 0.4]])
    assert list(class_sets(p, np.array([0.8, 0.5, np.inf]), ("a", "b", "c"))) == ["a", "a"]
    assert list(class_sets(p[:0], np.array([0.8, 0.5, 0.5]), ("a", "b", "c"))) == []


@pytest.mark.parametrize(("change", "problem"), [({"part": "valid"}, "no test rows"), ({}, "forest, stack")])
def test_only_test_rows_of_one_method_calibrate(change, problem):
    given_rows = [held_out(**change)] if change else [held_out(), held_out(method="forest")]
    with pytest.raises(InputError, match=problem):
        Calibration.fit(Predictions.concat(given_rows))


def test_labels_of_positions_are_not_calibrated():
    task = Task("multiclass", ("c",), ("p", "q"), "position")
    made = Predictions.build(
        task, ["a:1"], ["g"], 0, "test", "network", np.zeros((1, 1)), np.full((1, 2), 0.5)
    )
    with pytest.raises(UsageError, match="positions"):
        Calibration.fit(made)


BROKEN = {
    "a map too few": lambda h, t: h["maps"].pop(),
    "another kind": lambda h, t: h["maps"][0].update(kind="vector"),
    "a map that falls": lambda h, t: h["maps"][0].update(parameters=[-1.0, 1.0, 0.0]),
    "a number missing": lambda h, t: h["maps"][0].update(parameters=[1.0]),
    "rows miscounted": lambda h, t: h.update(rows=h["rows"] + 1),
    "groups miscounted": lambda h, t: h.update(groups=1),
    "no labels": lambda h, t: t.pop("calibration.labels"),
    "a label of no class": lambda h, t: t["calibration.labels"].fill(2),
    "not a probability": lambda h, t: t["calibration.outputs"].fill(1.5),
    "not finite": lambda h, t: t["calibration.outputs"].fill(np.nan),
    "an unknown key": lambda h, t: h.update(level=0.9),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_bundle_with_a_broken_calibration_is_refused(name, tmp_path):
    model = stored(Calibration.fit(held_out()), tmp_path)
    BROKEN[name](model.header["calibration"], model.tensors)
    model.save(tmp_path / "broken.safetensors")
    with pytest.raises(BundleError, match=r"broken\.safetensors"):
        Model.load(tmp_path / "broken.safetensors")
