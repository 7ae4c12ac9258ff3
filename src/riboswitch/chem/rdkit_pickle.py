"""Decoder of RDKit's binary format of a molecule, in compiled code.

Asking RDKit from Python for every field of every atom takes three times as long as parsing the SMILES.
Writing the binary format, which holds the same fields, takes a quarter of that time. The layout is the one of
RDKit's MolPickler.cpp: atoms, bonds, rings as lists of atoms, properties of atoms. It may change with a
version of RDKit, so `graphs.format_is_known` checks it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from rdkit import Chem

from riboswitch.chem.packing import ATOM_FIELDS, BOND_FIELDS
from riboswitch.numeric.compiled import compiled
from riboswitch.numeric.offsets import offsets_of

_KEPT = int(Chem.PropertyPickleOptions.NoConformers)
_KEPT |= int(Chem.PropertyPickleOptions.AtomProps) | int(Chem.PropertyPickleOptions.PrivateProps)  # R and S

_N_ATOMS, _N_BONDS, _BODY = 20, 24, 29  # offsets of the two counts (int32) and of the first atom
_PADDING = bytes(64)  # longer than the longest entry: a wrong offset is still within the data
_BEGIN_ATOMS, _BEGIN_BONDS, _BEGIN_PROPERTIES, _END_PROPERTIES, _END = 1, 11, 58, 19, 22
_BEGIN_RINGS = (20, 66, 67, 68)  # one tag for each method of finding rings
_SP3 = 4
_CODE = np.frombuffer(b"\x08\0\0\0_CIPCode\0\x01\0\0\0", np.uint8)  # stands before the letter R or S

_ELEMENT, _DEGREE, _CHARGE, _HYDROGENS, _HYBRIDISATION, _TAG, _CIP, _AROMATIC, _ISOTOPE = range(
    len(ATOM_FIELDS)
)
_TYPE, _CONJUGATED, _RING, _STEREO = range(len(BOND_FIELDS))


class Decoded(NamedTuple):
    """Many molecules, one after the other.

    Attributes
    ----------
    atoms, bonds : ndarray
        int32 of shapes (atom fields, atoms) and (bond fields, bonds), rows in the order of `ATOM_FIELDS` and
        `BOND_FIELDS`.
    ends : ndarray
        int32, shape (bonds, 2): numbers of the bonded atoms within their molecule.
    n_atoms, n_bonds : ndarray
        int64, shape (molecules,).
    known : ndarray
        bool, shape (molecules,): False for a molecule with something that the decoder does not know. Its
        fields are then undefined; its numbers of atoms and bonds are right.
    """

    atoms: np.ndarray
    bonds: np.ndarray
    ends: np.ndarray
    n_atoms: np.ndarray
    n_bonds: np.ndarray
    known: np.ndarray


def compact(mol: Chem.Mol) -> bytes:
    """Write a sanitised molecule in RDKit's binary format, without what encoding does not need.

    It takes about 300 bytes. RDKit's own molecules are so large that keeping many makes parsing 1.5 times
    slower.
    """
    return mol.ToBinary(_KEPT)


def decode(molecules: Sequence[bytes]) -> Decoded:
    """Decode molecules that `compact` wrote."""
    starts = offsets_of([len(m) for m in molecules])
    data = np.frombuffer(b"".join((*molecules, _PADDING)), np.uint8)
    n_atoms, n_bonds = (_int32(data, starts[:-1] + at) for at in (_N_ATOMS, _N_BONDS))
    atom_stops, bond_stops = offsets_of(n_atoms), offsets_of(n_bonds)
    atoms = np.zeros((len(ATOM_FIELDS), atom_stops[-1]), np.int32)
    bonds = np.zeros((len(BOND_FIELDS), bond_stops[-1]), np.int32)
    ends = np.zeros((bond_stops[-1], 2), np.int32)
    known = np.zeros(len(molecules), np.bool_)
    _decode(data, starts, atom_stops, bond_stops, atoms, bonds, ends, known)
    return Decoded(atoms, bonds, ends, n_atoms, n_bonds, known)


def _int32(data: np.ndarray, at: np.ndarray) -> np.ndarray:
    return data[at[:, None] + np.arange(4)].view("<i4")[:, 0].astype(np.int64)


@compiled
def _decode(
    data: np.ndarray,
    starts: np.ndarray,
    atom_stops: np.ndarray,
    bond_stops: np.ndarray,
    atoms: np.ndarray,
    bonds: np.ndarray,
    ends: np.ndarray,
    known: np.ndarray,
) -> None:
    for i in range(len(known)):
        own_atoms = atoms[:, atom_stops[i] : atom_stops[i + 1]]
        own_bonds = bonds[:, bond_stops[i] : bond_stops[i + 1]]
        own_ends = ends[bond_stops[i] : bond_stops[i + 1]]
        wide = own_atoms.shape[1] > 255  # then the number of an atom takes four bytes
        stop = starts[i + 1]
        at = _read_atoms(data, starts[i] + _BODY, stop, own_atoms)
        at = _read_bonds(data, at, stop, wide, own_bonds, own_ends)
        at = _read_rings(data, at, stop, wide, own_atoms.shape[1], own_bonds, own_ends)
        at = _read_properties(data, at, stop, own_atoms)
        known[i] = at == stop
        for end in own_ends.ravel():
            own_atoms[_DEGREE, end] += 1


@compiled
def _read_atoms(data: np.ndarray, at: int, stop: int, atoms: np.ndarray) -> int:
    """Fill in the atoms; ``degree`` counts only hydrogens yet. Returns the offset of the bonds, or -1."""
    if data[at] != _BEGIN_ATOMS:
        return -1
    at += 1
    for a in range(atoms.shape[1]):
        flags = data[at + 1]
        if at >= stop or flags & 0b10011110:  # a query, a map number, a label, a residue
            return -1
        atoms[_ELEMENT, a], atoms[_AROMATIC, a] = data[at], flags >> 6 & 1
        at = _read_atom(data, at + 2, atoms[:, a])
    return at


@compiled
def _read_atom(data: np.ndarray, at: int, atom: np.ndarray) -> int:
    """Fill in one atom; values that equal the default are not stored. Returns the offset of the next atom."""
    stored = _number(data, at, True)
    at += 4
    atom[_HYBRIDISATION] = _SP3  # the default
    for bit in range(1, 8):
        if not stored >> bit & 1:
            continue
        value = np.int64(data[at])
        at += 1
        if bit == 1:
            atom[_CHARGE] = value if value < 128 else value - 256
        elif bit == 2:
            atom[_TAG] = value
        elif bit == 3:
            atom[_HYBRIDISATION] = value
        elif bit == 4 or bit == 6:  # explicit and implicit hydrogens
            atom[_HYDROGENS] += value
    if stored >> 8 & 1:
        atom[_ISOTOPE] = _number(data, at, True)
        at += 4
    atom[_DEGREE] = atom[_HYDROGENS]
    return at


@compiled
def _read_bonds(data: np.ndarray, at: int, stop: int, wide: bool, bonds: np.ndarray, ends: np.ndarray) -> int:
    """Fill in the bonds, but not ``ring``. Returns the offset of the rings, or -1."""
    if at < 0 or data[at] != _BEGIN_BONDS:
        return -1
    width = 4 if wide else 1
    at += 1
    for b in range(bonds.shape[1]):
        flags = data[at + 2 * width]
        if at >= stop or flags & 0b10010001:  # a query, many ends
            return -1
        ends[b, 0], ends[b, 1] = _number(data, at, wide), _number(data, at + width, wide)
        at += 2 * width + 1
        bonds[_TYPE, b], bonds[_CONJUGATED, b] = 1, flags >> 5 & 1
        if flags >> 3 & 1:
            bonds[_TYPE, b] = data[at]
            at += 1
        if flags >> 2 & 1:  # drawn up or down
            at += 1
        if flags >> 1 & 1:
            bonds[_STEREO, b] = data[at]
            at += 2 + width * int(data[at + 1])  # the atoms that define the stereo mark follow
    return at


@compiled
def _read_rings(
    data: np.ndarray, at: int, stop: int, wide: bool, n_atoms: int, bonds: np.ndarray, ends: np.ndarray
) -> int:
    """Fill in ``ring`` of the bonds. Returns the offset of the properties, or -1."""
    if at < 0 or data[at] not in _BEGIN_RINGS:
        return -1
    width = 4 if wide else 1
    count = _number(data, at + 1, True)
    at += 5
    position = np.full(n_atoms, -1, np.int64)  # of an atom in the current ring
    for _ in range(count):
        size = int(_number(data, at, wide))
        at += width
        if at + size * width > stop:
            return -1
        for k in range(size):
            position[_number(data, at + k * width, wide)] = k
        for b in range(bonds.shape[1]):
            one, other = position[ends[b, 0]], position[ends[b, 1]]
            if one >= 0 and other >= 0 and abs(one - other) in (1, size - 1):
                bonds[_RING, b] = 1
        for k in range(size):
            position[_number(data, at + k * width, wide)] = -1
        at += size * width
    return at


@compiled
def _read_properties(data: np.ndarray, at: int, stop: int, atoms: np.ndarray) -> int:
    """Fill in ``cip`` of the atoms. Returns the offset of the end, or -1."""
    if at >= 0 and data[at] == _END:
        return at + 1
    if at < 0 or data[at] != _BEGIN_PROPERTIES:
        return -1
    at += 5
    for a in range(atoms.shape[1]):
        if at >= stop:
            return -1
        count = np.int64(data[at]) | np.int64(data[at + 1]) << 8
        at += 2
        for _ in range(count):
            if (data[at : at + len(_CODE)] != _CODE).any():
                return -1
            letter = data[at + len(_CODE)]
            if 1 <= atoms[_TAG, a] <= 2:
                atoms[_CIP, a] = 1 if letter == ord("R") else 2 if letter == ord("S") else 0
            at += len(_CODE) + 1
        short = data[at]  # one bit for each of eight more properties; a property that is set takes two bytes
        at += 1
        while short:
            at += 2 * (short & 1)
            short >>= 1
    return at + 2 if data[at] == _END_PROPERTIES and data[at + 1] == _END else -1


@compiled
def _number(data: np.ndarray, at: int, wide: bool) -> np.int64:
    """The number at an offset: one byte, or four if ``wide``."""
    if not wide:
        return np.int64(data[at])
    low = np.int64(data[at]) | np.int64(data[at + 1]) << 8
    return low | np.int64(data[at + 2]) << 16 | np.int64(data[at + 3]) << 24
