"""import-chemprop: our answers are chemprop's own, and what is not its checkpoint is not opened."""

from __future__ import annotations

import argparse
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from rdkit import Chem

from riboswitch.data.model import Model
from riboswitch.errors import BundleError, UsageError
from riboswitch.io.atomic_files import sha256
from riboswitch.learning.inference import Predictor
from riboswitch.modalities import find
from riboswitch.modalities.molecule.chemprop_bundle import masses
from riboswitch.modalities.molecule.encode import encode
from riboswitch.modalities.molecule.nets import chemprop
from riboswitch.steps.import_chemprop import command, import_chemprop
from riboswitch.steps.predict import predict

DATA = Path(__file__).parents[1] / "data/chemprop"
TOLD = json.loads((DATA / "answers.json").read_text("utf-8"))
ASKED, ANSWERS = TOLD["smiles"], {name: np.array(rows) for name, rows in TOLD["answers"].items()}
FILES = [
    "regression.pt", "regression.ckpt", "tasks.pt", "classes.pt", "classes.ckpt", "deep.pt", "shallow.pt",
    "python.pt",
]  # fmt: skip

REFUSED = {
    "atom-messages.pt": "AtomMessagePassing",
    "undirected.pt": "undirected",
    "evidential.pt": "EvidentialFFN",
    "descriptors.pt": "descriptors",
    "prelu.pt": "prelu",
    "rigr.pt": "RIGR",
    "attentive.pt": "AttentiveAggregation",
    "two-class-targets.pt": "several targets",
    "uneven-head.pt": "different widths",
    "leaky-by-name.pt": "negative_slope 0.1",
    "two-activations.pt": "relu, tanh",
    "multicomponent.pt": "MulticomponentMessagePassing",
}


def answers(model, inputs=ASKED):
    return Predictor(model, find(model.modality))(
        encode({"molecule": inputs}, [str(i) for i in range(len(inputs))])
    )[0]


@pytest.fixture(scope="module")
def weights():
    return masses()


@pytest.fixture(scope="module")
def deep():
    return import_chemprop(DATA / "deep.pt")


# --- chemprop is the oracle ---------------------------------------------------------------------------


