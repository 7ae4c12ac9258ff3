"""Owners of vectors for the tests of federated training: three numbers a record, of the toy modality."""

from __future__ import annotations

from contextlib import contextmanager

import numpy as np
import pandas as pd

from modalities import toy
from riboswitch import modalities
from riboswitch.data.records import Record, Records
from riboswitch.data.splits import Split
from riboswitch.steps.federate import federate
from riboswitch.steps.federate_start import federate_start

NAMES = ("berlin", "paris", "rome")
EXAMPLES = ["1 2 3", "0 1 0"]
SETTINGS = {"batch_size": 16, "learning_rate": 0.03}
NETWORK = {"hidden": 6}


@contextmanager
def registered():
    modalities.register(toy.MODALITY)
    try:
        yield
    finally:
        modalities._registered.pop("vector")


def owned(seed=0, rows=40, shift=0.0):
    """Records whose labels follow from their vectors."""
    rng = np.random.default_rng(seed)
    vectors = (rng.normal(size=(rows, 3)) + shift).astype(np.float32)
    stream = (
        Record(n, f"secret{seed}-{n}", {"vector": v},
               {"sum": float(v.sum()), "up": str(int(v.sum() > 0)), "kind": "abc"[int(v.argmax())]}, "list")
        for n, v in enumerate(vectors, 1)
    )  # fmt: skip
    return Records.collect(stream, ["vector"], modality="vector", reading={})


def everyone(rows=40):
    return {name: owned(seed, rows + 10 * seed) for seed, name in enumerate(NAMES)}


def halves(records, test=0.3):
    """A split with every third row for validation or test."""
    parts = np.array(["train", "train", "valid", "train", "test"])[np.arange(len(records)) % 5]
    return Split(pd.DataFrame({"id": records.ids, "group": records.ids, "part_0": parts}), {"name": "halves"})


def start(kind="regression", target="sum", owners=NAMES, **more):
    federation = {"rounds": 2, "local_epochs": 1} | more.pop("federation", {})
    settings = SETTINGS | more.pop("settings", {})
    return federate_start(owners, kind=kind, targets=[target], modality="vector", network=NETWORK, seed=3,
                          settings=settings, federation=federation, examples=EXAMPLES, **more)  # fmt: skip


def run(records, kind="regression", target="sum", **more):
    federation = {"rounds": 3, "local_epochs": 2} | more.pop("federation", {})
    settings = SETTINGS | more.pop("settings", {})
    return federate(records, kind=kind, targets=[target], network=NETWORK, settings=settings, seed=3,
                    federation=federation, examples=EXAMPLES, **more)  # fmt: skip
