"""Laws of standardising: a projection that ignores the order of atoms. Then examples and what is refused."""

from __future__ import annotations

import csv
import gzip
import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdkit import Chem, RDLogger, rdBase

from riboswitch.chem.fragments import MINERALS
from riboswitch.chem.salt_list import SALTS
from riboswitch.chem.smiles import MAX_CHARACTERS, rdkit_messages
from riboswitch.chem.standardize import Standardized, canonical, standardize
from riboswitch.errors import Problem

DRUGS = """\
CC(=O)Oc1ccccc1C(=O)O
CC(=O)Nc1ccc(O)cc1
CC(C)Cc1ccc(C(C)C(=O)O)cc1
Cn1c(=O)c2c(ncn2C)n(C)c1=O
CC1(C)S[C@@H]2[C@H](NC(=O)[C@H](N)c3ccc(O)cc3)C(=O)N2[C@H]1C(=O)O
CC1(C)S[C@@H]2[C@H](NC(=O)Cc3ccccc3)C(=O)N2[C@H]1C(=O)[O-].[K+]
O=C(O)c1cn(C2CC2)c2cc(N3CCNCC3)c(F)cc2c1=O
O=C(O)c1cn(C2CC2)c2cc(N3CCNCC3)c(F)cc2c1=O.Cl.O
C[C@H]1c2cccc(O)c2C(=O)C2=C(O)[C@]3(O)C(=O)C(C(N)=O)=C(O)[C@@H](N(C)C)[C@@H]3[C@@H](O)[C@@H]21
CN(C)[C@@H]1C(O)=C(C(N)=O)C(=O)[C@@]2(O)C(O)=C3C(=O)c4c(O)cccc4[C@@](C)(O)[C@H]3C[C@@H]12
O=C(N[C@H](CO)[C@H](O)c1ccc([N+](=O)[O-])cc1)C(Cl)Cl
COc1cc(Cc2cnc(N)nc2N)cc(OC)c1OC
Cc1cc(NS(=O)(=O)c2ccc(N)cc2)no1
Nc1ccc(S(=O)(=O)[N-]c2ncccn2)cc1.[Na+]
Cc1ncc([N+](=O)[O-])n1CCO
CC(=O)NC[C@H]1CN(c2ccc(N3CCOCC3)c(F)c2)C(=O)O1
C[C@@H]1O[C@@H]1P(=O)(O)O
C[C@@H]1O[C@@H]1P(=O)([O-])[O-].[Na+].[Na+]
CC[C@H]1OC(=O)[C@H](C)[C@@H](O)[C@H](C)[C@@H](O)[C@](C)(O)C[C@@H](C)C(=O)[C@H](C)[C@@H](O)[C@]1(C)O
NC[C@H]1O[C@H](O[C@H]2[C@H](O)[C@@H](O)[C@H](N)C[C@@H]2N)[C@H](N)[C@@H](O)[C@@H]1O
CSC1O[C@H]([C@H](NC(=O)[C@@H]2CCCN2C)[C@H](C)Cl)[C@@H](O)[C@H](O)[C@H]1O
NNC(=O)c1ccncc1
NC(=O)c1cnccn1
CC[C@@H](CO)NCCN[C@@H](CC)CO
C[S@](=O)c1ccccc1
C[S@@+]([O-])Cc1ccccc1
COc1ccc2[nH]c([S@@](=O)Cc3ncc(C)c(OC)c3C)nc2c1
COc1ccc2[nH]c([S+]([O-])Cc3ncc(C)c(OC)c3C)nc2c1
O=[N+]([O-])c1ccc(/C=N/N2CC(=O)NC2=O)o1
O=N(=O)c1ccc(/C=N\\N2CC(=O)NC2=O)o1
C[N+](C)(C)CCOC(C)=O.[Cl-]
C[N+](C)(C)C[C@H](O)CC(=O)[O-]
C[N+](C)(C)CC(O)CC(=O)O.[Cl-]
NCC(=O)O
[NH3+]CC(=O)[O-]
N[C@@H](CS)C(=O)O
NC(=[NH2+])c1ccccc1.CS(=O)(=O)[O-]
NC(=N)NCCC[C@H](N)C(=O)O
CN1CCC[C@H]1c1cccnc1
CN1C2CCC1CC(OC(=O)C(CO)c1ccccc1)C2.OS(=O)(=O)O
C[NH+]1CCC[C@H]1c1cccnc1.OC(=O)[C@H](O)[C@@H](O)C([O-])=O
CCN(CC)CCNC(=O)c1ccc(N)cc1
CN(C)CCC=C1c2ccccc2CCc2ccccc21
CN(C)CCCN1c2ccccc2Sc2ccc(Cl)cc21.Cl
OC(=O)CC(O)(CC(O)=O)C(O)=O.NCCc1ccc(O)c(O)c1
CC(=O)[O-].[Na+]
[Na]OC(=O)c1ccccc1
C[n+]1ccccc1C=NO.[I-]
[O-][n+]1ccccc1
c1ccc[n+]([O-])c1CC(=O)[O-].[Na+]
CN=[N+]=[N-]
C[N-][N+]#N
O=C1C=CC(=O)C=C1
F[C@H](Cl)Br
C/C=C/C=C\\C
OC[C@H]1O[C@@H](n2cnc3c(N)ncnc32)[C@H](O)[C@@H]1O
Nc1ccn([C@@H]2O[C@H](COP(=O)([O-])OP(=O)([O-])[O-])[C@@H](O)[C@H]2O)c(=O)n1.[Na+].[Na+].[Na+]
CC(C)(C)c1cc(S)cc(C(C)(C)C)c1[O-].[K+]
OB(O)c1ccccc1
C[Si](C)(C)CO
CCP(CC)(CC)=O
CC[P+](CC)(CC)[O-]
[2H]C([2H])([2H])NC(=O)c1ccncc1
O=C(O)CN(CCN(CC(=O)O)CC(=O)O)CC(=O)[O-].[Ca+2].[O-]Cl
[Zn]1n2c3\\N=C4/N=C(c5ccccc45)/N=c4\\n1\\c(=N/C1=N/C(c5ccccc15)=N\\c2c1ccccc31)c1ccccc41
C[S+](C)CCC(N)C(=O)O.[O-]S(=O)(=O)c1ccc(C)cc1
""".splitlines()


