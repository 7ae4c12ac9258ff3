"""The verbs of federated training on files: the page's recipe with three owners, to its end."""

from __future__ import annotations

import pandas as pd
import pytest

from docs.page_blocks import lines, shell_blocks, simple_commands
from riboswitch import cli
from riboswitch.data.model import Model
from riboswitch.io.strict_json import read_json
from riboswitch.learning.federated.state import State, Update
from riboswitch.steps.predict import predict

SMALL = ["--hidden", "6", "--ffn-hidden", "6", "--batch-size", "16"]
NETWORKS = ("federate-start", "federate")
OWNERS = ("berlin", "paris", "rome")


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Three owners with a file of compounds each."""
    monkeypatch.chdir(tmp_path)
    for place, name in enumerate(OWNERS):
        (tmp_path / name).mkdir()
        smiles = [f"{'C' * n}{tail}" for n in range(3 + place, 33, 3) for tail in ("O", "N", "C(=O)O", "CN")]
        table = pd.DataFrame({"smiles": smiles, "active": [int("N" in s) for s in smiles]})
        table.to_csv(tmp_path / name / "compounds.csv", index=False)
    (tmp_path / "owners.secret").write_text("ab" * 32)
    return tmp_path


def call(words):
    cli.main([*words, *(SMALL if words[0] in NETWORKS else [])])


def test_the_recipe_of_the_page_ends_with_a_bundle(home, capsys):
    for block in shell_blocks("docs/federated.md"):
        if not block.startswith("#!"):
            for line in lines(block):
                call(simple_commands(line)[0][1:])
    found = read_json(home / "comparison.json")
    assert set(found["all"]) == {"federated", "pooled", "alone"} and found["metric"] == "ap"
    assert "Federated training of 3 owners" in capsys.readouterr().out
    before, state = State.load("state.safetensors"), State.load("next.safetensors")
    assert (before.stage, state.stage, state.round) == ("sums", "train", 0)
    assert Update.load("berlin.safetensors").vector.dtype == "uint64"
    for number in range(3):
        for name in OWNERS:
            call(["federate-train", "next.safetensors", f"{name}/records.parquet", "--owner", name,
                  "--secret", "owners.secret", "--output", f"{name}.safetensors"])  # fmt: skip
        call(["federate-combine", "next.safetensors", *(f"{name}.safetensors" for name in OWNERS),
              "--output", "next.safetensors"])  # fmt: skip
        assert number < 2 or Model.load("next.safetensors").members[0]["rows"]["train"] == 108
    assert predict(["CCCN", "CCCO"], "next.safetensors")["p_active"].between(0, 1).all()


def test_an_update_that_is_there_is_left_alone_and_mistakes_are_one_line(home, capsys):
    call(
        [
            "parse",
            "rome/compounds.csv",
            "--kind",
            "binary",
            "--target",
            "active",
            "--output",
            "rome/r.parquet",
        ]
    )
    call(
        [
            "federate-start",
            "--owner",
            "rome",
            "--kind",
            "binary",
            "--target",
            "active",
            "--output",
            "s.safetensors",
        ]
    )
    words = [
        "federate-train",
        "s.safetensors",
        "rome/r.parquet",
        "--owner",
        "rome",
        "--output",
        "u.safetensors",
    ]
    call(words)
    before = (home / "u.safetensors").stat().st_mtime_ns
    call(words)
    assert (home / "u.safetensors").stat().st_mtime_ns == before
    assert "nothing is done" in capsys.readouterr().err
    for wrong, message in {
        ("federate", "rome/r.parquet", "--output", "m", "--kind", "binary", "--target", "active"):
            "each owner needs a name and a file",
        ("federate", "a=rome/r.parquet", "--output", "m", "--kind", "binary", "--target", "active",
         "--compare", "c.json"): "a comparison needs test rows",
        ("federate", "a=rome/r.parquet", "--output", "m", "--kind", "binary", "--target", "active",
         "--test", "0.95"): "no rows are left to train on",
        ("federate-combine", "u.safetensors", "u.safetensors", "--output", "m"): "not the state",
        ("federate-train", "s.safetensors", "rome/r.parquet", "--owner", "nobody", "--output", "m"):
            "the plan has no such owner",
    }.items():  # fmt: skip
        with pytest.raises(SystemExit) as left:
            cli.main([*wrong])
        said = capsys.readouterr().err
        assert left.value.code in (1, 2) and message in said and "Traceback" not in said
