"""Fields of a CXSMILES: honoured, ignored by name, or refused with a code; never dropped."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdkit import Chem, rdBase

from riboswitch.chem.smiles import MAX_CHARACTERS, parse
from riboswitch.chem.standardize import Standardized, as_given, standardize
from riboswitch.errors import Problem

REFUSED = [
    ("CCO |Sg:n:0,1:n:ht|", "POLYMER", "repeat unit (SRU)"),
    ("CCO |Sg:n:0,1|", "POLYMER", "SRU"),
    ("*CC* |$star_e;;;star_e$,Sg:n:1,2::ht|", "POLYMER", "SRU"),
    ("CCO |Sg:mix:0,1::|", "POLYMER", "mixture"),
    ("CCO |Sg:gen:0,1:n:|", "POLYMER", "generic"),
    ("CCO |Sg:blk:0,1::|", "POLYMER", "block copolymer"),
    ("CCO |Sg:new:0,1::|", "POLYMER", "'new'"),
    ("CC* |$;;_R1$|", "QUERY_ATOMS", "any atom"),
    ("CCC |$;;R1$|", "QUERY_ATOMS", "the label 'R1' on C"),
    ("CCC |$;;Boc$|", "QUERY_ATOMS", "the label 'Boc' on C"),
    ("CCCC |LN:1:1.3|", "QUERY_ATOMS", "link node"),
    ("CO.C1=CC=CC=C1 |m:1:2.3.4|", "QUERY_ATOMS", "several atoms"),
    ("CC |rb:0:2|", "QUERY_ATOMS", "query"),
    ("CC |s:0:2|", "QUERY_ATOMS", "query"),
    ("CC |u:0|", "QUERY_ATOMS", "query"),
    ("CC |RG:_R1={C}|", "QUERY_ATOMS", "R group"),
    ("CCO |^1:2|", "RADICAL", "on O"),
    ("CCO |^9:2|", "BAD_EXTENSION", "'^9:2' is damaged"),
    ("CO |H:0.0|", "BAD_EXTENSION", "hydrogen bond"),
    ("CC(O)N |wU:1.0|", "BAD_EXTENSION", "wedge at atom 1"),
    ("CC |garbage|", "BAD_EXTENSION", "'garbage' is not known"),
    ("CC |&1:0,:|", "BAD_EXTENSION", "damaged"),
    ("CC |~|", "BAD_EXTENSION", "'~' is not known"),
    ("CC |&1:9|", "BAD_EXTENSION", "names atom 9; there are 2"),
    ("CC=C |c:9|", "BAD_EXTENSION", "names bond 9; there are 2"),
    ("CC |&1:|", "BAD_EXTENSION", "damaged"),
    ("CC |&:0|", "BAD_EXTENSION", "damaged"),
    ("CC |w:1|", "BAD_EXTENSION", "damaged"),
    ("CC |Z:0|", "BAD_EXTENSION", "'Z:0' is not known"),
    ("CC |$C;C;C$|", "BAD_EXTENSION", "3 atom labels for 2 atoms"),
    ("C[C@H](N)O |&1:1,o1:1|", "BAD_EXTENSION", "two stereo groups"),
    (f"CC |({'1,2,;' * MAX_CHARACTERS})|", "TOO_LARGE", "extension"),
    ("C1CC |&1:0|", "BAD_SMILES", "unclosed ring"),
    ("CC |&1:0| name", "BAD_SMILES", "white space"),
    ("CC name", "BAD_SMILES", "white space"),
]

IGNORED = [
    ("CCO |SgD:1:name:value:::|", "CCO", "data groups"),
    ("CCO |SgD:1:name:value::unit:(1,2)|", "CCO", "data groups"),
    ("CCO |SgD:1:a:b:::,SgD:0:c:d:::,SgH:0:1|", "CCO", "data groups, hierarchy of groups"),
    ("CCC |$C1;CH2;3$|", "CCC", "atom labels"),
    ("CC |$_AV:a;b$|", "CC", "atom values"),
    ("CC |atomProp:0.key.value|", "CC", "atom properties"),
    ("CCO |(1,2,;3,4,;-1.5,2e-1,0)|", "CCO", "coordinates"),
    ("CCO |(1,2;3,4;5,6),lp:2:2|", "CCO", "coordinates, lone pairs"),
    ("C[C@H](O)N |wU:1.0|", "C[C@@H](N)O", "wedges"),
    ("CCC |wD:1.0|", "CCC", "wedges"),
]

HONOURED = [
    ("CC=CC |c:1|", "C/C=C\\C"),
    ("CC=CC |t:1|", "C/C=C/C"),
    ("CC=CC |ctu:1|", "CC=CC"),
    ("C/C=C/C |w:1.0|", "CC=CC"),
    ("C[C@H](O)N |w:1.0|", "CC(N)O"),
    ("C1=CC=CC=C1 |c:0,2,t:4|", "c1ccccc1"),
    ("[Na]OC |C:1.0|", "CO"),
    ("CC ||", "CC"),
    ("CC | |", "CC"),
    ("CC |$;$|", "CC"),
    ("CC=CC |c:1,|", "C/C=C\\C"),
]


@pytest.mark.parametrize(("text", "code", "reason"), REFUSED)
def test_refused(text: str, code: str, reason: str) -> None:
    problem = standardize(text)
    assert isinstance(problem, Problem), problem
    assert problem.code == code
    assert reason in problem.reason


@pytest.mark.parametrize(("text", "smiles", "names"), IGNORED)
def test_ignored_by_name(text: str, smiles: str, names: str) -> None:
    assert standardize(text) == Standardized(smiles, (f"CXSMILES ignored: {names}",))


@pytest.mark.parametrize(("text", "smiles"), HONOURED)
def test_honoured(text: str, smiles: str) -> None:
    found = standardize(text)
    assert isinstance(found, Standardized)
    assert found.smiles == smiles
    raw = as_given(text)
    assert isinstance(raw, Standardized)
    assert standardize(raw.smiles).smiles == smiles  # type: ignore[union-attr]


FIELDS = [
    "&1:1",
    "o2:4",
    "a:1",
    "r",
    "c:1",
    "w:1.0",
    "(1,2;3,4)",
    "$;;N$",
    "lp:2:1",
    "Sg:n:1:n:ht",
    "SgD:1:a:b:::",
    "^1:0",
    "f:0.1",
    "C:1.0",
    "LN:1:1.2",
    "wU:1.0",
    "atomProp:1.a.b",
    "H:1.0",
    "m:0:1.2",
]


@given(st.lists(st.sampled_from(FIELDS), max_size=4), st.text("&o1:,.;$()|^Sgwr2 ", max_size=8))
@settings(max_examples=300, deadline=None)
def test_any_text_gives_a_molecule_or_a_problem(fields: list[str], noise: str) -> None:
    text = ",".join([*fields, noise])
    with rdBase.BlockLogs():
        found = parse(f"C[C@H](N)C[C@H](F)C |{text}|")
    assert isinstance(found, Problem | Chem.Mol)
    if "Sg:n:1:n:ht" in fields:
        assert isinstance(found, Problem)
        assert found.code in ("POLYMER", "BAD_SMILES")
