"""Mol blocks: nothing that a block says about the substance is lost."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdkit import Chem
from rdkit.Chem import rdDepictor

from chem.mol_blocks import CENTRE, WEDGED, rows, v2000, v3000
from drugs import DRUGS
from riboswitch.chem.ctfile import chiral_flag, features
from riboswitch.chem.ctfile.mol_block import MolBlock, Options, read
from riboswitch.chem.extension import names_itself
from riboswitch.chem.standardize import Standardized, standardize
from riboswitch.errors import Problem, UsageError

RACEMATE, IGNORED = "chiral flag 0: read as a racemate", "chiral flag 0 of RDKit ignored"


def lines(block: str) -> list[str]:
    return block.split("\n")[:-1]


def structure(block: str, **options) -> str:
    """The structure, or the code of the problem."""
    found = read(lines(block), Options(**options))
    return found.structure if isinstance(found, MolBlock) else found.code


def notes(block: str, **options) -> tuple[str, ...]:
    return read(lines(block), Options(**options)).notes


def drawn(smiles: str, **options) -> str:
    mol = Chem.MolFromSmiles(smiles)
    rdDepictor.Compute2DCoords(mol)
    return Chem.MolToMolBlock(mol, **options)


SMILES = st.sampled_from(DRUGS)


@given(SMILES, st.booleans())
@settings(deadline=None, max_examples=60)
def test_a_drawing_gives_the_smiles_it_was_made_of(smiles: str, v3000: bool) -> None:
    assert structure(drawn(smiles, forceV3000=v3000)) == Chem.CanonSmiles(smiles)


@given(SMILES, st.booleans(), st.integers(-3, 3), st.integers(-3, 3))
@settings(deadline=None, max_examples=60)
def test_counts_that_disagree_with_the_block_are_a_problem(
    smiles: str, v3000: bool, atoms: int, bonds: int
) -> None:
    block = drawn(smiles, forceV3000=v3000)
    mol = Chem.MolFromMolBlock(block)
    changed = max(0, mol.GetNumAtoms() + atoms), max(0, mol.GetNumBonds() + bonds)
    if v3000:
        block = re.sub(r"COUNTS \d+ \d+", "COUNTS {} {}".format(*changed), block)
    else:
        head = block.split("\n")
        head[3] = "{:3}{:3}".format(*changed) + head[3][6:]
        block = "\n".join(head)
    if changed == (mol.GetNumAtoms(), mol.GetNumBonds()):
        assert structure(block) == Chem.MolToSmiles(mol)
    else:
        assert structure(block) == "BAD_RECORD"


@given(st.data())
@settings(deadline=None, max_examples=150)
def test_a_damaged_block_is_a_problem_or_a_molecule(data: st.DataObject) -> None:
    """One character is changed, or a line is left out or stands twice: never an exception."""
    smiles, v3000 = data.draw(SMILES), data.draw(st.booleans())
    block = lines(drawn(smiles, forceV3000=v3000))
    number = data.draw(st.integers(0, len(block) - 2))
    how = data.draw(st.sampled_from(["out", "twice", "character"]))
    if how == "character":
        line = block[number] or " "
        at = data.draw(st.integers(0, len(line) - 1))
        block[number] = line[:at] + data.draw(st.sampled_from("\ufeffé\t0-9CX*")) + line[at + 1 :]
    else:
        block[number : number + 1] = [] if how == "out" else [block[number]] * 2
    found = read(block, Options())
    if isinstance(found, Problem):
        assert found.code.isupper() and found.reason
        assert "/" not in found.reason.replace("MDLV30/", ""), "no path of the machine"
    else:
        assert isinstance(standardize(found.structure), Standardized | Problem)


QUERIES = {
    **{f"atom {symbol}": v2000([symbol, "C", "O"]) for symbol in ("A", "Q", "*", "L", "R", "R#", "X")},
    **{f"bond {order}": v2000(bonds=[(1, 2, order), (2, 3, 1)]) for order in (0, 4, 5, 6, 7, 8, 10)},
    **{f"bond {order} of V3000": v3000(bonds=[(1, 2, order), (2, 3, 1)]) for order in (4, 5, 8, 10)},
    "R group": v2000(properties=["M  RGP  1   1   1"]),
    "atom list": v2000(properties=["M  ALS   1  2 F C   N   "]),
    "ring bonds": v2000(properties=["M  RBC  1   1   2"]),
    "substitution": v2000(properties=["M  SUB  1   1   2"]),
    "unsaturation": v2000(properties=["M  UNS  1   1   1"]),
    "link node": v2000(properties=["M  LIN  1   1   2   2   3"]),
    "attachment point": v2000(properties=["M  APO  1   1   1"]),
    "zero order": v2000(properties=["M  ZBO  1   1   0"]),
    "alias": v2000(properties=["A    1", "Ph"]),
    "topology": v2000().replace("  1  2  1  0", "  1  2  1  0  0  1"),
    "hydrogen count": v2000().replace(" C   0  0  0  0", " C   0  0  0  1", 1),
    "multiple group, how often is unclear": v2000(
        properties=["M  STY  1   1 MUL", "M  SAL   1  1   1", "M  SPA   1  1   1", "M  SMT   1 3x"]),
    "multiple group": v2000(properties=["M  STY  1   1 MUL", "M  SAL   1  1   1", "M  SPA   1  1   1",
                                        "M  SBL   1  1   1", "M  SMT   1 3"]),
    "end points": v3000().replace("M  V30 2 1 2 3", "M  V30 2 1 2 3 ENDPTS=(2 1 2) ATTACH=ANY"),
    "atom list of V3000": v3000(["[C,N]", "C", "O"]),
    "attachment of V3000": v3000().replace("C 0.0 0.0 0 0", "C 0.0 0.0 0 0 ATTCHPT=1").replace(
        "M  V30 1 C 0.0 0 0 0", "M  V30 1 C 0.0 0 0 0 ATTCHPT=1"),
}  # fmt: skip


@pytest.mark.parametrize("case", QUERIES)
def test_what_stands_for_several_molecules_is_rejected(case: str) -> None:
    assert structure(QUERIES[case]) == "QUERY_ATOMS"


OTHERS = {
    "old radical": (v2000().replace(" C   0  0", " C   0  4", 1), "RADICAL"),
    "old radical with charges": (
        v2000(properties=["M  CHG  1   3  -1"]).replace(" C   0  0", " C   0  4", 1), "CC[O-]"),
    "radical": (v2000(properties=["M  RAD  1   1   2"]), "[CH2]CO"),
    "isotope": (v2000(properties=["M  ISO  1   1  13"]), "[13CH3]CO"),
    "mass difference": (v2000().replace(" C   0", " C   1", 1), "[13CH3]CO"),
    "deuterium": (v2000(["D", "C", "O"]), "[2H]CO"),
    "charge": (v2000(properties=["M  CHG  1   3  -1"]), "CC[O-]"),
    "dative bond": (v2000(["N", "B"], [(1, 2, 9)]), "B<-N"),
    "own name as alias": (v2000(properties=["A    1", "H3C"]), "CCO"),
    "atom value": (v2000(properties=["V    1 note"]), "CCO"),
    "written-out multiple": (
        v2000(["C", "C", "C", "O"], [(1, 2, 1), (2, 3, 1), (3, 4, 1)],
              ["M  STY  1   1 MUL", "M  SAL   1  2   1   2", "M  SPA   1  1   1", "M  SBL   1  1   2",
               "M  SMT   1 2"]), "CCCO"),
    "abbreviation": (
        v2000(properties=["M  STY  1   1 SUP", "M  SAL   1  1   1", "M  SBL   1  1   1", "M  SMT   1 Me"]),
        "CCO"),
    "data": (
        v2000(properties=["M  STY  1   1 DAT", "M  SAL   1  1   1", "M  SDT   1 NOTE", "M  SED   1 x"]),
        "CCO"),
    "no atom": (v2000([], []), "NO_ATOMS"),
    "no such element": (v2000(["Qq", "C", "O"]), "BAD_RECORD"),
    "no such atom": (v2000(properties=["M  CHG  1   9   1"]), "BAD_RECORD"),
    "valence": (v2000(["O", "O", "O"], [(1, 2, 2), (2, 3, 2)]), "BAD_VALENCE"),
    "unknown S-group": (v2000(properties=["M  STY  1   1 XXX"]), "BAD_RECORD"),
    "unknown stereo group": (v3000(CENTRE, WEDGED, ["MDLV30/STEFOO1 ATOMS=(1 2)"]), "BAD_RECORD"),
}  # fmt: skip


@pytest.mark.parametrize("case", OTHERS)
def test_each_feature_ends_as_a_structure_or_a_code(case: str) -> None:
    block, expected = OTHERS[case]
    assert structure(block) == expected


@pytest.mark.parametrize("block", [*QUERIES.values(), *(block for block, _ in OTHERS.values())])
def test_an_ordinary_block_needs_no_further_check(block: str, monkeypatch) -> None:
    with_shortcut = structure(block)
    monkeypatch.setattr(features, "_ORDINARY", re.compile("(?!)"))
    assert structure(block) == with_shortcut


def test_drawings_are_ordinary_blocks() -> None:
    assert all(features._ORDINARY.fullmatch("\n".join(lines(drawn(smiles))[4:])) for smiles in DRUGS[:20])


POLYMERS = ["SRU", "MON", "COP", "MIX", "COM", "FOR", "CRO", "GRA", "ANY", "MOD", "MER", "GEN"]


@pytest.mark.parametrize("kind", POLYMERS)
def test_a_polymer_keeps_its_group(kind: str) -> None:
    properties = [f"M  STY  1   1 {kind}", "M  SAL   1  1   1", "M  SBL   1  1   1"]
    assert re.fullmatch(r"CCO \|Sg:[a-z]+:0:.*\|", structure(v2000(properties=properties)))
    group = f"1 {kind} 0 ATOMS=(1 1) XBONDS=(1 1)"
    assert re.fullmatch(r"CCO \|Sg:[a-z]+:0:.*\|", structure(v3000(groups=[group])))


def test_a_polymer_without_atoms_is_none_the_less_one() -> None:
    assert "Sg:n:" in structure(v2000(properties=["M  STY  1   1 SRU"]))


GROUPS = {"STEABS": "", "STERAC1": " |&1:1|", "STEREL1": " |o1:1|"}


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize("flag", [0, 1])
def test_stereo_groups_win_over_the_flag(group: str, flag: int) -> None:
    block = v3000(CENTRE, WEDGED, [f"MDLV30/{group} ATOMS=(1 2)"], flag=flag)
    assert structure(block) == "F[C@H](Cl)Br" + GROUPS[group]
    assert notes(block) == ()


@pytest.mark.parametrize("form", [v2000, v3000])
def test_the_chiral_flag_is_read_as_stated(form) -> None:
    plain, racemate = "F[C@H](Cl)Br", "F[C@H](Cl)Br |&1:1|"
    unset, chiral, rdkit = (
        form(CENTRE, WEDGED),
        form(CENTRE, WEDGED, flag=1),
        form(CENTRE, WEDGED, program="RDKit"),
    )
    read_as = {
        "stated": [(racemate, (RACEMATE,)), (plain, ()), (plain, (IGNORED,))],
        "absolute": [(plain, ())] * 3,
        "racemate": [(racemate, (RACEMATE,)), (plain, ()), (racemate, (RACEMATE,))],
    }
    assert tuple(read_as) == chiral_flag.CHOICES
    for reading, expected in read_as.items():
        options = {"chiral_flag": reading}
        assert [(structure(b, **options), notes(b, **options)) for b in (unset, chiral, rdkit)] == expected
    with pytest.raises(UsageError, match="stated"):
        Options(chiral_flag="1")


ACHIRAL = ["CCO", "C/C=C/C", "C[C@H]1CC[C@@H](C)CC1", "O[C@H](C(=O)O)[C@@H](O)C(=O)O", "C[C@H](O)[C@@H](C)O"]


@pytest.mark.parametrize("smiles", ACHIRAL)
def test_the_flag_of_a_molecule_without_mirror_image_says_nothing(smiles: str) -> None:
    block = drawn(smiles).replace("RDKit", "other")
    assert (structure(block), notes(block)) == (Chem.CanonSmiles(smiles), ())


def test_all_free_centres_are_one_group() -> None:
    block = drawn("C[C@H](O)[C@@H](N)F").replace("RDKit", "other")
    assert re.search(r" \|&1:\d+,\d+\|$", structure(block))


@pytest.mark.parametrize("symbol", ["C", "N", "Cl"])
def test_labels_that_name_their_atom(symbol: str) -> None:
    for label in (symbol, f"{symbol}H3", f"H2{symbol}", f"{symbol}12", f"{symbol}1'", "7", ""):
        assert names_itself(symbol, label), label
    for label in (f"{symbol}F3", f"{symbol}6H5", "Ph", "R1", f"O{symbol}H3", "*"):
        assert not names_itself(symbol, label), label


def big(atoms: int) -> str:
    return v3000(["C"] * atoms, [(i, i + 1, 1) for i in range(1, atoms)])


def test_a_large_block_is_not_parsed(monkeypatch) -> None:
    assert structure(big(301), max_atoms=301) == "C" * 301
    monkeypatch.setattr(Chem, "MolFromMolBlock", lambda *_: pytest.fail("it was parsed"))
    assert structure(big(5000)) == "TOO_LARGE"
    tangle = [(i, j, 1) for i in range(1, 41) for j in range(1, i)]
    assert structure(v2000(["U"] * 40, tangle)) == "TOO_LARGE"


def test_a_continued_line_counts_once(tmp_path) -> None:
    block = (
        v3000()
        .replace("M  V30 1 C 0.0", "M  V30 1 C -\nM  V30 0.0")
        .replace("M  V30 1 C 0 ", "M  V30 1 C -\nM  V30 0 ")
    )
    assert "-\n" in block
    assert [row.structure for row in rows(tmp_path / "x.sdf", block + "$$$$\n")] == ["CCO"]


@pytest.mark.parametrize("odd", ["\ufeffC ", "C\ufeff ", "C  \ufeff", "C é"])
def test_an_odd_character_costs_its_record(tmp_path, odd: str) -> None:
    good = v2000() + "$$$$\n"
    bad = good.replace(" C   0", f" {odd} 0", 1)
    found = rows(tmp_path / "x.sdf", good + bad + good)
    assert [getattr(row, "code", "") for row in found] == ["", "BAD_RECORD", ""]
    assert "line 5" in found[1].reason
    assert found[1].reason.isascii(), "an odd character is invisible, or of another script"
