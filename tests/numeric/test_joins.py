"""Equal keys on two sides, against loops."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from riboswitch.numeric.joins import NO_PARTNER, Keys

KEYS = st.lists(st.sampled_from(["a", "b", "c", None]), max_size=8)
VALUES = st.sampled_from([0.0, 1.0, 1.5, 3.0, np.nan])


@settings(deadline=None)
@given(KEYS, KEYS)
def test_a_partner_is_the_first_row_with_the_key(left, right):
    found = Keys(left, right).first_partners()
    expected = [left.index(key) if key is not None and key in left else NO_PARTNER for key in right]
    assert found.tolist() == expected


@settings(deadline=None)
@given(st.data(), KEYS, KEYS, st.sampled_from([0.0, 0.5, 2.0]))
def test_another_value_is_one_that_differs_by_more_than_the_tolerance(data, left, right, tolerance):
    mine = np.array(data.draw(st.lists(VALUES, min_size=len(left), max_size=len(left))), float)
    yours = np.array(data.draw(st.lists(VALUES, min_size=len(right), max_size=len(right))), float)
    found = Keys(left, right).other_values(mine, yours, tolerance)
    for row, (key, partner) in enumerate(zip(right, found.tolist(), strict=True)):
        away = [abs(v - yours[row]) for k, v in zip(left, mine, strict=True) if key is not None and k == key]
        away = [d for d in away if d > tolerance]
        assert (partner == NO_PARTNER) == (not away)
        if away:
            assert left[partner] == key and abs(mine[partner] - yours[row]) == max(away)
