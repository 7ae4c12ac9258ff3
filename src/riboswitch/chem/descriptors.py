"""Properties of whole molecules out of the facts of their atoms and bonds, for all molecules at once.

They are RDKit's of the same kind (`tests/unit/test_molecule_encode.py` compares), but need no RDKit, so that
they cost next to nothing. Crippen's logP and the polar surface are left out: they are sums over atom
environments, which a network learns by itself.
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
    "donors",  # hydrogens on N and O (Lipinski), but for those drawn as atoms
    "charge",
    "aromatic_atoms",
    "sp3_carbons",  # share of the carbon atoms that have four neighbours
    "stereo_centres",  # atoms that are R or S
    "rings",  # fewest bonds to cut until none is left
    "rotatable_bonds",  # single, in no ring, between atoms that have other neighbours and no triple bond
    "conjugated_bonds",
)
"""Names of the properties, in order."""

_SINGLE, _TRIPLE = int(Chem.BondType.SINGLE), int(Chem.BondType.TRIPLE)
_TABLE = Chem.GetPeriodicTable()
_WEIGHTS = np.array([_TABLE.GetAtomicWeight(element) for element in range(119)] + [0.0] * 137)
_HALOGENS = (9, 17, 35, 53, 85)


def properties(graphs: Graphs) -> np.ndarray:
    """The properties `GLOBALS` of every molecule, float32 of shape (molecules, 13)."""
    count = len(graphs.n_atoms)
    of_atom, of_bond = (np.repeat(np.arange(count), sizes) for sizes in (graphs.n_atoms, graphs.n_bonds))
    first = offsets_of(graphs.n_atoms)[:-1]
    ends = graphs.ends + first[of_bond][:, None]
    fragments = _fragments(ends, of_atom, count)
    columns = _of_atoms(unpack(graphs.atoms, ATOM_FIELDS), of_atom, count)
    columns |= _of_bonds(unpack(graphs.bonds, BOND_FIELDS), ends, of_bond, len(of_atom), count)
    columns["rings"] = graphs.n_bonds - graphs.n_atoms + fragments
    return np.stack([columns[name] for name in GLOBALS], axis=1).astype(np.float32)


def _of_atoms(facts: dict[str, np.ndarray], owner: np.ndarray, count: int) -> dict[str, np.ndarray]:
    def total(values: np.ndarray) -> np.ndarray:
        return np.bincount(owner, values, count)

    element, hydrogens = facts["element"], facts["hydrogens"]
    carbon, polar = element == 6, (element == 7) | (element == 8)
    carbons = total(carbon)
    return {
        "weight": total(_WEIGHTS[element] + _WEIGHTS[1] * hydrogens),
        "heavy_atoms": total(element > 1),
        "hetero_atoms": total((element > 1) & ~carbon),
        "halogens": total(np.isin(element, _HALOGENS)),
        "acceptors": total(polar),
        "donors": total(polar * hydrogens),
        "charge": total(facts["charge"]),
        "aromatic_atoms": total(facts["aromatic"]),
        "sp3_carbons": total(carbon & (facts["degree"] == 4)) / np.maximum(carbons, 1),
        "stereo_centres": total(facts["cip"] != 0),
    }


def _of_bonds(
    facts: dict[str, np.ndarray], ends: np.ndarray, owner: np.ndarray, atoms: int, count: int
) -> dict[str, np.ndarray]:
    triple = facts["type"] == _TRIPLE
    turns = np.bincount(ends.ravel(), minlength=atoms) > 1
    turns[ends[triple]] = False
    rotatable = (facts["type"] == _SINGLE) & (facts["ring"] == 0) & turns[ends].all(1)
    return {
        "rotatable_bonds": np.bincount(owner, rotatable, count),
        "conjugated_bonds": np.bincount(owner, facts["conjugated"], count),
    }


@compiled
def _fragments(ends: np.ndarray, owner: np.ndarray, count: int) -> np.ndarray:
    """Connected parts of every molecule, int64 of shape (molecules,)."""
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
