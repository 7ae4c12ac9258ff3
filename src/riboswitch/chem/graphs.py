"""Molecules as graphs of packed atoms and bonds.

The fields of atoms and bonds are decoded from RDKit's binary format. RDKit is asked for them, atom by atom,
where the decoder does not know the format.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
from rdkit import Chem

from riboswitch.chem.packing import ATOM_FIELDS, BOND_FIELDS, pack
from riboswitch.chem.rdkit_pickle import compact, decode

_CODES = {"R": 1, "S": 2}
_TETRAHEDRAL = (Chem.ChiralType.CHI_TETRAHEDRAL_CW, Chem.ChiralType.CHI_TETRAHEDRAL_CCW)
# Together they use everything that the decoder knows; the last has more than 255 atoms.
_PROBES = (
    "C[C@H](N)C(=O)O", "C/C=C/C1CC=CC1/C=C\\C", "C[N+](C)(C)CC(=O)[O-].[13CH3][2H]", "c1ccc2[nH]ccc2c1C#N",
    "O=S(=O)(O)C12CC3CC(C1)C3C2", "[NH3]->[Fe+2]", "C[CH]C", "C1C[C@@H]1" + "N" * 300,
)  # fmt: skip


class Graphs(NamedTuple):
    """Many molecules, one after the other.

    Attributes
    ----------
    atoms, bonds : ndarray
        Packed fields, int64 of shape (atoms,) and int16 of shape (bonds,). See `packing`.
    ends : ndarray
        int32, shape (bonds, 2): numbers of the bonded atoms within their molecule.
    n_atoms, n_bonds : ndarray
        int64, shape (molecules,).
    """

    atoms: np.ndarray
    bonds: np.ndarray
    ends: np.ndarray
    n_atoms: np.ndarray
    n_bonds: np.ndarray


def graphs(molecules: Sequence[bytes]) -> Graphs:
    """Graphs of molecules in RDKit's binary format, as `rdkit_pickle.compact` writes it."""
    if not format_is_known():
        return from_rdkit(_mols(molecules))
    atoms, bonds, ends, n_atoms, n_bonds, known = decode(molecules)
    decoded = _packed(atoms, bonds, ends, n_atoms, n_bonds)
    if not known.all():
        others = from_rdkit(_mols([m for m, fine in zip(molecules, known, strict=True) if not fine]))
        decoded.atoms[np.repeat(~known, n_atoms)] = others.atoms
        decoded.bonds[np.repeat(~known, n_bonds)] = others.bonds
        decoded.ends[np.repeat(~known, n_bonds)] = others.ends
    return decoded


def _mols(molecules: Sequence[bytes]) -> list[Chem.Mol]:
    return [Chem.Mol(m) for m in molecules]  # type: ignore[call-overload]


@cache
def format_is_known() -> bool:
    """Whether the decoder knows the binary format of the installed RDKit: it decodes all probes correctly."""
    probes = [Chem.MolFromSmiles(smiles) for smiles in _PROBES]
    *decoded, known = decode([compact(mol) for mol in probes])
    return bool(known.all()) and all(map(np.array_equal, _packed(*decoded), from_rdkit(probes)))


def from_rdkit(mols: Sequence[Chem.Mol]) -> Graphs:
    """Graphs of sanitised molecules; asks RDKit for every field, which is slow but right for any version."""
    atoms = [_atom(a) for mol in mols for a in mol.GetAtoms()]
    bonds = [_bond(b) for mol in mols for b in mol.GetBonds()]
    ends = [(b.GetBeginAtomIdx(), b.GetEndAtomIdx()) for mol in mols for b in mol.GetBonds()]
    return _packed(
        np.array(atoms, np.int64).reshape(-1, len(ATOM_FIELDS)).T,
        np.array(bonds, np.int64).reshape(-1, len(BOND_FIELDS)).T,
        np.array(ends, np.int32).reshape(-1, 2),
        np.array([mol.GetNumAtoms() for mol in mols], np.int64),
        np.array([mol.GetNumBonds() for mol in mols], np.int64),
    )


def _atom(atom: Chem.Atom) -> tuple[int, ...]:
    return (
        atom.GetAtomicNum(),
        atom.GetTotalDegree(),
        atom.GetFormalCharge(),
        atom.GetTotalNumHs(),
        int(atom.GetHybridization()),
        int(atom.GetChiralTag()),
        _cip(atom),
        atom.GetIsAromatic(),
        atom.GetIsotope(),
    )


def _cip(atom: Chem.Atom) -> int:
    # RDKit also labels atoms that are not tetrahedral R or S, but that depends on the order of the atoms.
    if not atom.HasProp("_CIPCode") or atom.GetChiralTag() not in _TETRAHEDRAL:
        return 0
    return _CODES.get(atom.GetProp("_CIPCode"), 0)


def _bond(bond: Chem.Bond) -> tuple[int, ...]:
    return int(bond.GetBondType()), bond.GetIsConjugated(), bond.IsInRing(), int(bond.GetStereo())


def _packed(atoms: np.ndarray, bonds: np.ndarray, ends: np.ndarray, *sizes: np.ndarray) -> Graphs:
    """Pack the fields, given as one row a field."""
    return Graphs(
        pack(dict(zip(ATOM_FIELDS, atoms, strict=True)), ATOM_FIELDS, np.int64),
        pack(dict(zip(BOND_FIELDS, bonds, strict=True)), BOND_FIELDS, np.int16),
        ends,
        *sizes,
    )
