"""decoys: the false-discovery rate is what counting by hand makes it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riboswitch.resistance.decoys import at_least, q_values

SCORES = st.lists(st.integers(0, 6).map(lambda n: n / 6), max_size=20)


@given(SCORES, SCORES)
def test_q_values_are_the_lowest_rate_at_which_a_score_passes(scores, decoys):
    scores, decoys = np.array(scores), np.array(decoys)
    found = q_values(scores, decoys)

    def rate(cut):
        return 1.0 if cut <= 0 else min(1.0, (decoys >= cut).sum() / (scores >= cut).sum())

    oracle = [1.0 if s <= 0 else min(rate(cut) for cut in scores if cut <= s) for s in scores]
    assert found == pytest.approx(np.array(oracle))
    assert ((found >= 0) & (found <= 1)).all() and (found[scores <= 0] == 1).all()
    order = np.argsort(scores)
    assert (np.diff(found[order]) <= 0).all()


@given(SCORES, SCORES, st.integers(1, 5))
def test_a_decoy_that_stands_for_several_counts_as_often(scores, decoys, each):
    several = q_values(np.array(scores), np.array(decoys * each))
    assert q_values(np.array(scores), np.array(decoys), each) == pytest.approx(several)


@given(SCORES, SCORES)
def test_at_least_counts(values, cuts):
    assert at_least(np.array(values), np.array(cuts)).tolist() == [sum(v >= c for v in values) for c in cuts]


def test_a_score_above_all_decoys_is_free_of_doubt():
    assert q_values(np.array([3.0, 2.0, 1.0]), np.array([1.5, 0.0, 0.0])).tolist() == [0.0, 0.0, 1 / 3]
