"""Keys that a compound shares with its salts, tautomers and stereoisomers, and with no other compound."""

from __future__ import annotations

import re
from collections.abc import Callable

from rdkit import Chem, rdBase
from rdkit.Chem import rdMolHash

from riboswitch.chem.standardize import standardize
from riboswitch.errors import Problem

SKELETON = 14  # letters of an InChIKey that stand for formula and bonds, without mobile hydrogens
_SALT_OR_CHARGE = re.compile(r"\.|[+-][0-9]*\]")


def kin_keys(smiles: str, key: Callable[[str], str]) -> frozenset[str]:
    """Return the keys of a compound. Two compounds that share a key are one but for salt, tautomer or stereo.

    One key is the first block of the InChIKey of the parent: salts, stereoisomers, isotopes and most
    tautomers have the same. The other is RDKit's tautomer hash, for the tautomers that InChI takes for two
    compounds. Tautomers in which a hydrogen moves to or from carbon may have no key in common.

    Parameters
    ----------
    smiles : str
        SMILES or CXSMILES.
    key : callable
        Gives the InChIKey of a SMILES.

    Returns
    -------
    frozenset of str
        ``smiles`` itself if RDKit cannot read it.
    """
    text = _parent(smiles) if _SALT_OR_CHARGE.search(smiles) else smiles
    with rdBase.BlockLogs():
        mol = Chem.MolFromSmiles(text)
        if mol is None:
            return frozenset({smiles})
        tautomers = rdMolHash.MolHash(flattened(mol), rdMolHash.HashFunction.HetAtomTautomerv2)
    return frozenset({key(text)[:SKELETON], f"tautomers {tautomers}"})


def _parent(smiles: str) -> str:
    """The standard form, without salts and charges."""
    found = standardize(smiles)
    return smiles if isinstance(found, Problem) else found.smiles


def flattened(mol: Chem.Mol) -> Chem.Mol:
    """The molecule without stereo marks, stereo groups and isotopes; its atoms are in the canonical order.

    Some of RDKit's hashes depend on the order of the atoms.
    """
    bare = Chem.RWMol(mol)
    bare.SetStereoGroups([])
    Chem.RemoveStereochemistry(bare)
    for atom in bare.GetAtoms():
        atom.SetIsotope(0)
    return Chem.MolFromSmiles(Chem.MolToSmiles(bare)) or bare.GetMol()
