"""Laws of arrays in Arrow files: cut and joined anywhere, they are the whole."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.arrow_file import concatenated, cut, from_batches, reader, save, to_batch
from riboswitch.io.parquet import read_meta


@st.composite
def encoded(draw):
    """Items of two ragged fields and one of fixed length."""
    seed, many = draw(st.integers(0, 9999)), draw(st.integers(1, 30))
    rng = np.random.default_rng(seed)
    items = []
    for _ in range(many):
        size = rng.integers(0, 6)
        items.append({
            "atoms": rng.integers(0, 1 << 40, size),
            "ends": rng.integers(0, 99, (rng.integers(0, 7), 2)).astype(np.uint16),
            "globals": rng.normal(size=(1, 3)).astype(np.float32),
        })  # fmt: skip
    return RaggedArrays.pack("molecule", [f"m{i}" for i in range(many)], items, modality="none", encoder=1)


def require_equal(one, other):
    assert one.ids == other.ids and one.meta == other.meta and [*one.components] == [*other.components]
    np.testing.assert_array_equal(one.items(), other.items(), strict=True)
    assert one.only.values.keys() == other.only.values.keys()
    for name in one.only.values:
        np.testing.assert_array_equal(one.only.values[name], other.only.values[name], strict=True)
        np.testing.assert_array_equal(one.only.offsets[name], other.only.offsets[name], strict=True)


@settings(max_examples=40, deadline=None)
@given(encoded(), st.data())
def test_blocks_cut_and_joined_anywhere_are_the_whole(arrays, data):
    stops = sorted(data.draw(st.lists(st.integers(0, len(arrays)), max_size=4)))
    bounds = [0, *stops, len(arrays)]
    pieces = [cut(arrays, a, b) for a, b in pairwise(bounds)]
    require_equal(concatenated(pieces), arrays)
    whole = to_batch(arrays)
    batches = [whole.slice(a, b - a) for a, b in pairwise(bounds)]
    made = from_batches(batches, arrays.ids, read_meta(whole.schema))
    require_equal(made, arrays)
    assert all(value.flags.writeable for value in made.only.values.values())


@settings(max_examples=40, deadline=None)
@given(encoded(), st.data())
def test_blocks_of_records_that_share_items_hold_one_item_each(arrays, data):
    index = np.array(data.draw(st.lists(st.integers(0, len(arrays) - 1), min_size=1, max_size=40)))
    names = [f"r{i}" for i in range(len(index))]
    sharing = RaggedArrays(names, arrays.components, {"molecule": index}, arrays.meta)
    each = RaggedArrays.pack("molecule", names, [arrays.item(i) for i in index], **arrays.meta)
    middle = data.draw(st.integers(0, len(index)))
    pieces = [cut(sharing, 0, middle), sharing.take(np.arange(middle, len(index)))]
    require_equal(concatenated(pieces), each)
    whole = to_batch(sharing)
    require_equal(from_batches([whole], names, read_meta(whole.schema)), each)


def test_an_arrow_file_gives_back_the_saved_arrays(tmp_path):
    rng = np.random.default_rng(0)
    items = [{"x": rng.integers(0, 9, n % 3).astype(np.uint8)} for n in range(5000)]
    arrays = RaggedArrays.pack("molecule", [str(i) for i in range(5000)], items)
    save(arrays, tmp_path / "a.arrow")
    with reader(tmp_path / "a.arrow") as file:
        batches = [file.get_batch(i) for i in range(file.num_record_batches)]
    assert [len(b) for b in batches] == [2048, 2048, 904]
    require_equal(from_batches(batches, arrays.ids, read_meta(batches[0].schema)), arrays)