SALT_FORMERS = {Chem.CanonSmiles(e.split()[1]) for e in SALTS.replace("\n", "|").split("|") if e.strip()}


def smiles_of(text: str, **options: bool) -> str:
    result = standardize(text, **options)  # type: ignore[arg-type]
    assert isinstance(result, Standardized), (text, result)
    return result.smiles


@pytest.mark.parametrize("drug", DRUGS)
def test_twice_is_once(drug: str) -> None:
    once = smiles_of(drug)
    assert standardize(once) == Standardized(once)
    assert standardize(once, shortcut=False) == Standardized(once)


@given(st.sampled_from(DRUGS), st.randoms(use_true_random=False))
@settings(max_examples=250, deadline=None)
def test_the_order_of_atoms_is_not_seen(drug: str, random) -> None:  # type: ignore[no-untyped-def]
    mol = Chem.MolFromSmiles(drug)
    order = list(range(mol.GetNumAtoms()))
    random.shuffle(order)
    shuffled = Chem.MolToSmiles(Chem.RenumberAtoms(mol, order), canonical=False)
    assert smiles_of(shuffled) == smiles_of(drug)


@pytest.mark.parametrize("drug", DRUGS)
def test_the_shortcut_changes_nothing(drug: str) -> None:
    assert smiles_of(drug) == smiles_of(drug, shortcut=False)


@pytest.mark.parametrize("drug", DRUGS)
def test_the_result_is_one_fragment_that_rdkit_reads(drug: str) -> None:
    mol = Chem.MolFromSmiles(smiles_of(drug))
    assert len(Chem.GetMolFrags(mol)) == 1
    assert Chem.MolToSmiles(mol) == smiles_of(drug)


