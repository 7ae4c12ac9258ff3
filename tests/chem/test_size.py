"""Sizes counted from the text: large inputs are refused fast, and no other."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdkit import Chem

from riboswitch.chem import salt_list, size, standardize
from riboswitch.chem.smiles import parse
from riboswitch.chem.standardize import Standardized, as_given, canonical
from riboswitch.errors import Problem

PIECES = st.sampled_from(
    ["C", "CCO", "c1ccccc1", "[H]", "[2H]C", "[Na]", "[Na+].[Cl-]", "C(.C)C", "C(C)(C)", "Br", "Cl",
     "[13CH4]", "C[Si](C)(C)", "O[Al](O)O", "C%12CC%12", "C%(105)CC%(105)", "[nH]1cccc1", "[#6]",
     "O=C(O[K])C", "*"]
)  # fmt: skip
TEXTS = st.lists(st.tuples(PIECES, st.sampled_from(["", "."])), min_size=1, max_size=12).map(
    lambda pieces: "".join(f"{piece}{dot}" for piece, dot in pieces).strip(".")
)


@given(TEXTS, st.integers(1, 40))
@settings(deadline=None, max_examples=300)
def test_no_molecule_is_refused_that_would_pass(text: str, max_atoms: int) -> None:
    """With a bound of 0 for what is small, each refusal is one that the whole treatment makes, too."""
    small, size.SMALL = size.SMALL, 0
    try:
        refused = size.too_large(text, max(max_atoms, 20), whole=False)
        all_refused = size.too_large(text, max_atoms, whole=True)
    finally:
        size.SMALL = small
    mol = Chem.MolFromSmiles(text)
    if mol is None:
        return
    if refused is not None:
        assert not isinstance(standardize.standardize(text, max_atoms=max(max_atoms, 20)), Standardized)
    if all_refused is None:
        assert mol.GetNumHeavyAtoms() <= max_atoms
    else:
        assert not isinstance(canonical(text, max_atoms=max_atoms), Standardized)
        assert not isinstance(as_given(text, max_atoms=max_atoms), Standardized)


def test_no_salt_former_is_larger_than_what_is_small() -> None:
    salts = [entry.split()[1] for entry in salt_list.SALTS.replace("\n", "|").split("|") if entry.strip()]
    assert max(Chem.MolFromSmiles(smiles).GetNumHeavyAtoms() for smiles in salts) <= 50 < size.SMALL


LARGE = {
    "a chain": ("C" * 5000, "5000 heavy atoms"),
    "rings": ("C1CCCCC1" * 600, "3600 heavy atoms"),
    "brackets": ("[CH2]" * 1200, "1200 heavy atoms"),
    "branches": ("C(" * 1500 + "C" + ")" * 1500, "1501 heavy atoms"),
    "text": ("C" * 10_001, "10001 characters"),
    "fragments": (".".join(["C"] * 4999), "4999 fragments"),
    "salts": ("[Na+].[Cl-]." * 700 + "CCO", "1401 fragments"),
    "a tangle": (
        ".".join("[U]" + "".join(f"%({40 * max(i, j) + min(i, j) + 100})" for j in range(40) if j != i)
                 for i in range(35)), "rings of 35 atoms"),
}  # fmt: skip


@pytest.mark.parametrize("case", LARGE)
def test_what_is_dear_is_refused_before_it_is_parsed(case: str, monkeypatch) -> None:
    text, found = LARGE[case]
    monkeypatch.setattr(Chem, "MolFromSmiles", lambda *_: pytest.fail("it was parsed"))
    for form in (standardize.standardize, canonical, as_given):
        problem = form(text)
        assert isinstance(problem, Problem)
        assert problem.code == "TOO_LARGE" and problem.hint
    assert found in size.too_large(text, 300).reason


def test_a_molecule_with_many_counter_ions_passes() -> None:
    assert isinstance(standardize.standardize("C" * 290 + "C(=O)[O-]" + ".[Na+]" * 100), Standardized)
    assert isinstance(standardize.standardize("C" * 310, max_atoms=310), Standardized)


@pytest.mark.parametrize(
    ("smiles", "code"), [("C~C", "QUERY_ATOMS"), ("C:CO", "QUERY_ATOMS"), ("C1~C~C1", "QUERY_ATOMS")]
)
def test_a_bond_of_no_definite_order_is_a_query(smiles: str, code: str) -> None:
    found = parse(smiles)
    assert isinstance(found, Problem) and found.code == code


def test_colons_that_are_no_query() -> None:
    for smiles in ("c1:c:c:c:c:c1", "[CH3:1][OH:2]"):
        assert isinstance(parse(smiles), Chem.Mol)
