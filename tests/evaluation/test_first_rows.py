"""Positives among the first rows: tied rows count as in a random order; the interval is exact."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from riboswitch.evaluation.first_rows import curve, first_rows, hit_rate_interval

ROWS = st.lists(st.tuples(st.booleans(), st.sampled_from([0.1, 0.5, 0.9])), min_size=1, max_size=6)


@given(ROWS, st.data())
def test_ties_count_as_in_a_random_order(rows, data):
    truth = np.array([float(t) for t, _ in rows])
    score = np.array([s for _, s in rows])
    size = data.draw(st.integers(1, len(rows)))
    orders = [sorted(p, key=lambda i: -score[i]) for p in permutations(range(len(rows)))]
    mean = np.mean([truth[order[:size]].sum() for order in orders])
    found = first_rows(truth, score, [size])[0]
    assert found["positives"] == pytest.approx(mean)
    assert found["by_chance"] == pytest.approx(size * truth.mean())
    points = curve(truth, score)
    assert points["rows"] == list(range(len(rows) + 1)) and points["positives"][-1] == truth.sum()


@given(st.integers(1, 200), st.data())
def test_the_interval_is_that_of_clopper_and_pearson(rows, data):
    positives = data.draw(st.integers(0, rows))
    expected = binomtest(positives, rows).proportion_ci(0.95, "exact")
    assert hit_rate_interval(positives, rows) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_longer_lists_than_rows_are_left_out():
    assert [f["rows"] for f in first_rows(np.array([1.0, 0.0]), np.array([0.2, 0.1]), [1, 2, 3])] == [1, 2]
    assert first_rows(np.array([0.0, 0.0]), np.zeros(2), [1])[0]["enrichment"] is None
    assert len(curve(np.ones(5000), np.arange(5000))["rows"]) == 201
