"""Properties of whole molecules, computed from the packed fields of their atoms and bonds.

All molecules are computed at once. The values equal those of RDKit (a test compares them),
but no RDKit molecule is needed, so they cost almost nothing. Crippen's logP and the polar surface are not
among them: both are sums over atom environments, and a network learns those by itself.
"""

from __future__ import annotations

import numpy as np
from rdkit import Chem

from riboswitch.chem.graphs import Graphs
from riboswitch.chem.packing import ATOM_FIELDS, BOND_FIELDS, unpack
from riboswitch.numeric.compiled import compiled
from riboswitch.numeric.offsets import offsets_of

GLOBALS = (
    "weight",  # Da, hydrogens included, of the natural mixture of isotopes
    "heavy_atoms",
    "hetero_atoms",  # neither carbon nor hydrogen
    "halogens",
    "acceptors",  # N and O (Lipinski)
    "donors",  # hydrogens on N and O (Lipinski), without those drawn as atoms
    "charge",
    "aromatic_atoms",
    "sp3_carbons",  # fraction of the carbon atoms that have four neighbours
    "stereo_centres",  # atoms that are R or S
    "rings",  # number of independent rings: bonds - atoms + fragments
    "rotatable_bonds",  # single, in no ring; both atoms have other neighbours and no triple bond
    "conjugated_bonds",
)
"""Names of the properties, in order."""

_SINGLE, _TRIPLE = int(Chem.BondType.SINGLE), int(Chem.BondType.TRIPLE)
_TABLE = Chem.GetPeriodicTable()
_WEIGHTS = np.array([_TABLE.GetAtomicWeight(element) for element in range(119)] + [0.0] * 137)
_HALOGENS = (9, 17, 35, 53, 85)


def properties(graphs: Graphs) -> np.ndarray:
    """Compute the properties `GLOBALS` of every molecule, float32 of shape (molecules, 13)."""
    count = len(graphs.n_atoms)
    atom_owner, bond_owner = (np.repeat(np.arange(count), n) for n in (graphs.n_atoms, graphs.n_bonds))
    first_atom = offsets_of(graphs.n_atoms)[:-1]
    ends = graphs.ends + first_atom[bond_owner][:, None]
    fragments = _fragments(ends, atom_owner, count)
    columns = _of_atoms(unpack(graphs.atoms, ATOM_FIELDS), atom_owner, count)
    columns |= _of_bonds(unpack(graphs.bonds, BOND_FIELDS), ends, bond_owner, len(atom_owner), count)
    columns["rings"] = graphs.n_bonds - graphs.n_atoms + fragments
    return np.stack([columns[name] for name in GLOBALS], axis=1).astype(np.float32)


def _of_atoms(fields: dict[str, np.ndarray], owner: np.ndarray, count: int) -> dict[str, np.ndarray]:
    """Properties that are sums over atoms; ``owner`` is the molecule of each atom."""

    def total(values: np.ndarray) -> np.ndarray:
        return np.bincount(owner, values, count)

    element, hydrogens = fields["element"], fields["hydrogens"]
    carbon, polar = element == 6, (element == 7) | (element == 8)
    carbons = total(carbon)
    return {
        "weight": total(_WEIGHTS[element] + _WEIGHTS[1] * hydrogens),
        "heavy_atoms": total(element > 1),
        "hetero_atoms": total((element > 1) & ~carbon),
        "halogens": total(np.isin(element, _HALOGENS)),
        "acceptors": total(polar),
        "donors": total(polar * hydrogens),
        "charge": total(fields["charge"]),
        "aromatic_atoms": total(fields["aromatic"]),
        "sp3_carbons": total(carbon & (fields["degree"] == 4)) / np.maximum(carbons, 1),
        "stereo_centres": total(fields["cip"] != 0),
    }


def _of_bonds(
    fields: dict[str, np.ndarray], ends: np.ndarray, owner: np.ndarray, n_atoms: int, count: int
) -> dict[str, np.ndarray]:
    """Properties that are sums over bonds; ``owner`` is the molecule of each bond."""
    triple = fields["type"] == _TRIPLE
    can_turn = np.bincount(ends.ravel(), minlength=n_atoms) > 1
    can_turn[ends[triple]] = False
    rotatable = (fields["type"] == _SINGLE) & (fields["ring"] == 0) & can_turn[ends].all(1)
    return {
        "rotatable_bonds": np.bincount(owner, rotatable, count),
        "conjugated_bonds": np.bincount(owner, fields["conjugated"], count),
    }


@compiled
def _fragments(ends: np.ndarray, owner: np.ndarray, count: int) -> np.ndarray:
    """Number of connected fragments of every molecule, int64 of shape (molecules,): union-find over bonds."""
    parent = np.arange(len(owner))
    fragments = np.zeros(count, np.int64)
    for molecule in owner:
        fragments[molecule] += 1
    for b in range(len(ends)):
        one, other = ends[b]
        while parent[one] != one:
            parent[one] = parent[parent[one]]
            one = parent[one]
        while parent[other] != other:
            parent[other] = parent[parent[other]]
            other = parent[other]
        if one != other:
            parent[one] = other
            fragments[owner[one]] -= 1
    return fragments
