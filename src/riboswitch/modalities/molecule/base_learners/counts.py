"""Counts of atom environments, computed from packed graphs: the features of the forest in the stack.

An environment is an atom with all atoms and bonds within some radius. Its 64-bit hash is built in rounds from
the hashes of the atom's neighbours, as in Morgan's algorithm, and it is counted in one of 1024 bins. These
are counted ECFP (Rogers and Hahn, J. Chem. Inf. Model. 2010, 50, 742) with other invariants and another hash;
an environment that covers the same bonds as another one is counted too.
"""

from __future__ import annotations

import numpy as np

from riboswitch.chem.packing import ATOM_FIELDS, BOND_FIELDS, mask_of
from riboswitch.data.arrays import RaggedArrays
from riboswitch.modalities.molecule.bounds import bonded_atoms
from riboswitch.numeric.compiled import compiled
from riboswitch.numeric.offsets import gather_index, offsets_of

RADIUS = 2
BINS = 1024  # a power of two: the highest bits of the hash are the bin
MAX_COUNT = 255

ATOM_MASK = np.uint64(mask_of(("element", "degree", "charge", "hydrogens", "aromatic"), ATOM_FIELDS))
BOND_MASK = np.uint64(mask_of(("type", "ring"), BOND_FIELDS))
RING = np.uint64(BOND_FIELDS["ring"].mask)

# Constants and shifts of SplitMix64's finaliser (Steele et al., OOPSLA 2014), and an odd factor for each use.
_STEP = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31 = np.uint64(30), np.uint64(27), np.uint64(31)
_OWN, _BOND, _RINGS = np.uint64(0xD6E8FEB86659FD93), np.uint64(0xA0761D6478BD642F), np.uint64(1 << 48)
_FOLD = np.uint64(64 - BINS.bit_length() + 1)


def describe(arrays: RaggedArrays, rows: np.ndarray | None = None) -> np.ndarray:
    """Counts of environments, followed by the molecular properties and descriptors.

    Parameters
    ----------
    arrays : RaggedArrays
        From this modality's `encode`.
    rows : ndarray, optional
        Rows of the molecules, in the wanted order; all by default.

    Returns
    -------
    ndarray
        float32, shape (rows, 1024 + properties).
    """
    rows = np.arange(len(arrays)) if rows is None else np.asarray(rows, np.int64)
    return np.concatenate([counts(arrays, rows), properties(arrays, rows)], axis=1, dtype=np.float32)


def properties(arrays: RaggedArrays, rows: np.ndarray) -> np.ndarray:
    """The molecular properties, then the descriptors if the arrays have any: float32 (rows, properties)."""
    values, items = arrays.only.values, arrays.items(np.asarray(rows, np.int64))
    names = ["globals", *(["descriptors"] if "descriptors" in values else [])]
    return np.concatenate([values[name][items] for name in names], axis=1)


def counts(arrays: RaggedArrays, rows: np.ndarray | None = None) -> np.ndarray:
    """Count the environments of radius 0, 1 and 2 in each bin.

    The counts do not depend on the order of the atoms or bonds. The counts of a molecule of several fragments
    are the sum over its fragments.

    Parameters
    ----------
    arrays, rows
        As for `describe`.

    Returns
    -------
    ndarray
        uint8, shape (rows, 1024); counts above 255 are stored as 255.

    Raises
    ------
    InputError
        If a bond joins an atom that its molecule does not have.
    """
    rows = np.arange(len(arrays)) if rows is None else np.asarray(rows, np.int64)
    out = np.zeros((len(rows), BINS), np.uint8)
    values, offsets, items = arrays.only.values, arrays.only.offsets, arrays.items(rows)
    bonds, bond_offsets = gather_index(offsets["bonds"], items)
    atom_offsets = offsets_of(arrays.only.lengths("atoms")[items])
    bonded_atoms(arrays.only, bonds, atom_offsets, bond_offsets)  # checked: the loop is compiled
    _count(values["atoms"], offsets["atoms"], values["bonds"], values["ends"], offsets["bonds"], items, out)
    return out


@compiled
def _mixed(value: np.uint64) -> np.uint64:
    value = (value ^ (value >> _S30)) * _FIRST
    value = (value ^ (value >> _S27)) * _SECOND
    return value ^ (value >> _S31)


@compiled
def _count(
    atoms: np.ndarray,
    atom_stops: np.ndarray,
    bonds: np.ndarray,
    ends: np.ndarray,
    bond_stops: np.ndarray,
    rows: np.ndarray,
    out: np.ndarray,
) -> None:
    largest = 0
    for row in rows:
        largest = max(largest, atom_stops[row + 1] - atom_stops[row])
    now, incoming = np.empty(largest, np.uint64), np.empty(largest, np.uint64)
    for index, row in enumerate(rows):
        first, size = atom_stops[row], atom_stops[row + 1] - atom_stops[row]
        begin, end = bond_stops[row], bond_stops[row + 1]
        for atom in range(size):
            now[atom] = np.uint64(atoms[first + atom]) & ATOM_MASK
        for bond in range(begin, end):  # count the ring bonds of each atom
            if np.uint64(bonds[bond]) & RING:
                now[ends[bond, 0]] += _RINGS
                now[ends[bond, 1]] += _RINGS
        for atom in range(size):
            now[atom] = _mixed(now[atom] + _STEP)
            _add(out, index, now[atom])
        for _ in range(RADIUS):
            incoming[:size] = np.uint64(0)
            for bond in range(begin, end):
                code, one, other = (np.uint64(bonds[bond]) & BOND_MASK) * _BOND, ends[bond, 0], ends[bond, 1]
                incoming[one] += _mixed(now[other] ^ code)
                incoming[other] += _mixed(now[one] ^ code)
            for atom in range(size):
                now[atom] = _mixed(now[atom] * _OWN + incoming[atom] + _STEP)
                _add(out, index, now[atom])


@compiled
def _add(out: np.ndarray, index: int, environment: np.uint64) -> None:
    column = np.int64(environment >> _FOLD)
    if out[index, column] < MAX_COUNT:
        out[index, column] += np.uint8(1)
