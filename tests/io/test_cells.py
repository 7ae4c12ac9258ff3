"""The text of a cell: numbers, gaps, and formulas."""

from __future__ import annotations

import math
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riboswitch.io import cells

odd = st.text(st.sampled_from("'=+-@\t\r\n5.eEa ＝"), max_size=6)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_python_s_own_numbers_are_read(value):
    assert cells.number(repr(value)) == value


@given(st.text(max_size=8))
def test_what_is_read_as_a_number_is_ascii_and_finite(text):
    try:
        value = cells.number(text)
    except ValueError:
        return
    assert text.isascii() and "_" not in text and math.isfinite(value) and value == float(text)


@given(st.text(max_size=20))
def test_a_whole_number_is_digits_only(text):
    try:
        assert cells.whole(text) == int(text)
    except ValueError:
        assert not (text.isascii() and text.isdigit() and len(text) <= 18)


@pytest.mark.parametrize("text", ["", "+1", "-1", " 5", "1_0", "１", "9" * 5000])
def test_no_whole_number(text):
    with pytest.raises(ValueError, match="whole number"):
        cells.whole(text)


@given(odd | st.text(max_size=8))
def test_a_guarded_text_is_no_formula_and_comes_back(text):
    safe = cells.guarded(text)
    assert cells.unguarded(safe) == text
    if safe[:1] in ("=", "+", "-", "@", "\t", "\r") and len(safe) > 1:
        cells.number(safe)


@given(odd, odd)
def test_different_texts_stay_different(one, other):
    assert (cells.guarded(one) == cells.guarded(other)) == (one == other)


@pytest.mark.parametrize("text", ["-5", "+5", "-1.5e-3", "-", "+", "CCO", "(-)-menthol", "[Na+]", "a=b"])
def test_numbers_strands_and_names_stay(text):
    assert cells.guarded(text) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(17.0, "17"), (np.float32(17), "17"), (Decimal("17.00"), "17"), (17, "17"), (True, "True"),
     (None, ""), (math.nan, ""), (pd.NA, ""), (pd.NaT, ""), ("17.0", "17.0"), (b"ab", "ab")],
)  # fmt: skip
def test_text_of_a_typed_value(value, text):
    assert cells.plain(value) == text


@pytest.mark.parametrize("value", [17.5, 2.0**53, math.inf, [1], {"a": 1}, np.array([1]), b"\xff"])
def test_values_without_a_certain_text(value):
    with pytest.raises(ValueError, match=r"."):
        cells.plain(value)


@pytest.mark.parametrize("value", [*cells.MISSING, " NA ", None, math.nan, pd.NA])
def test_missing(value):
    assert cells.is_missing(value)


@pytest.mark.parametrize("value", ["none", "na", "Na", "0", 0, 0.0, False, [], "-1"])
def test_not_missing(value):
    assert not cells.is_missing(value)
