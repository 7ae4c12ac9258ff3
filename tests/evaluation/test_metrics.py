"""Laws of the metrics; then their values against scikit-learn, scipy and RDKit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdkit.ML.Scoring import Scoring
from scipy import stats
from sklearn import metrics as oracle

from riboswitch.evaluation import metrics


def of_scores(measure):
    """A measure of a ranking as one of truth, scores and weights."""
    return lambda truth, score, weight=None: measure(metrics.rank(truth, score, weight))


def best_enrichment(truth, weight=None):
    return metrics.max_enrichment(metrics.rank(truth, truth, weight))


auroc, average_precision = of_scores(metrics.auroc), of_scores(metrics.average_precision)


enrichment, bedroc = of_scores(metrics.enrichment), of_scores(metrics.bedroc)


RANKING = [auroc, average_precision, enrichment, bedroc, of_scores(metrics.prevalence)]


PROBABILITY = [metrics.brier, metrics.calibration_error]


REGRESSION = [metrics.rmse, metrics.mae, metrics.r2, metrics.spearman]


MODEST = settings(max_examples=60, deadline=None)


@st.composite
def scored(draw, least=2):
    """Truth, scores with many ties, and how often each row counts."""
    size = draw(st.integers(least, 40))
    seed = draw(st.integers(0, 2**32 - 1))
    random = np.random.default_rng(seed)
    truth = random.integers(0, 2, size).astype(float)
    p = random.integers(0, draw(st.integers(1, 30)), size) / 30
    return truth, p, random.integers(0, 4, size)


def same(one, other):
    assert one == pytest.approx(other, abs=1e-9, nan_ok=True)


@MODEST
@given(scored())
def test_a_weight_is_that_many_repeated_rows(case):
    truth, p, times = case
    for measure in [*RANKING, *PROBABILITY, *REGRESSION]:
        same(measure(truth, p, times), measure(truth.repeat(times), p.repeat(times)))
    same(best_enrichment(truth, times), best_enrichment(truth.repeat(times)))
    counts = metrics.confusion(truth, p >= 0.5, 2, times)
    assert (counts == metrics.confusion(truth.repeat(times), p.repeat(times) >= 0.5, 2)).all()


@MODEST
@given(scored())
def test_a_matrix_of_weights_is_row_by_row(case):
    truth, p, times = case
    many = np.stack([times, times[::-1], np.ones_like(times)])
    for measure in [*RANKING, *PROBABILITY, *REGRESSION]:
        same(measure(truth, p, many), np.array([measure(truth, p, weight) for weight in many]))


@MODEST
@given(scored(), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(case, random):
    truth, p, times = case
    order = list(range(len(p)))
    random.shuffle(order)
    for measure in [*RANKING, *PROBABILITY, *REGRESSION]:
        same(measure(truth, p, times), measure(truth[order], p[order], times[order]))


@MODEST
@given(scored())
def test_rankings_see_only_the_order_of_scores(case):
    truth, p, times = case
    for measure in RANKING:
        same(measure(truth, p, times), measure(truth, np.exp(3 * p) - 7, times))
    same(metrics.spearman(truth, p, times), metrics.spearman(truth, np.exp(3 * p) - 7, times))


@MODEST
@given(scored())
def test_auroc_of_flipped_scores_or_labels_is_the_rest(case):
    truth, p, times = case
    same(auroc(truth, -p, times), 1 - auroc(truth, p, times))
    same(auroc(1 - truth, p, times), 1 - auroc(truth, p, times))


@MODEST
@given(scored())
def test_bounds(case):
    truth, p, times = case
    for measure in [auroc, average_precision, bedroc, *PROBABILITY]:
        value = measure(truth, p, times)
        assert np.isnan(value) or -1e-9 <= value <= 1 + 1e-9
    best, reached = best_enrichment(truth, times), enrichment(truth, p, times)
    assert np.isnan(reached) or 0 <= reached <= best + 1e-9


@MODEST
@given(scored())
def test_perfect_and_constant_scores(case):
    truth, _, _ = case
    if truth.min() == truth.max():
        truth[0] = 1 - truth[0]
    flat = np.full(len(truth), 0.3)
    same(auroc(truth, truth), 1)
    same(average_precision(truth, truth), 1)
    same(bedroc(truth, truth), 1)
    same(bedroc(truth, -truth), 0)
    same(enrichment(truth, truth), best_enrichment(truth))
    same(metrics.spearman(truth, truth), 1)
    same(auroc(truth, flat), 0.5)
    same(average_precision(truth, flat), truth.mean())
    same(enrichment(truth, flat), 1)
    same(metrics.mcc(metrics.confusion(truth, flat > 0.5, 2)), 0)
    same(metrics.r2(truth, np.full(len(truth), truth.mean())), 0)


SEEDS = range(5)


CLASSES = 4


def binary(seed, rows=400, digits=None):
    random = np.random.default_rng(seed)
    truth = (random.random(rows) < 0.1).astype(float)
    p = 1 / (1 + np.exp(1 - 2 * truth - random.normal(size=rows)))
    return truth, p if digits is None else p.round(digits)


def multiclass(seed=0, rows=300):
    random = np.random.default_rng(seed)
    truth = random.choice(CLASSES, rows, p=[0.3, 0.3, 0.3, 0.1])
    raw = np.exp(random.normal(size=(rows, CLASSES)) + 1.5 * np.eye(CLASSES)[truth])
    return truth, raw / raw.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("digits", [None, 1])
@pytest.mark.parametrize("seed", SEEDS)
def test_ranking_agrees_with_sklearn_ties_included(seed, digits):
    truth, p = binary(seed, digits=digits)
    ranking = metrics.rank(truth, p)
    assert metrics.auroc(ranking) == pytest.approx(oracle.roc_auc_score(truth, p))
    assert metrics.average_precision(ranking) == pytest.approx(oracle.average_precision_score(truth, p))
    assert metrics.brier(truth, p) == pytest.approx(oracle.brier_score_loss(truth, p))


@pytest.mark.parametrize("seed", SEEDS)
def test_enrichment_and_bedroc_agree_with_rdkit(seed):
    truth, p = binary(seed, rows=1000)
    ranked = [[int(t)] for t in truth[np.argsort(-p)]]
    (expected,) = Scoring.CalcEnrichment(ranked, 0, [0.01])
    ranking = metrics.rank(truth, p)
    assert metrics.enrichment(ranking) == pytest.approx(expected)
    assert metrics.bedroc(ranking) == pytest.approx(Scoring.CalcBEDROC(ranked, 0, 20.0))


def test_ties_are_the_mean_over_random_orders():
    truth, p = binary(1, rows=150, digits=1)
    random, orders = np.random.default_rng(0), []
    for _ in range(3000):
        order = np.lexsort([random.random(len(p)), -p])
        orders.append([[int(t)] for t in truth[order]])
    bedroc = np.mean([Scoring.CalcBEDROC(ranked, 0, 20.0) for ranked in orders])
    enrichment = np.mean([Scoring.CalcEnrichment(ranked, 0, [0.05])[0] for ranked in orders])
    ranking = metrics.rank(truth, p)
    assert metrics.bedroc(ranking) == pytest.approx(bedroc, abs=0.01)
    assert metrics.enrichment(ranking, fraction=0.05) == pytest.approx(enrichment, rel=0.05)


@pytest.mark.parametrize("seed", SEEDS)
def test_confusion_measures_agree_with_sklearn(seed):
    truth, p = multiclass(seed)
    best = p.argmax(axis=1)
    table = metrics.confusion(truth, best, CLASSES)
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
    perfect = metrics.rank(truth, truth)
    assert metrics.enrichment(perfect) == pytest.approx(metrics.max_enrichment(perfect))


def test_metrics_that_cannot_be_computed_are_nan():
    ones, p = np.ones(4), np.array([0.1, 0.2, 0.3, 0.4])
    hits, misses = metrics.rank(ones, p), metrics.rank(1 - ones, p)
    assert np.isnan(metrics.auroc(hits))
    assert np.isnan(metrics.average_precision(misses))
    assert np.isnan(metrics.bedroc(hits))
    assert np.isnan(metrics.enrichment(misses))
    assert np.isnan(metrics.r2(ones * 0.1, p))
    assert np.isnan(metrics.spearman(ones, p))
    assert np.isnan(metrics.auroc(metrics.rank(np.array([]), np.array([]))))


def read_until(truth, score, share=0.95):
    """Fraction of the rows that are not read until so many positives are found, the best scores first."""
    order = np.argsort(-score, kind="stable")
    need = int(np.ceil(share * truth.sum() - 1e-9))
    read = int(np.flatnonzero(np.cumsum(truth[order]) >= need)[0]) + 1
    return 1 - read / len(truth) - (1 - share)


@pytest.mark.parametrize("seed", range(5))
def test_work_saved_is_that_of_reading_from_the_top(seed):
    rng = np.random.default_rng(seed)
    truth = (rng.random(200) < 0.2).astype(float)
    score = truth + rng.normal(size=200)
    assert metrics.work_saved(metrics.rank(truth, score)) == pytest.approx(read_until(truth, score))
    twice = np.full((1, 200), 2.0)
    assert metrics.work_saved(metrics.rank(truth, score, twice)) == pytest.approx(
        read_until(np.repeat(truth, 2), np.repeat(score, 2)), abs=0.006
    )
    tied = np.mean([read_until(truth[order], np.zeros(200)) for order in
                    (rng.permutation(200) for _ in range(500))])  # fmt: skip
    assert metrics.work_saved(metrics.rank(truth, np.zeros(200))) == pytest.approx(tied, abs=0.02)


def test_a_perfect_ranking_saves_all_but_the_positives_and_none_saves_nothing():
    truth = np.array([1.0] * 20 + [0.0] * 80)
    assert metrics.work_saved(metrics.rank(truth, truth)) == pytest.approx(1 - 0.19 - 0.05)
    assert metrics.work_saved(metrics.rank(truth, -truth)) < 0
    assert np.isnan(metrics.work_saved(metrics.rank(np.zeros(5), np.arange(5.0))))
