"""What RDKit says of the atoms and bonds of synthons within products, found by testing.

Hydrogens, charges, rings and aromaticity of a synthon are fixed by its open end. Three things depend on the
partner. Whether the new bond is conjugated, and with it the bonds beside it and the hybridisation of the
atom at the open end, depends on the partner's atoms nearest to the bond: partners are classed by these, and
one of each kind is tried. R and S, E and Z depend on priorities, which may reach far: synthons with such
marks are tried with many partners. Where partners of one class differ, nothing is assumed, and the products
are enumerated.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from riboswitch.chem.packing import ATOM_FIELDS, mask_of
from riboswitch.spaces.exact.joining import Facts, joined_facts
from riboswitch.spaces.exact.side import Side
from riboswitch.spaces.exact.trials import marks

STEREO_TRIES = 4
"""Partners of each class with which a synthon is tried, if its marks depend on the partner."""
_TAG = ~mask_of(("tag",), ATOM_FIELDS)


@dataclass(frozen=True)
class Given:
    """Facts of all synthons of a side, given the class of the partner.

    Attributes
    ----------
    atoms, bonds : ndarray
        Packed (`chem.packing`), int64 and int16 in the order of the side; without chiral tags.
    junction : ndarray
        int16, shape (synthons,): the new bond.
    known : ndarray
        bool, shape (synthons,): False where products must be enumerated.
    """

    atoms: np.ndarray
    bonds: np.ndarray
    junction: np.ndarray
    known: np.ndarray

    @classmethod
    def of(cls, side: Side, found: Iterable[Facts | None]) -> Given:
        """Facts from one product of each synthon, in which it is the first part."""
        made = cls(np.zeros(side.first_atom[-1], np.int64), np.zeros(side.first_bond[-1], np.int16),
                   np.zeros(len(side), np.int16), np.zeros(len(side), bool))  # fmt: skip
        for row, facts in enumerate(found):
            made.put(side, row, facts)
        return made

    def keep(self, side: Side, kept: np.ndarray) -> Given:
        """Facts of some synthons of the side, see `Side.keep`."""
        return Given(self.atoms[np.repeat(kept, side.n_atoms)], self.bonds[np.repeat(kept, side.n_bonds)],
                     self.junction[kept], self.known[kept])  # fmt: skip

    def copy(self) -> Given:
        return Given(self.atoms.copy(), self.bonds.copy(), self.junction.copy(), self.known.copy())

    def put(self, side: Side, row: int, facts: Facts | None) -> None:
        """Take the facts of a synthon from a product, in which it is the first part."""
        self.known[row] = facts is not None and len(facts.bonds[0]) == side.n_bonds[row]
        if facts is not None and self.known[row]:
            self.atoms[side.atoms_of(row)] = facts.atoms[0] & _TAG
            self.bonds[side.bonds_of(row)] = facts.bonds[0]
            self.junction[row] = facts.junction


@dataclass
class Partners:
    """A side as partners see it: classes of synthons that do the same to a partner.

    Attributes
    ----------
    side : Side
    of : ndarray
        int64, shape (synthons,): class of each synthon.
    effect : tuple of bytes
        What each class does to a few partners.
    """

    side: Side
    of: np.ndarray
    effect: tuple[bytes, ...]

    def keep(self, side: Side, kept: np.ndarray) -> Partners:
        """The classes that some synthons of the side have, numbered as they occur; ``side`` is theirs."""
        left, first, of = np.unique(self.of[kept], return_index=True, return_inverse=True)
        order = np.argsort(first)
        number = np.empty(len(order), np.int64)
        number[order] = np.arange(len(order))
        return Partners(side, number[of], tuple(self.effect[each] for each in left[order]))

    def members(self, number: int) -> np.ndarray:
        """The synthons of a class."""
        return np.flatnonzero(self.of == number)

    def one(self, number: int) -> str:
        """A synthon of a class."""
        return self.side.smiles[int(self.members(number)[0])]

    @property
    def classes(self) -> int:
        return len(self.effect)


@dataclass
class PartnerFacts:
    """Facts of a side given each class of its partners.

    Attributes
    ----------
    side : Side
    partners : Partners
    by_effect : dict of bytes to Given
    varying : frozenset of int
        Synthons whose stereo marks differ between a few partners.
    """

    side: Side
    partners: Partners
    by_effect: dict[bytes, Given]
    varying: frozenset[int]
    _decided: dict[tuple[int, int], Facts | None] = field(default_factory=dict, repr=False)

    def keep(self, kept: np.ndarray, side: Side, partners: Partners) -> PartnerFacts:
        """Facts of some synthons of the side, given some of the partners."""
        effects = dict.fromkeys(partners.effect)
        varying = np.flatnonzero(kept).searchsorted([row for row in sorted(self.varying) if kept[row]])
        return PartnerFacts(side, partners, {each: self.by_effect[each].keep(self.side, kept)
                                             for each in effects}, frozenset(varying.tolist()))  # fmt: skip

    def given(self, number: int, row: int) -> Given:
        """Facts given the class of this number.

        Those of synthons whose marks depend on the partner hold for ``row`` alone.
        """
        found = self.of_effect(number)
        if row not in self.varying:
            return found
        if (row, number) not in self._decided:
            self._decided[row, number] = self._decide(row, number)
        found = found.copy()
        found.put(self.side, row, self._decided[row, number])
        return found

    def of_effect(self, number: int) -> Given:
        """Facts given the class of this number, without regard to marks that depend on the partner."""
        return self.by_effect[self.partners.effect[number]]

    def _decide(self, row: int, number: int) -> Facts | None:
        """Facts of a synthon whose marks vary, given one class; None if members of the class differ."""
        members = self.partners.members(number)
        step = max(1, len(members) // STEREO_TRIES)
        tried = [self.partners.side.smiles[int(m)] for m in members[::step][:STEREO_TRIES]]
        facts = joined_facts((self.side.smiles[row], partner) for partner in tried)
        return facts[0] if len({marks(each) for each in facts}) == 1 else None
