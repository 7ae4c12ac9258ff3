"""The fragment of a structure that is meant: beside it stand ions, minerals, salt formers and solvents."""

from __future__ import annotations

from functools import cache

from rdkit import Chem

from riboswitch.chem.neutral import neutral
from riboswitch.chem.salt_list import SALTS
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
    fragments = {Chem.MolToSmiles(piece): piece for piece in pieces}
    organic = {s: f for s, f in fragments.items() if not _inorganic(s, f)}
    if not organic:
        carbon = any(atom.GetAtomicNum() == 6 for atom in mol.GetAtoms())
        reason = f"only ions or minerals: {shorten(Chem.MolToSmiles(mol), 40)}"
        hint = "Elements, ions and minerals are outside this model."
        return Problem("INORGANIC", reason if carbon else "no carbon in the structure", hint)
    named = organic
    if len(organic) > 1:
        named = {s: f for s, f in organic.items() if _flat(f) not in _salts()} or organic
    found = {Chem.MolToSmiles(neutral(f, [])): f for f in named.values()}
    if len(found) > 1:
        names = " and ".join(shorten(s, 40) for s in sorted(found)[:2])
        return Problem("MIXTURE", f"{len(found)} different molecules: {names}", "Give one molecule a row.")
    changes += [f"removed {s}" for s in sorted(fragments.keys() - named.keys())]
    if sum(Chem.MolToSmiles(piece) in named for piece in pieces) > 1:
        changes.append("identical molecules merged")
    return next(iter(found.values()))


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
