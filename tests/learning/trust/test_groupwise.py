"""Quantiles and p-values for new groups: what they promise, and that nothing but the groups matters."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riboswitch.learning.trust.groupwise import (
    LEVELS,
    Exceeding,
    adjusted,
    group_weights,
    least_groups,
    limit,
)

SCORES = st.lists(st.floats(0, 1), min_size=1, max_size=40)


def world(groups, rng, shared=1.0):
    """Scores of rows whose groups differ, in groups of very different sizes."""
    sizes = np.minimum(rng.geometric(0.3, groups), 25)
    group = np.repeat(np.arange(groups), sizes)
    return shared * rng.normal(size=groups)[group] + rng.normal(size=len(group)), group


@pytest.mark.parametrize("level", LEVELS)
def test_a_row_of_a_new_group_is_within_the_limit_as_often_as_promised(level):
    rng, hits, draws = np.random.default_rng(0), 0, 2000
    for _ in range(draws):
        scores, groups = world(61, rng)
        new = groups == 60
        hits += rng.choice(scores[new]) <= limit(scores[~new], groups[~new], level)
    error = 4 * np.sqrt(level * (1 - level) / draws)
    assert level - error <= hits / draws <= level + 2 / 61 + error


def test_rows_counted_alike_would_promise_too_much():
    """Why groups count once: large groups here are easy, and rows alone would be sure of small ones."""
    rng, kept, naive = np.random.default_rng(1), [], []
    for _ in range(300):
        sizes = np.where(rng.random(60) < 0.2, 40, 1)
        groups = np.repeat(np.arange(60), sizes)
        scores = np.abs(rng.normal(size=len(groups))) * np.where(sizes == 1, 3, 0.3)[groups]
        new = groups == 59
        score = rng.choice(scores[new])
        kept.append(score <= limit(scores[~new], groups[~new], 0.9))
        naive.append(score <= np.quantile(scores[~new], 0.9))
    assert np.mean(naive) < 0.8 < 0.86 < np.mean(kept)


@settings(deadline=None)
@given(SCORES, st.data())
def test_neither_the_order_of_rows_nor_copies_of_a_whole_group_change_a_limit(values, data):
    scores = np.array(values)
    groups = np.array(data.draw(st.lists(st.integers(0, 5), min_size=len(values), max_size=len(values))))
    order = np.array(data.draw(st.permutations(range(len(values)))))
    twice = np.tile(scores, 2), np.tile(groups, 2)
    for level in LEVELS:
        found = limit(scores, groups, level)
        assert limit(scores[order], groups[order], level) == found == limit(*twice, level)


@pytest.mark.parametrize(("level", "least"), [(0.8, 4), (0.9, 9), (0.95, 19)])
def test_a_level_needs_so_many_groups(level, least):
    assert least_groups(level) == least
    assert np.isfinite(limit(np.arange(least), np.arange(least), level))
    assert np.isinf(limit(np.arange(least - 1), np.arange(least - 1), level))
    assert np.isinf(limit(np.arange(100), np.repeat(np.arange(least - 1), 100)[:100], level))


@settings(deadline=None)
@given(st.lists(st.integers(0, 5), min_size=1, max_size=40))
def test_each_group_weighs_the_same(groups):
    weights = group_weights(np.array(groups))
    totals = [weights[np.array(groups) == g].sum() for g in set(groups)]
    np.testing.assert_allclose(totals, 1)


@settings(deadline=None)
@given(SCORES, st.floats(0, 1), st.floats(0, 1))
def test_a_higher_score_has_no_larger_p_value(values, one, other):
    scores = np.array(values)
    exceeding = Exceeding(scores, scores < 0.5, np.arange(len(scores)))
    low, high = sorted((one, other))
    first, second = exceeding(np.array([low, high]))
    assert 0 < second <= first <= 1
    assert exceeding(np.array([2.0]))[0] == 1 / (len(scores) + 1)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(0.001, 1), min_size=1, max_size=30), st.sampled_from((0.05, 0.2, 0.5)))
def test_adjusted_values_select_what_benjamini_and_hochberg_select(values, rate):
    p = np.array(values)
    ordered = np.sort(p)
    passing = np.flatnonzero(ordered <= rate * np.arange(1, len(p) + 1) / len(p) + 1e-12)
    cut = ordered[passing[-1]] if len(passing) else 0.0
    np.testing.assert_array_equal(adjusted(p) <= rate + 1e-9, p <= cut)


def test_among_the_selected_no_more_are_false_than_stated():
    rng, rates = np.random.default_rng(3), []
    for _ in range(200):
        scores, groups = world(200, rng)
        true = rng.random(len(scores)) < 1 / (1 + np.exp(1 - 2 * scores))
        new = groups >= 100
        p = Exceeding(scores[~new], ~true[~new], groups[~new])(scores[new])
        chosen = adjusted(p) <= 0.2
        rates.append((~true[new][chosen]).mean() if chosen.any() else 0.0)
    assert np.mean(rates) <= 0.2
