"""Message passing of chemprop that was saved alone is a start: its embeddings are chemprop's own."""

from __future__ import annotations

import json
import os
import sys
import types
from pathlib import Path

import numpy as np
import pytest
import torch

from riboswitch.data.records import Record, Records
from riboswitch.errors import BundleError, UsageError
from riboswitch.learning.starting import find_start, start_from
from riboswitch.modalities import find
from riboswitch.modalities.molecule import network as molecule_network
from riboswitch.modalities.molecule.encode import encode
from riboswitch.modalities.molecule.nets.settings import NetworkSettings
from riboswitch.modalities.molecule.starts.files import read_start
from riboswitch.steps.featurize import featurize
from riboswitch.steps.import_chemprop import import_chemprop
from riboswitch.steps.predict import predict
from riboswitch.steps.split import split
from riboswitch.steps.train import command, refit, train

DATA = Path(__file__).parents[3] / "data/chemprop"
FILE = DATA / "foundation.pt"
TOLD = json.loads((DATA / "answers.json").read_text("utf-8"))
SMILES = ["CCO", "CCN", "CCCl", "c1ccccc1", "CC(=O)O", "CCCC", "C1CCCCC1", "CNC", "CCOC", "CCS"]
HOW = {"kind": "regression", "targets": ["y"], "settings": {"epochs": 2}}
MOLECULE = find("molecule")


@pytest.fixture(scope="module")
def data():
    rows = [
        Record(i, f"m{i}", {"molecule": text}, {"y": float(len(text))}, "made")
        for i, text in enumerate(SMILES, 1)
    ]
    records = Records.collect(rows, ["molecule"], modality="molecule", reading={"standardize": True})
    return records, featurize(records, {"descriptors": "none"}), split(records, "random", repeats=1)


def content():
    return torch.load(FILE, weights_only=True)


def saved(tmp_path, hyper=None, state=None):
    """The file with other settings or parameters; None removes one."""
    made = content()
    for part, changes in (("hyper_parameters", hyper), ("state_dict", state)):
        made[part] = {k: v for k, v in (made[part] | (changes or {})).items() if v is not None}
    torch.save(made, tmp_path / "changed.pt")
    return tmp_path / "changed.pt"


def embeddings(start, smiles):
    settings = NetworkSettings(**start.header["network"], properties=False)
    arrays = encode({"molecule": smiles}, [str(i) for i in range(len(smiles))], start.header["encoder"])
    network = molecule_network.Network(settings, 1, arrays.meta)
    start_from(start, network, molecule_network, settings)
    with torch.inference_mode():
        return network.eval().embed(molecule_network.collate(arrays, np.arange(len(smiles)))).numpy()


def test_embeddings_are_chemprops():
    found = embeddings(read_start(FILE), TOLD["smiles"])
    np.testing.assert_allclose(found, TOLD["embeddings"], rtol=0, atol=1e-5)


def test_a_large_file_agrees_on_many_molecules():
    """A folder with foundation.pt, molecules.smi, and foundation.npy of chemprop's embeddings."""
    folder = os.environ.get("RIBOSWITCH_FOUNDATION")
    if not folder:
        pytest.skip("RIBOSWITCH_FOUNDATION names no folder")
    smiles = Path(folder, "molecules.smi").read_text("utf-8").split()
    found = embeddings(read_start(Path(folder, "foundation.pt")), smiles)
    np.testing.assert_allclose(found, np.load(Path(folder, "foundation.npy")), rtol=0, atol=1e-5)


def test_a_network_takes_layers_and_settings_of_the_file(data):
    frozen = train(*data, **HOW, init=FILE, frozen=True)
    settings = {name: frozen.header["network"][name] for name in ("hidden", "depth", "features", "bias")}
    assert settings == {"hidden": 12, "depth": 4, "features": "chemprop-v2", "bias": False}
    state = content()["state_dict"]
    for ours, theirs in (("input", "W_i"), ("message", "W_h"), ("atom", "W_o")):
        assert np.array_equal(frozen.tensors[f"0.{ours}.weight"], state[f"{theirs}.weight"].numpy())
    assert frozen.header["training"]["start"]["frozen"] is True
    again = refit(*data, [frozen], init=str(FILE), frozen=True)
    assert np.array_equal(again.tensors["0.message.weight"], state["W_h.weight"].numpy())
    free = train(*data, **HOW, init=FILE)
    assert not np.array_equal(free.tensors["0.message.weight"], state["W_h.weight"].numpy())
    assert len(predict(SMILES, frozen)) == len(SMILES)


