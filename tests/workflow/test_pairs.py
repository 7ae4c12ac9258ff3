"""Pairs in the workflow: a table, a file for each side, a split of both sides, a scorecard, a report."""

from __future__ import annotations

import hashlib
import json
import random
from pathlib import Path

import pandas as pd
import pytest
import yaml

from riboswitch.config.loading import defaults, validate
from riboswitch.scorecards.scorecard import Scorecard

from .conftest import REPOSITORY, random_protein, snakemake

DRUGS = {f"d{n}{tail[:2]}": f"{'C' * n}{tail}" for n in (2, 3, 5, 6) for tail in ("O", "c1ccccc1")}
SCHEMA = REPOSITORY / "workflow/schemas/config.schema.json"


def configuration(folder: Path) -> dict:
    """Write the source, and return a configuration like config/pair.yaml, but small."""
    rng, source = random.Random(0), folder / "source"
    source.mkdir()
    proteins = {f"p{n}": random_protein(rng, 20 + n) for n in range(8)}
    (source / "proteins.faa").write_text("".join(f">{n}\n{s}\n" for n, s in proteins.items()))
    (source / "drugs.smi").write_text("".join(f"{s} {n}\n" for n, s in DRUGS.items()))
    rows = [f"{p},{d},{i + j / 2}" for i, p in enumerate(proteins) for j, d in enumerate(DRUGS)]
    (source / "pairs.csv").write_text("\n".join(["target,drug,pKd", *rows, "p9,d2O,1"]) + "\n")
    digests = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(source.iterdir())}
    made = yaml.safe_load((REPOSITORY / "config/pair.yaml").read_text("utf-8"))
    made["data"]["davis"] |= {"source": f"file:{source}", "sha256": digests}
    task = made["tasks"]["both_new"]
    task |= {
        "train": {"epochs": 2}, "final": {"members": 1},
        "network": {"left": {"hidden": 8, "embedding": 4}, "right": {"hidden": 8}, "hidden": 8},
        "split": {"method": ["left_random", "right_random"], "repeats": 1,
                  "fractions": {"train": 0.5, "valid": 0.25, "test": 0.25}},
        "scorecard": {"split_by": ["random"], "rivals": ["mean_effects", "network_left"], "folds": 2,
                      "repeats": 1, "bootstrap": 100},
    }  # fmt: skip
    made["tasks"] = {"both_new": task}
    return made | {"evaluate": {"bootstrap": 100}}


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pairs") / "run"
    folder.mkdir()
    config = configuration(folder)
    done = snakemake(folder, config)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return folder


def test_the_configuration_of_pairs_is_one():
    made = yaml.safe_load((REPOSITORY / "config/pair.yaml").read_text("utf-8"))
    validate(made, SCHEMA)
    complete = defaults(made, SCHEMA)
    assert all(task["stack"] == "auto" for task in complete["tasks"].values())
    assert not any({"train", "network"} & {*task} for task in made["tasks"].values())  # the defaults


def test_pairs_are_read_with_the_files_of_their_sides(finished):
    records = pd.read_parquet(finished / "results/both_new/records.parquet")
    rejected = pd.read_csv(finished / "results/both_new/rejected.tsv", sep="\t")
    assert len(records) == 64 and {"sequence", "molecule", "target", "drug"} <= set(records)
    assert rejected["code"].tolist() == ["NO_SUCH_INPUT"]


def test_both_sides_of_the_cold_split_are_new(finished):
    records = pd.read_parquet(finished / "results/both_new/records.parquet")
    split = pd.read_parquet(finished / "results/both_new/split.parquet")
    train, test = (records[split["part_0"] == part] for part in ("train", "test"))
    assert len(train) and len(test)
    assert not {*train["target"]} & {*test["target"]} and not {*train["drug"]} & {*test["drug"]}


def test_the_report_has_plain_methods_and_the_scorecard_the_ablation(finished):
    page = (finished / "results/report.html").read_text("utf-8")
    assert "never diagnosis" in page and "network_left" in page
    metrics = json.loads((finished / "results/metrics.json").read_text("utf-8"))
    assert {"network", "mean_effects", "forest", "nearest", "ridge"} <= set(metrics["both_new"]["methods"])
    card = Scorecard.load(finished / "results/both_new/scorecard.json")
    assert card.facts["rivals"] == ["mean_effects", "network_left"]
    assert card.facts["splits"]["random"]["comparisons"]["network_left"]["verdict"]
