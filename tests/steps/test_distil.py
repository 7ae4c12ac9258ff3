"""distil and add-noise: a student learns from answers alone."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from riboswitch.data.model import Model
from riboswitch.errors import InputError, UsageError
from riboswitch.steps.add_noise import add_noise
from riboswitch.steps.distil import distil
from riboswitch.steps.predict import predict

SMALL = {"hidden": 12, "ffn_hidden": 12}
TRAINING = {"epochs": 60, "batch_size": 16, "learning_rate": 0.01}
SMILES = [f"{'C' * n}{tail}" for n in range(3, 15) for tail in ("O", "N", "C(=O)O", "CN", "c1ccccc1")]


@pytest.fixture
def library(tmp_path):
    path = tmp_path / "public.csv"
    rows = [*SMILES[:30], "no molecule", *SMILES[30:]]
    pd.DataFrame({"id": [f"c{i}" for i in range(len(rows))], "smiles": rows}).to_csv(path, index=False)
    return path


def answered(library, column, value):
    """A teacher's table: its answer follows from the structure; none to what it could not read."""
    table = pd.read_csv(library)
    answers = table["smiles"].map(lambda s: np.nan if s == "no molecule" else value(s))
    status = np.where(answers.isna(), "BAD_SMILES", "ok")
    return pd.DataFrame({"id": table["id"], "status": status, column: answers})


def test_a_student_gives_the_answers_of_its_teachers(library):
    first = answered(library, "p_active", lambda s: 0.9 if "N" in s else 0.1)
    second = answered(library, "p_active", lambda s: 0.7 if "N" in s else 0.3)
    model = distil([first, second], library, kind="binary", targets=["active"], valid=0.2, network=SMALL,
                   settings=TRAINING)  # fmt: skip
    found = predict(SMILES, model)["p_active"]
    has = np.array(["N" in s for s in SMILES])
    assert found[has].mean() > 0.65 and found[~has].mean() < 0.35
    facts = model.header["training"]["distilled"]
    assert [f["rows"] for f in facts] == [60, 60] and all(f["difference"] < 0.3 for f in facts)


def test_the_owner_that_knows_such_molecules_counts_more(library):
    """One owner is right and knows them, the other is wrong and says so."""
    right = answered(library, "p_active", lambda s: 0.9 if "N" in s else 0.1).assign(similarity=0.7)
    wrong = answered(library, "p_active", lambda s: 0.5).assign(similarity=0.1)
    how = {"kind": "binary", "targets": ["active"], "valid": 0.2, "network": SMALL, "settings": TRAINING}
    model = distil([right, wrong], library, **how)
    found = predict(SMILES, model)["p_active"]
    has = np.array(["N" in s for s in SMILES])
    assert found[has].mean() > 0.75 and found[~has].mean() < 0.25
    assert [f["similarity"] for f in model.header["training"]["distilled"]] == [0.7, 0.1]
    with pytest.raises(InputError, match="no column 'similarity'"):
        distil([right, wrong.drop(columns="similarity")], library, **how)


@pytest.mark.parametrize("kind", ["regression", "multiclass"])
def test_values_and_classes_are_learned_too(library, kind):
    if kind == "regression":
        tables, how = [answered(library, "size", lambda s: float(len(s)))], {"targets": ["size"]}
    else:
        made = answered(library, "p_long", lambda s: 0.9 if len(s) > 12 else 0.1)
        tables = [made.assign(p_short=1 - made["p_long"])]
        how = {"targets": ["length"], "classes": ["long", "short"]}
    model = distil(tables, library, kind=kind, valid=0.2, network=SMALL, settings=TRAINING, **how)
    found = predict(SMILES, model)
    truth = np.array([len(s) for s in SMILES])
    score = found["size" if kind == "regression" else "p_long"]
    assert np.corrcoef(score, truth)[0, 1] > 0.6


