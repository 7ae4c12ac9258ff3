"""Blocks of a prepared library."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from riboswitch.data import library as library_module
from riboswitch.data.library import block_rows


@given(st.integers(1, 10**9))
def test_blocks_are_powers_of_two_that_fit_into_parts(accepted):
    size = block_rows(accepted)
    assert 256 <= size <= 8_192 and size.bit_count() == 1 and library_module.PART_ROWS % size == 0
    assert size in (256, 8_192) or accepted / 16 < size <= accepted / 8
