"""Packing: the fields of an atom, or of a bond, in the bits of one integer.

The fields are more than any one network uses, so a library that is prepared once serves all networks. A
network unpacks the fields that it uses (`features.py`) and masks the others. Nothing here needs RDKit or
torch.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Field(NamedTuple):
    """Bits of a field: ``bits`` bits, starting at bit ``shift``, hold its value plus ``offset``."""

    shift: int
    bits: int
    offset: int = 0

    @property
    def mask(self) -> int:
        return ((1 << self.bits) - 1) << self.shift


ATOM_FIELDS = {
    "element": Field(0, 8),  # atomic number
    "degree": Field(8, 4),  # number of bonds, those to hydrogens included
    "charge": Field(12, 5, 16),  # formal
    "hydrogens": Field(17, 4),  # implicit and explicit ones on this atom
    "hybridisation": Field(21, 4),  # RDKit's number
    "tag": Field(25, 4),  # RDKit's chiral tag; depends on the order of the atoms in the SMILES
    "cip": Field(29, 2),  # 0 none, 1 R, 2 S; does not depend on the order
    "aromatic": Field(31, 1),
    "isotope": Field(32, 10),  # mass number, 0 if none is given
}
"""Fields of an atom, packed into an int64."""

BOND_FIELDS = {
    "type": Field(0, 5),  # RDKit's number: 1 single, 2 double, 3 triple, 12 aromatic, 17 dative, ...
    "conjugated": Field(5, 1),
    "ring": Field(6, 1),
    "stereo": Field(7, 3),  # RDKit's number; 0 none, 2 Z, 3 E
}
"""Fields of a bond, packed into an int16."""


def pack(columns: dict[str, np.ndarray], fields: dict[str, Field], dtype: type) -> np.ndarray:
    """Pack one integer column a field, each of shape (n,), into one of shape (n,).

    A value outside a field's range is stored as the nearest value in it.
    """
    length = len(next(iter(columns.values())))
    packed = np.zeros(length, np.int64)
    for name, field in fields.items():
        value = np.asarray(columns[name], np.int64) + field.offset
        packed |= np.clip(value, 0, (1 << field.bits) - 1) << field.shift
    return packed.astype(dtype)


def unpack(codes: np.ndarray, fields: dict[str, Field]) -> dict[str, np.ndarray]:
    """Unpack the columns that `pack` was given, int64 of shape (n,) each."""
    wide = codes.astype(np.int64)
    return {
        name: ((wide >> field.shift) & ((1 << field.bits) - 1)) - field.offset
        for name, field in fields.items()
    }


def mask_of(names: tuple[str, ...], fields: dict[str, Field]) -> int:
    """Mask with the bits of these fields set."""
    return sum(fields[name].mask for name in set(names))