@given(st.sampled_from(DRUGS), st.sampled_from(["Cl", "O", "[Na+].[Cl-]", "CC(=O)O", "OS(=O)(=O)O", "CCO"]))
@settings(max_examples=100, deadline=None)
def test_a_salt_former_beside_changes_nothing(drug: str, partner: str) -> None:
    alone = smiles_of(drug)
    if Chem.MolToSmiles(Chem.MolFromSmiles(alone), isomericSmiles=False) not in SALT_FORMERS:
        assert smiles_of(f"{drug}.{partner}") == alone
        assert smiles_of(f"{partner}.{drug}") == alone


def test_stereo_marks_survive() -> None:
    for drug in DRUGS:
        mol = Chem.MolFromSmiles(drug)
        kept = Chem.MolFromSmiles(smiles_of(drug))
        if "." not in drug:
            assert len(Chem.FindMolChiralCenters(kept)) == len(Chem.FindMolChiralCenters(mol)), drug


MIRRORED = [
    "moleculenet/delaney.csv", "moleculenet/bbbp.csv", "moleculenet/lipo.csv", "moleculenet/tox21.csv",
    "moleculenet/hiv.csv.gz", "moleculenet/muv.csv.gz", "saureus_wong2023/train.csv",
    "ecoli_stokes2020/data_ecoli.csv", "ecoli_stokes2020/data_broad_repurposing_library.csv",
]  # fmt: skip


def mirrored(name: str, every: int = 1) -> Iterator[str]:
    mirror = os.environ.get("RIBOSWITCH_MIRROR")
    if not mirror:
        pytest.skip("RIBOSWITCH_MIRROR is not set")
    path = Path(mirror) / name
    with (gzip.open if path.suffix == ".gz" else open)(
        path, "rt", encoding="utf-8-sig", newline=""
    ) as handle:
        for row in islice(csv.DictReader(handle), None, None, every):
            yield row.get("smiles") or row["SMILES"]


def assert_the_shortcut_changes_nothing(text: str) -> None:
    short, full = standardize(text), standardize(text, shortcut=False)
    if isinstance(full, Standardized):
        assert isinstance(short, Standardized), text
        assert short.smiles == full.smiles, text
    else:
        assert short == full, text


@pytest.mark.parametrize("name", MIRRORED)
def test_the_shortcut_on_some_of_each_real_list(name: str) -> None:
    for text in mirrored(name, every=1009 if name.endswith(".gz") else 101):
        assert_the_shortcut_changes_nothing(text)


@pytest.mark.slow
@pytest.mark.parametrize("name", MIRRORED)
def test_the_shortcut_on_all_of_each_real_list(name: str) -> None:
    if not os.environ.get("RIBOSWITCH_ALL"):
        pytest.skip("RIBOSWITCH_ALL is not set: this takes minutes")
    for text in mirrored(name):
        assert_the_shortcut_changes_nothing(text)


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
        ("[2H]OC", "[2H]OC", ()),
        ("O=S1c2ccccc2-c2ccccc21", "O=S1c2ccccc2-c2ccccc21", ()),
        ("[O-][s+]1c2ccccc2c2ccccc21", "O=S1c2ccccc2-c2ccccc21", ("functional groups normalised",)),
        ("C[N+]1(C)CCCC1", "C[N+]1(C)CCCC1", ()),
        ("C[n+]1ccccc1CC(=O)O", "C[n+]1ccccc1CC(=O)O", ()),
        ("C[Si](C)(C)C", "C[Si](C)(C)C", ()),
        ("C", "C", ()),
        ("C#C", "C#C", ()),
        ("OC=O", "O=CO", ()),
        ("CCCCN.C#N", "CCCCN", ("removed C#N",)),
        ("C[N+](C)(C)C.[C-]#N", "C[N+](C)(C)C", ("removed [C-]#N",)),
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
        ("[Na]OC(=O)O[Na]", "INORGANIC", "ions or minerals"),
        ("[NH4+].[S-]C#N", "INORGANIC", "ions or minerals"),
        ("O=[13C]=O", "INORGANIC", "ions or minerals"),
        ("[C-]#[O+]", "INORGANIC", "ions or minerals"),
        ("S=C=S", "INORGANIC", "ions or minerals"),
        ("C#N.Cl", "INORGANIC", "ions or minerals"),
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


