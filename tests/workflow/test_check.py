"""The check against experiment in the workflow: what was measured is never read by the ranking."""

from __future__ import annotations

import copy
import hashlib
import json
import shutil

import pandas as pd
import pytest

from .conftest import REPOSITORY, WITHOUT_MAPS, snakemake

DRUGS = [line.split("\t")[0] for line in (REPOSITORY / "tests/data/drugs.smi").read_text().splitlines()]
OTHERS = [f"{'C' * n}{tail}" for n in range(3, 18) for tail in ("O", "N", "C(=O)O", "c1ccccc1", "Cl", "C#N")]


def measured(path, labels):
    smiles = [*OTHERS, *DRUGS]
    pd.DataFrame({"smiles": smiles, "active": labels(smiles)}).to_csv(path, index=False)
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def checked(analysis, tmp_path_factory):
    """The finished run, its drugs now ranked by an activity that was measured for some of them."""
    done_before, config = analysis
    folder = tmp_path_factory.mktemp("checked") / "run"
    shutil.copytree(done_before, folder, copy_function=shutil.copy2)
    config = copy.deepcopy(config)
    path = folder / "measured.csv"
    digest = measured(path, lambda smiles: [int("O" in s) for s in smiles])
    library = config["library"]
    config["data"]["measured"] = {"source": "file:measured.csv", "sha256": digest}
    config["tasks"]["activity"] = {
        "modality": "molecule", "kind": "binary", "targets": ["active"],
        "parse": {
            "sources": [{"data": "measured", "files": ["measured.csv"]}],
            "held_out": {"data": library["data"], "files": [library["file"]], "reading": library["reading"]},
            "sample": {"label": 0, "rows": 40},
        },
        "train": {"epochs": 2}, "network": {"hidden": 8, "ffn_hidden": 8}, "final": {"members": 1},
    }  # fmt: skip
    config["screen"]["tasks"] = ["activity", "solubility"]
    config["rank"] = {"genome": "patient", "score_by": "activity", "classes": config["rank"]["classes"]}
    config["rank"]["reference"] = {name: library[name] for name in ("data", "file", "reading")}
    config["report"] = {"maps": WITHOUT_MAPS}
    config["check"] = {"task": "activity", "first": [10, 30]}
    done = snakemake(folder, config)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return folder, config


def test_the_library_is_kept_out_and_compared(checked):
    folder, _ = checked
    counts = json.loads((folder / "results/activity/counts.json").read_text())
    facts = json.loads((folder / "results/check.json").read_text())
    assert counts["by_code"]["KEPT_OUT"] > 70 and counts["sample"]["rows"] == 40
    assert facts["counts"]["in_training"] == 0 and facts["counts"]["compared"] > 60
    assert [row["rows"] for row in facts["first"]["ranking"]] == [10, 30]
    assert "Check against experiment" in (folder / "results/report.html").read_text()


def test_hits_have_percentiles_among_the_reference(checked):
    """The library is its own reference: the best compound is among the first half percent or so of it."""
    folder, _ = checked
    hits = pd.read_csv(folder / "results/hits.csv")
    assert hits["score_percentile"].is_monotonic_decreasing and hits["score_percentile"].iloc[0] > 95
    assert len(pd.read_parquet(folder / "results/reference/scores.parquet")) > 70


def test_measured_values_of_the_library_change_nothing_but_the_check(checked):
    folder, config = checked
    results = ("hits.csv", "compounds.parquet", "activity/model.safetensors")
    before = [(folder / "results" / name).read_bytes() for name in (*results, "check.json")]
    turned = len(OTHERS)
    config["data"]["measured"]["sha256"] = measured(
        folder / "measured.csv", lambda s: [int(("O" in x) != (i >= turned)) for i, x in enumerate(s)]
    )
    done = snakemake(folder, config)
    assert done.returncode == 0, done.stderr[-3000:]
    after = [(folder / "results" / name).read_bytes() for name in (*results, "check.json")]
    assert after[:-1] == before[:-1] and after[-1] != before[-1]
