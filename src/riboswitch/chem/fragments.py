"""The fragment of a structure that is meant: beside it stand ions, minerals, salt formers and solvents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from rdkit import Chem

from riboswitch.chem.neutral import neutral
from riboswitch.chem.salt_list import SALTS
from riboswitch.chem.stereo_groups import joined_enantiomers, text_of
from riboswitch.errors import Problem, shorten

MINERALS = frozenset({
    "O=C(O)O", "S=C(S)S", "C#N", "N#CO", "N=C=O", "C#[N+][O-]", "N#CS", "N=C=S", "N#C[SeH]", "N=C=[Se]",
    "O=C=O", "S=C=S", "O=C=S", "[C-]#[O+]", "[C-]#[C-]", "[C-4]",
})  # fmt: skip
"""Carbon that is no organic compound, as canonical SMILES: carbonic and thiocarbonic acid; hydrogen cyanide;
cyanic, fulminic, thiocyanic and selenocyanic acid; the oxides and sulfides of carbon; carbides. Their salts
are neutralised before. Formic and oxalic acid, urea and phosgene are organic."""

_LARGEST_MINERAL = 4  # heavy atoms


def main_fragment(mol: Chem.Mol, changes: list[str]) -> Chem.Mol | Problem:
    """The one organic fragment that is no salt former or solvent; adds to ``changes``."""
    pieces = Chem.GetMolFrags(mol, asMols=True)
    names = [_name(piece) for piece in pieces]
    fragments = dict(zip(names, pieces, strict=True))
    organic = {s: f for s, f in fragments.items() if not _inorganic(s, f)}
    if not organic:
        carbon = any(atom.GetAtomicNum() == 6 for atom in mol.GetAtoms())
        reason = f"only ions or minerals: {shorten(Chem.MolToSmiles(mol), 40)}"
        hint = "Elements, ions and minerals are outside this model."
        return Problem("INORGANIC", reason if carbon else "no carbon in the structure", hint)
    named = organic
    if len(organic) > 1:
        named = {s: f for s, f in organic.items() if _flat(f) not in _salts()} or organic
    chosen = _one_substance(Counter(name for name in names if name in named), named)
    if isinstance(chosen, Problem):
        return chosen
    changes += [f"removed {s}" for s in sorted(fragments.keys() - named.keys())]
    changes += [chosen.how] if chosen.how else []
    return chosen.mol


class _Chosen(NamedTuple):
    """The fragment that is meant, and how several were joined."""

    mol: Chem.Mol
    how: str = ""


def _one_substance(counts: Counter[str], named: Mapping[str, Chem.Mol]) -> _Chosen | Problem:
    """Join fragments that are one substance: the same molecule, or both enantiomers in equal parts."""
    found: dict[str, Chem.Mol] = {}
    numbers: Counter[str] = Counter()
    for name, count in counts.items():
        neutral_name = _name(neutral(named[name], []))
        found[neutral_name] = named[name]
        numbers[neutral_name] += count
    first, *others = found.values()
    if not others:
        return _Chosen(first, "identical molecules merged" if counts.total() > 1 else "")
    if len(found) == 2 and len(set(numbers.values())) == 1:
        racemate = joined_enantiomers(*(neutral(f, []) for f in found.values()))
        if racemate is not None:
            return _Chosen(racemate, "enantiomers in equal parts joined")
    texts = " and ".join(shorten(s, 40) for s in sorted(found)[:2])
    return Problem("MIXTURE", f"{len(found)} different molecules: {texts}", "Give one molecule a row.")


def _name(mol: Chem.Mol) -> str:
    """A text that is equal for equal substances."""
    text = text_of(mol)
    return text if isinstance(text, str) else Chem.MolToCXSmiles(mol)


def _inorganic(smiles: str, fragment: Chem.Mol) -> bool:
    if not any(atom.GetAtomicNum() == 6 for atom in fragment.GetAtoms()):
        return True
    if fragment.GetNumHeavyAtoms() > _LARGEST_MINERAL:
        return False
    return smiles in MINERALS or _flat(fragment) in MINERALS


def _flat(mol: Chem.Mol) -> str:
    """SMILES of the neutral form, without isotopes and stereo marks."""
    bare = Chem.Mol(mol)
    for atom in bare.GetAtoms():
        atom.SetIsotope(0)
    return Chem.MolToSmiles(neutral(bare, []), isomericSmiles=False)


@cache
def _salts() -> frozenset[str]:
    entries = [entry.split() for entry in SALTS.replace("\n", "|").split("|") if entry.strip()]
    return frozenset(_flat(Chem.MolFromSmiles(smiles)) for _, smiles in entries)
