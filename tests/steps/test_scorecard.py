"""The verb scorecard: laws on vectors, whose networks train in a moment, then examples of each modality."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import riboswitch
from modalities import toy
from riboswitch import cli, modalities
from riboswitch.data.predictions import Predictions
from riboswitch.data.records import Record, Records
from riboswitch.errors import InputError, UsageError
from riboswitch.learning.training_job import Job
from riboswitch.reporting.scored import in_words
from riboswitch.scorecards import rivals
from riboswitch.scorecards.scorecard import Scorecard

FEW = {"folds": 3, "repeats": 1, "bootstrap": 100}
QUICK = {"epochs": 1}
BINARY = {"kind": "binary", "targets": ["y"]}


@pytest.fixture(autouse=True)
def vectors_are_a_modality(monkeypatch):
    monkeypatch.setitem(modalities._registered, "vector", toy.MODALITY)


def vectors(many=90, seed=0, *, labels=None, gaps=0):
    """Vectors whose first number is the group; a positive second number makes a positive."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(many, 3)).round(3)
    x[:, 0] = np.arange(many) % (many // 2)
    y = (x[:, 1] > 0).astype(int) if labels is None else labels(x, rng)
    rows = [
        Record(
            i + 1, f"v{i:03}", {"vector": np.float32(v)}, {"y": "" if i < gaps else str(label)}, "made.csv"
        )
        for i, (v, label) in enumerate(zip(x, y, strict=True))
    ]
    return Records.collect(rows, ["vector"], modality="vector", reading={})


def card(records=None, **changes):
    asked = {**BINARY, "design": FEW, "settings": QUICK, "network": {"hidden": 8}} | changes
    return riboswitch.scorecard(vectors() if records is None else records, **asked)


@pytest.fixture(scope="module")
def strong():
    """A scorecard of a feature that decides the label: ten folds, well trained."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(modalities._registered, "vector", toy.MODALITY)
        how = {"epochs": 25, "batch_size": 16}
        return card(vectors(200), settings=how, design={**FEW, "folds": 5, "repeats": 2})


@pytest.fixture(scope="module")
def quick():
    """A scorecard of networks that are hardly trained."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(modalities._registered, "vector", toy.MODALITY)
        return card()


def test_a_planted_strong_feature_wins_and_shuffled_labels_do_not(strong):
    for about in strong.facts["splits"].values():
        for rival in ("majority", "average", "shuffled"):
            assert about["comparisons"][rival]["verdict"] == "wins", rival
        assert about["chance"]["verdict"] == "at chance"
        assert about["methods"]["network"]["ap"]["mean"] > 0.95
    assert strong.leaks == []


def test_the_order_of_the_rows_changes_nothing(quick):
    rows = vectors()
    order = np.random.default_rng(3).permutation(len(rows))
    table = rows.table.iloc[order].reset_index(drop=True)
    assert card(Records(table, rows.rejected, rows.read, rows.meta)) == quick


def test_equal_methods_tie(monkeypatch):
    """The baseline of vectors is the constant answer: both have the same scores in every fold."""
    made = card(split_by=["first"], rivals=["majority", "average"])
    of_split = made.facts["splits"]["first"]
    both = [of_split["methods"][name]["brier"] for name in ("majority", "average")]
    assert both[0] == both[1]

    monkeypatch.setattr(
        rivals.Rivals, "_baseline", lambda self, _, rows, fold: self._network(rows, fold, False)[0]
    )
    same = card(split_by=["first"], rivals=["average"]).facts["splits"]["first"]["comparisons"]["average"]
    assert (same["verdict"], same["difference"], same["low"], same["high"]) == ("ties", 0, 0, 0)


def test_test_labels_that_reach_the_training_are_flagged(monkeypatch):
    """A fault of the program, planted: the labels that are shuffled away come back."""
    monkeypatch.setattr(Job, "shuffled", lambda job, rows, seed: job)
    how = {"epochs": 25, "batch_size": 16}
    made = card(vectors(200), split_by=["random"], rivals=["shuffled"], settings=how,
                design={**FEW, "folds": 5})  # fmt: skip
    about = made.facts["splits"]["random"]
    assert about["chance"]["verdict"] == "above chance" and made.leaks == ["random"]
    assert "shuffled labels is above chance" in about["warnings"][0]
    assert any("above chance" in line for line in in_words(made))


def test_counts_reconcile_and_rows_without_a_label_are_counted(quick):
    made = card(vectors(gaps=7), rivals=["majority"])
    for found, unlabelled in ((quick, 0), (made, 7)):
        rows = found.facts["rows"]
        assert (rows["labelled"], rows["unlabelled"]) == (90 - unlabelled, unlabelled)
        for about in found.facts["splits"].values():
            assert about["tests"] == about["scored"] == 90 - unlabelled
            assert sum(fold["test"] for fold in about["folds"]) == about["tests"]
            shares = [fold["test"] / fold["train"] for fold in about["folds"]]
            assert about["test_per_train"] == pytest.approx(np.mean(shares), rel=1e-5)
            assert sum(part["rows"] for part in about["errors"]["by_group"]) == about["scored"]


def test_new_groups_are_told_from_known_ones(quick):
    known = {split: {part["group"]: part["rows"] for part in about["errors"]["by_group"]}
             for split, about in quick.facts["splits"].items()}  # fmt: skip
    assert known["first"] == {"known": 0, "new": 90}
    assert known["random"]["known"] > 0 < known["random"]["new"]


def test_a_fold_that_cannot_be_scored_is_counted_with_its_reason():
    """Only rows of one group have labels: where it is tested, there is nothing to learn from."""

    def labels(x, rng):
        return np.where(x[:, 0] < 1, (x[:, 1] > 0).astype(int).astype(str), "")  # fmt: skip

    made = card(vectors(60, labels=labels), split_by=["first"], rivals=["majority"])
    about = made.facts["splits"]["first"]
    assert about["scored"] == 0 and about["tests"] == 2
    assert sum(about["not_scored"].values()) == 2
    assert all(fold["problem"] for fold in about["folds"])
    assert made.verdicts == {"first": {}}
    assert "network against majority is not evaluable: no fold could be scored." in in_words(made)[0]


def test_too_few_positives_are_not_evaluable_with_the_reason():
    rare = vectors(labels=lambda x, rng: (np.arange(len(x)) < 6).astype(int))
    made = card(rare, rivals=["majority"], split_by=["random"])
    compared = made.facts["splits"]["random"]["comparisons"]["majority"]
    assert compared["verdict"] == "not evaluable"
    assert "0 of 3 folds" in compared["reason"] and "positives, fewer than 5" in compared["reason"]


def test_a_single_test_set_is_judged_with_several_training_sets():
    rows = vectors(150)
    split = riboswitch.split(rows, "first", repeats=1)
    made = card(rows, split=split, rivals=["majority"], settings={"epochs": 25, "batch_size": 16})
    ((name, about),) = made.facts["splits"].items()
    assert (name, about["design"], about["interval"]) == ("first", "fixed test set", "crossed bootstrap")
    assert len(about["folds"]) == 3 and about["comparisons"]["majority"]["verdict"] == "wins"
    tested = len(split.rows("test", 0))
    assert about["tests"] == 3 * tested


def test_a_killed_run_goes_on_where_it_stopped(tmp_path, monkeypatch, quick):
    computed = []
    real = rivals.Rivals.__call__

    def counted(self, method, fold):
        if len(computed) == 4:
            raise KeyboardInterrupt
        computed.append((method, fold))
        return real(self, method, fold)

    monkeypatch.setattr(rivals.Rivals, "__call__", counted)
    with pytest.raises(KeyboardInterrupt):
        card(cells=tmp_path)
    assert len(list(tmp_path.rglob("*.parquet"))) == 4
    monkeypatch.setattr(rivals.Rivals, "__call__", real)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.parquet")}
    assert card(cells=tmp_path) == quick
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert len(list(tmp_path.rglob("*.parquet"))) == 2 * 3 * 4


@pytest.mark.parametrize("spoil", ["damaged", "other settings"])
def test_a_cell_that_does_not_belong_is_computed_again(tmp_path, spoil, capsys):
    asked = {"split_by": ["random"], "rivals": ["majority"], "cells": tmp_path}
    first = card(**asked)
    cell = tmp_path / "random" / "1-network.parquet"
    if spoil == "damaged":
        cell.write_bytes(cell.read_bytes()[:100])
        assert card(**asked) == first
        assert "cannot be read" in capsys.readouterr().err
    else:
        other = card(**asked | {"settings": {"epochs": 2}})
        assert other != first and "have changed" in capsys.readouterr().err
        assert other == card(**asked | {"settings": {"epochs": 2}, "cells": None})


def test_more_repeats_use_the_cells_of_fewer(tmp_path):
    asked = {"split_by": ["random"], "rivals": ["majority"], "cells": tmp_path}
    card(**asked)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.parquet")}
    more = card(**asked | {"design": {**FEW, "repeats": 2}})
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert more == card(**asked | {"design": {**FEW, "repeats": 2}, "cells": None})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"rivals": ["forest"]}, "no such rival"),
        ({"design": {"metric": "rmse"}}, "no such metric"),
        ({"design": {"folds": 1}}, "folds must be a whole number of at least 2"),
        ({"design": {"fold": 3}}, "unknown setting 'fold'"),
        ({"split_by": ["scaffold"]}, "no such way to group"),
        ({"split_by": ["column"]}, "a split by column needs a column"),
    ],
)
def test_a_wrong_setting_is_refused_before_anything_is_trained(changes, words, monkeypatch):
    monkeypatch.setattr(rivals.Rivals, "__call__", None)
    with pytest.raises(UsageError, match=words):
        card(**changes)


