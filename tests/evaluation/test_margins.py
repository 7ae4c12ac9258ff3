"""Corrected intervals and verdicts: laws, and a plain computation as the oracle."""

from __future__ import annotations

import math
import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from riboswitch.evaluation.margins import LEAST_FOLDS, Interval, corrected_interval, crossed_interval, judged

VALUES = st.lists(st.floats(-1e3, 1e3), min_size=3, max_size=30)
RATIOS = st.floats(0, 1)


@given(VALUES, RATIOS)
def test_the_interval_is_that_of_a_plain_computation(values, ratio):
    found = corrected_interval(np.array(values), ratio)
    many, mean = len(values), math.fsum(values) / len(values)
    error = math.sqrt((1 / many + ratio) * statistics.variance(values))
    reach = stats.t.isf(0.025, many - 1) * error
    assert found.folds == many
    assert found[:3] == pytest.approx((mean, mean - reach, mean + reach), rel=1e-6, abs=1e-6)


@given(VALUES)
def test_without_overlap_it_is_the_ordinary_interval_of_t(values):
    found = corrected_interval(np.array(values), 0.0)
    if np.std(values) > 1e-6:
        plain = stats.t.interval(0.95, len(values) - 1, np.mean(values), stats.sem(values))
        assert found[1:3] == pytest.approx(plain, rel=1e-6, abs=1e-6)
    assert found.low <= found.mean <= found.high


@given(VALUES, RATIOS, st.randoms(use_true_random=False))
def test_the_order_of_the_folds_changes_nothing(values, ratio, random):
    shuffled = values[:]
    random.shuffle(shuffled)
    assert corrected_interval(np.array(values), ratio) == corrected_interval(np.array(shuffled), ratio)


@given(VALUES, RATIOS, RATIOS)
def test_more_test_rows_for_the_same_training_rows_never_narrow_it(values, one, other):
    narrow, wide = (corrected_interval(np.array(values), r) for r in sorted((one, other)))
    assert wide.low <= narrow.low and narrow.high <= wide.high


@given(st.lists(st.floats(-1, 1), max_size=LEAST_FOLDS - 1), st.integers(0, 5))
def test_too_few_folds_have_no_interval_and_gaps_do_not_count(values, gaps):
    found = corrected_interval(np.array([*values, *[np.nan] * gaps]), 0.25)
    assert (found.folds, found.known) == (len(values), False)


def test_the_correction_keeps_the_promise_that_the_plain_interval_breaks():
    """Ten differences that share most of their chance, as those of overlapping training sets do."""
    rng, ratio, kept = np.random.default_rng(0), 0.25, {0.0: 0, 0.25: 0}
    share = ratio / (1 + ratio)  # the correlation that the correction assumes
    for _ in range(2000):
        values = math.sqrt(share) * rng.normal() + math.sqrt(1 - share) * rng.normal(size=10)
        for assumed in kept:
            interval = corrected_interval(values, assumed)
            kept[assumed] += interval.low <= 0 <= interval.high
    assert kept[0.0] / 2000 < 0.80
    assert 0.93 < kept[ratio] / 2000 < 0.97


@given(st.integers(3, 8), st.integers(0, 99))
def test_one_test_set_equal_trainings_and_groups_leave_no_doubt(trainings, seed):
    values = np.full(trainings, 0.25)
    found = crossed_interval(values, np.full((trainings, 50), 0.25), seed)
    assert found == Interval(0.25, 0.25, 0.25, trainings)


def test_one_test_set_both_trainings_and_groups_widen_the_interval():
    rng = np.random.default_rng(1)
    trainings, groups = rng.normal(size=(10, 1)), rng.normal(size=(1, 4000))
    width = {}
    for name, spread in {"groups": 0 * trainings + groups, "both": trainings + groups}.items():
        found = crossed_interval(trainings[:, 0] * (name == "both"), spread, 0)
        width[name] = found.high - found.low
    expected = 2 * 1.96 * math.sqrt(1 + trainings.var() / 10)
    assert width["groups"] == pytest.approx(2 * 1.96, rel=0.06)
    assert width["both"] == pytest.approx(expected, rel=0.06)


def test_one_test_set_without_groups_to_draw_has_no_interval():
    assert not crossed_interval(np.array([0.1, 0.2, 0.3]), None).known


MEANS = st.floats(-1, 1)
INTERVALS = st.builds(lambda mean, reach: Interval(mean, mean - reach, mean + reach, 10), MEANS,
                      st.floats(0, 1))  # fmt: skip
OTHER = {"wins": "loses", "loses": "wins", "ties": "ties"}


@given(INTERVALS, st.floats(0, 0.5), st.booleans())
def test_who_wins_one_way_loses_the_other_way(interval, margin, lower):
    mirrored = Interval(-interval.mean, -interval.high, -interval.low, interval.folds)
    word = judged(interval, margin, lower, 10).word
    assert judged(mirrored, margin, lower, 10).word == OTHER[word]
    assert judged(interval, margin, not lower, 10).word == OTHER[word]


@given(INTERVALS, st.floats(0, 0.5))
def test_a_winner_is_shown_and_of_practical_size_and_nobody_else_wins(interval, margin):
    word = judged(interval, margin, False, 10).word
    assert (word == "wins") == (interval.low > 0 and interval.mean >= margin)
    assert (word == "loses") == (interval.high < 0 and interval.mean <= -margin)


@given(st.floats(0, 1), st.booleans())
def test_identical_models_tie(margin, lower):
    assert judged(corrected_interval(np.zeros(10), 0.25), margin, lower, 10).word == "ties"


@pytest.mark.parametrize(
    ("interval", "word", "reason"),
    [
        ((0.10, 0.05, 0.15), "wins", "whole interval is beyond"),
        ((0.10, 0.01, 0.19), "wins", "leaves out zero"),
        ((0.01, 0.005, 0.015), "ties", "within the margin"),
        ((0.015, 0.005, 0.025), "ties", "better, but by less"),
        ((0.03, -0.01, 0.07), "ties", "may be chance"),
        ((0.01, -0.05, 0.07), "ties", "wider than the margin"),
        ((-0.10, -0.15, -0.05), "loses", "whole interval is beyond"),
    ],
)
def test_each_verdict_has_its_reason(interval, word, reason):
    found = judged(Interval(*interval, 10), 0.02, False, 10)
    assert found.word == word and reason in found.reason


@pytest.mark.parametrize(("folds", "planned"), [(2, 3), (4, 10), (0, 5)])
def test_too_few_folds_are_not_evaluable(folds, planned):
    found = judged(Interval(0.5, 0.4, 0.6, folds), 0.02, False, planned)
    assert found.word == "not evaluable" and f"{folds} of {planned} folds" in found.reason
