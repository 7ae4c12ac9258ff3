"""Make up molecules: two rings, a link and two ends, drawn at random. They stem from no data."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

# Pieces are open on both sides (ends on one), so that any row of them is a molecule. Together they have the
# elements, charges, bonds and kinds of stereo that networks meet most.
STARTS = ("FC(F)(F)", "Cl[CH2]C", "Br[CH2]", "OC(=O)C", "CS(=O)(=O)N", "N#CC", "COP(=O)(OC)C", "C[N+](C)(C)C",
          "I[CH2]", "C[C@H](N)C", "[O-][N+](=O)C", "C/C=C/", "[CH3]SC", "C[Si](C)(C)")  # fmt: skip
RINGS = ("c1ccc(cc1)", "c1cnc(nc1)", "c1csc(n1)", "C1CCC(CC1)", "c1cc2cc(ccc2[nH]1)", "C1CN(CCN1)",
         "c1coc(c1)", "C1=CC(=O)C(O1)", "c1cc2ccc(cc2o1)")  # fmt: skip
LINKS = ("C(=O)N", "[CH2]O", "S(=O)(=O)N", "C#C", "CS[CH2]", "N(C)", "C(=O)O", "/C=C/", "[C@@H](F)",
         "[C@H](O)", "O[CH2]C")  # fmt: skip
ENDS = ("C(F)F", "Cl", "CBr", "C(=O)O", "C#N", "CC(C)C", "S(C)(=O)=O", "N", "O[CH3]", "C[N+](C)(C)C",
        "C[CH2]CCO", "C(C)(C)C", "F", "P(=O)(O)O")  # fmt: skip
_SHAPE = (STARTS, RINGS, LINKS, RINGS, ENDS)


def invent(number: int, seed: int, reading: Mapping[str, Any], encoder: Mapping[str, Any]) -> list[str]:
    """Return SMILES; one in 200,000 comes again."""
    chance = random.Random(seed)
    return ["".join(chance.choice(pieces) for pieces in _SHAPE) for _ in range(number)]
