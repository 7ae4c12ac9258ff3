"""A synthon: a piece of a molecule whose open ends are numbered, as ``[1*]C(C)=O``.

Synthons are standardised like molecules, with each open end closed by a marked methyl group meanwhile. So the
products are in standard form, but for the few that standardising changes at the new bond.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from rdkit import Chem, rdBase

from riboswitch.chem.smiles import parse
from riboswitch.chem.standardize import standardize
from riboswitch.errors import Problem, shorten

MOST_CONNECTORS = 4
_MARK = 900  # isotope of the carbon that closes connector 1 is 901
_METALS = {"U": 1, "Np": 2, "Pu": 3, "Am": 4}  # how older files write connectors 1 to 4
_METAL = re.compile(r"\[(U|Np|Pu|Am)\]")
_SINGLE = int(Chem.BondType.SINGLE)


@dataclass(frozen=True)
class Synthon:
    """A synthon in standard form.

    Attributes
    ----------
    smiles : str
        Canonical, with a dummy atom of isotope k for connector k.
    ends : tuple of (int, int)
        Number and type of bond (RDKit's number; 1 is single) of each connector, ascending.
    """

    smiles: str
    ends: tuple[tuple[int, int], ...]

    @property
    def connectors(self) -> tuple[int, ...]:
        """Numbers of the connectors."""
        return tuple(number for number, _ in self.ends)


def read_synthon(text: str, *, max_atoms: int = 300) -> Synthon | Problem:
    """Read and standardise one synthon.

    Returns
    -------
    Synthon or Problem
        Codes: those of `chem.standardize.standardize`, and ``NO_CONNECTOR BAD_CONNECTOR STEREO_GROUP``.
    """
    text = _METAL.sub(lambda found: f"[{_METALS[found[1]]}*]", text.strip())
    with rdBase.BlockLogs():
        mol = parse(text, max_atoms)
        if isinstance(mol, Problem):
            return mol
        if mol.GetStereoGroups():
            hint = "Give each form a row of its own."
            return Problem("STEREO_GROUP", "a synthon that stands for several stereoisomers", hint)
        ends = _ends(mol)
        if isinstance(ends, Problem):
            return ends
        capped = standardize(Chem.MolToSmiles(_capped(mol)), max_atoms=max_atoms)
        if isinstance(capped, Problem):
            return capped
        opened = _opened(capped.smiles)
        if opened is None or _ends(opened) != ends:
            reason = f"standardising changes a connector: {shorten(capped.smiles)}"
            return Problem("BAD_CONNECTOR", reason, "Write the synthon as it is in the product.")
        return Synthon(Chem.MolToSmiles(opened), ends)


def _ends(mol: Chem.Mol) -> tuple[tuple[int, int], ...] | Problem:
    """The connectors of a molecule, or why they are none."""
    dummies = [atom for atom in mol.GetAtoms() if atom.GetAtomicNum() == 0]
    hint = "Write open ends as [1*], [2*], each once."
    if not dummies:
        return Problem("NO_CONNECTOR", "a synthon without an open end", hint)
    numbers = [atom.GetIsotope() for atom in dummies]
    if not all(1 <= number <= MOST_CONNECTORS for number in numbers):
        return Problem("BAD_CONNECTOR", f"an open end whose number is not 1 to {MOST_CONNECTORS}", hint)
    if len(set(numbers)) < len(numbers):
        return Problem("BAD_CONNECTOR", "two open ends with one number", hint)
    if any(atom.GetDegree() != 1 or atom.GetFormalCharge() or atom.IsInRing() for atom in dummies):
        return Problem("BAD_CONNECTOR", "an open end with another number of bonds than one", hint)
    if any(atom.GetNeighbors()[0].GetAtomicNum() == 0 for atom in dummies):
        return Problem("BAD_CONNECTOR", "an open end bound to an open end", hint)
    return tuple(sorted((atom.GetIsotope(), int(atom.GetBonds()[0].GetBondType())) for atom in dummies))


def _capped(mol: Chem.Mol) -> Chem.Mol:
    editable = Chem.RWMol(mol)
    for atom in editable.GetAtoms():
        if atom.GetAtomicNum() == 0:
            atom.SetAtomicNum(6)
            atom.SetIsotope(_MARK + atom.GetIsotope())
            atom.SetNoImplicit(False)
    made: Chem.Mol = editable.GetMol()
    made.UpdatePropertyCache(strict=False)
    return made


def _opened(smiles: str) -> Chem.Mol | None:
    mol = Chem.MolFromSmiles(smiles)
    if mol is None:
        return None
    for atom in mol.GetAtoms():
        if atom.GetIsotope() > _MARK:
            atom.SetAtomicNum(0)
            atom.SetIsotope(atom.GetIsotope() - _MARK)
            atom.SetNumExplicitHs(0)
            atom.SetNoImplicit(True)
    return Chem.MolFromSmiles(Chem.MolToSmiles(mol))


def is_single(ends: tuple[tuple[int, int], ...]) -> bool:
    """Whether all connectors are single bonds."""
    return all(kind == _SINGLE for _, kind in ends)
