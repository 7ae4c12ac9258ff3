"""Maps of probabilities: they rise, repair what is wrong, and leave alone what is not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit, softmax

from riboswitch.learning.trust.maps import LEAST_GROUPS, ProbabilityMap, fit_map, fold_of

ODDS = st.floats(-8, 8)


def told(slope=1.0, shift=0.0, groups=400, seed=0):
    """Probabilities, labels drawn from them, and what a model says that gets the log odds wrong."""
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(groups), 5)
    odds = rng.normal(size=groups)[group] * 1.5 + rng.normal(size=len(group))
    return expit(slope * odds + shift), (rng.random(len(odds)) < expit(odds)) * 1.0, group


@settings(deadline=None)
@given(
    st.tuples(st.floats(0, 3), st.floats(0, 3), st.floats(-3, 3)),
    st.lists(st.floats(0, 1), min_size=2, max_size=9),
)
def test_a_map_never_falls(parameters, values):
    p = np.sort(values)
    for kind in ("platt", "beta"):
        mapped = ProbabilityMap(kind, parameters)(p)
        assert (np.diff(mapped) >= -1e-12).all() and ((mapped >= 0) & (mapped <= 1)).all()


@settings(deadline=None)
@given(st.lists(ODDS, min_size=3, max_size=3), st.floats(0.1, 5), st.lists(ODDS, min_size=3, max_size=3))
def test_mapped_classes_still_sum_to_1(odds, factor, added):
    p = softmax(np.array([odds]), axis=1)
    np.testing.assert_allclose(ProbabilityMap("vector", (factor, *added))(p).sum(1), 1)
    ranked = ProbabilityMap("temperature", (factor, 0.0, 0.0, 0.0))(p)[0]
    kept = np.clip(p[0], 1e-6, 1)
    assert (np.diff(ranked[np.argsort(kept)]) >= -1e-12).all()


def test_an_overconfident_model_is_repaired():
    p, y, groups = told(slope=3.0, shift=1.5)
    mapped = fit_map(p, y, groups, np.ones(len(p)))(p)
    honest = expit((logit(np.clip(p, 1e-6, 1 - 1e-6)) - 1.5) / 3)
    assert np.abs(mapped - honest).max() < 0.05


def test_a_calibrated_model_is_left_alone():
    p, y, groups = told()
    chosen = fit_map(p, y, groups, np.ones(len(p)))
    assert chosen.kind == "none" and "no map" in chosen.reason
    np.testing.assert_array_equal(chosen(p), p)


def test_classes_are_repaired_together():
    rng = np.random.default_rng(0)
    odds = rng.normal(size=(2000, 3)) * 2
    labels = (odds + rng.gumbel(size=odds.shape)).argmax(1) * 1.0
    said = softmax(2 * odds + [1, 0, -1], axis=1)
    mapped = fit_map(said, labels, np.arange(2000) // 4, np.ones(2000))(said)
    assert np.abs(mapped - softmax(odds, axis=1)).max() < 0.1


@pytest.mark.parametrize("positives", [LEAST_GROUPS - 1, LEAST_GROUPS])
def test_with_too_few_groups_nothing_is_fitted(positives):
    p, groups = np.tile([0.001, 0.999], 100), np.arange(200)
    y = (groups < positives) * 1.0
    chosen = fit_map(p, y, groups, np.ones(200))
    few = positives < LEAST_GROUPS
    assert (chosen.kind == "none") == few
    assert (f"{positives} groups with positives, fewer than {LEAST_GROUPS}" in chosen.reason) == few


def test_the_order_of_the_rows_does_not_matter():
    p, y, groups = told(slope=2.0, groups=60)
    order = np.random.default_rng(5).permutation(len(p))
    one, other = (fit_map(p[o], y[o], groups[o], np.ones(len(p))) for o in (slice(None), order))
    assert one.kind == other.kind
    np.testing.assert_allclose(one.parameters, other.parameters, rtol=1e-3)


@settings(deadline=None)
@given(st.lists(st.integers(0, 30), min_size=1, max_size=60))
def test_a_group_is_in_one_fold(groups):
    fold = fold_of(np.array(groups))
    assert all(len(set(fold[np.array(groups) == g])) == 1 for g in set(groups))
