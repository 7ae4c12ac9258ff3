"""Laws of the measures."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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
