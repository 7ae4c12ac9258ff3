"""The scorecard in the workflow: a task with the section gets one, and the report shows it."""

from __future__ import annotations

import hashlib

import pandas as pd
import pytest

from riboswitch.scorecards.scorecard import Scorecard

from .conftest import snakemake

SMILES = [
    f"{'C' * n}{tail}" for n in range(2, 14) for tail in ("O", "N", "C(=O)O", "c1ccccc1", "C1CC1", "Cl")
]


def configuration(folder, **scorecard):
    table = pd.DataFrame({"smiles": SMILES, "size": [len(s) / 10 for s in SMILES]})
    table["part"] = [("train", "train", "valid", "test")[i % 4] for i in range(len(SMILES))]
    path = folder / "sizes.csv"
    table.to_csv(path, index=False)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    task = {
        "modality": "molecule", "kind": "regression", "targets": ["size"],
        "parse": {"sources": [{"data": "sizes", "files": ["sizes.csv"]}]},
        "split": {"method": "scaffold", "repeats": 1}, "stack": "never", "final": {"members": 1},
        "train": {"epochs": 1}, "network": {"hidden": 8, "ffn_hidden": 8},
        "scorecard": {"folds": 3, "repeats": 1, "bootstrap": 100, "rivals": ["mean", "nearest"], **scorecard},
    }  # fmt: skip
    return {"data": {"sizes": {"source": "file:sizes.csv", "sha256": digest}}, "tasks": {"sizes": task}}


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scored") / "run"
    folder.mkdir()
    config = configuration(folder)
    done = snakemake(folder, config)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return folder, config


def test_the_task_has_a_scorecard_by_random_and_by_its_own_split(finished):
    folder, _ = finished
    made = Scorecard.load(folder / "results/sizes/scorecard.json")
    assert [*made.facts["splits"]] == ["random", "scaffold"]
    assert made.facts["rivals"] == ["mean", "nearest"]
    assert made.facts["settings"]["training"]["epochs"] == 1
    table = pd.read_csv(folder / "results/sizes/scorecard.tsv", sep="\t")
    assert len(table) == 2 * 3
    assert 'id="scorecards"' in (folder / "results/report.html").read_text("utf-8")


def test_another_margin_makes_the_scorecard_again_from_its_cells(finished):
    folder, config = finished
    cells = {path: path.stat().st_mtime_ns for path in folder.glob("results/sizes/scorecard.json.cells/*/*")}
    assert len(cells) == 2 * 3 * 3
    config["tasks"]["sizes"]["scorecard"]["margin"] = 0.5
    done = snakemake(folder, config)
    assert done.returncode == 0, done.stderr[-3000:]
    assert Scorecard.load(folder / "results/sizes/scorecard.json").facts["margin"] == 0.5
    assert {path: path.stat().st_mtime_ns for path in cells} == cells


def test_a_predefined_split_keeps_its_test_set(finished):
    folder, config = finished
    config["tasks"]["sizes"]["split"] = {"method": "predefined", "column": "part"}
    done = snakemake(folder, config, "results/sizes/scorecard.json")
    assert done.returncode == 0, done.stderr[-3000:]
    ((name, about),) = Scorecard.load(folder / "results/sizes/scorecard.json").facts["splits"].items()
    assert (name, about["design"]) == ("predefined", "fixed test set")
    assert {fold["test"] for fold in about["folds"]} == {len(SMILES) // 4}
