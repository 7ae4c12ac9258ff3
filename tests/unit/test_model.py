"""The bundle file itself; what is in it, tests/learning sees to."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save_file

from riboswitch.data.model import FORMAT, Model
from riboswitch.errors import BundleError

HEADER = {
    "format": FORMAT,
    "modality": "none",
    "members": [],
    "task": {"kind": "binary", "targets": ["y"], "classes": []},
}
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\u2028"), min_size=1)


def test_numbers_come_back_bit_by_bit(tmp_path):
    tensors = {
        "0.weight": np.asfortranarray(np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32)),
        "0.scalar": np.array(2.5),
        "10.weight": np.arange(3),
        "1.weight": np.zeros((0, 2)),
    }
    Model(HEADER, tensors).save(tmp_path / "a")
    loaded = Model.load(tmp_path / "a")
    for name, value in tensors.items():
        np.testing.assert_array_equal(loaded.tensors[name], value, strict=True)
    assert loaded.header == HEADER and loaded.task.targets == ("y",)
    assert set(loaded.parameters(0)) == {"weight", "scalar"}
    assert loaded.parameters(1)["weight"].shape == (0, 2)
    Model(dict(reversed(HEADER.items())), dict(reversed(tensors.items()))).save(tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@given(st.lists(TEXT))
def test_texts_come_back_line_breaks_and_all(texts):
    model = Model({}, {})
    model.pack_texts("golden", texts)
    assert model.texts("golden") == texts
    assert model.texts("other") == []


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x80\x04pickle", b"\xff" * 100])
def test_what_is_no_bundle_is_named(tmp_path, content):
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
    Model({**HEADER, "format": FORMAT + 1}, {}).save(path)
    with pytest.raises(BundleError, match="newer format; found '2'"):
        Model.load(path)
    Model(HEADER, {"0.w": np.zeros(50)}).save(path)
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(BundleError, match="not a readable"):
        Model.load(path)
