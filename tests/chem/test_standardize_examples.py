"""What standardising does to single structures, and what it refuses."""

from __future__ import annotations

import pytest
from rdkit import Chem, RDLogger, rdBase

from riboswitch.chem.salts import SALTS
from riboswitch.chem.smiles import MAX_CHARACTERS, rdkit_messages
from riboswitch.chem.standardize import Standardized, canonical, standardize
from riboswitch.errors import Problem


@pytest.mark.parametrize(
    ("given", "standard", "changes"),
    [
        ("OCC", "CCO", ()),
        (" CCO ", "CCO", ()),
        ("CC(=O)[O-].[Na+]", "CC(=O)O", ("removed [Na+]", "charges neutralised")),
        ("[Na]OC(C)=O", "CC(=O)O", ("bond to Na broken", "removed [Na+]", "charges neutralised")),
        ("CCCCN.Cl", "CCCCN", ("removed Cl",)),
        ("CCCCN.CCCCN.OS(=O)(=O)O", "CCCCN", ("removed O=S(=O)(O)O", "identical molecules merged")),
        (
            "CCCC[NH3+].CCCC[NH3+].O=C([O-])O",
            "CCCCN",
            ("removed O=C([O-])O", "identical molecules merged", "charges neutralised"),
        ),
        ("CCCCN.O=C(O)/C=C\\C(=O)O", "CCCCN", ("removed O=C(O)/C=C\\C(=O)O",)),
        ("[NH3+]CC(=O)[O-]", "NCC(=O)O", ("charges neutralised",)),
        ("C[N+](C)(C)CC(=O)[O-]", "C[N+](C)(C)CC(=O)[O-]", ()),
        ("C[N+](C)(C)CCO.[Cl-]", "C[N+](C)(C)CCO", ("removed [Cl-]",)),
        ("CN(=O)=O", "C[N+](=O)[O-]", ()),
        ("C[S+]([O-])C", "CS(C)=O", ("functional groups normalised",)),
        ("C[S@@+]([O-])CC", "CC[S@@](C)=O", ("functional groups normalised",)),
        ("[CH3:1][OH:2]", "CO", ("atom map numbers removed",)),
        ("C[C@H](O)N |o1:1|", "C[C@@H](N)O", ("CXSMILES extension ignored",)),
        ("[2H]OC", "[2H]OC", ()),
        ("O=S1c2ccccc2-c2ccccc21", "O=S1c2ccccc2-c2ccccc21", ()),
        ("[O-][s+]1c2ccccc2c2ccccc21", "O=S1c2ccccc2-c2ccccc21", ("functional groups normalised",)),
        ("C[N+]1(C)CCCC1", "C[N+]1(C)CCCC1", ()),
        ("C[n+]1ccccc1CC(=O)O", "C[n+]1ccccc1CC(=O)O", ()),
        ("C[Si](C)(C)C", "C[Si](C)(C)C", ()),
        ("C", "C", ()),
    ],
)
def test_standard_forms(given: str, standard: str, changes: tuple[str, ...]) -> None:
    assert standardize(given) == Standardized(standard, changes)


@pytest.mark.parametrize(
    ("given", "code", "reason"),
    [
        ("", "EMPTY", "no structure"),
        ("   ", "EMPTY", "no structure"),
        ("C1CC", "BAD_SMILES", "unclosed ring"),
        ("foo", "BAD_SMILES", "syntax error at position 1"),
        ("CC)", "BAD_SMILES", "extra close parentheses at position 3"),
        ("n1cccc1", "BAD_SMILES", "Can't kekulize"),
        ("CCO ethanol", "BAD_SMILES", "white space at position 4"),
        ("CC\0O", "BAD_SMILES", "'\\x00' at position 3"),
        ("CC(C)(C)(C)C", "BAD_VALENCE", "atom # 1 C, 5"),
        ("*CC", "QUERY_ATOMS", "any atom"),
        ("N[Pt](N)(Cl)Cl", "METAL", "holds Pt"),
        ("C[Mg]Br", "METAL", "Mg is bound to carbon"),
        ("[Na+].[Cl-]", "INORGANIC", "no carbon"),
        ("[H][H]", "INORGANIC", "no carbon"),
        ("CCCCN.CCCCO", "MIXTURE", "2 different molecules: CCCCN and CCCCO"),
        ("CNCC(O)C(O)C(O)C(O)CO.CC(=O)O", "MIXTURE", "2 different"),
        ("CC[CH]C", "RADICAL", "unpaired electron on C"),
        ("C[Si](C)C", "RADICAL", "unpaired electron on Si"),
        ("C[N+](C)C", "RADICAL", "unpaired electron on N"),
        ("C" * 301, "TOO_LARGE", "301 heavy atoms"),
        ("C" * (MAX_CHARACTERS + 1), "TOO_LARGE", "characters"),
    ],
)
def test_problems(given: str, code: str, reason: str) -> None:
    problem = standardize(given)
    assert isinstance(problem, Problem)
    assert problem.code == code
    assert reason in problem.reason


def test_size_counts_after_the_salt_is_gone() -> None:
    assert isinstance(standardize("CCCCN.OC(=O)c1ccccc1", max_atoms=5), Standardized)
    assert isinstance(standardize("CCCCN.OC(=O)c1ccccc1", max_atoms=4), Problem)


def test_a_salt_former_alone_is_a_molecule() -> None:
    for entry in SALTS.replace("\n", "|").split("|"):
        if entry.strip():
            name, smiles = entry.split()
            result = standardize(smiles)
            assert isinstance(result, Standardized), name
            assert Chem.CanonSmiles(result.smiles) == Chem.CanonSmiles(smiles), name


def test_canonical_leaves_salts_and_charges() -> None:
    assert canonical("[Na+].[O-]C(C)=O") == Standardized("CC(=O)[O-].[Na+]")
    assert isinstance(canonical("*C"), Problem)
    assert isinstance(canonical("CCCC", max_atoms=3), Problem)
    assert isinstance(canonical("C1CC"), Problem)


def test_rdkit_stays_silent_and_its_logs_as_they_were(capfd: pytest.CaptureFixture[str]) -> None:
    before = rdBase.LogStatus()
    standardize("C1CC")
    standardize("CC(C)(C)(C)C")
    assert capfd.readouterr() == ("", "")
    assert rdBase.LogStatus() == before
    RDLogger.DisableLog("rdApp.*")
    try:
        standardize("C1CC")
        assert "enabled" not in rdBase.LogStatus()
    finally:
        RDLogger.EnableLog("rdApp.error")
        RDLogger.EnableLog("rdApp.warning")


def test_messages_are_collected() -> None:
    with rdkit_messages() as messages:
        Chem.MolFromSmiles("C1CC")
    assert "unclosed ring" in messages[0]