def test_a_split_of_other_records_is_refused():
    with pytest.raises(InputError, match="made for other rows"):
        card(split=riboswitch.split(vectors(60), "random", repeats=1))


def test_the_command_writes_what_the_function_returns(tmp_path, quick, capsys, monkeypatch):
    vectors().save(tmp_path / "records.parquet")
    words = ["scorecard", "records.parquet", "--output", "card.json", "--table", "card.tsv"]
    words += ["--kind", "binary", "--target", "y", "--folds", "3", "--repeats", "1", "--bootstrap", "100"]
    monkeypatch.chdir(tmp_path)
    cli.main([*words, "--epochs", "1", "--network", '{"hidden": 8}'])
    assert Scorecard.load(tmp_path / "card.json") == quick
    table = pd.read_csv(tmp_path / "card.tsv", sep="\t")
    written = quick.table().astype(object).fillna("")
    assert table.astype(object).fillna("").values.tolist() == written.values.tolist()
    assert table["method"].tolist() == ["network", "majority", "average", "shuffled"] * 2
    assert (tmp_path / "card.json.cells" / "random" / "0-network.parquet").exists()
    assert in_words(quick)[0] in capsys.readouterr().err


def test_what_is_no_scorecard_is_refused(tmp_path, quick):
    facts = json.loads(json.dumps(quick.facts))
    facts["splits"]["random"]["scored"] -= 1
    with pytest.raises(ValueError, match="tests: not the scored and the other ones together"):
        Scorecard(facts)
    (tmp_path / "card.json").write_text(json.dumps(facts))
    with pytest.raises(InputError, match="not a scorecard"):
        Scorecard.load(tmp_path / "card.json")


