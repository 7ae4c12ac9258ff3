"""Keys that a compound shares with its salts, tautomers and stereoisomers, and with no other compound."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

from rdkit import Chem, rdBase
from rdkit.Chem import rdMolHash

from riboswitch.chem.standardize import NON_METALS, standardize
from riboswitch.errors import Problem

# The first letters of an InChIKey stand for formula and bonds, without mobile hydrogens.
_INCHIKEY = re.compile(r"^([A-Z]{14})-[A-Z]{10}-[A-Z](?=$|[&|])[^\n]*$")
_ELEMENT = re.compile(r"\[[0-9]*(\*|[A-Z][a-z]?|se|as|te|si|[bcnops])[^\]]*\]|(Br|Cl|[BCNOPSFIbcnops*])")
_SALT_OR_CHARGE = re.compile(r"\.|[+-][0-9]*\]")
_BRACKET, _CLOSURE = re.compile(r"\[[^\]]*\]"), re.compile(r"%[0-9]{2}|[0-9]")
_TABLE = Chem.GetPeriodicTable()
NO_METALS = {"*", *(_TABLE.GetElementSymbol(number) for number in NON_METALS)}


def kin_keys(smiles: str, key: Callable[[str], str]) -> frozenset[str]:
    """Return the keys of a compound. Two compounds that share a key are one but for salt, tautomer or stereo.

    One key is the first block of the InChIKey of the parent: salts, stereoisomers, isotopes and most
    tautomers have the same. The other is `skeleton`, for the tautomers that InChI takes for two compounds.
    Tautomers in which a ring opens or closes have no key in common.

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
        moved = skeleton(flattened(mol))
    first_block = _INCHIKEY.sub(r"\1", key(text))  # InChI has no key for some
    return frozenset({first_block, f"skeleton {moved}"})


def skeleton(mol: Chem.Mol) -> str:
    """Return which heavy atoms are bound to which, and the number of hydrogens: the same for all tautomers.

    Parameters
    ----------
    mol : Chem.Mol
        A molecule from `flattened`.

    Returns
    -------
    str
        RDKit's ElementGraph hash, and the number of hydrogens. Bond orders and the places of hydrogens do not
        count, so compounds that differ in the place of a double bond share it, too.
    """
    hydrogens = sum(atom.GetTotalNumHs() for atom in mol.GetAtoms())
    return f"{rdMolHash.MolHash(mol, rdMolHash.HashFunction.ElementGraph)} H{hydrogens}"


def kin_hint(smiles: str) -> str:
    """Return heavy atoms and rings of the parent, as ``C6 O1 rings 1``: the same for all that share a key.

    Both keys of `kin_keys` hold atoms and bonds. Salt, charge, stereo and mobile hydrogens change no more of
    these than hydrogens. Bonds of metals may be drawn or not, so rings are left out beside a metal.
    """
    found = _elements(smiles)
    if "." in smiles or (_SALT_OR_CHARGE.search(smiles) and not found.keys() <= NO_METALS):
        smiles = _parent(smiles)
        found = _elements(smiles)
    atoms = " ".join(f"{element}{many}" for element, many in sorted(found.items()) if element != "H")
    if "." in smiles or not found.keys() <= NO_METALS:
        return atoms
    return f"{atoms} rings {len(_CLOSURE.findall(_BRACKET.sub('', smiles.split('|')[0]))) // 2}"


def _elements(smiles: str) -> Counter[str]:
    return Counter((one or other).capitalize() for one, other in _ELEMENT.findall(smiles.split("|")[0]))


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
