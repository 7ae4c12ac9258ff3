"""Ragged arrays: lossless, taking is indexing, equal items are stored once, equal content is equal bytes."""

from __future__ import annotations

import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from riboswitch.data.arrays import Ragged, RaggedArrays, distinct
from riboswitch.data.task import Task
from riboswitch.errors import InputError
from riboswitch.modalities import find
from riboswitch.modalities.features import load_features
from riboswitch.numeric.offsets import gather_index


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


def ids(n):
    return [f"id-{i}" for i in range(n)]


def pack(made):
    return RaggedArrays.pack("molecule", ids(len(made)), made, modality="none", size=3)


@st.composite
def shared(draw):
    """Two components whose items several records share, and the items themselves."""
    records = draw(st.integers(1, 8))
    made = {name: draw(items()) for name in ("molecule", "protein")}
    index = {
        name: np.array(draw(st.lists(st.integers(0, len(part) - 1), min_size=records, max_size=records)))
        for name, part in made.items()
    }
    components = {name: Ragged.pack(part) for name, part in made.items()}
    return RaggedArrays(ids(records), components, index, {"modality": "pair"}), made


def require_item(arrays, component, record, expected):
    found = arrays.components[component].item(int(arrays.index[component][record]))
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_array_equal(found[name], value, strict=True)


def same(one, other):
    assert (one.ids, one.meta, [*one.components]) == (other.ids, other.meta, [*other.components])
    for component, items in one.components.items():
        np.testing.assert_array_equal(one.index[component], other.index[component], strict=True)
        like = other.components[component]
        assert set(items.values) == set(like.values)
        for name in items.values:
            np.testing.assert_array_equal(items.values[name], like.values[name], strict=True)
            np.testing.assert_array_equal(items.offsets[name], like.offsets[name], strict=True)


@given(items())
def test_packed_values_come_back(made):
    arrays = pack(made)
    assert len(arrays) == len(made) == len(arrays.only)
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
        arrays.only.values = {n: np.asfortranarray(v) for n, v in reversed(arrays.only.values.items())}
        arrays.save(two)
        assert one.read_bytes() == two.read_bytes()
        same(RaggedArrays.load(one), pack(made))


@settings(deadline=None)
@given(shared(), st.data())
def test_taking_keeps_the_items_that_are_needed_and_no_others(drawn, data):
    arrays, made = drawn
    rows = data.draw(st.lists(st.integers(0, len(arrays) - 1), max_size=9))
    taken = arrays.take(rows)
    assert taken.ids == [arrays.ids[i] for i in rows] and taken.meta == arrays.meta
    for component, index in arrays.index.items():
        assert len(taken.components[component]) == len({*index[rows].tolist()})
        for place, row in enumerate(rows):
            require_item(taken, component, place, made[component][index[row]])
    everything = np.arange(len(taken))
    same(taken.take(everything), taken)


@settings(max_examples=30, deadline=None)
@given(shared())
def test_shared_items_stay_shared_in_a_file(drawn):
    arrays, made = drawn
    with tempfile.TemporaryDirectory() as folder:
        one, two = Path(folder, "a.npz"), Path(folder, "b.npz")
        arrays.save(one)
        again = RaggedArrays.load(one)
        again.save(two)
        assert one.read_bytes() == two.read_bytes()
    same(again, arrays)
    for component, index in arrays.index.items():
        assert len(again.components[component]) == len(made[component])
        for record, item in enumerate(index):
            require_item(again, component, record, made[component][item])


@given(items(), st.data())
def test_one_item_each_is_what_the_records_hold(made, data):
    index = np.array(data.draw(st.lists(st.integers(0, len(made) - 1), min_size=1, max_size=9)))
    arrays = RaggedArrays(ids(len(index)), {"molecule": Ragged.pack(made)}, {"molecule": index})
    each = arrays.each_item()
    assert len(each) == len(index) and (each is arrays.only) == (index.tolist() == [*range(len(made))])
    for record, item in enumerate(index):
        for name, value in made[item].items():
            np.testing.assert_array_equal(each.item(record)[name], value, strict=True)
            np.testing.assert_array_equal(arrays.item(record)[name], value, strict=True)
            assert arrays.lengths(name)[record] == len(value)
    chosen = np.array(data.draw(st.lists(st.integers(0, len(index) - 1), max_size=5)), np.int64)
    assert arrays.items(chosen).tolist() == index[chosen].tolist()


@given(st.lists(st.sampled_from(["C", "CC", "", "ä", "C "]) | st.integers(0, 3), max_size=12))
def test_distinct_values_are_those_of_numpy(values):
    found, index = distinct(values)
    texts = np.array([repr(value) for value in values], object)
    expected, first = np.unique(texts, return_index=True)
    assert sorted(map(repr, found)) == expected.tolist()
    assert found == [values[i] for i in np.sort(first)]
    assert index.dtype == np.int64 and [found[i] for i in index] == values


@given(st.lists(hnp.arrays(st.sampled_from([np.uint8, np.float32]), st.integers(0, 2),
                           elements=st.sampled_from([0, 1])), max_size=8))  # fmt: skip
def test_distinct_arrays_differ_in_type_shape_or_content(values):
    found, index = distinct(values)
    expected = {(value.dtype.str, *value.tolist()) for value in values}
    assert len(found) == len(expected)
    for value, number in zip(values, index, strict=True):
        np.testing.assert_array_equal(found[number], value, strict=True)


