"""Censored labels from a file to a bundle: every learner takes them, and no metric counts them as numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from drugs import DRUGS
from riboswitch.data.bounds.columns import bounds_of
from riboswitch.data.predictions import Predictions
from riboswitch.data.records import Records
from riboswitch.data.task import Task
from riboswitch.learning.stacking import Stack
from riboswitch.learning.training_job import Job
from riboswitch.modalities import find
from riboswitch.steps.baseline import baseline
from riboswitch.steps.ensemble import ensemble
from riboswitch.steps.evaluate import evaluate
from riboswitch.steps.featurize import featurize
from riboswitch.steps.parse import parse
from riboswitch.steps.predict import held_out
from riboswitch.steps.split import split
from riboswitch.steps.stack import stack
from riboswitch.steps.train import train
from riboswitch.steps.tune import _without_test_labels

pytestmark = pytest.mark.usefixtures("few_trees")
TASK = {"kind": "regression", "targets": ["size"]}
HOW = {"settings": {"epochs": 1, "batch_size": 16}, "network": {"hidden": 8, "ffn_hidden": 8}}
TOP = 30


@pytest.fixture(scope="module")
def records(tmp_path_factory):
    """Drugs with the length of their SMILES; of the longest only a bound is known."""
    sizes = [str(len(text)) if len(text) <= TOP else f">{TOP}" for text in DRUGS]
    path = tmp_path_factory.mktemp("censored") / "drugs.csv"
    pd.DataFrame({"smiles": DRUGS, "size": sizes}).to_csv(path, index=False)
    return parse([{"paths": [path]}], "molecule", **TASK, censored="bounds")


@pytest.fixture(scope="module")
def trained(records, tmp_path_factory):
    path = tmp_path_factory.mktemp("records") / "records.parquet"
    records.save(path)
    loaded = Records.load(path)
    arrays = featurize(loaded, {"descriptors": "none"})
    parts = split(loaded, "random", repeats=1, fractions={"train": 0.6, "valid": 0.2, "test": 0.2})
    return loaded, arrays, parts, train(loaded, arrays, parts, **TASK, **HOW)


def test_a_run_with_bounds_reaches_a_bundle(records, trained):
    loaded, arrays, parts, model = trained
    bounds = bounds_of(loaded, ["size"])
    known = ~np.isnan(bounds[:, 0, 0])
    assert known.any() and (~known).any() and loaded.table["size"].isna().tolist() == known.tolist()
    trainable = parts.rows("train", 0)
    card = model.header["card"]["labels"]["size"]
    assert card == {"known": int((~known[trainable]).sum()), "only a bound": int(known[trainable].sum())}
    networks = held_out(loaded, arrays, parts, [model])
    made, stacked = stack(loaded, arrays, parts, networks)
    both = Predictions.concat([networks.part("test"), made, baseline(loaded, parts, **TASK)])
    facts = evaluate(both, bootstrap=0)
    tested = parts.rows("test", 0)
    assert facts["counts"]["0"]["labelled"] == int((~known[tested]).sum())
    assert facts["bounds"]["labels"] == {"0": int(known[tested].sum())}
    assert {"network", "stack", "forest", "nearest"} <= set(facts["bounds"]["methods"])
    bundle = ensemble([model, stacked], loaded, held_out=made)
    labels = bundle.texts("training.labels")
    assert [text == f">{TOP}.0" for text in labels] == known.tolist()
    assert Stack.of(bundle, find("molecule")) is not None or bundle.network_weight == 1


def test_base_learners_know_that_the_longest_are_long(trained):
    loaded, _, parts, _ = trained
    bounds, tested = bounds_of(loaded, ["size"])[:, 0, 0], parts.rows("test", 0)
    rejected = Records(loaded.table, loaded.rejected, loaded.read, {**loaded.meta})
    rejected.meta.pop("bounds")
    with_bounds, without = (
        baseline(each, parts, **TASK, methods=["nearest"]).outputs[:, 0] for each in (loaded, rejected)
    )
    of_long = ~np.isnan(bounds[tested])
    assert with_bounds[of_long].mean() > without[of_long].mean()


def test_test_bounds_are_hidden_from_tuning_and_change_the_identity(trained):
    loaded, arrays, parts, _ = trained
    hidden = _without_test_labels(loaded, parts, 0, ["size"])
    tested = parts.rows("test", 0)
    assert np.isnan(bounds_of(hidden, ["size"])[tested]).all()
    assert hidden.table["size"].iloc[tested].isna().all()
    jobs = [
        Job.make(each, arrays, parts, Task("regression", ("size",)), None, None, find("molecule"))
        for each in (loaded, hidden)
    ]
    rows = {part: jobs[0].labelled(parts.rows(part, 0)) for part in ("train", "valid")}
    assert jobs[0].identity(rows, 0)["bounds"] != jobs[1].identity(rows, 0)["bounds"]
