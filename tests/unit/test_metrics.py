"""Metrics against scikit-learn, scipy and RDKit, and what `score` leaves out."""

from __future__ import annotations

import numpy as np
import pytest
from rdkit.ML.Scoring import Scoring
from scipy import stats
from sklearn import metrics as oracle

from riboswitch import metrics
from riboswitch.tasks import Task

SEEDS = range(5)
CLASSES = ("alpha", "beta", "none", "rare")


def binary(seed, rows=400, digits=None):
    random = np.random.default_rng(seed)
    truth = (random.random(rows) < 0.1).astype(float)
    p = 1 / (1 + np.exp(1 - 2 * truth - random.normal(size=rows)))
    return truth, p if digits is None else p.round(digits)


def multiclass(seed=0, rows=300):
    random = np.random.default_rng(seed)
    truth = random.choice(len(CLASSES), rows, p=[0.3, 0.3, 0.3, 0.1])
    raw = np.exp(random.normal(size=(rows, len(CLASSES))) + 1.5 * np.eye(len(CLASSES))[truth])
    return truth, raw / raw.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("digits", [None, 1])
@pytest.mark.parametrize("seed", SEEDS)
def test_ranking_agrees_with_sklearn_ties_included(seed, digits):
    truth, p = binary(seed, digits=digits)
    assert metrics.auroc(truth, p) == pytest.approx(oracle.roc_auc_score(truth, p))
    assert metrics.average_precision(truth, p) == pytest.approx(oracle.average_precision_score(truth, p))
    assert metrics.brier(truth, p) == pytest.approx(oracle.brier_score_loss(truth, p))


@pytest.mark.parametrize("seed", SEEDS)
def test_enrichment_and_bedroc_agree_with_rdkit(seed):
    truth, p = binary(seed, rows=1000)
    ranked = [[int(t)] for t in truth[np.argsort(-p)]]
    (expected,) = Scoring.CalcEnrichment(ranked, 0, [0.01])
    assert metrics.enrichment(truth, p) == pytest.approx(expected)
    assert metrics.bedroc(truth, p) == pytest.approx(Scoring.CalcBEDROC(ranked, 0, 20.0))


def test_ties_are_the_mean_over_random_orders():
    truth, p = binary(1, rows=150, digits=1)
    random, orders = np.random.default_rng(0), []
    for _ in range(3000):
        order = np.lexsort([random.random(len(p)), -p])
        orders.append([[int(t)] for t in truth[order]])
    bedroc = np.mean([Scoring.CalcBEDROC(ranked, 0, 20.0) for ranked in orders])
    enrichment = np.mean([Scoring.CalcEnrichment(ranked, 0, [0.05])[0] for ranked in orders])
    assert metrics.bedroc(truth, p) == pytest.approx(bedroc, abs=0.01)
    assert metrics.enrichment(truth, p, fraction=0.05) == pytest.approx(enrichment, rel=0.05)


@pytest.mark.parametrize("seed", SEEDS)
def test_confusion_measures_agree_with_sklearn(seed):
    truth, p = multiclass(seed)
    best = p.argmax(axis=1)
    table = metrics.confusion(truth, best, len(CLASSES))
    assert table.tolist() == oracle.confusion_matrix(truth, best).tolist()
    assert metrics.accuracy(table) == pytest.approx(oracle.accuracy_score(truth, best))
    assert metrics.mcc(table) == pytest.approx(oracle.matthews_corrcoef(truth, best))
    assert metrics.f1(table) == pytest.approx(oracle.f1_score(truth, best, average=None))
    assert metrics.recall(table) == pytest.approx(oracle.recall_score(truth, best, average=None))
    assert metrics.precision(table) == pytest.approx(oracle.precision_score(truth, best, average=None))


@pytest.mark.parametrize("seed", SEEDS)
def test_regression_agrees_with_sklearn_and_scipy(seed):
    random = np.random.default_rng(seed)
    truth = random.normal(size=200).round(1)
    value = (truth + random.normal(size=200)).round(1)
    assert metrics.rmse(truth, value) == pytest.approx(oracle.root_mean_squared_error(truth, value))
    assert metrics.mae(truth, value) == pytest.approx(oracle.mean_absolute_error(truth, value))
    assert metrics.r2(truth, value) == pytest.approx(oracle.r2_score(truth, value))
    assert metrics.spearman(truth, value) == pytest.approx(stats.spearmanr(truth, value).statistic)


