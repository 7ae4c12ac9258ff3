"""Stereo groups: one text for a substance, whichever form is drawn. RDKit's enumeration is the oracle."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from rdkit import Chem
from rdkit.Chem.EnumerateStereoisomers import EnumerateStereoisomers, StereoEnumerationOptions

from riboswitch.chem.standardize import Standardized, as_given, canonical, standardize
from riboswitch.chem.stereo_groups import MAX_FORMS, described, forms, mixtures, text_of
from riboswitch.errors import Problem
from riboswitch.modalities.molecule.read import key_of

MOLECULES = [
    "C[C@H](N)C(=O)O", "C[C@H](F)[C@@H](O)CC", "O=C(O)[C@H](O)[C@@H](O)C(=O)O", "O[C@H]1CC[C@@H](C)CC1",
    "C[C@H](F)CC[C@H](Cl)C[C@H](Br)C", "C[C@H](F)[C@@H](O)[C@@H](F)C", "O[C@@H]1CCCC[C@H]1N", "C[S@](=O)CC",
    "OC[C@H]1O[C@@H](n2cnc3c(N)ncnc32)[C@H](O)[C@@H]1O", "C[C@H]1CN[C@H](C)CN1", "C/C=C/[C@H](C)O",
    "CN1[C@H]2CC[C@@H]1C[C@@H](OC(=O)[C@H](CO)c1ccccc1)C2", "C[C@@H](O)[C@H](C)[C@@H](C)O", "[2H][C@H](O)C",
    "NC[C@H](O)[C@H](O)[C@@H](O)[C@@H](O)CN", "C[C@H]1CC[C@@H](C)C1", "F[C@H](Cl)C#C[C@@H](F)Cl",
]  # fmt: skip


@st.composite
def substances(draw: st.DrawFn) -> Chem.Mol:
    """A molecule with its stereo marks in up to three groups."""
    mol = Chem.RWMol(Chem.MolFromSmiles(draw(st.sampled_from(MOLECULES))))
    centres = [a.GetIdx() for a in mol.GetAtoms() if a.GetChiralTag() != Chem.ChiralType.CHI_UNSPECIFIED]
    names = [draw(st.sampled_from(["abs", "&1", "&2", "o1"])) for _ in centres]
    groups = []
    for name in sorted(set(names) - {"abs"}):
        kind = Chem.StereoGroupType.STEREO_AND if name[0] == "&" else Chem.StereoGroupType.STEREO_OR
        atoms = [centre for centre, own in zip(centres, names, strict=True) if own == name]
        groups.append(Chem.CreateStereoGroup(kind, mol, atoms, [], int(name[1])))
    mol.SetStereoGroups(groups)
    return mol.GetMol()


def enumerated(mol: Chem.Mol) -> set[str]:
    options = StereoEnumerationOptions(onlyStereoGroups=True, unique=True)
    found = set()
    for isomer in EnumerateStereoisomers(mol, options):
        flat = Chem.RWMol(isomer)
        flat.SetStereoGroups([])
        found.add(Chem.CanonSmiles(Chem.MolToSmiles(flat)))
    return found


def text(mol: Chem.Mol) -> str:
    found = text_of(mol)
    assert isinstance(found, str)
    return found


@given(substances())
@settings(max_examples=200, deadline=None)
def test_the_forms_are_those_of_rdkit(mol: Chem.Mol) -> None:
    assert set(forms(text(mol))) == enumerated(mol)


@given(substances(), st.randoms(use_true_random=False))
@settings(max_examples=200, deadline=None)
def test_neither_the_order_of_atoms_nor_the_drawn_form_is_seen(mol: Chem.Mol, random) -> None:  # type: ignore[no-untyped-def]
    order = list(range(mol.GetNumAtoms()))
    random.shuffle(order)
    other = Chem.RenumberAtoms(mol, order)
    for group in other.GetStereoGroups():
        if random.random() < 0.5:
            for atom in group.GetAtoms():
                atom.InvertChirality()
    # A mark that is none in the other form cannot be written there.
    assume(Chem.MolToSmiles(mol).count("[C@") == Chem.CanonSmiles(Chem.MolToSmiles(other)).count("[C@"))
    one, two = standardize(Chem.MolToCXSmiles(mol)), standardize(Chem.MolToCXSmiles(other))
    assert isinstance(one, Standardized)
    assert isinstance(two, Standardized)
    assert one.smiles == two.smiles
    assert key_of(one.smiles) == key_of(two.smiles)


@given(substances())
@settings(max_examples=100, deadline=None)
def test_twice_is_once(mol: Chem.Mol) -> None:
    for form in (standardize, canonical):
        once = form(Chem.MolToCXSmiles(mol))
        assert isinstance(once, Standardized)
        again = form(once.smiles)
        assert isinstance(again, Standardized)
        assert again.smiles == once.smiles


@given(substances(), substances())
@settings(max_examples=200, deadline=None)
def test_substances_are_equal_if_their_forms_are(one: Chem.Mol, other: Chem.Mol) -> None:
    """For every two substances: equal keys mean equal forms, mixed or alternative in the same way."""
    first, second = text(one), text(other)
    equal = mixtures(first) == mixtures(second)
    assert (key_of(first, "smiles") == key_of(second, "smiles")) == equal
    if first == second:
        assert equal


def test_a_racemate_is_none_of_its_relatives() -> None:
    alanines = ["C[C@H](N)C(=O)O", "C[C@@H](N)C(=O)O", "CC(N)C(=O)O", "C[C@H](N)C(=O)O |&1:1|",
                "C[C@H](N)C(=O)O |o1:1|"]  # fmt: skip
    for by in ("inchikey", "smiles"):
        assert len({key_of(s, by) for s in alanines}) == 5
        assert key_of("C[C@H](N)C(=O)O |&1:1|", by) == key_of("C[C@@H](N)C(=O)O |&1:1|", by)


RACEMATE = "C[C@@H](N)C(=O)O |&1:1|"


@pytest.mark.parametrize(
    ("given", "smiles", "changes"),
    [
        ("C[C@H](N)C(=O)O |&1:1|", RACEMATE, ("racemate (and1): 2 forms",)),
        ("C[C@@H](N)C(=O)O |&7:1|", RACEMATE, ("racemate (and1): 2 forms",)),
        ("C[C@@H](N)C(=O)O |r|", RACEMATE, ("racemate (and1): 2 forms",)),
        ("[H][C@](C)(N)O |r|", "C[C@@H](N)O |&1:1|", ("racemate (and1): 2 forms",)),
        ("C[C@H](N)C(=O)O |a:1|", "C[C@H](N)C(=O)O", ()),
        ("CC(N)C(=O)O |&1:1|", "CC(N)C(=O)O", ("stereo groups without effect dropped",)),
        (
            "O[C@H]1CC[C@@H](C)CC1 |&1:1,4|",
            "C[C@H]1CC[C@@H](O)CC1",
            ("stereo groups without effect dropped",),
        ),
        (
            "C[C@H](N)C(=O)O.C[C@@H](N)C(=O)O",
            RACEMATE,
            ("enantiomers in equal parts joined", "racemate (and1): 2 forms"),
        ),
        (
            "C[C@H]([NH3+])C(=O)[O-].C[C@@H](N)C(=O)O.Cl",
            RACEMATE,
            ("removed Cl", "enantiomers in equal parts joined", "racemate (and1): 2 forms"),
        ),
        (
            "C[C@H]([NH3+])C(=O)[O-].[Cl-] |&1:1|",
            RACEMATE,
            ("removed [Cl-]", "charges neutralised", "racemate (and1): 2 forms"),
        ),
        (
            "C[C@H](F)[C@@H](O)CC |r,o1:1|",
            "CC[C@@H](O)[C@@H](C)F |&1:2,o1:4|",
            ("mixture of stereoisomers with relative stereo (and1, or1): 4 forms",),
        ),
        (
            "C[C@H](F)[C@@H](O)CC |&1:1|",
            "CC[C@H](O)[C@@H](C)F |&1:4|",
            ("mixture of stereoisomers (and1): 2 forms",),
        ),
    ],
)
def test_standard_forms(given: str, smiles: str, changes: tuple[str, ...]) -> None:
    found = standardize(given)
    assert isinstance(found, Standardized)
    assert found.changes == changes
    assert sorted(forms(found.smiles)) == sorted(forms(smiles))
    assert found.smiles == text(Chem.MolFromSmiles(smiles))


@pytest.mark.parametrize(
    "mixture",
    [
        "C[C@H](N)C(=O)O.C[C@@H](N)C(=O)O.C[C@@H](N)C(=O)O",
        "C[C@H](F)[C@@H](F)CO.C[C@H](F)[C@H](F)CO",
        "C[C@H](N)C(=O)O.C[C@H](N)C(=O)O |&1:1|",
        "C[C@H](N)C(=O)O.CC(N)C(=O)O",
    ],
)
def test_other_mixtures_stay_mixtures(mixture: str) -> None:
    problem = standardize(mixture)
    assert isinstance(problem, Problem)
    assert problem.code == "MIXTURE"


def test_too_many_forms_are_refused() -> None:
    chain = "CC" + "[C@H](F)" * 5 + "C"
    five = ",".join(f"&{n}:{2 * n}" for n in range(1, 6))
    for form in (standardize, canonical, as_given):
        problem = form(f"{chain} |{five}|")
        assert isinstance(problem, Problem)
        assert problem.code == "TOO_MANY_FORMS"
    four = standardize(f"{chain} |{five.rsplit(',', 1)[0]}|")
    assert isinstance(four, Standardized)
    assert len(forms(four.smiles)) == MAX_FORMS
    assert f"{MAX_FORMS} forms" in described(four.smiles)


def test_plain_smiles_have_one_form() -> None:
    assert forms("CCO") == ["CCO"]
    assert forms("C/C=C\\C |c:1|") == ["C/C=C\\C |c:1|"]
