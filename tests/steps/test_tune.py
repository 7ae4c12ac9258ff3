"""tune: settings are chosen on validation rows, and test rows take no part."""

from __future__ import annotations

import json

import numpy as np
import pytest

from riboswitch.data.model import Model
from riboswitch.errors import InputError, UsageError
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
