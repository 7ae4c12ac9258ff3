"""The bits that many rows have, and the limit that rows of new groups keep to."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riboswitch.data.model import Model
from riboswitch.errors import BundleError
from riboswitch.learning.sharing.familiarity import LEAST_ROWS, Familiarity

BITS = 64


def rows_of(seed, groups=40, each=4):
    rng = np.random.default_rng(seed)
    likely = rng.random(BITS)
    bits = rng.random((groups * each, BITS)) < likely
    return bits, np.repeat(np.arange(groups), each)


@given(st.integers(0, 2**31))
def test_a_kept_bit_is_one_of_many_rows_and_every_such_bit_is_kept(seed):
    bits, groups = rows_of(seed)
    found = Familiarity.fit(np.packbits(bits, axis=1), groups)
    np.testing.assert_array_equal(np.unpackbits(found.common).astype(bool), bits.sum(0) >= LEAST_ROWS)


@given(st.integers(0, 2**31), st.randoms())
def test_one_row_more_or_less_hardly_shows(seed, chance):
    bits, groups = rows_of(seed)
    gone = chance.randrange(len(bits))
    one = np.unpackbits(Familiarity.fit(np.packbits(bits, axis=1), groups).common)
    kept = np.arange(len(bits)) != gone
    other = np.unpackbits(Familiarity.fit(np.packbits(bits[kept], axis=1), groups[kept]).common)
    changed = np.flatnonzero(one != other)
    assert all(bits[:, bit].sum() == LEAST_ROWS and bits[gone, bit] for bit in changed)


def plain_shares(bits, groups):
    """Of each row, the share of its bits that at least 20 rows of other groups have."""
    for row, group in zip(bits, groups, strict=True):
        others = bits[groups != group].sum(0) >= LEAST_ROWS
        yield (row & others).sum() / max(row.sum(), 1)


@given(st.integers(0, 2**31))
def test_nineteen_groups_of_twenty_are_inside(seed):
    bits, groups = rows_of(seed)
    found = Familiarity.fit(np.packbits(bits, axis=1), groups)
    shares = np.array([*plain_shares(bits, groups)])
    inside = np.bincount(groups, shares >= found.least) / np.bincount(groups)
    assert inside.mean() >= 0.95 and round(found.least, 2) == found.least
    stricter = np.bincount(groups, shares >= found.least + 0.02) / np.bincount(groups)
    assert stricter.mean() <= 1.0


def test_too_few_groups_or_rows_make_no_domain():
    bits, groups = rows_of(0)
    packed = np.packbits(bits, axis=1)
    assert Familiarity.fit(packed, groups % 10) is None
    assert Familiarity.fit(packed[: LEAST_ROWS - 1], np.arange(LEAST_ROWS - 1)) is None


def test_shares_are_counted_and_an_input_without_bits_is_unknown():
    found = Familiarity(np.packbits([1, 1, 0, 0, 0, 0, 0, 0]), 0.5)
    queries = np.packbits([[1, 0, 1, 0] + [0] * 4, [1, 1, 0, 0] + [0] * 4, [0] * 8], axis=1)
    assert found(queries).tolist() == [0.5, 1.0, 0.0]
    with pytest.raises(BundleError, match="other fingerprints"):
        found(np.zeros((1, 3), np.uint8))


def test_it_comes_back_from_a_bundle():
    model = Model({"shared": {}}, {})
    assert Familiarity.of(model) is None
    Familiarity(np.arange(4, dtype=np.uint8), 0.25).store(model)
    again = Familiarity.of(model)
    assert again.least == 0.25 and again.common.tolist() == [0, 1, 2, 3]
