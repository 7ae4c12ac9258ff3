"""The size of a structure from its text, before anything dear is done with it.

RDKit takes seconds for a molecule of thousands of atoms, or of hundreds of fragments or rings. The counts
here take milliseconds. No molecule is refused for its atoms that would not be refused later.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import count

from riboswitch.errors import Problem

MAX_CHARACTERS = 10_000
"""Of a SMILES."""

MAX_FRAGMENTS = 500
MAX_RINGS = 2  # for each atom; no compound of non-metals has more
SMALL = 300
"""A text of no more characters, or a graph of no more atoms, is not dear, and no salt former is larger."""

HINT = "Raise max_atoms to keep it."

COUNTER_METALS = frozenset(["Li", "Be", "Na", "Mg", "Al", "K", "Ca", "Zn", "Rb", "Sr", "Cs", "Ba"])
"""Alkali-like metals: treated as counter-ions of a salt only, whose bonds standardising breaks."""

_TOKEN = re.compile(
    r"\[\d*(?P<symbol>[A-Za-z][a-z]?|\*|#\d+)[^\[\]]*\]|(?P<atom>Br|Cl|[BCNOPSFIbcnops])"
    r"|(?P<closure>%\d\d|%\(\d+\)|\d)|(?P<sign>[().])|[-=#$:/\\~*]"
)
_HYDROGEN = re.compile(r"\[\d*H(?:[@H:+\-\d][^\[\]]*)?\]")


def too_large(smiles: str, max_atoms: int, whole: bool = False) -> Problem | None:
    """Say whether a SMILES is too large to be read.

    Parameters
    ----------
    smiles : str
        Without white space and extension.
    max_atoms : int
        Most heavy atoms of the molecule.
    whole : bool
        Count all atoms. Else those of each organic part that stays together are counted, since standardising
        removes fragments, and breaks bonds to counter-ions.

    Returns
    -------
    Problem or None
        Code: ``TOO_LARGE``.
    """
    if len(smiles) <= min(max_atoms, SMALL):
        return None
    if len(smiles) > MAX_CHARACTERS:
        reason = f"a SMILES of {len(smiles)} characters, more than {MAX_CHARACTERS}"
        return Problem("TOO_LARGE", reason, "Leave it out: no model here reads a molecule of this size.")
    parts = _parts(smiles)
    if parts is None:
        return None  # no SMILES, which RDKit finds fast
    sizes, organic, closures = parts
    atoms = sum(sizes.values()) if whole else max((sizes[part] for part in organic), default=0)
    return _heavy(atoms, max_atoms) or tangled(len(sizes), sum(sizes.values()), closures // 2)


def graph_too_large(
    symbols: Mapping[str, str], bonds: Iterable[tuple[str, str]], max_atoms: int
) -> Problem | None:
    """Say the same of a molecule that is given by the symbols of its atoms, and pairs of bound atoms."""
    metals = {atom for atom, symbol in symbols.items() if symbol in COUNTER_METALS}
    root = {atom: atom for atom in symbols}

    def find(atom: str) -> str:
        while root[atom] != atom:
            root[atom] = atom = root[root[atom]]
        return atom

    joined = 0
    for one, other in bonds:
        if one in root and other in root:
            joined += 1
            if not metals & {one, other}:
                root[find(one)] = find(other)
    sizes = Counter(find(atom) for atom, symbol in symbols.items() if symbol not in ("H", "D", "T"))
    organic = {find(atom) for atom, symbol in symbols.items() if symbol == "C"}
    atoms = max((sizes[part] for part in organic), default=0)
    return _heavy(atoms, max_atoms) or tangled(len(sizes), len(symbols), joined - len(symbols) + 1)


def _heavy(atoms: int, max_atoms: int) -> Problem | None:
    if atoms <= max(max_atoms, SMALL):
        return None
    return Problem("TOO_LARGE", f"{atoms} heavy atoms, more than {max_atoms}", HINT)


def tangled(fragments: int, atoms: int, rings: int) -> Problem | None:
    """Say whether a structure has too many fragments, or more rings than a compound of non-metals."""
    if fragments > MAX_FRAGMENTS:
        reason = f"{fragments} fragments, more than {MAX_FRAGMENTS}"
        return Problem("TOO_LARGE", reason, "Give one molecule, with each counter-ion and solvent once.")
    if rings > MAX_RINGS * max(atoms, 10):
        return Problem("TOO_LARGE", f"{rings} rings of {atoms} atoms", "Give one definite molecule.")
    return None


def _parts(smiles: str) -> tuple[Counter[int], set[int], int] | None:
    """Heavy atoms of each part that stays together, the parts with carbon, and the number of ring closures.

    None for a text that is no SMILES. A ring closure may join two parts: a part may be less than a fragment.
    """
    sizes: Counter[int] = Counter()
    organic: set[int] = set()
    parts = count(1)
    part: int | None = None  # of the atom before; None where the next atom starts a part
    stack: list[int | None] = []
    closures = at = 0
    while at < len(smiles):
        token = _TOKEN.match(smiles, at)
        if token is None:
            return None
        at, sign, symbol = token.end(), token["sign"], token["symbol"]
        if token["closure"]:
            closures += 1
        elif sign == "(":
            stack.append(part)
        elif sign:
            part = stack.pop() if sign == ")" and stack else None
        elif symbol and (symbol in COUNTER_METALS or symbol.startswith("#")):
            sizes[next(parts)], part = 1, None
        elif symbol or token["atom"]:
            part = next(parts) if part is None else part
            sizes[part] += not _HYDROGEN.fullmatch(token[0])
            if (symbol or token["atom"]) in ("C", "c"):
                organic.add(part)
    return sizes, organic, closures
