"""Kin of a compound: its salts, tautomers, stereoisomers and isotopes, and no other compound."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from rdkit import Chem
from rdkit.Chem.MolStandardize import rdMolStandardize

from drugs import DRUGS
from riboswitch.modalities.molecule import read
from riboswitch.modalities.molecule.kin import flattened, kin_hint, kin_keys


def kin(smiles):
    return read.kin({"molecule": smiles})


@given(st.sampled_from(DRUGS), st.randoms(use_true_random=False))
def test_kin_does_not_depend_on_the_order_of_the_atoms(smiles, rng):
    mol = Chem.MolFromSmiles(smiles)
    order = list(range(mol.GetNumAtoms()))
    rng.shuffle(order)
    assert kin(Chem.MolToSmiles(Chem.RenumberAtoms(mol, order), canonical=False)) == kin(smiles)


@given(st.sampled_from(DRUGS), st.sampled_from(["Cl", "O", "[Na+].[Cl-]", "OC(=O)C(=O)O"]))
def test_a_salt_is_kin(smiles, salt):
    assume(any(atom.GetAtomicNum() == 6 for atom in Chem.MolFromSmiles(smiles).GetAtoms()))
    assert kin(smiles) & kin(f"{smiles}.{salt}")


@given(st.sampled_from(DRUGS))
def test_stereoisomers_are_kin(smiles):
    assert kin(smiles) & kin(Chem.MolToSmiles(Chem.MolFromSmiles(smiles), isomericSmiles=False))


@settings(deadline=None)  # RDKit tries many tautomers
@given(st.sampled_from(DRUGS))
def test_tautomers_are_kin_also_where_a_hydrogen_moves_to_or_from_carbon(smiles):
    """RDKit is the oracle."""
    enumerator = rdMolStandardize.TautomerEnumerator()
    enumerator.SetMaxTautomers(20)
    with Chem.rdBase.BlockLogs():
        mol = Chem.MolFromSmiles(smiles)
        forms = [enumerator.Canonicalize(mol), *enumerator.Enumerate(mol)]
    for form in forms:
        assert kin(smiles) & kin(Chem.MolToSmiles(form))


@given(st.sampled_from(DRUGS), st.sampled_from(DRUGS))
def test_other_compounds_are_not_kin(one, other):
    flat = [Chem.MolToInchiKey(Chem.MolFromSmiles(s))[:14] for s in (one, other)]
    assert bool(kin(one) & kin(other)) == (flat[0] == flat[1])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("CC(=O)[O-].[Na+]", "CC(=O)O"),
        ("C[N+](C)(C)CC(=O)[O-]", "C[N+](C)(C)CC(=O)O.[Cl-]"),
        ("C[C@H](N)C(=O)O", "C[C@@H](N)C(=O)O"),
        ("C[C@H](N)C(=O)O |&1:1|", "CC(N)C(=O)O"),
        ("[2H]C([2H])([2H])O", "CO"),
        ("Oc1ccccn1", "O=c1cccc[nH]1"),
        ("C/C=C/C", "C/C=C\\C"),
        ("CC(=O)CC(C)=O", "CC(O)=CC(C)=O"),
        ("Cc1cc(-n2c(O)ccc2O)no1", "Cc1cc(N2C(=O)CCC2=O)no1"),
    ],
)
def test_examples(one, other):
    assert kin(one) & kin(other)


def test_isomers_are_not_kin():
    assert not kin("CCCO") & kin("CC(C)O")
    assert not kin("c1ccc(C)cc1O") & kin("c1cccc(C)c1O")
    assert not kin("CC(=O)CC(C)=O") & kin("CC(O)CC(C)=O"), "two hydrogens more"
    assert kin("not a molecule") == frozenset({"not a molecule"})


ONE_FLAT_FORM = [
    ("C[C@H](N)C(=O)O", "C[C@@H](N)C(=O)O", "CC(N)C(=O)O", "[13CH3]C(N)C(=O)O", "CC(N)C(=O)O |r|"),
    ("C/C=C/C", "C/C=C\\C", "CC=CC", "[2H]CC=CC"),
    ("[2H]OC", "CO"),
]


@pytest.mark.parametrize("forms", ONE_FLAT_FORM)
def test_stereoisomers_and_labelled_forms_have_one_flat_form(forms):
    assert len({Chem.MolToSmiles(flattened(Chem.MolFromSmiles(form))) for form in forms}) == 1


@pytest.mark.parametrize(
    "smiles", ["C[C@H](N)C(=O)O", "OC1=CC=CC2=C1C(=O)C=CN2", "C/C=C/c1ccccc1[N+](=O)[O-]"]
)
def test_atoms_have_the_same_order_however_the_molecule_was_written(smiles):
    mol, rng = Chem.MolFromSmiles(smiles), random.Random(0)
    found = set()
    for _ in range(20):
        order = list(range(mol.GetNumAtoms()))
        rng.shuffle(order)
        found.add(tuple(a.GetAtomicNum() for a in flattened(Chem.RenumberAtoms(mol, order)).GetAtoms()))
    assert len(found) == 1
    assert Chem.MolToInchiKey(flattened(mol))[:14] == Chem.MolToInchiKey(mol)[:14]


def test_the_hint_is_the_formula_without_hydrogens_and_the_number_of_rings():
    """RDKit is the oracle."""
    for smiles in DRUGS:
        mol = Chem.MolFromSmiles(smiles)
        elements = Counter(atom.GetSymbol() for atom in mol.GetAtoms() if atom.GetAtomicNum() > 1)
        atoms = " ".join(f"{element}{many}" for element, many in sorted(elements.items()))
        rings = mol.GetNumBonds() - mol.GetNumAtoms() + 1
        if "." not in smiles:
            assert kin_hint(smiles) == f"{atoms} rings {rings}"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("CC(=O)[O-].[Na+]", "CC(=O)O"),
        ("C[N+](C)(C)CC(=O)[O-]", "C[N+](C)(C)CC(=O)O.[Cl-]"),
        ("C[C@H](N)C(=O)O |&1:1|", "CC(N)C(=O)O"),
        ("[2H]C([2H])([2H])O", "CO"),
        ("[H]OC", "CO"),
        ("Oc1ccccn1", "O=c1cccc[nH]1"),
        ("N[Pt@SP1](N)(Cl)Cl", "N[Pt](N)(Cl)Cl"),
        ("c1cc[se]c1", "C1=C[Se]C=C1"),
        ("C%10CCCCC%10O", "[O-]C1CCCCC1.[K+]"),
        ("O=[N+]([O-])c1ccccc1", "O=N(=O)c1ccccc1"),
        ("[13CH4]", "C"),
    ],
)
def test_kin_have_one_hint(one, other):
    assert kin_hint(one) == kin_hint(other) != ""


def test_compounds_without_an_inchikey_are_not_kin_for_their_first_letters():
    """Then the key is the SMILES."""
    keys = [kin_keys(smiles, lambda text: text) for smiles in ("CCCCCCCCCCCCCCCO", "CCCCCCCCCCCCCCCN")]
    assert not keys[0] & keys[1]
