"""Properties of synthons that add up to those of their product, and limits on them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from rdkit import Chem
from rdkit.Chem import rdMolDescriptors

from riboswitch.chem.descriptors.packed import GLOBALS, properties
from riboswitch.chem.graphs import Graphs
from riboswitch.chem.packing import ATOM_FIELDS, BOND_FIELDS, unpack
from riboswitch.data.arrays import RaggedArrays
from riboswitch.errors import UsageError
from riboswitch.numeric.offsets import gather_index, offsets_of
from riboswitch.spaces.exact.facts import Given
from riboswitch.spaces.exact.joining import as_mol
from riboswitch.spaces.exact.side import Side

LIMITED = ("weight", "heavy_atoms", "donors", "acceptors", "rotatable_bonds", "rings", "charge", "tpsa")
"""Properties of products that can be limited."""
SP3, ROTATABLE = GLOBALS.index("sp3_carbons"), GLOBALS.index("rotatable_bonds")
SLACK = 1e-3
"""Weights and surfaces are sums of rounded numbers; so far outside a limit is inside."""
_NOTHING = np.int64(
    ATOM_FIELDS["charge"].offset << ATOM_FIELDS["charge"].shift
)  # a dummy atom without charge
_TEXT = re.compile(r"(\w+)=(-?[0-9.]*)\.\.(-?[0-9.]*)")


@dataclass(frozen=True)
class Own:
    """What synthons add to the properties of their products.

    Attributes
    ----------
    sums : ndarray
        float64, shape (synthons, 13): the properties `GLOBALS` of the own part; sp3_carbons is a count.
    carbons : ndarray
        float64, shape (synthons,): number of carbon atoms.
    turns : ndarray
        bool, shape (synthons,): whether the new bond can rotate as far as this side decides.
    atoms : ndarray
        float64, shape (synthons,): number of atoms of the graph.
    tpsa : ndarray
        float64, shape (synthons,): its part of the polar surface, in square Angstrom.
    """

    sums: np.ndarray
    carbons: np.ndarray
    turns: np.ndarray
    atoms: np.ndarray
    tpsa: np.ndarray

    def limited(self, name: str) -> np.ndarray:
        """What the synthons add to a property of `LIMITED`."""
        return self.tpsa if name == "tpsa" else self.sums[:, GLOBALS.index(name)]

    def take(self, rows: np.ndarray) -> Own:
        """That of some of the synthons."""
        return Own(self.sums[rows], self.carbons[rows], self.turns[rows], self.atoms[rows], self.tpsa[rows])


def polar_surface(side: Side) -> np.ndarray:
    """Polar surface of each synthon with its open end closed by carbon, which adds nothing."""
    return np.array([rdMolDescriptors.CalcTPSA(_closed(as_mol(text))) for text in side.smiles], np.float64)


def _closed(mol: Chem.Mol) -> Chem.Mol:
    editable = Chem.RWMol(mol)
    for atom in editable.GetAtoms():
        if atom.GetAtomicNum() == 0:
            atom.SetAtomicNum(6)
            atom.SetIsotope(0)
            atom.SetNoImplicit(False)
    made = editable.GetMol()
    Chem.SanitizeMol(made)
    return made


def own_properties(side: Side, given: Given, rows: np.ndarray, tpsa: np.ndarray, *, first: bool) -> Own:
    """What some synthons add, given the class of their partner; the new bond counts for the first side."""
    index, new = gather_index(side.first_atom, rows)
    bond_index, _ = gather_index(side.first_bond, rows)
    n_atoms, n_bonds = side.n_atoms[rows], side.n_bonds[rows]
    atoms = np.insert(given.atoms[index], new[1:], _NOTHING)
    conjugated = np.int16(BOND_FIELDS["conjugated"].mask)
    junction = given.junction[rows] if first else given.junction[rows] & ~conjugated
    at = offsets_of(n_bonds)[1:]
    bonds = np.insert(given.bonds[bond_index], at, junction)
    ends = np.insert(side.ends[bond_index], at, np.stack([side.connector[rows], n_atoms], 1), axis=0)
    found = properties(Graphs(atoms, bonds, ends.astype(np.int32), n_atoms + 1, n_bonds + 1)).astype(
        np.float64
    )
    fields = unpack(given.atoms[index], ATOM_FIELDS)
    owner = np.repeat(np.arange(len(rows)), n_atoms)
    carbon = fields["element"] == 6
    carbons = np.bincount(owner, carbon, len(rows))
    found[:, SP3] = np.bincount(owner, carbon & (fields["degree"] == 4), len(rows))
    return Own(found, carbons, _turns(side, given, rows), n_atoms.astype(np.float64), tpsa[rows])


def _turns(side: Side, given: Given, rows: np.ndarray) -> np.ndarray:
    """Whether the atom at the open end has other neighbours and no triple bond."""
    index, _ = gather_index(side.first_bond, rows)
    owner = np.repeat(np.arange(len(rows)), side.n_bonds[rows])
    beside = (side.ends[index] == side.connector[rows][owner][:, None]).any(1)
    triple = unpack(given.bonds[index], BOND_FIELDS)["type"] == int(Chem.BondType.TRIPLE)
    many = np.bincount(owner[beside], minlength=len(rows))
    found: np.ndarray = (many > 0) & (np.bincount(owner[beside & triple], minlength=len(rows)) == 0)
    return found


@dataclass(frozen=True)
class Limit:
    """A range of a property; both ends are inside."""

    name: str
    low: float
    high: float


def read_limits(texts: Sequence[str]) -> list[Limit]:
    """Read limits as ``weight=200..450`` or ``donors=..3``.

    Raises
    ------
    UsageError
        If a text is not one, or there is no such property.
    """
    limits = []
    for text in texts:
        found = _TEXT.fullmatch(text)
        if not found or found[1] not in LIMITED:
            hint = f"Write as weight=200..450 or donors=..3; there are {', '.join(LIMITED)}."
            raise UsageError("not a limit on a property", found=text, hint=hint)
        try:
            low, high = float(found[2] or "-inf"), float(found[3] or "inf")
        except ValueError as error:
            raise UsageError(
                "not a limit on a property", found=text, hint="Its ends must be numbers."
            ) from error
        limits.append(Limit(found[1], low, high))
    return limits


def limits_surface(limits: Sequence[Limit]) -> bool:
    """Whether the polar surface is limited, which takes longer than the others."""
    return any(limit.name == "tpsa" for limit in limits)


def molecule_properties(arrays: RaggedArrays, smiles: Sequence[str], limits: Sequence[Limit]) -> np.ndarray:
    """Whether whole molecules are inside the limits, bool of shape (molecules,)."""
    inside = np.ones(len(smiles), bool)
    values = arrays.only.values["globals"][arrays.items()]
    for limit in limits:
        if limit.name == "tpsa":
            found = np.array([rdMolDescriptors.CalcTPSA(Chem.MolFromSmiles(text)) for text in smiles])
        else:
            found = values[:, GLOBALS.index(limit.name)].astype(np.float64)
        slack = SLACK * (limit.name in ("weight", "tpsa"))
        inside &= (found >= limit.low - slack) & (found <= limit.high + slack)
    return inside
