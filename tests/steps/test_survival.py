"""Survival through all steps: a time and an event are learned, evaluated and told; bad ones are refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import riboswitch
from riboswitch.data.model import Model
from riboswitch.data.predictions import Predictions
from riboswitch.data.task import Task
from riboswitch.errors import InputError, UsageError
from riboswitch.evaluation.scoring import score
from riboswitch.io.atomic_files import write_json
from riboswitch.modalities import find

HOW = {"kind": "survival", "targets": ["days", "died"]}


def cohort(rows=90):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(rows, 3)).round(3)
    days = (rng.exponential(np.exp(-2 * x[:, 0])) + 0.001).round(5)
    table = pd.DataFrame(x, columns=["a", "b", "c"]).assign(days=days, died=(rng.random(rows) < 0.8) * 1)
    return table.rename_axis("id").reset_index().astype({"id": str})


def parsed(table, tmp_path, **how):
    table.to_csv(tmp_path / "cohort.csv", index=False)
    source = {"paths": [str(tmp_path / "cohort.csv")], "reading": {"id_column": "id"}}
    return riboswitch.parse([source], "profile", **HOW, **how)


def test_a_cohort_goes_from_a_file_to_predictions(tmp_path):
    records = parsed(cohort(), tmp_path)
    assert records.meta["reading"]["feature_names"] == ["a", "b", "c"]
    features = riboswitch.featurize(records)
    split = riboswitch.split(
        records, "random", repeats=1, fractions={"train": 0.5, "valid": 0.2, "test": 0.3}
    )
    model = riboswitch.train(records, features, split, **HOW, settings={"epochs": 30, "learning_rate": 0.01})
    plain = riboswitch.baseline(records, split, **HOW)
    networks = riboswitch.held_out(records, features, split, [model])
    both = Predictions.concat([plain, networks])
    both.save(tmp_path / "p.parquet")
    found = riboswitch.evaluate(Predictions.load(tmp_path / "p.parquet"), bootstrap=50)
    assert found["headline"] == "c_index" and found["methods"]["mean"]["c_index"]["mean"] == 0.5
    assert found["methods"]["network"]["c_index"]["mean"] > 0.7 < found["methods"]["cox"]["c_index"]["mean"]
    assert {"low", "high"} <= found["methods"]["network"]["c_index"].keys()
    made = riboswitch.ensemble([model], records, held_out=networks, split=split)
    folder = tmp_path / "results" / "time"
    folder.mkdir(parents=True)
    made.save(folder / "model.safetensors")
    write_json(found, folder / "metrics.json")
    write_json({**records.counts(), "ledger": records.meta["ledger"]}, folder / "counts.json")
    records.rejected.to_csv(folder / "rejected.tsv", sep="\t", index=False)
    html, collated = riboswitch.report(tmp_path / "results", tmp_path / "data", title="Times")
    assert collated == {"time": found} and "C-index" in html and "Times" in html
    again = Model.load(folder / "model.safetensors")
    assert "calibration" not in again.header
    answers = riboswitch.predict([{"a": 2.0, "b": 0, "c": 0}, {"a": -2.0, "b": 0, "c": 0}], again)
    assert answers["risk"][0] > answers["risk"][1] and "risk_sd" in answers
    assert "log hazards: risk" in riboswitch.card(again)
    with pytest.raises(UsageError, match="base learners do not learn times to an event"):
        riboswitch.stack(records, features, split, networks)


@pytest.mark.parametrize(
    ("column", "cell", "code", "reason"),
    [
        ("days", -1, "BAD_LABEL", "days is '-1', a negative time"),
        ("days", "soon", "BAD_LABEL", "days is 'soon', not a number"),
        ("died", 2, "BAD_LABEL", "died is '2', neither 0 nor 1"),
        ("died", 0.5, "BAD_LABEL", "died is '0.5', neither 0 nor 1"),
        ("died", None, "MISSING_LABEL", "of days and died only one is known"),
        ("days", None, "MISSING_LABEL", "of days and died only one is known"),
    ],
)
def test_bad_labels_are_rejected_with_the_reason(tmp_path, column, cell, code, reason):
    table = cohort(20).astype({column: object})
    table.loc[3, column] = cell
    records = parsed(table, tmp_path)
    assert records.rejected[["row", "code", "reason"]].values.tolist() == [[4, code, reason]]


def test_no_event_two_targets_and_means_are_refused(tmp_path):
    with pytest.raises(InputError, match="no row for anything has an event; found 'died'"):
        parsed(cohort(20).assign(died=0), tmp_path)
    with pytest.raises(UsageError, match="times to an event have no mean"):
        parsed(cohort(20), tmp_path, duplicates="mean")
    with pytest.raises(UsageError, match="two targets: the time, then the event"):
        Task.infer("survival", ["days"], cohort(4))
    records = parsed(cohort(30), tmp_path)
    records.table["died"] = np.where(np.arange(30) < 20, 0.0, 1.0)
    parts = np.where(np.arange(30) < 20, "train", "test")
    split = riboswitch.Split(records.table[["id"]].assign(group=records.ids, part_0=parts), {"name": "made"})
    with pytest.raises(InputError, match="has an event"):
        riboswitch.train(records, riboswitch.featurize(records), split, **HOW)
    with pytest.raises(InputError, match="no row for training"):
        riboswitch.baseline(records, split, **HOW)


def test_equal_inputs_are_kept_merged_or_refused(tmp_path):
    table = pd.concat([cohort(20), cohort(20).head(2).assign(id=["x", "y"], days=[7.0, 9.0])])
    assert len(parsed(table, tmp_path, duplicates="keep")) == 22
    assert len(parsed(table, tmp_path, conflicts="first")) == 20
    records = parsed(table, tmp_path)
    assert len(records) == 18 and set(records.rejected["code"]) == {"CONFLICTING_LABEL", "DUPLICATE"}


def test_too_few_events_are_not_evaluable_and_labels_are_checked():
    task = Task("survival", ("days", "died"))
    labels = np.array([[1.0, 1], [2, 0], [3, 1], [np.nan, np.nan]])
    assert score(task, labels, np.array([[3.0], [2], [1], [0]]), skip=()) == {
        "c_index": 1.0,
        "evaluated": 1.0,
    }
    assert score(task, labels, np.array([[3.0], [2], [1], [0]])) == {"evaluated": 0.0}
    for bad, message in (
        ({"days": [-1.0]}, "negative"),
        ({"died": [3.0]}, "neither 0 nor 1"),
        ({"died": [np.nan]}, "only one"),
    ):
        with pytest.raises(InputError, match=message):
            task.labels(pd.DataFrame({"days": [1.0], "died": [1.0]} | bad))


def test_molecules_learn_survival_as_well():
    smiles = ["C" * n + "O" for n in range(1, 25)] + ["N" + "C" * n for n in range(1, 25)]
    table = pd.DataFrame({"id": [f"m{n}" for n in range(48)], "molecule": smiles})
    table["days"], table["died"] = [len(s) * 1.0 for s in smiles], [float(n % 3 > 0) for n in range(48)]
    modality = find("molecule")
    rows = modality.reader.read_list(smiles, table["id"].tolist())
    records = riboswitch.Records.collect(rows, ("molecule",), modality="molecule", reading={})
    records.table = records.table.assign(days=table["days"], died=table["died"])
    parts = np.where(np.arange(48) % 4 == 0, "test", np.where(np.arange(48) % 4 == 1, "valid", "train"))
    split = riboswitch.Split(records.table[["id"]].assign(group=records.ids, part_0=parts), {"name": "made"})
    found = riboswitch.baseline(records, split, methods=["nearest"], **HOW)
    model = riboswitch.train(records, riboswitch.featurize(records), split, **HOW,
                             settings={"epochs": 2}, network={"hidden": 8, "ffn_hidden": 8})  # fmt: skip
    assert model.task.outputs == ["risk"] and np.isfinite(found.outputs).all() and found.outputs.shape[1] == 1


def test_a_scorecard_of_survival_has_a_verdict_and_a_constant_rival(tmp_path):
    how = {"settings": {"epochs": 5, "learning_rate": 0.01}, "design": {"folds": 3, "repeats": 1}}
    records = parsed(cohort(80), tmp_path)
    card = riboswitch.scorecard(records, **HOW, split_by=["random"], rivals=["constant", "cox"], **how)
    about = card.facts["splits"]["random"]
    assert card.facts["metric"] == "c_index" and about["methods"]["constant"]["c_index"]["mean"] == 0.5
    assert {*about["comparisons"]} <= {"constant", "cox"} and about["errors"]["error"].startswith(
        "share of pairs"
    )
