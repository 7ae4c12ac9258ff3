"""Feature sets: fields of atoms and bonds as rows of zeros and ones, the input of a network.

A network needs the features of the distinct atoms and bonds of a batch only, a few dozen, so numpy is fast
enough. The chemprop sets are for checkpoints of chemprop 2 (Heid et al., J. Chem. Inf. Model. 2024, 64, 9).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from riboswitch.chem.packing import ATOM_FIELDS, BOND_FIELDS, Field, mask_of, unpack
from riboswitch.errors import InputError


class Column(NamedTuple):
    """One-hot encoding of a field over ``values``; ``other`` adds a feature for all other values."""

    field: str
    values: tuple[int, ...]
    other: bool = True

    @property
    def width(self) -> int:
        return len(self.values) + self.other


@dataclass(frozen=True)
class FeatureSet:
    """One set of features.

    Attributes
    ----------
    atoms, bonds : tuple of Column
        In the order of the features.
    mass : bool
        Whether a hundredth of the atomic mass (Da) is the last feature of an atom.
    """

    atoms: tuple[Column, ...]
    bonds: tuple[Column, ...]
    mass: bool = False

    @property
    def atom_width(self) -> int:
        return sum(c.width for c in self.atoms) + self.mass

    @property
    def bond_width(self) -> int:
        return sum(c.width for c in self.bonds)

    @property
    def atom_mask(self) -> int:
        """Mask of the fields of an atom that are used: atoms that agree in these bits have equal features."""
        return mask_of((*(c.field for c in self.atoms), *(("isotope",) if self.mass else ())), ATOM_FIELDS)

    @property
    def bond_mask(self) -> int:
        """The same for bonds."""
        return mask_of(tuple(c.field for c in self.bonds), BOND_FIELDS)

    def of_atoms(self, codes: np.ndarray, masses: np.ndarray | None = None) -> np.ndarray:
        """Features of packed atoms (n,), float32 of shape (n, atom_width).

        Parameters
        ----------
        masses : ndarray, optional
            Needed if ``mass``: masses in Da, by element and isotope (0: the natural mixture).
        """
        table = _one_hot(codes, self.atoms, ATOM_FIELDS)
        if not self.mass:
            return table
        if masses is None:
            raise ValueError("these features need a table of masses")
        values = unpack(codes, ATOM_FIELDS)
        if values["element"].max(initial=0) >= len(masses):
            raise InputError("an atom of an element that there is not", found=int(values["element"].max()))
        column = 0.01 * masses[values["element"], values["isotope"]].astype(np.float64)
        return np.concatenate([table, column[:, None].astype(np.float32)], axis=1)

    def of_bonds(self, codes: np.ndarray) -> np.ndarray:
        """Features of packed bonds (n,), float32 of shape (n, bond_width)."""
        return _one_hot(codes, self.bonds, BOND_FIELDS)


def _one_hot(codes: np.ndarray, columns: tuple[Column, ...], fields: dict[str, Field]) -> np.ndarray:
    values = unpack(codes, fields)
    blocks = []
    for column in columns:
        block = values[column.field][:, None] == np.array(column.values)
        if column.other:
            block = np.concatenate([block, ~block.any(1, keepdims=True)], axis=1)
        blocks.append(block)
    return np.concatenate(blocks, axis=1).astype(np.float32)


_ELEMENTS = (*range(1, 37), 53)  # H to Kr, and I
_FLAG = (1,)

OWN = FeatureSet(
    atoms=(
        Column("element", _ELEMENTS),
        Column("degree", tuple(range(7))),
        Column("charge", (-2, -1, 0, 1, 2)),
        Column("hydrogens", tuple(range(5))),
        Column("hybridisation", (1, 2, 3, 4, 6, 7)),  # S SP SP2 SP3 SP3D SP3D2
        Column("cip", (0, 1, 2), other=False),
        Column("aromatic", _FLAG, other=False),
    ),
    bonds=(
        Column("type", (1, 2, 3, 12)),
        Column("conjugated", _FLAG, other=False),
        Column("ring", _FLAG, other=False),
        Column("stereo", (0, 2, 3)),  # none, Z, E
    ),
)


def _chemprop(elements: tuple[int, ...], hybridisations: tuple[int, ...]) -> FeatureSet:
    return FeatureSet(
        atoms=(
            Column("element", elements),
            Column("degree", tuple(range(6))),
            Column("charge", (-1, -2, 1, 2, 0)),
            Column("tag", tuple(range(4))),
            Column("hydrogens", tuple(range(5))),
            Column("hybridisation", hybridisations),
            Column("aromatic", _FLAG, other=False),
        ),
        bonds=(
            Column("type", (-1,), other=False),  # always 0: chemprop's mark of a missing bond
            Column("type", (1, 2, 3, 12), other=False),
            Column("conjugated", _FLAG, other=False),
            Column("ring", _FLAG, other=False),
            Column("stereo", tuple(range(6))),
        ),
        mass=True,
    )


FEATURES = {
    "riboswitch": OWN,
    "chemprop-v1": _chemprop(tuple(range(1, 101)), (2, 3, 4, 6, 7)),
    "chemprop-v2": _chemprop(_ELEMENTS, (1, 2, 3, 5, 4, 6, 7)),
    "chemprop-organic": _chemprop((1, 5, 6, 7, 8, 9, 14, 15, 16, 17, 35, 53), (1, 2, 3, 4)),
}
"""Feature sets by name, as in the settings of a network."""
