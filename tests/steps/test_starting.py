"""A network of molecules starts from another one, frozen or not, and says from which."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from riboswitch.data.records import Record, Records
from riboswitch.errors import UsageError
from riboswitch.learning.sharing.card import card
from riboswitch.steps.featurize import featurize
from riboswitch.steps.import_chemprop import import_chemprop
from riboswitch.steps.split import split
from riboswitch.steps.train import refit, train

SMILES = ["CCO", "CCN", "CCCl", "c1ccccc1", "CC(=O)O", "CCCC", "C1CCCCC1", "CNC", "CCOC", "CCS"]
SMALL = {"hidden": 8, "ffn_hidden": 8}
TRUNK = ("input", "message", "atom")
CHEMPROP = Path(__file__).parents[1] / "data/chemprop/regression.pt"


@pytest.fixture(scope="module")
def data():
    rows = [
        Record(i, f"m{i}", {"molecule": text}, {"y": float(len(text)), "z": float(i % 2)}, "made")
        for i, text in enumerate(SMILES, 1)
    ]
    records = Records.collect(rows, ["molecule"], modality="molecule", reading={})
    arrays = featurize(records, {"descriptors": "none"})
    return records, arrays, split(records, "random", repeats=1)


@pytest.fixture(scope="module")
def start(data):
    return train(*data, kind="binary", targets=["z"], settings={"epochs": 2}, network=SMALL)


def run(data, network=SMALL, **options):
    how = {"kind": "regression", "targets": ["y"], "settings": {"epochs": 2}}
    return train(*data, **how, network=network, **options)


def same(one, other):
    """Whether the layers below the head are equal, and whether all of the head is."""
    pairs = {name: (one.tensors[name], other.tensors[name]) for name in one.tensors if name in other.tensors}
    equal = {name: np.array_equal(*pair) for name, pair in pairs.items() if name.startswith("0.")}
    trunk = [yes for name, yes in equal.items() if name.split(".")[1] in TRUNK]
    return all(trunk), all(yes for name, yes in equal.items() if name.startswith("0.head"))


def test_frozen_layers_stay_and_others_learn_on(data, start):
    frozen, free = run(data, init=start, frozen=True), run(data, init=start)
    assert same(frozen, start) == (True, False)
    assert same(free, start) == (False, False)
    assert run(data, init=start, frozen=True).tensors["0.head.1.weight"].tobytes() == (
        frozen.tensors["0.head.1.weight"].tobytes()
    )
    again = refit(*data, [frozen], init=start, frozen=True)
    assert same(again, start)[0]


def test_the_bundle_says_where_it_began(data, start):
    frozen, free, fresh = run(data, init=start, frozen=True), run(data, init=start), run(data)
    origin = frozen.header["training"]["start"]
    assert origin["frozen"] is True and free.header["training"]["start"] == origin | {"frozen": False}
    assert "start" not in fresh.header["training"]
    assert f"layers of another network, {origin['network']}, kept as it was" in card(frozen)
    assert "another network" not in card(fresh)


def test_a_network_starts_from_one_of_chemprop(data):
    imported = import_chemprop(CHEMPROP)
    settings = imported.header["network"]
    made = run(data, settings, init=imported, frozen=True)
    assert same(made, imported) == (True, False)
    assert np.array_equal(made.tensors["0.masses"], imported.tensors["0.masses"])
    with pytest.raises(UsageError, match="for imported models only"):
        run(data, settings)


@pytest.mark.parametrize(
    ("changed", "words"),
    [({"depth": 2}, "another depth; found '3 there, 2 here'"), ({"hidden": 16}, "another hidden"),
     ({"aggregation": "sum"}, "mean there, sum here")],
)  # fmt: skip
def test_layers_that_do_not_fit_are_refused(data, start, changed, words):
    with pytest.raises(UsageError, match=words):
        run(data, SMALL | changed, init=start)


def test_nothing_is_frozen_without_a_start(data):
    with pytest.raises(UsageError, match="only layers of another network can be frozen"):
        run(data, frozen=True)
