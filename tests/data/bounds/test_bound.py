"""Bounds in cells: signs before a number or beside it, and what labels say together."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riboswitch.data.bounds.bound import Bound, is_bound, relation_of, together
from riboswitch.data.labels import label

numbers = st.floats(-1e6, 1e6).map(lambda x: round(x, 3))
blanks = st.sampled_from(["", " ", "  ", "\t"])


def bounds(text, **options):
    return label(text, "regression", censored="bounds", **options)


@given(numbers, blanks, blanks, st.sampled_from([">", ">=", "≥", ">>", "<", "<=", "≤", "<<"]))
def test_a_sign_makes_a_number_a_bound(value, before, after, sign):
    found = bounds(f"{before}{sign}{after}{value!r}{before}")
    assert found == (Bound(low=value) if sign[0] in ">≥" else Bound(high=value))
    assert is_bound(str(found)) and bounds(str(found)) == found


@given(numbers)
def test_a_number_without_a_sign_is_as_before(value):
    assert bounds(repr(value)) == label(repr(value), "regression") == bounds(f"={value!r}") == bounds(value)
    assert not is_bound(str(value))


@pytest.mark.parametrize("quoted", [">", "'>'", '">"', " > "])
def test_the_sign_may_stand_in_a_column_of_its_own(quoted):
    assert bounds("10", relation=relation_of(quoted)) == Bound(low=10.0)
    assert bounds(10.0, relation=relation_of("=")) == bounds(10, relation=relation_of(None)) == 10.0
    assert bounds(">10", relation=relation_of(quoted)) == Bound(low=10.0)


@pytest.mark.parametrize(
    ("text", "relation", "words"),
    [
        ("~10", None, "an approximate number"),
        ("10", "~", "an approximate number"),
        ("><10", None, "no sign of a bound"),
        (">", None, "not a number"),
        (">1,5", None, "decimal point"),
        (">10", "<", "another sign than its relation"),
        (">10", "=", "another sign than its relation"),
    ],
)
def test_what_is_no_bound_says_why(text, relation, words):
    with pytest.raises(ValueError, match=words):
        bounds(text, relation=relation)


@pytest.mark.parametrize(("text", "relation"), [(">10", None), ("10", ">"), (">10", "")])
def test_bounds_are_rejected_unless_they_are_asked_for(text, relation):
    with pytest.raises(ValueError, match="bound"):
        label(text, "regression", relation=relation)


one_label = numbers.map(float) | numbers.map(lambda x: Bound(low=x)) | numbers.map(lambda x: Bound(high=x))


@given(st.lists(one_label, min_size=1), numbers)
def test_labels_together_hold_what_each_holds(labels, value):
    low, high = together(labels)
    each = [one if isinstance(one, Bound) else Bound(one, one) for one in labels]
    assert (low <= value <= high) == all(a <= value <= b for a, b in each)


def test_bounds_in_words():
    assert [str(b) for b in (Bound(low=10.0), Bound(high=0.5), Bound(1.0, 2.0))] == [
        ">10.0",
        "<0.5",
        "1.0 to 2.0",
    ]
    assert Bound() == (-math.inf, math.inf)
