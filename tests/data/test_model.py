"""The bundle file itself; what is in it, tests/learning sees to."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from safetensors.numpy import save_file

from bundles import HEADER, small_bundle
from riboswitch.data.model import FORMAT, Model
from riboswitch.errors import BundleError

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\u2028"), min_size=1)


def test_numbers_come_back_bit_by_bit(tmp_path):
    tensors = {
        "0.weight": np.asfortranarray(np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32)),
        "0.scalar": np.array(2.5),
        "10.weight": np.arange(3),
        "1.weight": np.zeros((0, 2)),
    }
    small_bundle(tensors, members=11).save(tmp_path / "a")
    loaded = Model.load(tmp_path / "a")
    for name, value in tensors.items():
        np.testing.assert_array_equal(loaded.tensors[name], value, strict=True)
    assert loaded.header == {**HEADER, "members": HEADER["members"] * 11} and loaded.task.targets == ("y",)
    assert set(loaded.parameters(0)) == {"weight", "scalar"}
    assert loaded.parameters(1)["weight"].shape == (0, 2)
    again = small_bundle(dict(reversed(tensors.items())), members=11)
    Model(dict(reversed(again.header.items())), again.tensors).save(tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@given(st.lists(TEXT))
def test_texts_come_back_line_breaks_and_all(texts):
    model = Model({}, {})
    model.pack_texts("golden", texts)
    assert model.texts("golden") == texts
    assert model.texts("other") == []


numbers = st.sampled_from([np.float32, np.float64, np.int64, np.uint8])


@st.composite
def same_dimensions(draw):
    """Arrays of one type and one number of dimensions, of several shapes; some without elements."""
    dtype, dimensions = draw(numbers), draw(st.integers(0, 3))
    shapes = npst.array_shapes(min_dims=dimensions, max_dims=dimensions, min_side=0, max_side=4)
    shape = shapes if dimensions else st.just(())
    return draw(st.lists(shape.flatmap(lambda s: npst.arrays(dtype, s)), min_size=1, max_size=5))


@given(st.lists(TEXT, max_size=5), same_dimensions())
def test_inputs_come_back_texts_and_arrays_of_several_shapes(tmp_path_factory, texts, arrays):
    model = small_bundle(components=["text", "array"])
    model.header["golden"] = [[0.5]] * len(arrays)
    texts = (texts + ["x"] * len(arrays))[: len(arrays)]
    model.pack_inputs("golden", {"text": texts, "array": arrays})
    path = tmp_path_factory.mktemp("model") / "m.safetensors"
    model.save(path)
    loaded = Model.load(path)
    again = loaded.inputs("golden")
    assert list(again) == ["text", "array"] and again["text"] == texts
    for found, given_array in zip(again["array"], arrays, strict=True):
        np.testing.assert_array_equal(found, given_array, strict=True)
    assert loaded.inputs("other") == {"text": [], "array": []}


def test_an_older_bundle_is_refused_with_what_to_do(tmp_path):
    path = tmp_path / "m.safetensors"
    small_bundle(format=FORMAT - 1).save(path)
    with pytest.raises(BundleError) as caught:
        Model.load(path)
    assert str(caught.value) == (
        f"{path}: the bundle is of an older format; found '{FORMAT - 1}'. "
        "Train or import it again with this version."
    )


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x80\x04pickle", b"\xff" * 100])
def test_a_file_that_is_no_bundle_is_refused(tmp_path, content):
    path = tmp_path / "m.safetensors"
    path.write_bytes(content)
    with pytest.raises(BundleError, match=r"m\.safetensors: not a readable model bundle.*Pickled"):
        Model.load(path)


def test_foreign_missing_newer_and_cut_bundles_are_named(tmp_path):
    path = tmp_path / "m.safetensors"
    with pytest.raises(BundleError, match="no such file"):
        Model.load(path)
    with pytest.raises(BundleError, match="not a readable"):
        Model.load(tmp_path)
    for metadata in (None, {"format": "pt"}, {"riboswitch": "3"}, {"riboswitch": "{}"}):
        save_file({"w": np.zeros(2)}, path, metadata=metadata)
        with pytest.raises(BundleError, match="not one that riboswitch wrote"):
            Model.load(path)
    small_bundle(format=FORMAT + 1).save(path)
    with pytest.raises(BundleError, match=f"newer format; found '{FORMAT + 1}'. Use a newer riboswitch"):
        Model.load(path)
    small_bundle({"0.w": np.zeros(50)}).save(path)
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(BundleError, match="not a readable"):
        Model.load(path)
