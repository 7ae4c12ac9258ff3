"""The card counts labels as they are, and says nothing that is not in the bundle."""

from __future__ import annotations

import copy

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riboswitch.data.model import Model
from riboswitch.data.task import Task
from riboswitch.learning.sharing.card import card, card_facts
from riboswitch.steps.ensemble import ensemble
from riboswitch.steps.evaluate import evaluate
from riboswitch.steps.predict import held_out

LABELS = st.lists(st.sampled_from([0.0, 1.0, 2.0, np.nan]), min_size=1, max_size=40)


@given(LABELS)
def test_classes_are_counted(labels):
    task = Task("multiclass", ("y",), ("a", "b", "c"))
    facts = card_facts(task, np.array(labels)[:, None], len(labels))
    assert facts["rows"] == len(labels)
    assert facts["labels"] == {"y": {name: labels.count(float(i)) for i, name in enumerate("abc")}}


@given(LABELS)
def test_numbers_are_only_counted_and_never_told(labels):
    facts = card_facts(Task("regression", ("y",)), np.array(labels)[:, None], len(labels))
    assert facts["labels"] == {"y": {"known": sum(v == v for v in labels)}}


@pytest.fixture(scope="module")
def measured(learned):
    records, arrays, halves, models = learned
    return ensemble(models, records, held_out=held_out(records, arrays, halves, models), split=halves)


def test_the_metrics_are_those_of_evaluate(learned, measured):
    records, arrays, halves, models = learned
    found = evaluate(held_out(records, arrays, halves, models), model="network")
    own = measured.header["card"]["metrics"]
    assert {name: v["mean"] for name, v in own["values"].items()} == {
        name: v["mean"] for name, v in found["methods"]["network"].items()
    }
    assert own["repeats"] == 2 and own["rows"] == sum(c["rows"] for c in found["counts"].values())


def test_the_headline_metric_stands_first(measured):
    model = copy.deepcopy(measured)
    model.header["card"]["metrics"]["values"] = {"accuracy": {"mean": 0.5}, "macro_f1": {"mean": 0.25}}
    rows = [line for line in card(model).splitlines() if line.startswith("| ")]
    assert rows[1:] == ["| macro_f1 | 0.25 |  |", "| accuracy | 0.5 |  |"]


def test_a_card_is_made_of_the_file_alone(measured, tmp_path):
    measured.save(tmp_path / "m.safetensors")
    text = card(Model.load(tmp_path / "m.safetensors"))
    assert text == card(measured) and str(tmp_path) not in text
    for part in ("# Model card: drug_class", "16 macrolide", measured.header["training"]["records"], "torch",
                 "Refused: ", "Limits"):  # fmt: skip
        assert part in text


def test_a_bundle_without_facts_has_a_card_that_says_so(measured):
    bare = copy.deepcopy(measured)
    del bare.header["card"], bare.header["calibration"]
    text = card(bare)
    assert "Not known to the bundle." in text and "Not measured" in text and "Not calibrated" in text
