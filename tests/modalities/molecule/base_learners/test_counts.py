"""Counted environments: laws, with RDKit's Morgan environments as an oracle."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdkit import Chem
from rdkit.Chem import rdFingerprintGenerator

from drugs import DRUGS
from riboswitch.modalities.molecule.base_learners.counts import BINS, MAX_COUNT, counts, describe
from riboswitch.modalities.molecule.encode import encode


def graphs(smiles):
    return encode({"molecule": smiles}, list(map(str, range(len(smiles)))), {"descriptors": "none"})


DRUG_COUNTS = counts(graphs(DRUGS))


@settings(max_examples=30, deadline=None)
@given(number=st.integers(0, len(DRUGS) - 1), seed=st.integers(0, 2**31 - 1))
def test_the_order_of_the_atoms_does_not_matter(number, seed):
    mol = Chem.MolFromSmiles(DRUGS[number])
    other = Chem.MolToRandomSmilesVect(mol, 1, randomSeed=seed)[0]
    np.testing.assert_array_equal(counts(graphs([other]))[0], DRUG_COUNTS[number])


@settings(max_examples=20, deadline=None)
@given(st.data())
def test_the_order_and_the_direction_of_the_bonds_do_not_matter(data):
    number = data.draw(st.integers(0, len(DRUGS) - 1))
    arrays = graphs([DRUGS[number]])
    order = data.draw(st.permutations(range(len(arrays.only.values["bonds"]))))
    arrays.only.values["bonds"] = arrays.only.values["bonds"][order]
    arrays.only.values["ends"] = np.ascontiguousarray(arrays.only.values["ends"][order][:, ::-1])
    np.testing.assert_array_equal(counts(arrays)[0], DRUG_COUNTS[number])


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, len(DRUGS) - 1), max_size=4))
def test_pieces_add_up_to_the_whole(numbers):
    whole = ".".join(DRUGS[i] for i in numbers) or "C"
    pieces = DRUG_COUNTS[numbers] if numbers else counts(graphs(["C"]))
    expected = np.minimum(pieces.sum(0, dtype=np.int64), MAX_COUNT)
    np.testing.assert_array_equal(counts(graphs([whole]))[0], expected)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, len(DRUGS) - 1)))
def test_rows_are_answered_in_the_order_asked(rows):
    arrays = graphs(DRUGS)
    np.testing.assert_array_equal(counts(arrays, np.array(rows, np.int64)), DRUG_COUNTS[rows])


def test_every_atom_is_counted_once_a_radius():
    atoms = graphs(DRUGS).lengths("atoms")
    assert DRUG_COUNTS.shape == (len(DRUGS), BINS) and DRUG_COUNTS.dtype == np.uint8
    np.testing.assert_array_equal(DRUG_COUNTS.sum(1), 3 * atoms)


def test_a_count_stops_at_its_highest_value():
    long = counts(graphs(["C" * 600]))[0]
    assert long.max() == MAX_COUNT


@pytest.mark.parametrize(
    ("one", "other"),
    [("CCO", "CCN"), ("CC=O", "CCO"), ("C1CCCCC1", "CCCCCC"), ("c1ccccc1", "C1CCCCC1"), ("CC[O-]", "CCO"),
     ("C1CC1CC", "CC1CC1C"), ("C=CC", "CC#C")],
)  # fmt: skip
def test_different_molecules_differ(one, other):
    made = counts(graphs([one, other]))
    assert (made[0] != made[1]).any()


@pytest.mark.parametrize(
    ("one", "other"), [("C[C@H](N)O", "C[C@@H](N)O"), ("C/C=C/C", "C/C=C\\C"), ("[13CH3]O", "CO")]
)
def test_masked_positions_do_not_count(one, other):
    made = counts(graphs([one, other]))
    np.testing.assert_array_equal(made[0], made[1])


def test_the_atoms_that_rdkit_tells_apart_are_told_apart():
    """As many distinct environments as Morgan's of radius 0 at least, and hardly any that collide."""
    generator = rdFingerprintGenerator.GetMorganGenerator(radius=0)
    fewest = [
        len(generator.GetSparseCountFingerprint(Chem.MolFromSmiles(s)).GetNonzeroElements()) for s in DRUGS
    ]
    assert ((DRUG_COUNTS > 0).sum(1) >= fewest).all()


def test_properties_follow_the_counts():
    arrays = encode({"molecule": ["CCO", "C"]}, ["a", "b"])
    table = describe(arrays)
    assert table.dtype == np.float32
    values = arrays.only.values
    np.testing.assert_array_equal(
        table, np.hstack([counts(arrays), values["globals"], values["descriptors"]])
    )
    few = encode({"molecule": ["CCO", "C"]}, ["a", "b"], {"descriptors": "none"})
    np.testing.assert_array_equal(describe(few), table[:, : BINS + values["globals"].shape[1]])
    np.testing.assert_array_equal(describe(arrays, np.array([1])), table[1:])
    assert describe(arrays, np.array([], np.int64)).shape == (0, table.shape[1])


def test_the_hash_is_the_same_on_every_machine():
    """Trained forests depend on it; if it has to change, raise the encoder's version."""
    assert np.flatnonzero(counts(graphs(["CO"]))[0]).tolist() == [243, 249, 328, 400, 403, 985]