def test_what_the_file_does_not_say_is_the_users(data):
    summed = train(*data, **HOW, network={"aggregation": "sum"}, init=FILE)
    assert summed.header["network"]["aggregation"] == "sum"
    with pytest.raises(UsageError, match="another hidden; found '12 there, 8 here'"):
        train(*data, **HOW, network={"hidden": 8}, init=FILE)


def test_whole_networks_are_starts_too(data):
    start, imported = find_start(DATA / "regression.pt", MOLECULE), import_chemprop(DATA / "regression.pt")
    assert start.tensors.keys() == imported.tensors.keys()
    made = train(*data, **HOW, init=DATA / "regression.pt", frozen=True)
    assert np.array_equal(made.tensors["0.atom.weight"], imported.tensors["0.atom.weight"])


def test_the_command_reads_the_file(data, tmp_path):
    names = ("records.parquet", "features.npz", "split.parquet")
    for noun, name in zip(data, names, strict=True):
        noun.save(tmp_path / name)
    command(*(tmp_path / name for name in names), output=tmp_path / "model.safetensors", kind="regression",
            target=["y"], settings={"epochs": 1}, init=FILE, frozen=True)  # fmt: skip
    assert (tmp_path / "model.safetensors").exists()


@pytest.mark.parametrize(("name", "words"), [("BondMessagePassing", ""), ("AtomMessagePassing", "by Atom")])
def test_a_file_that_names_its_class_is_read_without_chemprop(tmp_path, monkeypatch, name, words):
    module = "chemprop.nn.message_passing.base"
    for parent in ("chemprop", "chemprop.nn", "chemprop.nn.message_passing", module):
        monkeypatch.setitem(sys.modules, parent, types.ModuleType(parent))
    kind = type(name, (), {"__module__": module})
    setattr(sys.modules[module], name, kind)
    file = saved(tmp_path, {"cls": kind, "V_d_transform": None})
    if words:
        with pytest.raises(BundleError, match=words):
            read_start(file)
    else:
        assert read_start(file).header["network"] == read_start(FILE).header["network"]


@pytest.mark.parametrize(
    ("hyper", "words"),
    [
        ({"activation": "prelu"}, "no activation prelu"),
        ({"activation": "leakyrelu"}, "negative_slope 0.1"),
        ({"undirected": True}, "undirected"),
        ({"d_v": 86}, r"their widths are 86, 14"),
        ({"d_v": 52, "d_e": 2}, "RIGR"),
        ({"d_h": 16}, r"W_h.weight: \(12, 12\) there, \(16, 16\) by its settings"),
        ({"bias": True}, r"W_h.bias: nothing there, \(12,\) by its settings"),
        ({"d_vd": 3}, "descriptors of atoms"),
        ({"graph_transform": {"scale": 1}}, "transforms"),
        ({"depth": None}, "no setting depth"),
    ],
)
def test_what_does_not_fit_is_named(tmp_path, hyper, words):
    with pytest.raises(BundleError, match=words) as caught:
        read_start(saved(tmp_path, hyper))
    assert "changed.pt" in str(caught.value) and len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ({"W_o.bias": None}, r"W_o.bias: nothing there"),
        ({"W_d.weight": torch.zeros(2, 2)}, r"W_d.weight: \(2, 2\) there, nothing by its settings"),
        ({"W_o.bias": torch.full((12,), torch.nan)}, "not finite"),
    ],
)
def test_other_layers_are_refused(tmp_path, state, words):
    with pytest.raises(BundleError, match=words):
        read_start(saved(tmp_path, state=state))


def test_message_passing_alone_is_no_model():
    with pytest.raises(BundleError, match="without a head: it predicts nothing"):
        import_chemprop(FILE)


class Evil:
    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return os.rmdir, (self.mark,)


def test_code_in_a_file_is_not_run(tmp_path):
    (tmp_path / "mark").mkdir()
    torch.save(content() | {"extra": Evil(str(tmp_path / "mark"))}, tmp_path / "evil.pt")
    with pytest.raises(BundleError, match=r"names .*rmdir.* not opened"):
        read_start(tmp_path / "evil.pt")
    assert (tmp_path / "mark").exists()


def test_a_start_for_other_inputs_is_refused():
    with pytest.raises(UsageError, match="molecule there, sequence here"):
        find_start(import_chemprop(DATA / "regression.pt"), find("sequence"))
    with pytest.raises(BundleError, match="no such file"):
        find_start("none.pt", MOLECULE)
