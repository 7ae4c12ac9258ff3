"""Bounds of encoded molecules: compiled loops follow the numbers of bonded atoms unchecked."""

from __future__ import annotations

import numpy as np

from riboswitch.data.arrays import Ragged
from riboswitch.errors import InputError


def bonded_atoms(
    items: Ragged, bond_index: np.ndarray, atom_offsets: np.ndarray, bond_offsets: np.ndarray
) -> np.ndarray:
    """Take the atoms that the bonds of some molecules join.

    Parameters
    ----------
    items : Ragged
        All molecules.
    bond_index : ndarray
        Shape (bonds,): the bonds of some molecules, one molecule after the other.
    atom_offsets, bond_offsets : ndarray
        Atoms and bonds of these molecules, shape (molecules + 1,).

    Returns
    -------
    ndarray
        Shape (bonds, 2): numbers of the atoms within their molecule.

    Raises
    ------
    InputError
        If a bond joins an atom that its molecule does not have.
    """
    lengths = {name: len(value) for name, value in items.values.items()}
    if lengths["ends"] != lengths["bonds"] or lengths["globals"] != len(items):
        raise InputError("not the arrays of encoded molecules", hint="Encode them again.")
    ends = items.values["ends"][bond_index]
    atoms = np.repeat(np.diff(atom_offsets), np.diff(bond_offsets))
    if (ends >= atoms[:, None]).any() or (ends < 0).any():
        raise InputError("a bond joins an atom that its molecule does not have", hint="Encode it again.")
    return ends