@pytest.mark.parametrize("mineral", sorted(MINERALS))
def test_minerals_are_canonical_and_inorganic(mineral: str) -> None:
    assert Chem.CanonSmiles(mineral) == mineral
    for shortcut in (True, False):
        problem = standardize(mineral, shortcut=shortcut)
        assert isinstance(problem, Problem)
        assert problem.code == "INORGANIC"


CHARGED = [
    "C[N+](C)(C)C",
    "CC(=O)[O-]",
    "C[N+](C)(C)CC(=O)[O-]",
    "[NH3+]CC(=O)[O-]",
    "F[B-](F)(F)F",
    "C[n+]1ccccc1",
    "[O-]c1ccccc1",
    "C[N+]1(C)CC[N+](C)(C)[BH-]1C([O-])O",
    "C[P+](C)(C)C",
    "C[S+](C)C",
    "CS(=O)(=O)[N-]C",
    "O=C1[N-]C(=O)c2ccccc21",
    "[CH2-]C=O",
    "C[N+]#[C-]",
    "CC[B-](CC)(CC)CC",
    "[NH3+]CC[NH3+]",
    "O=P([O-])([O-])OC",
    "c1cc[nH+]cc1",
    "[BH3-]C#N",
    "C[N+](C)(C)[BH2-]C(=O)O",
]


@given(st.lists(st.sampled_from(CHARGED), min_size=1, max_size=3), st.randoms(use_true_random=False))
@settings(max_examples=200, deadline=None)
def test_the_total_charge_never_moves_away_from_zero(pieces: list[str], random) -> None:  # type: ignore[no-untyped-def]
    mol = Chem.MolFromSmiles(pieces[0])
    for piece in pieces[1:]:
        mol = joined(mol, Chem.MolFromSmiles(piece), random) or mol
    result = standardize(Chem.MolToSmiles(mol))
    if isinstance(result, Standardized):
        after = Chem.GetFormalCharge(Chem.MolFromSmiles(result.smiles))
        assert abs(after) <= abs(Chem.GetFormalCharge(mol)), (Chem.MolToSmiles(mol), result)


def joined(one: Chem.Mol, other: Chem.Mol, random) -> Chem.Mol | None:  # type: ignore[no-untyped-def]
    """Both molecules, with a bond in place of one hydrogen of each."""
    ends = [[a.GetIdx() for a in mol.GetAtoms() if a.GetTotalNumHs()] for mol in (one, other)]
    if not all(ends):
        return None
    mol = Chem.RWMol(Chem.CombineMols(one, other))
    first, second = random.choice(ends[0]), one.GetNumAtoms() + random.choice(ends[1])
    mol.AddBond(first, second, Chem.BondType.SINGLE)
    for atom in (mol.GetAtomWithIdx(first), mol.GetAtomWithIdx(second)):
        if atom.GetNoImplicit():
            atom.SetNumExplicitHs(atom.GetNumExplicitHs() - 1)
    Chem.SanitizeMol(mol)
    return mol.GetMol()


@pytest.mark.parametrize("drug", DRUGS)
def test_a_neutral_drug_stays_neutral(drug: str) -> None:
    mol = Chem.MolFromSmiles(smiles_of(drug))
    fragment_charges = {
        Chem.GetFormalCharge(f) for f in Chem.GetMolFrags(Chem.MolFromSmiles(drug), asMols=True)
    }
    assert abs(Chem.GetFormalCharge(mol)) <= max(map(abs, fragment_charges))


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
