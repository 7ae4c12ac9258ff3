"""Expected values in the place of bounds: within them, as scipy has it, and only where they are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import truncnorm

from riboswitch.learning.base_learners.imputing import LEAST, imputed, within

numbers = st.floats(-20, 20)


@given(
    numbers, st.floats(0.05, 5), numbers, st.sampled_from(["above", "below", "between"]), st.floats(0.1, 5)
)
def test_the_mean_within_bounds_is_that_of_scipy(mean, sd, at, side, width):
    ends = {"above": (at, np.inf), "below": (-np.inf, at), "between": (at, at + width)}[side]
    found = within(np.array([[mean]]), np.array([sd]), np.array([[ends]]))[0, 0]
    assert ends[0] <= found <= ends[1]
    low, high = ((end - mean) / sd for end in ends)
    if abs(np.clip(0, low, high)) < 8:  # farther out scipy itself is not exact
        assert found == pytest.approx(mean + sd * truncnorm.mean(low, high), abs=1e-4 * max(1.0, sd))


def line(x, labels):
    """A method for tests: a straight line through the rows that have a number."""

    def predict(learned, asked):
        known = ~np.isnan(labels[learned, 0])
        return np.polyval(np.polyfit(x[learned][known], labels[learned, 0][known], 1), x[asked])[:, None]

    return predict


def censored_line(rows=200):
    rng = np.random.default_rng(0)
    x = rng.normal(size=rows)
    truth = 2 * x + 0.5 * rng.normal(size=rows)
    labels, bounds = truth.copy(), np.full((rows, 1, 2), np.nan)
    gone = truth > np.quantile(truth, 0.75)
    labels[gone], bounds[gone] = np.nan, (np.quantile(truth, 0.75), np.inf)
    return x, truth, labels[:, None], bounds, gone


def test_imputing_restores_what_censoring_took():
    x, truth, labels, bounds, gone = censored_line()
    found = imputed(labels, bounds, line(x, labels), seed=0)
    assert np.array_equal(found[~gone, 0], truth[~gone])
    assert (found[gone, 0] >= bounds[gone, 0, 0]).all()
    error = np.abs(found[gone, 0] - truth[gone]).mean()
    assert error < np.abs(bounds[gone, 0, 0] - truth[gone]).mean()


def test_without_bounds_or_with_few_numbers_labels_stay():
    x, _, labels, bounds, gone = censored_line()
    assert imputed(labels, None, line(x, labels), seed=0) is labels
    few = labels.copy()
    few[np.flatnonzero(~gone)[LEAST - 1 :]] = np.nan
    assert np.array_equal(
        imputed(few, bounds, lambda a, b: np.zeros((len(b), 1)), seed=0), few, equal_nan=True
    )
