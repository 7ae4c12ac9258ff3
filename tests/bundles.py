"""Bundles made by hand: the smallest that the schema accepts, and networks that learned nothing."""

from __future__ import annotations

from copy import deepcopy

from riboswitch.data.model import FORMAT, Model
from riboswitch.learning.inference import Predictor
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
