"""Ragged arrays: packing is lossless, taking is indexing, equal content is equal bytes."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from riboswitch.data.arrays import RaggedArrays, gather_index
from riboswitch.errors import InputError


@st.composite
def items(draw, least=1):
    lengths = st.integers(0, 5)
    many = draw(st.integers(least, 6))
    return [
        {
            "atoms": draw(hnp.arrays(np.uint8, (draw(lengths), 3))),
            "ends": draw(hnp.arrays(np.int32, draw(lengths), elements=st.integers(-9, 9))),
        }
        for _ in range(many)
    ]


def pack(made):
    return RaggedArrays.pack([f"id-{i}" for i in range(len(made))], made, modality="none", size=3)


def same(one, other):
    assert (one.ids, one.meta, set(one.values)) == (other.ids, other.meta, set(other.values))
    for name in one.values:
        for left, right in (
            (one.only.values[name], other.only.values[name]),
            (one.only.offsets[name], other.only.offsets[name]),
        ):
            np.testing.assert_array_equal(left, right, strict=True)


@given(items())
def test_what_is_packed_is_found_again(made):
    arrays = pack(made)
    assert len(arrays) == len(made)
    for i, item in enumerate(made):
        for name, value in item.items():
            np.testing.assert_array_equal(arrays.item(i)[name], value, strict=True)
            assert arrays.lengths(name)[i] == len(value)


@given(items(), st.data())
def test_taking_is_indexing(made, data):
    rows = data.draw(st.lists(st.integers(0, len(made) - 1), max_size=9))
    arrays = pack(made)
    taken = arrays.take(rows)
    assert taken.ids == [f"id-{i}" for i in rows]
    for i, row in enumerate(rows):
        for name, value in made[row].items():
            np.testing.assert_array_equal(taken.item(i)[name], value)
    other = data.draw(st.lists(st.integers(0, len(rows) - 1), max_size=5)) if rows else []
    same(taken.take(other), arrays.take([rows[i] for i in other]))


@settings(max_examples=30, deadline=None)
@given(items())
def test_arrays_come_back_and_equal_ones_are_equal_bytes(made):
    with tempfile.TemporaryDirectory() as folder:
        one, two = Path(folder, "a.npz"), Path(folder, "b.npz")
        arrays = pack(made)
        arrays.save(one)
        arrays.values = {n: np.asfortranarray(v) for n, v in reversed(arrays.values.items())}
        arrays.save(two)
        assert one.read_bytes() == two.read_bytes()
        same(RaggedArrays.load(one), pack(made))


@given(st.lists(st.integers(0, 4), min_size=1, max_size=6), st.data())
def test_gathered_positions_are_those_of_the_items(lengths, data):
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    rows = np.array(data.draw(st.lists(st.integers(0, len(lengths) - 1), max_size=6)), np.int64)
    index, new = gather_index(offsets, rows)
    wanted = [p for r in rows for p in range(offsets[r], offsets[r + 1])]
    assert index.tolist() == wanted
    assert new.tolist() == [0, *np.cumsum([lengths[r] for r in rows])]


def test_ids_and_items_must_agree():
    with pytest.raises(ValueError, match="2 ids for 1 items"):
        RaggedArrays.pack(["a", "b"], [{"x": np.zeros(1)}])


@pytest.mark.parametrize("damage", ["empty", "text", "cut", "flipped", "npy", "foreign"])
def test_what_are_no_arrays_is_named(tmp_path, damage):
    path = tmp_path / "features.npz"
    pack([{"x": np.arange(500)}]).save(path)
    whole = path.read_bytes()
    if damage == "npy":
        with open(path, "wb") as handle:
            np.save(handle, np.zeros(3))
    elif damage == "foreign":
        np.savez(path, x=np.zeros(3))
    else:
        middle = len(whole) // 2
        made = {"empty": b"", "text": b"id,x\n", "cut": whole[:-30],
                "flipped": whole[:middle] + bytes(64) + whole[middle + 64 :]}  # fmt: skip
        path.write_bytes(made[damage])
    with pytest.raises(InputError, match=r"features\.npz: not a file of encoded features"):
        RaggedArrays.load(path)
    with pytest.raises(InputError, match="no such file"):
        RaggedArrays.load(tmp_path / "none.npz")
