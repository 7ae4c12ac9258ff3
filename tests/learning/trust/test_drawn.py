"""A sample of one label: probabilities and promises are those of all rows of the experiment."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit, logit, softmax

from bundles import small_bundle
from riboswitch.data.model import Model
from riboswitch.data.predictions import Predictions
from riboswitch.data.task import Task
from riboswitch.errors import BundleError
from riboswitch.learning.trust.calibration import STANDS_FOR, Calibration
from riboswitch.learning.trust.drawn import rows_each, rows_of, shift_of
from riboswitch.learning.trust.promise import Dispersion
from riboswitch.learning.trust.question import Question

BINARY = Task("binary", ("active",))
CLASSES = Task("multiclass", ("c",), ("p", "q", "r"))
FACTOR = 8


def experiment(seed, groups=3000):
    """Log odds, labels and groups of all rows; few are active, and rows of a group are alike."""
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(groups), rng.integers(1, 5, groups))
    odds = 1.2 * rng.normal(size=groups)[group] + rng.normal(size=len(group)) - 4
    return odds, (rng.random(len(odds)) < expit(odds)) * 1.0, group


def drawn(seed, outputs=lambda odds: expit(odds + np.log(FACTOR))):
    """Predictions of a model that learned from a sample of the inactives, for the rows of the sample."""
    odds, labels, group = experiment(seed)
    kept = (labels == 1) | (np.random.default_rng([seed, 1]).random(len(odds)) < 1 / FACTOR)
    sample = {"label": "0", "of": int((labels == 0).sum()), "rows": int((labels[kept] == 0).sum())}
    ids, names = [f"r{i}" for i in np.flatnonzero(kept)], [f"g{g}" for g in group[kept]]
    made = Predictions.build(BINARY, ids, names, 0, "test", "stack", labels[kept][:, None],
                             outputs(odds[kept])[:, None])  # fmt: skip
    return made, sample


@pytest.mark.parametrize("sure", [1.0, 1.6])
def test_probabilities_are_those_of_all_rows(sure):
    def outputs(odds):
        return expit(sure * (odds + np.log(FACTOR)))

    made, sample = drawn(0, outputs)
    odds, labels, _ = experiment(1)
    mapped = Calibration.fit(made, sample=sample)(outputs(odds)[:, None])[:, 0]
    assert mapped.sum() == pytest.approx(labels.sum(), rel=0.1)
    best = np.argsort(-mapped)[:200]
    assert mapped[best].sum() == pytest.approx(labels[best].sum(), rel=0.2)
    boast = Calibration.fit(made)(outputs(odds)[:, None])[:, 0]
    assert boast.sum() > 3 * labels.sum()  # what the test would miss


def test_a_promise_is_kept_on_a_library_like_the_experiment():
    kept = {"sample": 0, "none": 0}
    for seed in range(40):
        made, sample = drawn(seed)
        odds, labels, group = experiment(1000 + seed)
        raw = expit(odds + np.log(FACTOR))[:, None]
        best = np.argsort(-odds)[:60]
        for name, known in (("sample", sample), ("none", None)):
            found = Calibration.fit(made, sample=known)
            said = Question.of(found, [0], False).promise(found(raw)[best, 0], group[best])
            kept[name] += said["low"] <= labels[best].sum() <= said["high"]
    assert kept["sample"] >= 33 > 20 > kept["none"]


def test_expected_precision_and_false_discoveries_are_those_of_all_rows():
    false, boast, said, true = [], [], [], []
    for seed in range(20):
        made, sample = drawn(seed)
        odds, labels, _ = experiment(2000 + seed)
        found = Calibration.fit(made, sample=sample)
        question = Question.of(found, [0], False)
        p = found(expit(odds + np.log(FACTOR))[:, None])[:, 0]
        unaware = Question(question.p, question.truth, question.groups)
        best = np.argsort(-p)[:100]
        said.append(question.precision(p[best[-1:]])[0])
        true.append(labels[best].mean())
        for asked, shares in ((question, false), (unaware, boast)):
            chosen = asked.discovery_rates(p) <= 0.5
            shares.append((labels[chosen] == 0).mean() if chosen.any() else 0.0)
    assert np.mean(said) == pytest.approx(np.mean(true), abs=0.05)
    assert np.mean(false) <= 0.55 < 0.6 < np.mean(boast)


def test_classes_have_the_shares_of_all_rows():
    rng = np.random.default_rng(0)
    scores = 1.5 * rng.normal(size=(30000, 3)) + np.array([3.0, 0.0, 0.0])
    labels = (scores + rng.gumbel(size=scores.shape)).argmax(1)
    kept = (labels != 0) | (rng.random(len(labels)) < 1 / FACTOR)
    sample = {"label": "p", "of": int((labels == 0).sum()), "rows": int((labels[kept] == 0).sum())}
    outputs = softmax(scores - np.log([FACTOR, 1, 1]), 1)
    ids, rows = [f"r{i}" for i in np.flatnonzero(kept)], labels[kept][:, None] * 1.0
    made = Predictions.build(CLASSES, ids, ids, 0, "test", "stack", rows, outputs[kept])
    mapped = Calibration.fit(made, sample=sample)(outputs)
    np.testing.assert_allclose(mapped.mean(0), np.bincount(labels) / len(labels), rtol=0.05)


def test_a_bundle_keeps_what_was_drawn(tmp_path):
    made, sample = drawn(3)
    calibration = Calibration.fit(made, sample=sample)
    model = small_bundle({"0.w": np.zeros(1, np.float32)}, task=BINARY.to_dict())
    model.header["golden"] = [[0.5]]
    model.header["members"][0] |= {"label_mean": [0.0], "label_sd": [1.0], "thresholds": []}
    calibration.store(model)
    model.save(tmp_path / "model.safetensors")
    found = Calibration.of(Model.load(tmp_path / "model.safetensors"))
    assert (found.maps, found.sample) == (calibration.maps, sample)
    np.testing.assert_array_equal(found.stands_for, calibration.stands_for)
    assert set(np.round(found.stands_for, 3)) == {1.0, np.float32(round(sample["of"] / sample["rows"], 3))}
    one, other = (Question.of(each, [0], False).promise(np.array([0.3, 0.2]), np.arange(2))
                  for each in (found, calibration))  # fmt: skip
    assert one == other
    model.tensors[STANDS_FOR] = np.zeros(3, np.float32)
    model.save(tmp_path / "wrong.safetensors")
    with pytest.raises(BundleError, match="stands_for"):
        Model.load(tmp_path / "wrong.safetensors")


@given(st.integers(0, 10**6))
def test_rows_that_stand_for_themselves_change_nothing(seed):
    rng = np.random.default_rng(seed)
    p, groups = rng.random(80), rng.integers(0, 30, 80)
    truth = (rng.random(80) < p) * 1.0
    plain, counted = Question(p, truth, groups), Question(p, truth, groups, np.ones(80))
    new = rng.random(20)
    np.testing.assert_array_equal(plain.precision(new), counted.precision(new))
    np.testing.assert_array_equal(plain._p_values(new), counted._p_values(new))
    one, other = Dispersion.fit(p, truth, groups), Dispersion.fit(p, truth, groups, rows=np.ones(80))
    np.testing.assert_array_equal(one.line, other.line)
    assert one.between == other.between


@given(st.integers(0, 10**6))
def test_a_row_that_stands_for_several_counts_as_often_in_the_precision(seed):
    rng = np.random.default_rng(seed)
    p, times = rng.random(30), rng.integers(1, 6, 30)
    truth, groups, new = (rng.random(30) < p) * 1.0, np.arange(30), rng.random(9)
    counted = Question(p, truth, groups, times * 1.0)
    repeated = Question(np.repeat(p, times), np.repeat(truth, times), np.repeat(groups, times))
    np.testing.assert_allclose(counted.precision(new), repeated.precision(new))


def test_only_a_sample_of_classes_changes_what_rows_stand_for():
    sample = {"label": "0", "of": 40, "rows": 10}
    np.testing.assert_array_equal(rows_each(BINARY, sample), [4, 1])
    np.testing.assert_array_equal(rows_each(CLASSES, sample | {"label": "q"}), [1, 4, 1])
    assert rows_each(BINARY, None) is None
    assert rows_each(BINARY, {"label": "0", "of": 40, "rows": 40}) is None
    assert rows_each(Task("regression", ("y",)), sample) is None
    assert shift_of(BINARY, np.array([4.0, 1.0])) == (-np.log(4),)
    np.testing.assert_array_equal(rows_of(np.array([0, 1, np.nan]), np.array([4.0, 1.0])), [4, 1, 1])
    half = logit(0.5) + shift_of(BINARY, np.array([4.0, 1.0]))[0]
    assert expit(half) == pytest.approx(0.2)  # one active to four inactives