def test_sequences_have_verdicts_and_a_planted_leak_turns_the_audit_red():
    rng = np.random.default_rng(0)
    bases = ["".join(rng.choice(list("ACGT"), 60)) for _ in range(30)]
    complement = str.maketrans("ACGT", "TGCA")
    sequences = bases + [base.translate(complement)[::-1] for base in bases]
    rows = [Record(i + 1, f"s{i}", {"sequence": s}, {"y": str(int("TATA" in s or i % 3 == 0))}, "x")
            for i, s in enumerate(sequences)]  # fmt: skip
    records = Records.collect(rows, ["sequence"], modality="sequence", reading={"alphabet": "dna"})
    made = riboswitch.scorecard(
        records, **BINARY, split_by=["random"], rivals=["best_hit"], design={**FEW, "min_positives": 1},
        settings={"epochs": 1}, network={"embedding": 4, "hidden": 4}, encoding={"alphabet": "dna"},
    )  # fmt: skip
    about = made.facts["splits"]["random"]
    assert about["audit"]["light"] == "red" and about["audit"]["leaked"] > 0
    assert made.leaks == ["random"] and "audit of fold 0 is red" in about["warnings"][-1]
    assert about["errors"]["measure"] == "kmers"
    assert sum(part["rows"] for part in about["errors"]["by_similarity"]) == about["scored"]


def test_labels_of_positions_have_a_scorecard():
    rng = np.random.default_rng(0)
    rows = []
    for i in range(18):
        sequence = "".join(rng.choice(list("ACGT"), 30))
        labels = "." + "".join("w" if base in "AT" else "s" for base in sequence[1:])
        rows.append(Record(i + 1, f"s{i}", {"sequence": sequence}, {"y": labels}, "x"))
    records = Records.collect(rows, ["sequence"], modality="sequence", reading={"alphabet": "dna"})
    made = riboswitch.scorecard(
        records, kind="per_position", targets=["y"], split_by=["random"], design=FEW,
        settings={"epochs": 1}, network={"embedding": 4, "hidden": 4}, encoding={"alphabet": "dna"},
    )  # fmt: skip
    about = made.facts["splits"]["random"]
    assert {*about["methods"]} == {"network", "majority", "window_linear", "shuffled"}
    assert about["scored"] == 18
    assert sum(part["rows"] for part in about["errors"]["by_group"]) == 18 * 29


def test_cells_are_predictions_of_labelled_test_rows(tmp_path):
    made = card(vectors(gaps=9), split_by=["first"], rivals=["majority"], cells=tmp_path)
    ids = [
        id_
        for fold in range(3)
        for id_ in Predictions.load(tmp_path / "first" / f"{fold}-network.parquet").table["id"]
    ]
    assert sorted(ids) == [f"v{i:03}" for i in range(9, 90)]
    assert made.facts["splits"]["first"]["scored"] == 81


def test_predictions_of_another_method_are_a_rival_on_the_same_rows():
    records = vectors()
    records.table["said"] = records.table["y"].astype(float) * 0.8 + 0.1
    made = card(records, given={"theirs": "said"}, rivals=["majority"], split_by=["random"])
    about = made.facts["splits"]["random"]
    assert made.facts["rivals"] == ["majority", "theirs"] and not about["not_run"]
    rows = made.table()
    assert "theirs" in set(rows["method" if "method" in rows else "rival"])
    with pytest.raises(UsageError, match="a method of this name is there already; found 'majority'"):
        card(records, given={"majority": "said"}, split_by=["random"])