INPUTS = {
    "molecule": st.sampled_from(["CCO", "OCC", "c1ccccc1", "C", "CC(=O)[O-].[Na+]"]),
    "sequence": st.text("ACDX", min_size=1, max_size=3),
}


@pytest.mark.parametrize("modality", INPUTS)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_repeated_inputs_are_encoded_once(modality, data):
    values = data.draw(st.lists(INPUTS[modality], min_size=1, max_size=12))
    encode = find(modality).encoder.encode
    arrays = encode({modality: values}, ids(len(values)))
    expected, index = np.unique(values, return_inverse=True)
    assert len(arrays.only) == len(expected) and len(arrays) == len(values) == len(index)
    for record, value in enumerate(values):
        require_item(arrays, modality, record, encode({modality: [value]}, ["a"]).item(0))


@given(st.lists(st.integers(0, 4), min_size=1, max_size=6), st.data())
def test_gathered_positions_are_those_of_the_items(lengths, data):
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    rows = np.array(data.draw(st.lists(st.integers(0, len(lengths) - 1), max_size=6)), np.int64)
    index, new = gather_index(offsets, rows)
    wanted = [p for r in rows for p in range(offsets[r], offsets[r + 1])]
    assert index.tolist() == wanted
    assert new.tolist() == [0, *np.cumsum([lengths[r] for r in rows])]


def test_a_file_is_laid_out_alike_by_every_python(tmp_path):
    """ZIP64 for small arrays: Python 3.11.2 and 3.11.7 wrote other headers."""
    pack([{"x": np.arange(500)}]).save(tmp_path / "a.npz")
    with zipfile.ZipFile(tmp_path / "a.npz") as archive, np.load(tmp_path / "a.npz") as stored:
        for member in archive.infolist():
            assert (member.create_version, member.extract_version, member.extra) == (20, 20, b"")
            assert member.date_time == (1980, 1, 1, 0, 0, 0)
        assert {n.removesuffix(".npy") for n in archive.namelist()} == {*stored}


def test_ids_and_items_must_agree():
    with pytest.raises(ValueError, match="2 ids for 1 items"):
        RaggedArrays.pack("molecule", ["a", "b"], [{"x": np.zeros(1)}])


@pytest.mark.parametrize("damage", ["empty", "text", "cut", "flipped", "npy", "foreign"])
def test_a_file_that_holds_no_arrays_is_refused(tmp_path, damage):
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


def numbers_beyond(arrays):
    arrays.index["molecule"][0] = 7


def offsets_beyond(arrays):
    arrays.only.offsets["x"][-1] += 1


def offsets_descend(arrays):
    arrays.only.offsets["x"][1] = 9


def offsets_of_another_type(arrays):
    arrays.only.offsets["x"] = arrays.only.offsets["x"].astype(float)


def ids_lost(arrays):
    arrays.ids.pop()


def ids_numbers(arrays):
    arrays.ids[0] = 3


def values_texts(arrays):
    arrays.only.values["x"] = arrays.only.values["x"].astype(str)


def meta_text(arrays):
    arrays.meta = "molecule"


@pytest.mark.parametrize(
    "change",
    [numbers_beyond, offsets_beyond, offsets_descend, offsets_of_another_type, ids_lost, ids_numbers,
     values_texts, meta_text],
)  # fmt: skip
def test_arrays_that_do_not_fit_together_are_refused(tmp_path, change):
    arrays = pack([{"x": np.arange(3)}, {"x": np.arange(5)}])
    change(arrays)
    arrays.save(tmp_path / "features.npz")
    with pytest.raises(InputError, match=r"features\.npz: not a file of encoded features"):
        RaggedArrays.load(tmp_path / "features.npz")


def test_features_are_those_of_their_encoder(tmp_path):
    path = tmp_path / "features.npz"
    arrays = find("molecule").encoder.encode({"molecule": ["CCO", "CC"]}, ["a", "b"])
    arrays.save(path)
    same(load_features(path), arrays)
    for change in ({"modality": "none"}, {"modality": 3}, {"encoder": 1}, {"globals": []}):
        RaggedArrays(arrays.ids, arrays.components, arrays.index, arrays.meta | change).save(path)
        with pytest.raises(InputError, match=r"features\.npz: "):
            load_features(path)
    arrays.only.values["bonds"] = arrays.only.values["bonds"].astype(np.float32)
    arrays.save(path)
    with pytest.raises(InputError, match="not the arrays of an encoded molecule"):
        load_features(path)


@pytest.mark.parametrize(
    ("name", "inputs", "settings", "field"),
    [("molecule", ["CCO", "CC"], None, "ends"), ("sequence", ["MKLVVA", "MK"], None, "letters"),
     ("sequence", ["ACGTAC", "AC"], {"alphabet": "dna"}, "letters")],
)  # fmt: skip
def test_indices_beyond_their_bounds_reach_no_compiled_loop(name, inputs, settings, field):
    modality = find(name)
    fitting, arrays = (modality.encoder.encode({name: inputs}, ["a", "b"], settings) for _ in range(2))
    arrays.only.values[field][1] = 200
    arrays.check()
    rows, task = np.arange(2), Task("regression", ("y",))
    with pytest.raises(InputError):
        modality.network.collate(arrays, rows)
    learners = modality.stack.base_learners(arrays.meta)
    assert learners
    for learner in learners.values():
        made = learner.fit(fitting, rows, np.array([[1.0], [2.0]]), np.ones(2), task, seed=0)
        with pytest.raises(InputError):
            made.predict(arrays, rows)
