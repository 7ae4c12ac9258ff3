"""Laws of `score`; then what it computes, what it leaves out, and what is not evaluable."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as oracle

from riboswitch.data.task import Task
from riboswitch.evaluation.scoring import not_evaluable, score


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 40))
def test_score_of_classes_ignores_row_order_and_names(seed, rows):
    random = np.random.default_rng(seed)
    truth = random.integers(0, 3, (rows, 1)).astype(float)
    p = random.dirichlet([1, 1, 1], rows)
    order, swap = random.permutation(rows), np.array([2, 0, 1])
    task = Task("multiclass", ("label",), ("a", "b", "none"))
    other = Task("multiclass", ("label",), ("none", "a", "b"))
    found = score(task, truth, p)
    renamed = score(other, np.argsort(swap)[truth.astype(int)][order] * 1.0, p[order][:, swap])
    assert found == pytest.approx(renamed)
    assert all(np.isfinite(value) for value in found.values())


CLASSES = ("alpha", "beta", "none", "rare")


def binary(seed, rows=400):
    random = np.random.default_rng(seed)
    truth = (random.random(rows) < 0.1).astype(float)
    p = 1 / (1 + np.exp(1 - 2 * truth - random.normal(size=rows)))
    return truth, p


def multiclass(seed=0, rows=300):
    random = np.random.default_rng(seed)
    truth = random.choice(len(CLASSES), rows, p=[0.3, 0.3, 0.3, 0.1])
    raw = np.exp(random.normal(size=(rows, len(CLASSES))) + 1.5 * np.eye(len(CLASSES))[truth])
    return truth, raw / raw.sum(axis=1, keepdims=True)


def test_score_of_a_binary_task_is_the_mean_over_evaluable_targets_without_gaps():
    first, p = binary(0)
    second, q = binary(1)
    second[:50] = np.nan
    labels = np.column_stack([first, second, np.zeros(400)])
    found = score(Task("binary", ("a", "b", "flat")), labels, np.column_stack([p, q, p]))
    expected = [oracle.roc_auc_score(first, p), oracle.roc_auc_score(second[50:], q[50:])]
    assert found["auroc"] == pytest.approx(np.mean(expected))
    assert found["evaluated"] == 2
    assert found["ef1_max"] >= found["ef1"]


def test_score_honours_thresholds():
    truth, p = binary(2)
    found = score(Task("binary", ("a",)), truth[:, None], p[:, None], [0.3])
    assert found["mcc"] == pytest.approx(oracle.matthews_corrcoef(truth, p >= 0.3))
    assert found["balanced_accuracy"] == pytest.approx(oracle.balanced_accuracy_score(truth, p >= 0.3))


def test_score_of_classes_leaves_rare_ones_out_of_the_means_only():
    truth, p = multiclass(0)
    rare = truth == 3
    rows = ~rare | (np.cumsum(rare) <= 3)
    truth, p = truth[rows], p[rows]
    found = score(Task("multiclass", ("label",), CLASSES), truth[:, None].astype(float), p)
    best = p.argmax(axis=1)
    assert found["evaluated"] == 3
    assert found["macro_f1"] == pytest.approx(oracle.f1_score(truth, best, labels=[0, 1, 2], average="macro"))
    assert found["accuracy"] == pytest.approx(oracle.accuracy_score(truth, best))
    assert found["macro_auroc"] == pytest.approx(
        np.mean([oracle.roc_auc_score(truth == i, p[:, i]) for i in range(3)])
    )
    assert found["macro_ap"] == pytest.approx(
        np.mean([oracle.average_precision_score(truth == i, p[:, i]) for i in range(3)])
    )
    assert found["pooled_ap"] == pytest.approx(oracle.average_precision_score(truth != 2, 1 - p[:, 2]))


def test_score_without_none_class_has_no_pooled_metrics():
    truth, p = multiclass(0)
    found = score(Task("multiclass", ("label",), ("a", "b", "c", "d")), truth[:, None] * 1.0, p)
    assert not [name for name in found if name.startswith("pooled_")]


def test_score_of_labels_that_are_all_gaps_is_nearly_empty():
    task = Task("regression", ("logS",))
    assert score(task, np.full((3, 1), np.nan), np.zeros((3, 1))) == {"evaluated": 0}


def test_score_holds_no_nan():
    task = Task("regression", ("logS",))
    found = score(task, np.ones((3, 1)), np.zeros((3, 1)))
    assert found == {"rmse": 1, "mae": 1, "evaluated": 1}


def test_reasons_for_not_being_evaluable():
    labels = np.array([0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 3])[:, None] * 1.0
    groups = np.array([*"abcde", *"fffff", *"ghijk", "l"])
    found = not_evaluable(Task("multiclass", ("label",), CLASSES), labels, groups)
    assert found == {
        "beta": "examples from 1 group(s), fewer than 2",
        "rare": "1 examples, fewer than 5",
    }
    binary_task = Task("binary", ("a",))
    assert not_evaluable(binary_task, np.ones((9, 1))) == {"a": "0 negatives, fewer than 5"}
