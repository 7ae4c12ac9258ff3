"""What is kept of an atom and of a bond: a few facts packed into one integer each.

The facts are more than any one network uses, so that a library prepared once serves them all: a network
unpacks those it wants (`features.py`) and masks the others away. Nothing here needs RDKit or torch.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Field(NamedTuple):
    """Where a fact lies: ``bits`` bits from ``shift`` on hold its value plus ``offset``."""

    shift: int
    bits: int
    offset: int = 0

    @property
    def mask(self) -> int:
        return ((1 << self.bits) - 1) << self.shift


ATOM_FIELDS = {
    "element": Field(0, 8),  # atomic number
    "degree": Field(8, 4),  # bonds, those to hydrogens included
    "charge": Field(12, 5, 16),  # formal
    "hydrogens": Field(17, 4),  # implicit and explicit ones on this atom
    "hybridisation": Field(21, 4),  # RDKit's number
    "tag": Field(25, 4),  # RDKit's chiral tag; depends on the order of the atoms in the SMILES
    "cip": Field(29, 2),  # 0 none, 1 R, 2 S; does not depend on the order
    "aromatic": Field(31, 1),
    "isotope": Field(32, 10),  # mass number, 0 if none is given
}
"""Of an atom, in an int64."""

BOND_FIELDS = {
    "type": Field(0, 5),  # RDKit's number: 1 single, 2 double, 3 triple, 12 aromatic, 17 dative, ...
    "conjugated": Field(5, 1),
    "ring": Field(6, 1),
    "stereo": Field(7, 3),  # RDKit's number; 0 none, 2 Z, 3 E
}
"""Of a bond, in an int16."""


def pack(columns: dict[str, np.ndarray], fields: dict[str, Field], dtype: type) -> np.ndarray:
    """Pack one integer column a field, each of shape (n,), into shape (n,); values out of range saturate."""
    length = len(next(iter(columns.values())))
    packed = np.zeros(length, np.int64)
    for name, field in fields.items():
        value = np.asarray(columns[name], np.int64) + field.offset
        packed |= np.clip(value, 0, (1 << field.bits) - 1) << field.shift
    return packed.astype(dtype)


def unpack(codes: np.ndarray, fields: dict[str, Field]) -> dict[str, np.ndarray]:
    """The columns that `pack` was given, int64 of shape (n,) each."""
    wide = codes.astype(np.int64)
    return {
        name: ((wide >> field.shift) & ((1 << field.bits) - 1)) - field.offset
        for name, field in fields.items()
    }


def mask_of(names: tuple[str, ...], fields: dict[str, Field]) -> int:
    """The bits of these fields."""
    return sum(fields[name].mask for name in set(names))
