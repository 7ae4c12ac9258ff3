"""The neutral form of a molecule: normalised functional groups, and no charge that a proton can remove."""

from __future__ import annotations

from functools import cache
from typing import Any

from rdkit import Chem
from rdkit.Chem.MolStandardize import rdMolStandardize


@cache
def _tools() -> tuple[Any, Any, Any]:
    return rdMolStandardize.Normalizer(), rdMolStandardize.Uncharger(), rdMolStandardize.Reionizer()


def neutral(mol: Chem.Mol, changes: list[str]) -> Chem.Mol:
    """Normalise functional groups and neutralise charges; adds to ``changes``.

    The total charge never moves away from 0: charges stay as they are where neutralising would do that.
    """
    normalizer, uncharger, reionizer = _tools()
    before = Chem.MolToSmiles(mol)
    mol = _sulfoxides(normalizer.normalize(mol))
    normal = Chem.MolToSmiles(mol)
    if normal != before:
        changes.append("functional groups normalised")
    if not any(atom.GetFormalCharge() for atom in mol.GetAtoms()):
        return mol
    result = reionizer.reionize(uncharger.uncharge(mol))
    # RDKit counts the charge of [BH-] in an inner salt as one that no proton can balance (rdkit#2650).
    if abs(Chem.GetFormalCharge(result)) > abs(Chem.GetFormalCharge(mol)):
        return mol
    if Chem.MolToSmiles(result) != normal:
        changes.append("charges neutralised")
    return result


def _sulfoxides(mol: Chem.Mol) -> Chem.Mol:
    """Write ``[S+][O-]`` as ``S=O``. Atoms and the order of bonds stay, so the stereo mark stays too."""
    matches = mol.GetSubstructMatches(_CHARGED_SULFOXIDE)
    if not matches:
        return mol
    result = Chem.RWMol(mol)
    for sulfur, oxygen in matches:
        result.GetBondBetweenAtoms(sulfur, oxygen).SetBondType(Chem.BondType.DOUBLE)
        for index in (sulfur, oxygen):
            result.GetAtomWithIdx(index).SetFormalCharge(0)
    Chem.SanitizeMol(result)
    return result.GetMol()


_CHARGED_SULFOXIDE = Chem.MolFromSmarts("[S,s,Se,se;+1;X3]-[O-;X1]")
