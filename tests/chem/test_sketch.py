"""Sketches of molecules: RDKit says which atoms, bonds and wedges there are, and all of them are drawn."""

from __future__ import annotations

import math
import re

import pytest
from rdkit import Chem
from rdkit.Chem.Draw import rdMolDraw2D

from drugs import DRUGS
from riboswitch.chem.sketch import BOND, sketch

ODD = ["C", "[13CH4]", "[NH4+]", "C[N+](=O)[O-]", "[O-][Cl+3]([O-])([O-])[O-]", "CC=CC", "N#CCC(Br)Cl",
       "[Na+]", "OO", "C=C=C", "[CH3]", "C[C@H](N)C(O)=O", "CC(O)C(F)C |&1:1|", "c1cc[nH]c1",
       "[2H]C([2H])O"]  # fmt: skip


def strokes(path):
    return sum(len(re.findall(r"-?\d+", stroke)) // 2 - 1 for stroke in filter(None, path.split("m")))


def written(found):
    return [re.sub(r"[_^]", "", label.text) for label in found.labels]


@pytest.mark.parametrize("smiles", [*DRUGS, *ODD])
def test_every_atom_has_a_place_and_every_bond_a_line(smiles):
    molecule = Chem.MolFromSmiles(smiles)
    found = sketch(smiles)
    assert len(found.spots) == molecule.GetNumAtoms()
    assert all(0 <= x <= found.width and 0 <= y <= found.height for x, y in found.spots)
    prepared = rdMolDraw2D.PrepareMolForDrawing(molecule)
    wedges = [b for b in prepared.GetBonds() if b.GetBondDir() == Chem.BondDir.BEGINWEDGE]
    assert found.shapes.count("M") == len(wedges)
    plain = [
        b for b in prepared.GetBonds() if b.GetBondDir() in (Chem.BondDir.NONE, Chem.BondDir.EITHERDOUBLE)
    ]
    assert strokes(found.lines) >= 0.95 * sum(b.GetBondTypeAsDouble() for b in plain)


@pytest.mark.parametrize("smiles", [*DRUGS, *ODD])
def test_bonds_are_about_as_long_as_they_should_be(smiles):
    found, molecule = sketch(smiles), Chem.MolFromSmiles(smiles)
    ends = [(found.spots[b.GetBeginAtomIdx()], found.spots[b.GetEndAtomIdx()]) for b in molecule.GetBonds()]
    spans = sorted(math.dist(*pair) for pair in ends)
    assert not spans or abs(spans[len(spans) // 2] - BOND) < 2


@pytest.mark.parametrize(("smiles", "labels"), [
    ("CCO", {"OH"}), ("OCC", {"HO", "OH"}), ("C", {"CH4"}), ("[13CH4]", {"13CH4"}), ("[NH4+]", {"NH4+"}),
    ("CC(=O)[O-]", {"O", "O−"}), ("C[NH2+]C", {"NH2+", "N+", "H2"}), ("CCl", {"Cl"}), ("[CH3]", {"CH3•"}),
])  # fmt: skip
def test_labels_have_hydrogens_charge_and_isotope(smiles, labels):
    assert set(written(sketch(smiles))) <= labels and written(sketch(smiles))


def test_a_double_bond_without_stated_stereo_is_no_stated_one():
    trans, cis = sketch("C/C=C/C"), sketch("C/C=C\\C")
    assert trans.lines != cis.lines


def test_equal_structures_have_equal_sketches_and_they_are_short():
    sketches = [sketch(smiles).packed() for smiles in DRUGS]
    assert sketches == [sketch(smiles).packed() for smiles in DRUGS]
    assert all(sum(len(str(part)) for part in packed) < 40 + 30 * len(smiles) for packed, smiles in
               zip(sketches, DRUGS, strict=True))  # fmt: skip


@pytest.mark.parametrize("smiles", ["", "not a molecule", "c1ccc"])
def test_what_rdkit_cannot_read_has_no_sketch(smiles):
    assert sketch(smiles) is None
