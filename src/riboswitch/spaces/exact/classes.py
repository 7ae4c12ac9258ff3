"""Classes of synthons that a network cannot tell apart from across the new bond.

The state of an atom of one side depends on the other side as far as ``depth - 2`` bonds behind the new
bond, but for the atom at the open end. Synthons of a class are equal that far, given any partner. So all
products of two classes can share tables: see `tables`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from riboswitch.spaces.exact.facts import Given, PartnerFacts, Partners
from riboswitch.spaces.exact.side import Side


@dataclass(frozen=True)
class Reach:
    """What a network reads of a product.

    Attributes
    ----------
    depth : int
        Bonds that a message travels.
    atom_mask, bond_mask : int
        Bits of packed atoms and bonds that it uses.
    """

    depth: int
    atom_mask: int
    bond_mask: int

    @property
    def radius(self) -> int:
        """Bonds behind the new bond that atoms of the other side, but one, can see."""
        return max(self.depth - 2, 0)


def classes_of(partners: Partners, facts: PartnerFacts, reach: Reach) -> np.ndarray:
    """Class of each synthon of a side.

    Parameters
    ----------
    partners : Partners
        The side as its partners see it.
    facts : PartnerFacts
        Its facts given its partners.
    reach : Reach

    Returns
    -------
    ndarray
        int64, shape (synthons,): numbers from 0. Synthons whose marks depend on the partner are alone.
    """
    side, others = facts.side, facts.partners
    columns = [partners.of]
    for effect in dict.fromkeys(others.effect):
        given = facts.of_effect(others.effect.index(effect))
        numbers: dict[object, int] = {}
        keys = (_seen(side, given, row, reach) for row in range(len(side)))
        columns.append(np.array([numbers.setdefault(key, len(numbers)) for key in keys], np.int64))
    alone, varying = np.full(len(side), -1, np.int64), sorted(facts.varying)
    alone[varying] = varying
    return np.unique(np.stack([*columns, alone], 1), axis=0, return_inverse=True)[1].ravel()


def _seen(side: Side, given: Given, row: int, reach: Reach) -> object:
    """What a partner's atoms see of a synthon."""
    atoms = given.atoms[side.atoms_of(row)] & reach.atom_mask
    bonds = given.bonds[side.bonds_of(row)].astype(np.int64) & reach.bond_mask
    ends = side.ends[side.bonds_of(row)]

    def of(atom: int, by: int, radius: int) -> object:
        beside = []
        for bond in np.flatnonzero((ends == atom).any(1)) if radius else ():
            other = int(ends[bond].sum() - atom)
            if bond != by:
                beside.append((int(bonds[bond]), of(other, int(bond), radius - 1)))
        return int(atoms[atom]), tuple(sorted(beside, key=repr))

    junction = int(given.junction[row]) & reach.bond_mask
    return (
        bool(given.known[row]),
        int(given.junction[row]),
        junction,
        of(int(side.connector[row]), -1, reach.radius),
    )
