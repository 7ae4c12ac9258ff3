"""share and card on files, and the one line for each bundle that is refused."""

from __future__ import annotations

import pickle

import pytest
import torch

from cases import running
from riboswitch.data.model import FORMAT, Model


@pytest.fixture(scope="module")
def private(gene_model, tmp_path_factory):
    path = tmp_path_factory.mktemp("bundles") / "private.safetensors"
    gene_model.save(path)
    return path


@pytest.fixture
def run(capsys, monkeypatch):
    """Run the command: exit code, standard output, and the lines of standard error."""

    def command(*words):
        code, out, err = running.run(words, capsys, monkeypatch)
        return code, out, err.splitlines()

    return command


def test_a_shared_bundle_predicts_as_the_private_one(run, private, proteins, tmp_path):
    public = tmp_path / "public.safetensors"
    (tmp_path / "notes.md").write_text("For proteins of invented families.\n")
    code, _, said = run("share", private, "--output", public, "--notes", tmp_path / "notes.md")
    assert code == 0 and any("48 training rows are gone" in line for line in said)
    (tmp_path / "in.faa").write_text(f">a\n{proteins.inputs['sequence'][0]}\n>b\nMKV\n")
    answers = [run("predict", tmp_path / "in.faa", path)[1] for path in (private, public)]
    assert answers[0] == answers[1] and answers[0].count("\n") == 3
    code, text, _ = run("card", public)
    assert code == 0 and text.startswith("# Model card: drug_class\n\nFor proteins of invented families.")
    assert run("card", public, "--output", tmp_path / "card.md")[0] == 0
    assert (tmp_path / "card.md").read_text("utf-8") == text
    code, _, said = run("share", public, "--output", tmp_path / "again.safetensors")
    assert (code, len(said)) == (2, 1) and "shared already" in said[0]


def test_examples_come_from_a_file(run, private, tmp_path):
    (tmp_path / "public.faa").write_text(">a\nMKVLAARND\n>b\nMKKLLPTAAAGLLLL\n")
    public = tmp_path / "public.safetensors"
    assert run("share", private, "--output", public, "--examples", tmp_path / "public.faa")[0] == 0
    assert Model.load(public).inputs("golden") == {"sequence": ["MKVLAARND", "MKKLLPTAAAGLLLL"]}


def flipped(path, model):
    model.save(path)
    raw = bytearray(path.read_bytes())
    raw[-1000] ^= 1
    path.write_bytes(raw)


def other_golden(path, model):
    golden = [[1.0 - p for p in row] for row in model.header["golden"]]
    Model(model.header | {"golden": golden}, model.tensors).save(path)


def newer(path, model):
    Model(model.header | {"format": FORMAT + 1}, model.tensors).save(path)


def pickled(path, model):
    path.write_bytes(pickle.dumps(model.tensors))


def of_torch(path, model):
    torch.save({name: torch.tensor(v) for name, v in model.tensors.items()}, path)


@pytest.mark.parametrize("shared", [False, True], ids=["private", "shared"])
@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (flipped, "its checksum is not that of its content"),
        (other_golden, "answers differently here than where it was made"),
        (newer, "the bundle is of a newer format"),
        (pickled, "Pickled checkpoints (.pt, .ckpt) are not read"),
        (of_torch, "Pickled checkpoints (.pt, .ckpt) are not read"),
    ],
)
def test_a_bundle_that_cannot_be_trusted_is_refused_with_one_line(
    run, private, tmp_path, damage, said, shared
):
    if shared:
        assert run("share", private, "--output", tmp_path / "public.safetensors")[0] == 0
        private = tmp_path / "public.safetensors"
    path = tmp_path / "bad.safetensors"
    damage(path, Model.load(private))
    (tmp_path / "in.faa").write_text(">a\nMKVLAARND\n")
    code, out, lines = run("predict", tmp_path / "in.faa", path)
    assert (code, out, len(lines)) == (1, "", 1)
    assert f"{path}: " in lines[0] and said in lines[0]
