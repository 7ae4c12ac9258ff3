"""One side of a junction: synthons with one open end, as graphs without dummy atoms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from rdkit import Chem

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
        parts = [_graph(as_mol(text)) for text in smiles]
        return cls(
            tuple(smiles), parts[0][3], np.concatenate([ends for ends, _, _, _ in parts]),
            np.array([n for _, n, _, _ in parts], np.int64),
            np.array([len(ends) for ends, _, _, _ in parts], np.int64),
            np.array([connector for _, _, connector, _ in parts], np.int64),
        )  # fmt: skip

    def __len__(self) -> int:
        return len(self.smiles)

    @cached_property
    def first_atom(self) -> np.ndarray:
        """Offsets of the atoms, int64 of shape (synthons + 1,)."""
        return offsets_of(self.n_atoms)

    @cached_property
    def first_bond(self) -> np.ndarray:
        """Offsets of the bonds, int64 of shape (synthons + 1,)."""
        return offsets_of(self.n_bonds)

    def mol(self, row: int) -> Chem.Mol:
        """A synthon with its dummy atom."""
        return as_mol(self.smiles[row])

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


def _graph(mol: Chem.Mol) -> tuple[np.ndarray, int, int, int]:
    """Bonds, number of atoms, connector and label of a synthon, without its dummy atom."""
    (dummy,) = (atom for atom in mol.GetAtoms() if atom.GetAtomicNum() == 0)
    gone = dummy.GetIdx()
    connector = dummy.GetNeighbors()[0].GetIdx()
    pairs = [(bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()) for bond in mol.GetBonds()]
    ends = np.array([pair for pair in pairs if gone not in pair], np.int64).reshape(-1, 2)
    ends -= ends > gone
    return ends[bond_order(ends)], mol.GetNumAtoms() - 1, connector - (connector > gone), dummy.GetIsotope()
