"""Bundles made by hand: the smallest that the schema accepts, and networks that learned nothing."""

from __future__ import annotations

from copy import deepcopy

import numpy as np
from scipy.special import expit

from riboswitch.data.model import FORMAT, Model
from riboswitch.data.predictions import Predictions
from riboswitch.data.task import Task
from riboswitch.learning.inference import Predictor
from riboswitch.learning.trust.calibration import Calibration
from riboswitch.modalities import find

MEMBER = {
    "repeat": 0,
    "seed": 0,
    "epoch": 3,
    "history": [{"train_loss": 1.0, "valid_loss": None}],
    "temperature": 1.0,
    "thresholds": [0.5],
    "label_mean": [0.0],
    "label_sd": [1.0],
    "rows": {"train": 8, "valid": 2},
}
HEADER = {
    "format": FORMAT,
    "modality": "none",
    "components": ["text"],
    "task": {"kind": "binary", "targets": ["y"], "classes": []},
    "encoder": {"modality": "none"},
    "reading": {},
    "network": {"hidden": 8},
    "training": {
        "settings": {"epochs": 3},
        "records": "0",
        "split": "1",
        "split_name": "random",
        "versions": {"numpy": "2"},
    },
    "members": [MEMBER],
    "golden": [[0.5]],
}


def small_bundle(tensors=None, members=1, golden=("CCO",), **header):
    """A bundle with these tensors; ``header`` replaces entries of `HEADER`."""
    model = Model(deepcopy({**HEADER, "members": [MEMBER] * members}) | header, dict(tensors or {}))
    model.pack_texts("golden.text", golden)
    return model


def untested_bundle(tensors, members, **header):
    """A bundle in memory without golden answers; each of ``members`` replaces entries of `MEMBER`."""
    each = [{**MEMBER, "thresholds": [], **member} for member in members]
    return Model({k: v for k, v in (HEADER | header).items() if k != "golden"} | {"members": each}, tensors)


def with_golden(model, inputs):
    """A copy of a bundle with golden answers for these inputs, so that it can be saved and loaded."""
    copy = Model(dict(model.header), dict(model.tensors))
    Predictor(copy, find(model.modality)).add_golden(inputs)
    return copy


def calibrated_bundle(groups=80, kind="binary", grouping=None):
    """A bundle of molecules with nothing but a calibration, on four rows of each of so many groups."""
    rng = np.random.default_rng(0)
    group = np.repeat(np.arange(groups), 4)
    odds = rng.normal(size=groups)[group] + rng.normal(size=len(group))
    labels = (rng.random(len(group)) < expit(odds)) * 1.0
    task, outputs = Task(kind, ("active",)), expit(odds)[:, None]
    if kind == "multiclass":
        task = Task(kind, ("drug_class",), ("macrolide", "none", "tetracycline"))
        outputs = np.stack([0.4 * expit(odds), expit(-odds), 0.6 * expit(odds)], 1)
        labels = np.where(labels > 0.5, rng.choice([0.0, 2.0], len(labels), p=[0.4, 0.6]), 1.0)
    held_out = Predictions.build(task, [f"r{i}" for i in range(len(labels))], group, 0, "test", "stack",
                                 labels[:, None], outputs)  # fmt: skip
    made = small_bundle(modality="molecule", components=["molecule"], task=task.to_dict())
    Calibration.fit(held_out, grouping).store(made)
    return made