def test_calibration_error_by_hand():
    truth, p = np.array([1, 0, 1, 1]), np.array([0.05, 0.05, 0.95, 1.0])
    assert metrics.calibration_error(truth, p) == pytest.approx((abs(1 - 0.1) + abs(2 - 1.95)) / 4)


def test_best_enrichment_is_that_of_a_perfect_ranking():
    truth, _ = binary(0, rows=730)
    assert metrics.enrichment(truth, truth) == pytest.approx(metrics.max_enrichment(truth))


def test_what_cannot_be_computed_is_nan_here():
    ones, p = np.ones(4), np.array([0.1, 0.2, 0.3, 0.4])
    assert np.isnan(metrics.auroc(ones, p))
    assert np.isnan(metrics.average_precision(1 - ones, p))
    assert np.isnan(metrics.bedroc(ones, p))
    assert np.isnan(metrics.enrichment(1 - ones, p))
    assert np.isnan(metrics.r2(ones * 0.1, p))
    assert np.isnan(metrics.spearman(ones, p))
    assert np.isnan(metrics.auroc(np.array([]), np.array([])))


def test_score_of_a_binary_task_is_the_mean_over_judged_targets_without_gaps():
    first, p = binary(0)
    second, q = binary(1)
    second[:50] = np.nan
    labels = np.column_stack([first, second, np.zeros(400)])
    found = metrics.score(Task("binary", ("a", "b", "flat")), labels, np.column_stack([p, q, p]))
    expected = [oracle.roc_auc_score(first, p), oracle.roc_auc_score(second[50:], q[50:])]
    assert found["auroc"] == pytest.approx(np.mean(expected))
    assert found["evaluated"] == 2
    assert found["ef1_max"] >= found["ef1"]


def test_score_honours_thresholds():
    truth, p = binary(2)
    found = metrics.score(Task("binary", ("a",)), truth[:, None], p[:, None], [0.3])
    assert found["mcc"] == pytest.approx(oracle.matthews_corrcoef(truth, p >= 0.3))
    assert found["balanced_accuracy"] == pytest.approx(oracle.balanced_accuracy_score(truth, p >= 0.3))


def test_score_of_classes_leaves_rare_ones_out_of_the_means_only():
    truth, p = multiclass(0)
    rare = truth == 3
    rows = ~rare | (np.cumsum(rare) <= 3)
    truth, p = truth[rows], p[rows]
    found = metrics.score(Task("multiclass", ("label",), CLASSES), truth[:, None].astype(float), p)
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


def test_score_without_none_class_asks_no_pooled_question():
    truth, p = multiclass(0)
    found = metrics.score(Task("multiclass", ("label",), ("a", "b", "c", "d")), truth[:, None] * 1.0, p)
    assert not [name for name in found if name.startswith("pooled_")]


def test_score_of_labels_that_are_all_gaps_is_nearly_empty():
    task = Task("regression", ("logS",))
    assert metrics.score(task, np.full((3, 1), np.nan), np.zeros((3, 1))) == {"evaluated": 0}


def test_score_holds_no_nan():
    task = Task("regression", ("logS",))
    found = metrics.score(task, np.ones((3, 1)), np.zeros((3, 1)))
    assert found == {"rmse": 1, "mae": 1, "evaluated": 1}


def test_reasons_for_not_being_evaluable():
    labels = np.array([0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 3])[:, None] * 1.0
    groups = np.array([*"abcde", *"fffff", *"ghijk", "l"])
    found = metrics.not_evaluable(Task("multiclass", ("label",), CLASSES), labels, groups)
    assert found == {
        "beta": "examples from 1 group(s), fewer than 2",
        "rare": "1 examples, fewer than 5",
    }
    binary_task = Task("binary", ("a",))
    assert metrics.not_evaluable(binary_task, np.ones((9, 1))) == {"a": "0 negatives, fewer than 5"}
