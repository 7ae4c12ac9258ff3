"""A bare carriage return in an id or a name stays in its cell, from the library to the report."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd
import pytest

from riboswitch.data.calls import CALL_COLUMNS, Calls
from riboswitch.data.library import Library
from riboswitch.data.records import Record, Records
from riboswitch.reporting.ranked import Ranked, check_kept, read_kept
from riboswitch.steps.ensemble import ensemble
from riboswitch.steps.featurize import featurize
from riboswitch.steps.prepare import command as prepare
from riboswitch.steps.rank import command as rank
from riboswitch.steps.screen import command as screen
from riboswitch.steps.split import split
from riboswitch.steps.train import train

CASE = Path(__file__).parents[1] / "data/cases/bare_cr/lib.csv"
CLASSES = "drug_class\tphenotype_class\tkind\tpattern\tbasis\ntetracycline\tTetracycline\tname\tx\tnamed\n"
IDS, NAMES = ["a\rb", "c"], ["n\rm", "d"]


@pytest.fixture(scope="module")
def bundle():
    """A model of two drug classes."""
    rows = [Record(n, f"m{n}", {"molecule": f"C{'C' * n}O"}, {"y": ("none", "a")[n % 2]}) for n in range(20)]
    records = Records.collect(rows, ["molecule"], modality="molecule", reading={})
    made = train(records, featurize(records), split(records, repeats=1), kind="multiclass", targets=["y"],
                 settings={"epochs": 1}, network={"hidden": 8, "ffn_hidden": 8})  # fmt: skip
    return ensemble([made], records)


@pytest.fixture(scope="module")
def folder(tmp_path_factory, bundle):
    """The case through prepare, screen and rank."""
    folder = tmp_path_factory.mktemp("bare_cr")
    bundle.save(folder / "model.safetensors")
    (folder / "classes.tsv").write_text(CLASSES)
    Calls(pd.DataFrame(columns=CALL_COLUMNS)).save(folder / "calls.parquet")
    prepare(str(CASE), output=folder / "library", reading={"id_column": "id"})
    for suffix in ("parquet", "csv", "tsv"):
        screen(str(folder / "library"), [f"c={folder}/model.safetensors"], output=f"{folder}/scores.{suffix}")
    rank(folder / "library", [folder / "scores.parquet"], calls=folder / "calls.parquet",
         classes=folder / "classes.tsv", hits=folder / "hits.csv", compounds=folder / "compounds.parquet",
         settings={"score_by": "c", "class_task": "c"})  # fmt: skip
    return folder


@pytest.mark.parametrize("name", ["scores.csv", "scores.tsv", "hits.csv"])
def test_pandas_and_csv_read_the_ids(folder, name):
    separator = "\t" if name.endswith("tsv") else ","
    with open(folder / name, encoding="utf-8", newline="") as file:
        rows = [*csv.DictReader(file, delimiter=separator)]
    assert sorted(row["id"] for row in rows) == IDS
    assert sorted(pd.read_csv(folder / name, sep=separator)["id"]) == IDS


def test_the_library_keeps_the_ids(folder):
    table = Library.open(folder / "library").table()
    assert (table["id"].tolist(), table["name"].tolist()) == (IDS, NAMES)


def test_the_report_reads_the_short_list(folder):
    kept = read_kept(folder / "hits.csv")
    ranked = Ranked.read(folder / "compounds.parquet", kept.pairs)
    check_kept(folder / "hits.csv", kept, ranked.hits)
    assert dict(zip(ranked.hits["id"], ranked.hits["name"], strict=True)) == dict(
        zip(IDS, NAMES, strict=True)
    )
    assert kept.columns[:3] == ["rank", "id", "name"]
