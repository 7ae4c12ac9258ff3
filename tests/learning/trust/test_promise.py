"""The number of actives that a list is promised to hold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.special import expit

from riboswitch.learning.trust.maps import fit_map
from riboswitch.learning.trust.promise import PRIOR, Dispersion, _line, interval
from riboswitch.learning.trust.question import Question

NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(15)
WEIGHTS = WEIGHTS / WEIGHTS.sum()


def world(groups, rng, between=0.7):
    """Calibrated probabilities and outcomes; the compounds of a group succeed or fail together."""
    group = np.repeat(np.arange(groups), np.minimum(rng.geometric(0.3, groups), 30))
    odds = rng.normal(size=groups)[group] + rng.normal(size=len(group)) - 1
    p = expit(odds[:, None] + between * NODES) @ WEIGHTS
    shared = between * rng.normal(size=groups)[group]
    return p, (rng.random(len(group)) < expit(odds + shared)) * 1.0, group


def test_a_promise_is_kept_as_often_as_stated():
    rng, kept = np.random.default_rng(0), 0
    for _ in range(400):
        p, y, groups = world(250, rng)
        new, truth, new_groups = world(250, rng)
        best = np.argsort(-new)[:50]
        dispersion = Dispersion.fit(p, y, groups, new[best].min())
        corrected = dispersion.corrected(new[best])
        low, high = interval(corrected.sum(), dispersion.variance(new[best], new_groups[best]), 50)
        kept += low <= truth[best].sum() <= high
    assert 0.86 <= kept / 400 <= 0.94


@pytest.mark.parametrize("bend", [-0.15, 0.0, 0.25])
def test_a_promise_is_kept_if_the_map_is_estimated_and_off_at_the_end(bend):
    """The model states log odds that bend among the best rows, where no map of two parameters follows."""
    rng, kept = np.random.default_rng(1), 0

    def rows(number):
        away = 1.5 * rng.normal(size=number)
        return expit(away - 2 + bend * away * np.abs(away)), (rng.random(number) < expit(away - 2)) * 1.0

    for _ in range(300):
        (p, y), (new, truth), groups = rows(800), rows(800), np.arange(800) // 2
        mapped = fit_map(p, y, groups, np.ones(800))
        best = np.argsort(-new, kind="stable")[:50]
        said = Question(mapped(p), y, groups).promise(mapped(new)[best], groups[best])
        kept += said["low"] <= truth[best].sum() <= said["high"]
    assert 0.86 <= kept / 300 <= 0.94


def test_a_list_beyond_the_rows_is_less_sure_than_one_among_them():
    p, y, groups = world(200, np.random.default_rng(6))
    found = Dispersion.fit(p, y, groups, 0.5)
    alone = Dispersion(found.between, found.centre, found.line)
    at = expit(found.centre + np.array([0.0, 1.0, 2.0]) - found.line[0])
    doubts = []
    for chance in at:
        some, own = np.full(50, chance), np.arange(50)
        drawn = alone.variance(some, own)
        doubts.append((found.variance(some, own) - drawn) / drawn**2)
    assert 0 < doubts[0] < doubts[1] < doubts[2]


@given(st.integers(0, 10**6))
def test_rows_of_one_group_say_less_and_never_more_than_rows_alone(seed):
    rng = np.random.default_rng(seed)
    odds, group = rng.normal(size=60), rng.integers(0, 12, 60)
    y = (rng.random(60) < expit(odds)) * 1.0
    together, apart = (_line(odds, 0.0, y, code, np.ones(60)) for code in (group, np.arange(60)))
    np.testing.assert_array_equal(together[0], apart[0])
    p = expit(odds + together[0][0] + together[0][1] * odds)
    terms = np.stack([np.ones(60), odds], 1)
    least = np.linalg.inv((terms * (p * (1 - p))[:, None]).T @ terms + np.eye(2) / PRIOR)
    for _, doubt in (together, apart):
        assert np.linalg.eigvalsh(doubt - least).min() > -1e-9


def test_groups_that_fail_together_widen_the_promise():
    p, y, groups = world(400, np.random.default_rng(1), between=1.5)
    found = Dispersion.fit(p, y, groups)
    alone = Dispersion.fit(p, y, np.arange(len(p)))
    assert found.between > 0.5 > alone.between == 0
    some = np.full(30, 0.5)
    together, apart = (found.variance(some, g) for g in (np.zeros(30), np.arange(30)))
    assert together > 3 * apart > 3 * Dispersion().variance(some, np.arange(30))


@settings(deadline=None)
@given(st.integers(1, 60), st.floats(0, 1), st.floats(0.01, 200))
def test_the_ends_are_possible_and_hold_the_mean(size, share, variance):
    low, high = interval(share * size, variance, size)
    assert 0 <= low <= high <= size
    assert low <= share * size <= high


@settings(deadline=None)
@given(st.integers(5, 60), st.floats(0.1, 0.9))
def test_independent_draws_are_promised_as_the_binomial_says(size, p):
    low, high = interval(size * p, size * p * (1 - p), size)
    exact = stats.binom(size, p)
    assert abs(low - exact.ppf(0.05)) <= 1 and abs(high - exact.ppf(0.95)) <= 1


def test_a_map_that_is_off_among_the_best_is_corrected_there():
    p, y, groups = world(600, np.random.default_rng(4))
    boast = np.where(p > 0.4, 1 - (1 - p) ** 2, p)
    best = np.argsort(-p)[:50]
    found = Dispersion.fit(boast, y, groups, boast[best].min())
    assert found.line[0] < -0.3
    assert (
        abs(found.corrected(boast[best]).sum() - p[best].sum()) < abs(boast[best].sum() - p[best].sum()) / 2
    )


def test_the_order_of_the_compounds_does_not_matter():
    p, y, groups = world(100, np.random.default_rng(2))
    order = np.random.default_rng(3).permutation(len(p))
    one, other = (Dispersion.fit(p[o], y[o], groups[o]) for o in (slice(None), order))
    for name in ("between", "centre", "line", "doubt"):
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), atol=1e-9)
    np.testing.assert_allclose(one.variance(p, groups), other.variance(p[order], groups[order]))
