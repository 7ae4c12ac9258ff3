"""tune: settings are chosen on validation rows, and test rows take no part."""

from __future__ import annotations

import json

import numpy as np
import pytest

from riboswitch.data.model import Model
from riboswitch.errors import InputError, UsageError
from riboswitch.learning.starting import origin
from riboswitch.steps import train as train_step
from riboswitch.steps import tune as step
from riboswitch.steps.tune import tune

SPACE = {"settings.learning_rate": {"low": 1e-3, "high": 3e-2, "log": True},
         "network.hidden": {"choices": [4, 8]}}  # fmt: skip
HOW = {"kind": "multiclass", "targets": ["drug_class"], "space": SPACE, "trials": 4,
       "settings": {"epochs": 3, "batch_size": 8}, "network": {"embedding": 4}}  # fmt: skip


def test_noise_in_the_place_of_test_labels_changes_nothing(learned):
    records, features, split, _ = learned
    first = tune(records, features, split, **HOW)
    test = split.rows("test", 0)
    noisy = records.table.copy()
    labels = noisy["drug_class"].to_numpy(object)
    labels[test] = np.random.default_rng(0).choice(["x", "none", ""], len(test))
    other = type(records)(noisy.assign(drug_class=labels), records.rejected, records.read, records.meta)
    assert tune(other, features, split, **HOW) == first
    assert first.facts["loss"] <= first.facts["loss_before"]
    assert first.settings["epochs"] == 3 and set(first.network) == {"embedding", "hidden"}


def test_the_file_of_a_search_is_what_a_training_uses(learned, tmp_path):
    records, features, split, _ = learned
    for name, value in (("records.parquet", records), ("features.npz", features), ("split.parquet", split)):
        value.save(tmp_path / name)
    files = [tmp_path / name for name in ("records.parquet", "features.npz", "split.parquet")]
    how = {"kind": "multiclass", "target": ["drug_class"]}
    step.command(*files, output=tmp_path / "tuned.json", journal=tmp_path / "journal", trials=2, space=SPACE,
                 settings=HOW["settings"], network=HOW["network"], **how)  # fmt: skip
    found = json.loads((tmp_path / "tuned.json").read_text())
    train_step.command(*files, output=tmp_path / "m.safetensors", tuned=tmp_path / "tuned.json",
                       settings={"epochs": 1}, **how)  # fmt: skip
    header = Model.load(tmp_path / "m.safetensors").header
    assert header["network"]["hidden"] == found["network"]["hidden"]
    used = header["training"]["settings"]
    assert used["epochs"] == 1 and used["learning_rate"] == found["settings"]["learning_rate"]
    (tmp_path / "tuned.json").write_text('{"settings": 1}')
    with pytest.raises(InputError, match="not the settings of a search"):
        train_step.command(*files, output=tmp_path / "m.safetensors", tuned=tmp_path / "tuned.json", **how)
    with pytest.raises(UsageError, match="suffix must be"):
        step.command(*files, output=tmp_path / "tuned.yaml", **how)


def test_what_cannot_be_tuned_is_refused(learned):
    records, features, split, _ = learned
    with pytest.raises(InputError, match="no such repeat"):
        tune(records, features, split, **HOW, repeat=9)
    with pytest.raises(UsageError, match="no such setting"):
        tune(records, features, split, **HOW | {"space": {"network.speed": {"choices": [1]}}})


def test_validation_chooses_whether_a_start_is_used(learned):
    records, features, split, _ = learned
    task = {name: HOW[name] for name in ("kind", "targets", "settings", "network")}
    start = train_step.train(records, features, split, **task, seed=5)
    losses = {}
    for use, how in (("free", {"init": start}), ("frozen", {"init": start, "frozen": True}), ("none", {})):
        history = train_step.train(records, features, split, **task, **how, seed=0).members[0]["history"]
        losses[use] = min(epoch["valid_loss"] for epoch in history)
    space = {"start.use": {"choices": ["free", "frozen", "none"]}}
    found = tune(records, features, split, **HOW | {"space": space, "trials": 8}, init=start)
    assert found.facts["loss_before"] == pytest.approx(losses["free"], abs=1e-5)
    assert found.facts["loss"] == pytest.approx(losses[found.start["use"]], abs=1e-5)
    assert found.facts["loss"] == pytest.approx(min(losses.values()), abs=1e-5)
    assert tune(records, features, split, **HOW | {"trials": 1}).start == {}


@pytest.mark.parametrize("use", ["none", "frozen", "free"])
def test_training_uses_the_start_as_the_search_chose(learned, tmp_path, use):
    records, features, split, _ = learned
    names = ("records.parquet", "features.npz", "split.parquet")
    for noun, name in zip((records, features, split), names, strict=True):
        noun.save(tmp_path / name)
    files, file = [tmp_path / name for name in names], tmp_path / "start.safetensors"
    network = {"embedding": 4, "hidden": 6}
    how = {"kind": "multiclass", "target": ["drug_class"]}
    short = {"settings": {"epochs": 1}}
    train_step.command(*files, output=file, **how, **short, network=network, seed=5)
    start = origin(Model.load(file), frozen=False)["network"]
    chosen = {"settings": {"epochs": 1}, "network": network, "facts": {},
              "start": {"use": use, "network": start}}  # fmt: skip
    (tmp_path / "tuned.json").write_text(json.dumps(chosen))
    tuned = {"tuned": tmp_path / "tuned.json", "init": file}
    train_step.command(*files, output=tmp_path / "one.safetensors", **how, **tuned)
    like = {"like": [tmp_path / "one.safetensors"]}
    train_step.command(*files, output=tmp_path / "all.safetensors", **like, **tuned)
    for name in ("one", "all"):
        made = Model.load(tmp_path / f"{name}.safetensors")
        told = made.header["training"].get("start")
        assert told == (None if use == "none" else {"network": start, "frozen": use == "frozen"})
        kept = np.array_equal(made.tensors["0.conv.weight"], Model.load(file).tensors["0.conv.weight"])
        assert kept == (use == "frozen")
    if use != "none":
        with pytest.raises(UsageError, match="chose to start from another network"):
            train_step.command(*files, output=tmp_path / "x.safetensors", **how, tuned=tuned["tuned"])


def test_a_start_can_be_used_in_three_ways(learned):
    records, features, split, _ = learned
    with pytest.raises(UsageError, match="no such setting"):  # without a start
        tune(records, features, split, **HOW | {"space": {"start.use": {"choices": ["free"]}}})
    start = train_step.train(records, features, split, kind="multiclass", targets=["drug_class"],
                             settings={"epochs": 1}, network=HOW["network"])  # fmt: skip
    with pytest.raises(UsageError, match="cannot be used in this way"):
        space = {"start.use": {"choices": ["melted"]}}
        tune(records, features, split, **HOW | {"space": space}, init=start)