def test_only_the_answers_and_the_library_are_read(library, tmp_path):
    """Nothing else of the owners crosses: not a file of theirs is opened."""
    for owner in "ab":
        table = answered(library, "p_active", lambda s: 0.8 if "O" in s else 0.2)
        table.to_csv(tmp_path / f"{owner}.csv", index=False)
    (tmp_path / "secret.safetensors").write_bytes(b"x")
    code = (
        "import sys\nopened = set()\n"
        "sys.addaudithook(lambda event, args: opened.add(str(args[0])) if event == 'open' else None)\n"
        "from riboswitch.cli import main\nmain(sys.argv[2:])\n"
        "open(sys.argv[1], 'w').write('\\n'.join(sorted(opened)))"
    )
    words = ["distil", "a.csv", "b.csv", "--library", "public.csv", "--kind", "binary", "--target", "active",
             "--output", "student.safetensors", "--epochs", "1", "--hidden", "8", "--ffn-hidden", "8",
             "--summary", "counts.json"]  # fmt: skip
    made = subprocess.run([sys.executable, "-c", code, "opened.txt", *words], cwd=tmp_path,
                          capture_output=True, text=True)  # fmt: skip
    assert made.returncode == 0, made.stderr
    opened = {Path(name).name for name in (tmp_path / "opened.txt").read_text().split("\n")}
    of_folder = {name for name in opened if (tmp_path / name).is_file()}
    assert {"a.csv", "b.csv", "public.csv"} <= of_folder and "secret.safetensors" not in opened
    assert of_folder <= {"a.csv", "b.csv", "public.csv", "student.safetensors", "counts.json", "opened.txt"}
    assert json.loads((tmp_path / "counts.json").read_text())["teachers"] == 2
    assert "60 rows answered" in made.stderr
    assert Model.load(tmp_path / "student.safetensors").task.kind == "binary"


def test_what_cannot_be_learned_from_is_refused(library):
    good = answered(library, "p_active", lambda s: 0.5)
    how = {"kind": "binary", "targets": ["active"]}
    with pytest.raises(UsageError, match="no answers to learn from"):
        distil([], library, **how)
    with pytest.raises(UsageError, match="needs its classes"):
        distil([good], library, kind="multiclass", targets=["active"])
    with pytest.raises(InputError, match="too few rows"):
        distil([good.assign(p_active=good["p_active"].where(good.index < 4))], library, **how)
    with pytest.raises(InputError, match="60 rows, and the library has 61"):
        distil([good.iloc[1:]], library, **how)


def test_noisy_answers_name_their_budget_and_hold_nothing_else(library):
    answers = answered(library, "p_active", lambda s: 0.5).assign(p_active_sd=0.1, smiles="secret")
    table = add_noise(answers, ["p_active"], epsilon=8, delta=1e-6, rows=20)
    assert [*table] == ["id", "p_active", "epsilon", "delta", "noise_sd"]
    assert table["p_active"].notna().sum() == 20 and table["id"].tolist() == answers["id"].tolist()
    model = distil([table], library, kind="binary", targets=["active"], network=SMALL, settings={"epochs": 1})
    facts = model.header["training"]["distilled"][0]
    assert (facts["epsilon"], facts["delta"], facts["rows"]) == (8.0, 1e-6, 20)


@pytest.mark.parametrize(
    "wrong", [{"epsilon": 0}, {"delta": 1}, {"low": 1.0}, {"rows": 0}, {"epsilon": float("nan")}]
)
def test_noise_of_impossible_settings_is_refused(library, wrong):
    answers = answered(library, "p_active", lambda s: 0.5)
    with pytest.raises(UsageError):
        add_noise(answers, ["p_active"], **{"epsilon": 1.0, "delta": 1e-6} | wrong)
    with pytest.raises(InputError, match="'p_active' is not a number"):
        add_noise(answers.assign(p_active="high"), ["p_active"], epsilon=1.0, delta=1e-6)
    with pytest.raises(InputError, match="no such column"):
        add_noise(answers, ["p_other"], epsilon=1.0, delta=1e-6)
