"""Descriptors of RDKit, computed in groups: RDKit's own functions are the oracle."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdkit import Chem
from rdkit.Chem import Descriptors

from drugs import DRUGS
from riboswitch.chem.descriptors.rdkit import DESCRIPTORS, LARGEST, descriptors

ODD = ["[Na+].[Cl-]", "C[Hg]C", "[H][H]", "O", "[Fe]", "CC(C)(C)[Si](C)(C)O", "[2H]C", "C*", "[He]"]
ORACLE = dict(Descriptors.descList)


def expected(name: str, mol: Chem.Mol) -> float:
    try:
        value = ORACLE[name](mol)
    except ValueError:
        return 0.0
    return 0.0 if value is None or np.isnan(value) else float(np.clip(value, -LARGEST, LARGEST))


@pytest.mark.parametrize("smiles", [*DRUGS[:12], *ODD])
def test_each_value_is_that_of_rdkit(smiles):
    mol = Chem.MolFromSmiles(smiles)
    oracle = [expected(name, Chem.Mol(mol)) for name in DESCRIPTORS]
    np.testing.assert_allclose(descriptors([mol])[0], oracle, rtol=1e-4, atol=1e-4)


def test_names_are_those_of_rdkit_and_each_stands_once():
    assert len(set(DESCRIPTORS)) == len(DESCRIPTORS)
    left_out = {"qed", "SPS", "MolWt", "HeavyAtomMolWt", "NumValenceElectrons", "NumRadicalElectrons"}
    assert set(ORACLE) - set(DESCRIPTORS) == left_out | {
        "AvgIpc", "BalabanJ", "BertzCT", "Chi0", "Chi1", "Ipc"
    }  # fmt: skip


@settings(max_examples=15, deadline=None)
@given(number=st.integers(0, len(DRUGS) - 1), seed=st.integers(0, 2**31 - 1))
def test_neither_the_order_of_the_atoms_nor_the_other_molecules_matter(number, seed):
    mol = Chem.MolFromSmiles(DRUGS[number])
    other = Chem.MolFromSmiles(Chem.MolToRandomSmilesVect(mol, 1, randomSeed=seed)[0])
    rows = descriptors([other, Chem.MolFromSmiles("CCO"), mol])
    np.testing.assert_allclose(rows[0], descriptors([mol])[0], rtol=1e-3, atol=1e-4)
    np.testing.assert_array_equal(rows[2], descriptors([mol])[0])


def test_molecules_stay_as_they_are_and_bytes_give_the_same_values():
    mol = Chem.MolFromSmiles("CCO")
    table = descriptors([mol, mol.ToBinary()])
    assert not mol.GetAtomWithIdx(0).HasProp("_GasteigerCharge")
    np.testing.assert_array_equal(table[0], table[1])
    assert table.dtype == np.float32 and np.isfinite(table).all()
    assert descriptors([]).shape == (0, len(DESCRIPTORS))
