"""What RDKit says of the atoms and bonds of synthons within products, found by testing.

Hydrogens, charges, rings and aromaticity of a synthon are fixed by its open end. Three things depend on the
partner. Whether the new bond is conjugated, and with it the bonds beside it and the hybridisation of the
atom at the open end, depends on the partner's atoms nearest to the bond: partners are classed by these, and
one of each kind is tried. R and S, E and Z depend on priorities, which may reach far: synthons with such
marks are tried with many partners. Where partners of one class differ, nothing is assumed, and the products
are enumerated.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from rdkit import Chem

from riboswitch.chem.packing import ATOM_FIELDS, BOND_FIELDS, mask_of
from riboswitch.spaces.exact.joining import Facts, as_mol, joined_facts
from riboswitch.spaces.exact.side import Side

_CAPS = ("C", "C(C)=O", "c1ccccc1", "N", "C=C", "S(C)(=O)=O", "C#N")
"""Partners that show what a synthon does to others; the first is tried with all."""
_TRIED_AT_ONCE = 2048
STEREO_CLASSES = 24
"""Classes of partners with which a synthon with stereo marks is tried first."""
STEREO_TRIES = 4
"""Partners of each class with which it is tried, if its marks depend on the partner."""
_STEREO = ~mask_of(("cip", "tag"), ATOM_FIELDS), ~mask_of(("stereo",), BOND_FIELDS)
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

    def copy(self) -> Given:
        return Given(self.atoms.copy(), self.bonds.copy(), self.junction.copy(), self.known.copy())

    def put(self, side: Side, row: int, facts: Facts | None, part: int) -> None:
        """Take the facts of a synthon from a product, in which it is the first or the second part."""
        self.known[row] = facts is not None and len(facts.bonds[part]) == side.n_bonds[row]
        if facts is not None and self.known[row]:
            self.atoms[side.atoms_of(row)] = facts.atoms[part] & _TAG
            self.bonds[side.bonds_of(row)] = facts.bonds[part]
            self.junction[row] = facts.junction


@dataclass
class Partners:
    """A side as partners see it: classes of synthons that do the same to a partner.

    Attributes
    ----------
    side : Side
    capped : Given
        Facts of the synthons with a methyl group as partner.
    of : ndarray
        int64, shape (synthons,): class of each synthon.
    names : tuple of bytes
        What the synthons of each class have in common.
    effect : tuple of bytes
        What each class does to the partners of `_CAPS`.
    """

    side: Side
    capped: Given
    of: np.ndarray
    names: tuple[bytes, ...]
    effect: tuple[bytes, ...]

    @classmethod
    def find(cls, side: Side) -> Partners:
        """Class the synthons of a side."""
        capped = _blank(side)
        methyl = as_mol(f"[{side.label}*]{_CAPS[0]}")
        rows = range(len(side))
        for row, facts in zip(rows, _tried((side.mol(row), methyl) for row in rows), strict=True):
            capped.put(side, row, facts, 0)
        numbers: dict[bytes, int] = {}
        of = np.array(
            [numbers.setdefault(_around(side, capped, row), len(numbers)) for row in rows], np.int64
        )
        first = np.unique(of, return_index=True)[1]
        effect = tuple(_effect(side, int(row)) for row in first)
        return cls(side, capped, of, tuple(numbers), effect)

    def members(self, number: int) -> np.ndarray:
        """The synthons of a class."""
        return np.flatnonzero(self.of == number)

    @cached_property
    def classes(self) -> int:
        return len(self.names)


@dataclass
class PartnerFacts:
    """Facts of a side given each class of its partners. What was found is kept."""

    side: Side
    partners: Partners
    _by_effect: dict[bytes, Given] = field(default_factory=dict, repr=False)
    _by_class: dict[int, Given] = field(default_factory=dict, repr=False)

    def given(self, number: int) -> Given:
        """Facts given the class of this number."""
        if number not in self._by_class:
            base = self._of_effect(number)
            found = base.copy() if self.varying else base
            for row in self.varying:
                self._decide(found, row, number)
            self._by_class[number] = found
        return self._by_class[number]

    @property
    def depends(self) -> tuple[int, ...]:
        """Synthons whose stereo marks depend on the partner."""
        return tuple(self.varying)

    def _of_effect(self, number: int) -> Given:
        effect = self.partners.effect[number]
        if effect not in self._by_effect:
            partner = self._mol(number)
            found = _blank(self.side)
            rows = range(len(self.side))
            for row, facts in zip(rows, _tried((self.side.mol(row), partner) for row in rows), strict=True):
                found.put(self.side, row, facts, 0)
            self._by_effect[effect] = found
        return self._by_effect[effect]

    def _mol(self, number: int, which: int = 0) -> Chem.Mol:
        return self.partners.side.mol(int(self.partners.members(number)[which]))

    @cached_property
    def varying(self) -> list[int]:
        """Synthons whose stereo marks differ between a few partners."""
        step = max(1, self.partners.classes // STEREO_CLASSES)
        tried = [self._mol(number) for number in range(0, self.partners.classes, step)]
        # Within a class priorities may differ, too: a small and a large member, by their texts.
        largest = [int(max(self.partners.members(n), key=lambda row: len(self.partners.side.smiles[row])))
                   for n in range(0, self.partners.classes, step)]  # fmt: skip
        tried += [self.partners.side.mol(row) for row in largest]
        rows = np.flatnonzero(self.side.stereo).tolist()
        found = []
        for row in rows:
            mol = self.side.mol(row)
            seen = {_marks(facts, 0) for facts in _tried((mol, partner) for partner in tried)}
            if len(seen) > 1:
                found.append(row)
        return found

    def _decide(self, given: Given, row: int, number: int) -> None:
        """Facts of a synthon whose marks vary, given one class; unknown if members of the class differ."""
        members = self.partners.members(number)
        step = max(1, len(members) // STEREO_TRIES)
        mol = self.side.mol(row)
        tried = [self.partners.side.mol(int(m)) for m in members[::step][:STEREO_TRIES]]
        facts = [*_tried((mol, partner) for partner in tried)]
        given.put(self.side, row, facts[0], 0)
        if len({_marks(each, 0) for each in facts}) > 1:
            given.known[row] = False


def _marks(facts: Facts | None, part: int) -> bytes:
    """R and S, E and Z of a synthon in a product, as text that is equal for equal marks."""
    if facts is None:
        return b""
    return (facts.atoms[part] & ~_STEREO[0] & _TAG).tobytes() + (facts.bonds[part] & ~_STEREO[1]).tobytes()


def _tried(pairs: Iterator[tuple[Chem.Mol, Chem.Mol]]) -> Iterator[Facts | None]:
    """Facts of pairs, some at a time."""
    waiting: list[tuple[Chem.Mol, Chem.Mol]] = []
    for pair in pairs:
        waiting.append(pair)
        if len(waiting) == _TRIED_AT_ONCE:
            yield from joined_facts(waiting)
            waiting = []
    yield from joined_facts(waiting)


def _blank(side: Side) -> Given:
    return Given(np.zeros(side.first_atom[-1], np.int64), np.zeros(side.first_bond[-1], np.int16),
                 np.zeros(len(side), np.int16), np.zeros(len(side), bool))  # fmt: skip


def _around(side: Side, given: Given, row: int) -> bytes:
    """The atom at the open end with its bonds and neighbours, without stereo marks."""
    atoms = given.atoms[side.atoms_of(row)] & _STEREO[0]
    bonds = given.bonds[side.bonds_of(row)] & np.int16(_STEREO[1])
    ends, own = side.ends[side.bonds_of(row)], side.connector[row]
    beside = [(int(bonds[b]), int(atoms[ends[b].sum() - own])) for b in np.flatnonzero((ends == own).any(1))]
    return repr((bool(given.known[row]), int(atoms[own]), int(given.junction[row]), sorted(beside))).encode()


def _effect(side: Side, row: int) -> bytes:
    """What a synthon does to the partners of `_CAPS`: their facts, and the new bond."""
    mol = side.mol(row)
    caps: Sequence[Chem.Mol] = [as_mol(f"[{side.label}*]{cap}") for cap in _CAPS]
    parts = []
    for facts in joined_facts([(mol, cap) for cap in caps]):
        if facts is None:
            parts.append(b"none")
        else:
            parts.append(facts.atoms[1].tobytes() + facts.bonds[1].tobytes() + bytes([facts.junction & 255]))
    return b"|".join(parts)
