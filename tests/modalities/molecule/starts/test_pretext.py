"""Pre-training of molecules: atoms are hidden and nothing else, and what is asked is the molecule's own."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays as number_arrays

from riboswitch.chem.packing import ATOM_FIELDS, unpack
from riboswitch.data.records import Record, Records
from riboswitch.errors import InputError, UsageError
from riboswitch.modalities.molecule.encode import encode
from riboswitch.modalities.molecule.starts.pretext import ELEMENTS, FARTHEST, exercise, standardised
from riboswitch.steps.featurize import featurize
from riboswitch.steps.pretrain import pretrain
from riboswitch.steps.split import split
from riboswitch.steps.train import train

SMILES = [
    "CC(=O)Oc1ccccc1C(=O)O", "CN1C=NC2=C1C(=O)N(C(=O)N2C)C", "CC(C)Cc1ccc(cc1)C(C)C(=O)O", "CCO", "ClCCBr",
    "C[C@@H](N)C(=O)O", "FC(F)(F)c1ccncc1", "CS(=O)(=O)N", "O=P(O)(O)O", "c1ccc2[nH]ccc2c1", "[Na+].[Cl-]",
]  # fmt: skip
IDS = [f"m{i}" for i in range(len(SMILES))]
BLANK = {name: 0 for name in ATOM_FIELDS if name != "degree"}
SMALL = {"hidden": 24, "ffn_hidden": 24}


def records(smiles=SMILES):
    rows = [
        Record(i, f"m{i}", {"molecule": text}, {"y": float(i % 3)}, "made")
        for i, text in enumerate(smiles, 1)
    ]
    return Records.collect(rows, ["molecule"], modality="molecule", reading={})


def atoms_of(arrays, row):
    codes = arrays.item(row)["atoms"]
    columns = unpack(codes, ATOM_FIELDS)
    return [{name: int(columns[name][i]) for name in ATOM_FIELDS} for i in range(len(codes))]


@given(st.lists(st.sampled_from(range(len(SMILES))), min_size=2, max_size=5, unique=True), st.integers(1, 3),
       st.sampled_from([0.1, 0.5, 0.9]), st.integers(0, 99))  # fmt: skip
@settings(max_examples=15, deadline=None)
def test_an_atom_is_as_it_was_or_wholly_hidden_and_its_bonds_stay(rows, copies, hidden, seed):
    smiles, ids = [SMILES[i] for i in rows], [IDS[i] for i in rows]
    made = exercise({"molecule": smiles}, ids, copies=copies, hidden=hidden, seed=seed)
    original = encode({"molecule": smiles}, ids, {"descriptors": "none"})
    assert made.arrays.meta == original.meta
    for n in range(len(made.arrays)):
        row = n // copies
        assert made.inputs["molecule"][n] == smiles[row]
        for name in ("bonds", "ends", "globals"):
            assert np.array_equal(made.arrays.item(n)[name], original.item(row)[name])
        for shown, atom in zip(atoms_of(made.arrays, n), atoms_of(original, row), strict=True):
            assert shown == atom or shown == atom | BLANK


def test_labels_are_descriptors_of_the_molecule_and_shares_of_hidden_elements():
    made = exercise({"molecule": SMILES}, IDS, copies=4, hidden=0.5)
    original = encode({"molecule": SMILES}, IDS, {"descriptors": "none"})
    asked = {name: np.array(column) for name, column in made.labels.items()}
    whole = {name for name in asked if not name.startswith("hidden ")}
    assert len(whole) > 100 and "hidden C" in asked
    for name in whole:  # equal for all copies
        assert np.array_equal(asked[name].reshape(-1, 4).T, np.tile(asked[name][::4], (4, 1)), equal_nan=True)
    numbers = {"other", *ELEMENTS}
    assert {name.removeprefix("hidden ") for name in asked.keys() - whole} <= numbers
    shares = np.zeros(len(made.arrays))
    for n in range(len(shares)):
        pairs = list(zip(atoms_of(made.arrays, n), atoms_of(original, n // 4), strict=True))
        shares[n] = sum(shown != atom and atom["element"] == 6 for shown, atom in pairs) / len(pairs)
    order = np.argsort(shares, kind="stable")  # the label rises with the share
    assert (np.diff(asked["hidden C"][order])[np.diff(shares[order]) == 0] == 0).all()
    assert (np.diff(asked["hidden C"][order]) >= 0).all()


@given(number_arrays(np.float64, (20, 3), elements=st.floats(-1e6, 1e6) | st.just(np.nan) | st.just(np.inf)))
@settings(max_examples=60)
def test_standardised_columns_rise_with_the_values_and_are_bounded(values):
    names, found = standardised(["a", "b", "c"], values)
    assert found.shape == (20, len(names)) and not (np.abs(found) > FARTHEST).any()
    for name, column in zip(names, found.T, strict=True):
        given_column = values[:, "abc".index(name)]
        known = np.isfinite(given_column)
        assert np.array_equal(known, ~np.isnan(column))
        order = np.argsort(given_column[known], kind="stable")
        assert (np.diff(column[known][order]) >= -1e-9).all()
    for name in {*"abc"} - {*names}:
        column = values[:, "abc".index(name)]
        assert len(np.unique(column[np.isfinite(column)])) < 2


def test_equal_molecules_teach_nothing():
    with pytest.raises(InputError, match="nothing to learn"):
        exercise({"molecule": ["CCO", "CCO"]}, ["a", "b"])
    with pytest.raises(UsageError, match="hidden must"):
        exercise({"molecule": SMILES}, IDS, hidden=1.0)
    with pytest.raises(UsageError, match="unknown setting 'alphabet'"):
        pretrain(records(), alphabet="dna")


@pytest.fixture(scope="module")
def start():
    return pretrain(records(), copies=2, settings={"epochs": 3}, network=SMALL)


def test_the_same_call_gives_the_same_network(start):
    again = pretrain(records(), copies=2, settings={"epochs": 3}, network=SMALL)
    assert again.header == start.header
    assert all(again.tensors[name].tobytes() == start.tensors[name].tobytes() for name in start.tensors)


def test_a_killed_training_goes_on(start, tmp_path):
    file = tmp_path / "kept"
    short = {"copies": 2, "network": SMALL, "settings": {"epochs": 3}}
    made = pretrain(records(), **short, checkpoint=file, checkpoint_minutes=1e-9)
    assert file.exists()
    again = pretrain(records(), **short, checkpoint=file, checkpoint_minutes=1e-9)
    for found in (made, again):
        assert found.tensors["0.message.weight"].tobytes() == start.tensors["0.message.weight"].tobytes()


def test_frozen_layers_keep_what_was_learned(start):
    data = records()
    arrays, parts = featurize(data, {"descriptors": "none"}), split(data, "random", repeats=1)
    how = {"kind": "regression", "targets": ["y"], "settings": {"epochs": 2}}
    made = train(data, arrays, parts, **how, init=start, frozen=True)
    assert made.header["network"]["hidden"] == 24 and made.header["network"]["properties"] is True
    for name in ("input.weight", "message.weight", "atom.weight", "atom.bias"):
        assert np.array_equal(made.tensors[f"0.{name}"], start.tensors[f"0.{name}"])
    assert made.header["training"]["pretrained"] == start.header["training"]["records"]


def test_eight_molecules_are_learned_by_heart():
    made = pretrain(records(SMILES[:9]), copies=1, masked=1e-9, network={"hidden": 64},
                    settings={"epochs": 150, "learning_rate": 5e-3, "batch_size": 4})  # fmt: skip
    assert made.members[0]["history"][-1]["train_loss"] < 0.02
