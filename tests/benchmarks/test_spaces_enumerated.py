"""The oracle of a space's list: two synthons put together as text are the joined product."""

from __future__ import annotations

import pytest
from rdkit import Chem, rdBase
from spaces_enumerated import branch, trunk

from riboswitch.spaces.exact.joining import product_smiles
from synthon_spaces import AMINES, CUTS, MARKED, cut, drugs

SIDES = {name: cut(drugs(), pattern) for name, pattern in CUTS.items()}


def pairs(name):
    firsts, seconds = SIDES[name]
    return [(a, b) for a in firsts for b in seconds]


def put_together(a, b):
    before, after = trunk(a)
    mol = Chem.MolFromSmiles(before + branch(b) + after)
    return None if mol is None else Chem.MolToSmiles(mol)


@pytest.mark.parametrize("name", CUTS)
def test_the_text_of_two_synthons_is_their_product(name):
    for a, b in pairs(name):
        assert put_together(a, b) == product_smiles((a, b))


def test_stereo_marks_survive():
    firsts = [f"[1*]{text}" for text in MARKED]
    with rdBase.BlockLogs():
        found = [(put_together(a, f"[1*]{b}"), product_smiles((a, f"[1*]{b}")))
                 for a in firsts for b in AMINES if not b.startswith("/")]  # fmt: skip
    assert sum(ours == theirs for ours, theirs in found) == len(found)
    assert any("@" in ours and "/" in ours for ours, _ in found)


def test_ring_closures_of_both_stay_apart():
    pair = "[1*]C1CC1", "[1*]N1CCC2(CC1)CC2"
    assert put_together(*pair) == product_smiles(pair)
