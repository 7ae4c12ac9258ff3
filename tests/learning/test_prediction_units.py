"""A class for each position: from a text of labels to a text of answers."""

from __future__ import annotations

import numpy as np
import pytest

from riboswitch import Records, evaluate, predict
from riboswitch.data.predictions import Predictions
from riboswitch.data.records import Record
from riboswitch.data.task import Task
from riboswitch.errors import InputError, UsageError
from riboswitch.learning.prediction_units import PredictionUnits
from riboswitch.modalities.sequence import network as sequence_network
from riboswitch.steps.ensemble import ensemble
from riboswitch.steps.featurize import featurize
from riboswitch.steps.predict import held_out
from riboswitch.steps.split import split
from riboswitch.steps.train import train

RNG = np.random.default_rng(0)


def island_records(n=40, gap=0):
    """DNA with one stretch of C and G in it: ``+`` inside, ``-`` outside."""
    rows = []
    for i in range(n):
        length = int(RNG.integers(40, 90))
        start = int(RNG.integers(5, length - 25))
        inside = np.zeros(length, bool)
        inside[start : start + 20] = True
        text = np.where(inside, RNG.choice(list("CG"), length), RNG.choice(list("AT"), length))
        label = np.where(inside, "+", "-")
        label[:gap] = "."
        fields = {"island": "".join(label)}
        rows.append(Record(i + 1, f"s{i}", {"sequence": "".join(text)}, fields, "made"))
    return Records.collect(rows, ["sequence"], modality="sequence", reading={"alphabet": "dna"})


SETTINGS = {"epochs": 8, "batch_size": 8, "learning_rate": 0.01}


@pytest.fixture(scope="module")
def trained():
    records = island_records(gap=3)
    arrays = featurize(records, {"alphabet": "dna"})
    parts = split(records, "random", repeats=2)
    models = [
        train(records, arrays, parts, kind="per_position", targets=["island"], repeat=r, settings=SETTINGS,
              network={"hidden": 12, "pool": 2})
        for r in range(2)
    ]  # fmt: skip
    return records, arrays, parts, models


def test_islands_are_found_and_evaluated_position_by_position(trained):
    records, arrays, parts, models = trained
    said = held_out(records, arrays, parts, models)
    lengths = dict(zip(records.ids, map(len, records.inputs["sequence"]), strict=True))
    for repeat in range(2):
        rows = said.table[(said.table["repeat"] == repeat) & (said.table["part"] == "test")]
        held = parts.table["id"][parts.rows("test", repeat)]
        assert len(rows) == sum(lengths[i] for i in held)
    assert said.table["y_island"].isna().sum() > 0
    assert Predictions.concat([said]).task.level == "position"
    metrics = evaluate(said, bootstrap=20)
    assert metrics["methods"]["network"]["macro_f1"]["mean"] > 0.9


def test_a_bundle_writes_one_letter_for_each_letter(trained):
    records, *_, models = trained
    bundle = ensemble(models, records)
    table = predict([*records.inputs["sequence"][:3], "", records.inputs["sequence"][3]], bundle)
    assert table["status"].tolist() == ["ok"] * 3 + ["EMPTY", "ok"]
    for text, labels, truth in zip(
        records.inputs["sequence"][:3], table["labels"], records.table["island"], strict=False
    ):
        assert len(labels) == len(text)
        same = np.array([a == b for a, b in zip(labels, truth, strict=True) if b != "."])
        assert same.mean() > 0.9
    good = table[table["status"] == "ok"]
    np.testing.assert_allclose(good[["p_+", "p_-"]].sum(axis=1), 1, atol=1e-5)


def test_prediction_units_are_positions_row_by_row():
    arrays = featurize(island_records(5), {"alphabet": "dna"})
    task = Task("multiclass", ("island",), ("+", "-"), "position")
    cells = PredictionUnits.of(task, sequence_network, arrays)
    offsets = arrays.only.offsets["letters"]
    expected = np.concatenate([np.arange(offsets[r], offsets[r + 1]) for r in (3, 1)])
    np.testing.assert_array_equal(cells(np.array([3, 1])), expected)
    chosen = np.zeros(offsets[-1], bool)
    chosen[offsets[2]] = True
    assert cells.any(chosen).tolist() == [False, False, True, False, False]
    np.testing.assert_array_equal(cells.per_unit(np.arange(5)), np.repeat(np.arange(5), np.diff(offsets)))


def test_labels_that_do_not_fit_are_refused(trained):
    records, arrays, parts, _ = trained
    short = Records(records.table.assign(island=[t[1:] for t in records.table["island"]]),
                    records.rejected, records.read, dict(records.meta))  # fmt: skip
    with pytest.raises(InputError, match="labels and positions differ in number"):
        train(short, arrays, parts, kind="per_position", targets=["island"])
    with pytest.raises(UsageError, match="does not suit the labels"):
        train(records, arrays, parts, kind="per_position", targets=["island"], network={"head": "pooled"})
    with pytest.raises(UsageError, match="does not suit the labels"):
        train(records, arrays, parts, kind="multiclass", targets=["island"], network={"head": "per_position"})
    with pytest.raises(InputError, match=r"not one of \+ or '\.'"):
        Task("multiclass", ("island",), ("+",), "position").labels(records.table)


def test_windows_get_an_aligned_head_by_default():
    letters = RNG.choice(list("ACGT"), (30, 10))
    rows = [
        Record(i + 1, f"w{i}", {"sequence": "".join(text)}, {"y": i % 2}, "made")
        for i, text in enumerate(letters)
    ]
    records = Records.collect(rows, ["sequence"], modality="sequence", reading={"alphabet": "dna"})
    arrays = featurize(records, {"alphabet": "dna", "window": 10})
    parts = split(records, "random", repeats=1)
    how = {"kind": "binary", "targets": ["y"], "settings": {"epochs": 1}}
    heads = [
        train(records, arrays, parts, **how, network=network).header["network"]["head"]
        for network in ({"hidden": 8}, {"hidden": 8, "head": "pooled"})
    ]
    assert heads == ["aligned", "pooled"]
