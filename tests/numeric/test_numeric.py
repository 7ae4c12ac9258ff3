"""Offsets and log odds: the same numbers as numpy written out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riboswitch.numeric.logit import logit
from riboswitch.numeric.offsets import gather_index, offsets_of, running_sums

LENGTHS = st.lists(st.integers(0, 9), max_size=30)


@given(LENGTHS, st.sampled_from([list, *(lambda v, t=t: np.array(v, t) for t in ("u1", "i4", "u8"))]))
def test_offsets_are_int64_and_their_differences_are_the_lengths(lengths, kind):
    offsets = offsets_of(kind(lengths))
    assert offsets.dtype == np.int64 and offsets[0] == 0
    assert np.diff(offsets).tolist() == lengths


def test_offsets_of_bytes_do_not_overflow():
    assert offsets_of(np.full(3, 255, np.uint8)).tolist() == [0, 255, 510, 765]


@given(st.lists(st.booleans(), max_size=30), st.data())
def test_a_running_sum_of_a_mask_counts_any_stretch_of_it(mask, data):
    start = data.draw(st.integers(0, len(mask)))
    stop = data.draw(st.integers(start, len(mask)))
    sums = running_sums(np.array(mask, bool))
    assert sums[stop] - sums[start] == sum(mask[start:stop])


@given(st.lists(st.floats(-1e9, 1e9, width=32), max_size=30))
def test_a_running_sum_of_float32_is_added_up_in_float64(values):
    expected, total = [0.0], 0.0
    for value in np.array(values, np.float32).tolist():
        total += value
        expected.append(total)
    assert running_sums(np.array(values, np.float32), np.float64).tolist() == expected


@given(LENGTHS.filter(len), st.data())
def test_gathered_items_are_the_items(lengths, data):
    offsets = offsets_of(lengths)
    flat = np.arange(offsets[-1])
    rows = np.array(data.draw(st.lists(st.integers(0, len(lengths) - 1), max_size=20)), np.int64)
    index, new = gather_index(offsets, rows)
    for number, row in enumerate(rows):
        item = flat[index][new[number] : new[number + 1]]
        assert item.tolist() == flat[offsets[row] : offsets[row + 1]].tolist()


@given(st.floats(1e-5, 1 - 1e-5))
def test_logit_undoes_the_logistic_function(probability):
    assert 1 / (1 + np.exp(-logit(np.array(probability), 1e-6))) == pytest.approx(probability, rel=1e-9)


def test_logit_is_finite_and_symmetric_at_certainty():
    low, high = logit(np.array([0.0, 1.0]), 1e-6)
    assert low == pytest.approx(-high) and np.isfinite(low)
    assert logit(np.array([0.5], np.float32), 1e-6).dtype == np.float32
