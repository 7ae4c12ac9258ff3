"""Synthons: open ends stay, and everything that is none has a code."""

from __future__ import annotations

import pytest
from rdkit import Chem

from riboswitch.errors import Problem
from riboswitch.spaces.synthons.synthon import read_synthon


@pytest.mark.parametrize(
    ("text", "smiles", "ends"),
    [
        ("[1*]C(C)=O", "[1*]C(C)=O", ((1, 1),)),
        ("[U]NC", "[1*]NC", ((1, 1),)),
        ("[Np]CC[U]", "[1*]CC[2*]", ((1, 1), (2, 1))),
        ("[1*]=CC", "[1*]=CC", ((1, 2),)),
        ("[1*]C(=O)[O-]", "[1*]C(=O)O", ((1, 1),)),
        ("[1*]c1ccccc1.Cl", "[1*]c1ccccc1", ((1, 1),)),
        ("[1*][C@H](C)O", "[1*][C@H](C)O", ((1, 1),)),
        ("[1*]/C=C/C", "[1*]/C=C/C", ((1, 1),)),
    ],
)
def test_a_synthon_is_standardised_and_its_open_ends_stay(text, smiles, ends):
    found = read_synthon(text)
    assert (found.smiles, found.ends) == (Chem.CanonSmiles(smiles), ends)
    assert read_synthon(found.smiles) == found


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "EMPTY"),
        ("[1*]C(", "BAD_SMILES"),
        ("[1*]C(C)(C)(C)C", "BAD_VALENCE"),
        ("CC", "NO_CONNECTOR"),
        ("*C", "BAD_CONNECTOR"),
        ("[9*]C", "BAD_CONNECTOR"),
        ("[1*]C[1*]", "BAD_CONNECTOR"),
        ("C[1*]C", "BAD_CONNECTOR"),
        ("[1*][2*]", "BAD_CONNECTOR"),
        ("[1*][Fe]", "METAL"),
        ("[1*]C[C@H](F)Cl |&1:2|", "STEREO_GROUP"),
        ("[1*]CC.CCCCCCC", "MIXTURE"),
    ],
)
def test_what_is_no_synthon_has_a_code(text, code):
    found = read_synthon(text)
    assert isinstance(found, Problem) and found.code == code
