"""Predictions of other methods in a column: on the same rows, in every kind of task, with clear refusals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from riboswitch.data.predictions import Predictions
from riboswitch.data.records import Record, Records
from riboswitch.data.task import Task
from riboswitch.errors import InputError, UsageError
from riboswitch.learning.base_learners.given import given_outputs, named_columns
from riboswitch.steps.baseline import baseline
from riboswitch.steps.evaluate import evaluate
from riboswitch.steps.split import split

LABELS = {"regression": 1.5, "binary": 1.0, "multiclass": "b"}


def records_of(said, kind="regression", rows=20):
    labels = {"regression": lambda i: i / 7, "binary": lambda i: i % 2, "multiclass": lambda i: "ab"[i % 2]}[
        kind
    ]
    made = [Record(i + 1, f"r{i:02}", {"sequence": "ACGT"[i % 4] * (5 + i)},
                   {"y": labels(i), "said": said(i)})
            for i in range(rows)]  # fmt: skip
    return Records.collect(made, ["sequence"], modality="sequence")


def beside(records, kind="regression", **given):
    parts = split(records, repeats=2)
    return parts, baseline(records, parts, kind=kind, targets=["y"], methods=["kmer_linear"],
                           given=given or {"published": "said"})  # fmt: skip


@pytest.mark.parametrize(("kind", "said"), [
    ("regression", lambda i: f"{i / 10}"),
    ("binary", lambda i: i / 40),
    ("multiclass", lambda i: "ab"[i // 10]),
])  # fmt: skip
def test_they_stand_beside_the_others_for_the_same_test_rows(kind, said):
    records = records_of(said, kind)
    parts, made = beside(records, kind)
    assert made.methods == ["kmer_linear", "published"] and made.meta["given"] == {"published": "said"}
    for repeat in (0, 1):
        rows = made.table[(made.table["method"] == "published") & (made.table["repeat"] == repeat)]
        at = parts.rows("test", repeat)
        assert rows["id"].tolist() == [records.ids[i] for i in at]
        if kind == "multiclass":
            assert rows["p_b"].tolist() == [float(i // 10) for i in at]
        else:
            np.testing.assert_allclose(rows[made.task.columns[0]], [float(said(i)) for i in at])


def test_a_given_method_is_compared_and_joins_no_mean():
    records = records_of(lambda i: i / 7)
    _, made = beside(records)
    found = evaluate(made, model="kmer_linear", bootstrap=50)
    assert found["given"] == {"published": "said"} and found["methods"]["published"]["rmse"]["mean"] == 0
    assert found["comparisons"]["published"]["rmse"]["verdict"] == "loses"
    assert "mean_of_all" not in found["methods"]


def test_positions_have_a_letter_each():
    table = pd.DataFrame({"id": ["r1", "r2"], "y": ["ab.", "ba"], "said": ["aab", ".b"]})
    task = Task.infer("per_position", ["y"], table)
    np.testing.assert_array_equal(
        given_outputs(task, table, "said"), [[1, 0], [1, 0], [0, 1], [np.nan] * 2, [0, 1]]
    )
    for wrong, words in (("ab", "needs one class for each label"), ("axb", "not one of ab")):
        with pytest.raises(InputError, match=rf"column 'said', record r1: .*{words}.*found '{wrong}'"):
            given_outputs(task, table.assign(said=[wrong, ".b"]), "said")


@pytest.mark.parametrize(("kind", "cell", "words"), [
    ("regression", "high", "the label is not a number.*found 'high'"),
    ("binary", 1.2, "record r03: the prediction is no probability from 0 to 1; found '1.2'"),
    ("multiclass", "c", "record r03: the prediction is no class of the task; found 'c'"),
])  # fmt: skip
def test_a_cell_that_is_no_prediction_is_named(kind, cell, words):
    records = records_of(lambda i: cell if i == 3 else LABELS[kind], kind)
    with pytest.raises(InputError, match=words):
        beside(records, kind)


def test_a_test_row_without_a_prediction_is_named():
    records = records_of(lambda i: None if i % 2 else 1.0)
    with pytest.raises(
        InputError,
        match=r"record r\d\d: \d+ of \d+ test rows have no prediction of published.*leave the method out",
    ):
        beside(records)


@pytest.mark.parametrize(("given", "words"), [
    ({"network": "said"}, "a method of this name is there already; found 'network'"),
    ({"kmer_linear": "said"}, "a method of this name is there already; found 'kmer_linear'"),
    ({"published": "sad"}, "no such column of predictions of published; found 'sad'"),
])  # fmt: skip
def test_names_and_columns_are_checked_before_anything_is_trained(given, words):
    with pytest.raises((UsageError, InputError), match=words):
        beside(records_of(lambda i: 1.0), **given)


@pytest.mark.parametrize("words", [["published"], ["=x"], ["a="], ["a=x", "a=y"]])
def test_a_word_that_is_no_name_and_column_is_refused(words):
    with pytest.raises(UsageError, match=r"need a name and a column.*As --given published=COLUMN"):
        named_columns(words)
    assert named_columns(["a=b=c"]) == {"a": "b=c"}


# Merged classes

STATES = Task("multiclass", ("y",), ("E", "G", "H", "L"))


def states(outputs, labels, method="network"):
    ids, groups = [f"r{i}" for i in range(len(labels))], [f"g{i // 2}" for i in range(len(labels))]
    return Predictions.build(STATES, ids, groups, 0, "test", method, np.array(labels)[:, None], outputs)


def test_merged_classes_are_judged_as_if_they_had_been_one():
    rng = np.random.default_rng(0)
    raw, labels = rng.random((40, 4)) + 1e-3, rng.integers(0, 4, 40).astype(float)
    labels[5] = np.nan
    p = raw / raw.sum(1, keepdims=True)
    found = evaluate(states(p, labels), bootstrap=20, merge={"G": "H"})["merged"]
    assert found["merge"] == {"E": "E", "G": "H", "H": "H", "L": "L"}
    joined = np.stack([p[:, 0], p[:, 1] + p[:, 2], p[:, 3]], 1).argmax(1)
    known = np.isfinite(labels)
    truth = np.array([0, 1, 1, 2])[labels[known].astype(int)]
    assert found["methods"]["network"]["accuracy"]["mean"] == pytest.approx(
        (joined[known] == truth).mean(), abs=1e-6
    )
    assert (
        found["confusion"]["classes"] == ["E", "H", "L"]
        and np.sum(found["confusion"]["counts"]) == known.sum()
    )


@pytest.mark.parametrize(("merge", "words"), [
    ({"X": "H"}, r"no such class to merge; found 'X'\. Classes: E, G, H, L"),
    (dict.fromkeys("EGHL", "all"), "one class is left"),
])  # fmt: skip
def test_a_merge_of_no_classes_is_refused(merge, words):
    with pytest.raises(UsageError, match=words):
        evaluate(states(np.eye(4), [0.0, 1, 2, 3]), bootstrap=0, merge=merge)