@pytest.mark.parametrize("file", FILES)
def test_answers_are_chemprops(file):
    ours = answers(import_chemprop(DATA / file))
    np.testing.assert_allclose(ours, ANSWERS[Path(file).stem], rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", ["regression", "classes"])
def test_both_kinds_of_file_hold_the_same_network(name):
    one, other = import_chemprop(DATA / f"{name}.pt"), import_chemprop(DATA / f"{name}.ckpt")
    assert one.tensors.keys() == other.tensors.keys()
    assert all(np.array_equal(one.tensors[key], other.tensors[key]) for key in one.tensors)
    assert one.header["network"] == other.header["network"]


@given(st.lists(st.sampled_from(range(len(ASKED))), min_size=1, max_size=20))
@settings(max_examples=20, deadline=None)
def test_an_answer_does_not_depend_on_the_company(deep, rows):
    ours = answers(deep, [ASKED[i] for i in rows])
    np.testing.assert_allclose(ours, ANSWERS["deep"][rows], rtol=0, atol=1e-5)


@given(st.integers(0, 118), st.integers(0, 1023))
@settings(max_examples=200)
def test_masses_are_rdkits(weights, element, isotope):
    atom = Chem.Atom(element)
    atom.SetIsotope(isotope)
    assert weights[element, isotope] == np.float32(atom.GetMass())


def test_several_checkpoints_are_an_ensemble():
    model = import_chemprop([DATA / "regression.pt", DATA / "regression.ckpt"], targets=["logS"])
    assert len(model.members) == 2
    np.testing.assert_allclose(answers(model), ANSWERS["regression"], rtol=0, atol=1e-5)


def test_real_networks_agree_on_thousands_of_molecules():
    """A folder with *.pt of default size, each with <name>.npy of chemprop's answers to molecules.smi."""
    folder = os.environ.get("RIBOSWITCH_CHEMPROP")
    if not folder:
        pytest.skip("RIBOSWITCH_CHEMPROP names no folder")
    inputs = Path(folder, "molecules.smi").read_text("utf-8").split()
    for file in sorted(Path(folder).glob("*.pt")):
        worst = np.abs(answers(import_chemprop(file), inputs) - np.load(file.with_suffix(".npy"))).max()
        assert worst <= 1e-5, file.name


# --- the bundle -----------------------------------------------------------------------------------------


def test_the_bundle_predicts_raw_smiles_after_a_round_trip(tmp_path):
    import_chemprop(DATA / "tasks.pt").save(tmp_path / "model.safetensors")
    table = predict([*ASKED[:20], "not a molecule"], tmp_path / "model.safetensors")
    good = (table["status"] == "ok").to_numpy()
    assert not good[-1] and good.sum() > 10
    found = table[["p_acid", "p_long", "p_ring"]].to_numpy()[good]
    np.testing.assert_allclose(found, ANSWERS["tasks"][:20][good[:20]], rtol=0, atol=1e-5)


def test_the_bundle_is_the_same_bytes_each_time(tmp_path):
    for name in ("one", "other"):
        import_chemprop(DATA / "deep.pt").save(tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()


def test_the_header_says_where_it_came_from():
    training = import_chemprop(DATA / "deep.pt").header["training"]
    assert training["source"] == "chemprop 2"
    assert training["files"] == [{"name": "deep.pt", "sha256": sha256(DATA / "deep.pt")}]


def test_targets_are_named_by_the_checkpoint_by_number_or_by_the_user():
    assert import_chemprop(DATA / "deep.pt").task.targets == ("size", "polar")
    assert import_chemprop(DATA / "python.pt").task.targets == ("target_0",)
    assert import_chemprop(DATA / "deep.pt", targets=["a", "b"]).task.targets == ("a", "b")


def test_classes_are_named_by_number_or_by_the_user():
    assert import_chemprop(DATA / "classes.pt").task.classes == ("0", "1", "2")
    named = import_chemprop(DATA / "classes.pt", classes=["low", "middle", "high"])
    assert named.task.columns == ["p_low", "p_middle", "p_high"]


@pytest.mark.parametrize(
    ("file", "options"),
    [
        ("deep.pt", {"targets": ["a"]}),
        ("deep.pt", {"targets": ["a", "a"]}),
        ("classes.pt", {"classes": ["a", "b"]}),
        ("deep.pt", {"classes": ["a", "b"]}),
        ("deep.pt", {"standardize": "some"}),
    ],
)
def test_wrong_names_are_refused(file, options):
    with pytest.raises(UsageError):
        import_chemprop(DATA / file, **options)


def test_nothing_is_no_ensemble():
    with pytest.raises(UsageError, match="no checkpoint"):
        import_chemprop([])


def test_the_command_writes_a_bundle(tmp_path):
    command([DATA / "classes.pt"], output=tmp_path / "model.safetensors", target=["odour"],
            class_name=["none", "weak", "strong"], standardize="full")  # fmt: skip
    model = Model.load(tmp_path / "model.safetensors")
    assert model.task.targets == ("odour",) and model.task.classes == ("none", "weak", "strong")
    assert model.header["reading"] == {"standardize": True}


# --- what is refused ------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", REFUSED)
def test_unsupported_parts_of_a_network_are_refused_by_name(file):
    with pytest.raises(BundleError, match=REFUSED[file]) as caught:
        import_chemprop(DATA / file)
    assert file in str(caught.value) and "chemprop" in caught.value.hint


def test_networks_that_are_not_alike_are_no_ensemble():
    with pytest.raises(BundleError, match=r"deep\.pt.*differs from regression\.pt"):
        import_chemprop([DATA / "regression.pt", DATA / "deep.pt"])


class Evil:
    """Runs a command when it is unpickled."""

    def __init__(self, call, *given):
        self.call, self.given = call, given

    def __reduce__(self):
        return self.call, self.given


@pytest.mark.parametrize(
    ("call", "name"), [(os.system, "system"), (eval, "eval"), (shutil.rmtree, "rmtree"), (getattr, "getattr")]
)
def test_an_attack_is_named_and_not_run(tmp_path, call, name):
    mark, file = tmp_path / "mark", tmp_path / "evil.pt"
    mark.mkdir()
    given = {"system": f"rmdir {mark}", "eval": f"__import__('os').rmdir({str(mark)!r})"}.get(name, str(mark))
    content = {"hyper_parameters": {}, "state_dict": {}, "extra": Evil(call, given)}
    torch.save(content, file)
    with pytest.raises(BundleError, match=rf"names \S*{name}.* not opened"):
        import_chemprop(file)
    assert mark.exists()


def test_an_allowed_name_is_a_stand_in_without_effect(tmp_path):
    content = {"layer": torch.nn.Identity(), "made": Evil(torch.nn.Identity, "argument")}
    torch.save(content, tmp_path / "x.pt")
    for found in chemprop.read_checkpoint(tmp_path / "x.pt").values():
        assert isinstance(found, chemprop._Inert) and not isinstance(found, torch.nn.Module)


@pytest.mark.parametrize(
    "content",
    [
        [1, 2],
        {"state_dict": {}},
        {"hyper_parameters": 3, "state_dict": {}},
        {"hyper_parameters": {}, "state_dict": {}},
        {"hyper_parameters": {"message_passing": {}, "agg": {}, "predictor": {}}, "state_dict": {}},
        {"hyper_parameters": {}, "state_dict": 3},
        {"hyper_parameters": {}, "state_dict": {}, "more": torch.nn.ReLU()},
        torch.zeros(3),
    ],
)
def test_another_checkpoint_is_refused(tmp_path, content):
    torch.save(content, tmp_path / "other.pt")
    with pytest.raises(BundleError, match=r"other\.pt"):
        import_chemprop(tmp_path / "other.pt")


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04rubbish", bytes(range(256)) * 20])
def test_another_file_is_refused(tmp_path, content):
    (tmp_path / "x.pt").write_bytes(content)
    with pytest.raises(BundleError, match=r"not a readable checkpoint"):
        import_chemprop(tmp_path / "x.pt")


@given(st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_half_a_checkpoint_is_refused(tmp_path_factory, length):
    file = tmp_path_factory.mktemp("half") / "half.pt"
    file.write_bytes((DATA / "python.pt").read_bytes()[:length])
    with pytest.raises(BundleError, match=r"half\.pt"):
        import_chemprop(file)


def test_a_missing_file_and_an_old_checkpoint_are_refused(tmp_path):
    with pytest.raises(BundleError, match="no such file"):
        import_chemprop(tmp_path / "none.pt")
    torch.save({"args": argparse.Namespace(depth=3), "state_dict": {}}, tmp_path / "old.pt")
    with pytest.raises(BundleError, match="v1_to_v2"):
        import_chemprop(tmp_path / "old.pt")
