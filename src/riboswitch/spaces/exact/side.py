"""One side of a junction: synthons with one open end, as graphs without dummy atoms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from riboswitch.chem.graphs import graphs
from riboswitch.chem.packing import ATOM_FIELDS, unpack
from riboswitch.chem.rdkit_pickle import compact
from riboswitch.numeric.offsets import offsets_of
from riboswitch.spaces.exact.joining import as_mol, bond_order


@dataclass(frozen=True)
class Side:
    """Synthons with one open end each; their atoms and bonds one after the other.

    What RDKit says of an atom or bond may depend on the partner: that is in `facts.PartnerFacts`.

    Attributes
    ----------
    smiles : tuple of str
    label : int
        Number of the open end.
    ends : ndarray
        int64, shape (bonds, 2): numbers of the bonded atoms within their synthon, in the order of
        `joining.bond_order`.
    n_atoms, n_bonds : ndarray
        int64, shape (synthons,).
    connector : ndarray
        int64, shape (synthons,): number of the atom at the open end.
    """

    smiles: tuple[str, ...]
    label: int
    ends: np.ndarray
    n_atoms: np.ndarray
    n_bonds: np.ndarray
    connector: np.ndarray

    @classmethod
    def of(cls, smiles: Sequence[str]) -> Side:
        """The side of these synthons."""
        found = graphs([compact(as_mol(text)) for text in smiles])
        first, owner = offsets_of(found.n_atoms), np.repeat(np.arange(len(smiles)), found.n_bonds)
        dummy = np.flatnonzero(unpack(found.atoms, ATOM_FIELDS)["element"] == 0) - first[:-1]
        ends, gone = found.ends.astype(np.int64), dummy[owner][:, None]
        new = (ends == gone).any(1)
        connector = ends[new].sum(1) - dummy
        inside = ends[~new] - (ends[~new] > gone[~new])
        (label,) = {a.GetIsotope() for a in as_mol(smiles[0]).GetAtoms() if not a.GetAtomicNum()}
        return cls(tuple(smiles), label, inside[bond_order(inside, owner[~new])], found.n_atoms - 1,
                   found.n_bonds - 1, connector - (connector > dummy))  # fmt: skip

    def __len__(self) -> int:
        return len(self.smiles)

    def keep(self, kept: np.ndarray) -> Side:
        """The side of some of its synthons; ``kept`` is bool of shape (synthons,)."""
        smiles = tuple(text for text, stays in zip(self.smiles, kept, strict=True) if stays)
        return Side(smiles, self.label, self.ends[np.repeat(kept, self.n_bonds)], self.n_atoms[kept],
                    self.n_bonds[kept], self.connector[kept])  # fmt: skip

    @cached_property
    def first_atom(self) -> np.ndarray:
        """Offsets of the atoms, int64 of shape (synthons + 1,)."""
        return offsets_of(self.n_atoms)

    @cached_property
    def first_bond(self) -> np.ndarray:
        """Offsets of the bonds, int64 of shape (synthons + 1,)."""
        return offsets_of(self.n_bonds)

    @cached_property
    def stereo(self) -> np.ndarray:
        """Whether a synthon has a stereo mark, bool of shape (synthons,)."""
        return np.array([any(mark in text for mark in "@/\\") for text in self.smiles])

    def atoms_of(self, row: int) -> slice:
        """Its place in arrays of atoms."""
        return slice(self.first_atom[row], self.first_atom[row + 1])

    def bonds_of(self, row: int) -> slice:
        """Its place in arrays of bonds."""
        return slice(self.first_bond[row], self.first_bond[row + 1])

    def near(self, row: int, radius: int) -> np.ndarray:
        """Atoms of a synthon within so many bonds of the open end, the connector first."""
        ends = self.ends[self.bonds_of(row)]
        found = [int(self.connector[row])]
        edge = found[:]
        for _ in range(radius):
            reached = (
                ends[np.isin(ends[:, 0], edge), 1].tolist() + ends[np.isin(ends[:, 1], edge), 0].tolist()
            )
            edge = sorted({int(atom) for atom in reached} - set(found))
            found += edge
        return np.array(found, np.int64)
