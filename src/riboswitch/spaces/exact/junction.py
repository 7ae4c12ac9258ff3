"""Two sides with their facts and classes: everything that the products of one reaction need."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np

from riboswitch.modalities.molecule.nets.dmpnn import DMPNN
from riboswitch.spaces.exact.block import Block, Half, small_halves
from riboswitch.spaces.exact.classes import Reach, classes_of
from riboswitch.spaces.exact.facts import Given, PartnerFacts, Partners
from riboswitch.spaces.exact.finding import Sides
from riboswitch.spaces.exact.head import Head
from riboswitch.spaces.exact.properties import Limit, Own, own_properties, polar_surface
from riboswitch.spaces.exact.side import Side
from riboswitch.spaces.exact.tables import Part, Piece, Stub, parts_of, with_stubs

GRAPHS = 8192  # that a network computes together
PAIRS = 2**21  # of a block: its results fit into memory
UNIT = 2**26  # products of a unit of work, about
LEAST_ROWS, MOST_ROWS = 1024, 8192  # synthons of the first side in it


@dataclass(frozen=True)
class Machine:
    """Networks of one bundle, with what they read and their heads."""

    networks: Sequence[DMPNN]
    reach: Reach
    heads: Sequence[Head | None]

    @classmethod
    def of(cls, networks: Sequence[DMPNN]) -> Machine:
        features = networks[0].features
        reach = Reach(networks[0].settings.depth, features.atom_mask, features.bond_mask)
        return cls(networks, reach, [Head.of(network) for network in networks])

    @property
    def folded(self) -> bool:
        return all(head is not None for head in self.heads)


@dataclass
class Junction:
    """Two sides of a reaction, the first perhaps of virtual synthons.

    Attributes
    ----------
    sides : Sides
    reach : Reach
    tagged : bool
        Whether the networks read chiral tags: synthons with stereo marks are then enumerated.
    surface : bool
        Whether the polar surface is limited; else it is not computed, and is 0.
    """

    sides: Sides
    reach: Reach
    tagged: bool = False
    surface: bool = False
    _owned: dict[tuple[bool, bytes], Own] = field(default_factory=dict, repr=False)
    _stubs: dict[tuple[bool, bytes, int], Stub] = field(default_factory=dict, repr=False)

    @property
    def facts_a(self) -> PartnerFacts:
        return self.sides.a

    @property
    def facts_b(self) -> PartnerFacts:
        return self.sides.b

    @property
    def a(self) -> Partners:
        return self.sides.b.partners

    @property
    def b(self) -> Partners:
        return self.sides.a.partners

    @cached_property
    def classes_a(self) -> np.ndarray:
        return classes_of(self.a, self.facts_a, self.reach)

    @cached_property
    def classes_b(self) -> np.ndarray:
        return classes_of(self.b, self.facts_b, self.reach)

    @cached_property
    def polar(self) -> tuple[np.ndarray, np.ndarray]:
        sides = self.a.side, self.b.side
        a, b = (polar_surface(side) if self.surface else np.zeros(len(side)) for side in sides)
        return a, b

    def units(self) -> list[np.ndarray]:
        """Units of work: synthons of the first side, all of one class."""
        size = min(max(UNIT // max(1, len(self.b.side)), LEAST_ROWS), MOST_ROWS)
        order = np.argsort(self.classes_a, kind="stable")
        found = self.classes_a[order]
        pieces = np.split(order, np.flatnonzero(np.diff(found)) + 1)
        return [piece[i : i + size] for piece in pieces for i in range(0, len(piece), size)]

    def blocks(
        self, rows: np.ndarray, machine: Machine, limits: Sequence[Limit]
    ) -> Iterator[Block | np.ndarray]:
        """The products of a unit with all synthons of the second side.

        Yields
        ------
        Block or ndarray
            What can be scored from tables; or pairs (of shape (pairs, 2)) that must be enumerated.
        """
        waiting: list[_Pair] = []
        for found in self._pairs(rows):
            if isinstance(found, np.ndarray):
                yield found
                continue
            waiting.append(found)
            # A table of many small classes costs as much as one of a large class.
            if sum(len(pair.a) + len(pair.b) for pair in waiting) >= GRAPHS:
                yield from _scored(self, waiting, machine, limits)
                waiting = []
        yield from _scored(self, waiting, machine, limits)

    def _pairs(self, rows: np.ndarray) -> Iterator[_Pair | np.ndarray]:
        """A unit with each class of the second side; or pairs that must be enumerated."""
        first, of_a = int(rows[0]), int(self.a.of[rows[0]])
        for members in self._members_b:
            given_b = self.facts_b.given(of_a, int(members[0]))
            known = self._known(self.b.side, given_b, members)
            if not known.all():
                yield _all_pairs(rows, members[~known])
            members = members[known]
            if not len(members):
                continue
            of_b = int(self.b.of[members[0]])
            given_a = self.facts_a.given(of_b, first)
            known = self._known(self.a.side, given_a, rows)
            if not known.all():
                yield _all_pairs(rows[~known], members)
            good = rows[known]
            if not len(good):
                continue
            if given_a.junction[good[0]] != given_b.junction[members[0]]:
                yield _all_pairs(good, members)
                continue
            stub_a = self._stub(self.facts_a, of_b, given_a, int(good[0]))
            stub_b = self._stub(self.facts_b, of_a, given_b, int(members[0]))
            yield _Pair(
                good, _pieces(self.a.side, given_a, good, stub_b),
                self._own(self.facts_a, of_b, given_a, good),
                members, _pieces(self.b.side, given_b, members, stub_a),
                self._own(self.facts_b, of_a, given_b, members),
            )  # fmt: skip

    @cached_property
    def _members_b(self) -> list[np.ndarray]:
        order = np.argsort(self.classes_b, kind="stable")
        return np.split(order, np.flatnonzero(np.diff(self.classes_b[order])) + 1)

    def _known(self, side: Side, given: Given, rows: np.ndarray) -> np.ndarray:
        """Which synthons can be scored from tables."""
        found: np.ndarray = given.known[rows] & ~(self.tagged & side.stereo[rows])
        return found

    def _stub(self, facts: PartnerFacts, number: int, given: Given, row: int) -> Stub:
        """What the class of a synthon looks like to its partners."""
        if given is not facts.of_effect(number):
            return Stub.of(facts.side, given, row, self.reach)
        key = facts is self.facts_a, facts.partners.effect[number], row
        if key not in self._stubs:
            self._stubs[key] = Stub.of(facts.side, given, row, self.reach)
        return self._stubs[key]

    def _own(self, facts: PartnerFacts, number: int, given: Given, rows: np.ndarray) -> Own:
        """What some synthons add to properties, given the class of their partner."""
        first = facts is self.facts_a
        tpsa = self.polar[0 if first else 1]
        if given is not facts.of_effect(number):  # a synthon whose marks depend on the partner
            return own_properties(facts.side, given, rows, tpsa, first=first)
        key = first, facts.partners.effect[number]
        if key not in self._owned:
            every = np.arange(len(facts.side))
            self._owned[key] = own_properties(facts.side, given, every, tpsa, first=first)
        return self._owned[key].take(rows)


class _Pair(NamedTuple):
    """Synthons of two classes, before their tables are computed."""

    a: np.ndarray
    pieces_a: list[Piece]
    own_a: Own
    b: np.ndarray
    pieces_b: list[Piece]
    own_b: Own


def _all_pairs(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.stack(np.meshgrid(a, b, indexing="ij"), -1).reshape(-1, 2)


def _pieces(side: Side, given: Given, rows: np.ndarray, stub: Stub) -> list[Piece]:
    """Synthons with their stub, at most `GRAPHS` in a piece."""
    return [Piece.of(side, given, rows[i : i + GRAPHS], stub) for i in range(0, len(rows), GRAPHS)]


def _scored(
    junction: Junction, pairs: Sequence[_Pair], machine: Machine, limits: Sequence[Limit]
) -> Iterator[Block]:
    """Blocks of pairs of classes; their tables are computed together."""
    parts_a = _tables(junction.a.side, [pair.pieces_a for pair in pairs], machine)
    parts_b = _tables(junction.b.side, [pair.pieces_b for pair in pairs], machine)
    for pair, a, b in zip(pairs, parts_a, parts_b, strict=True):
        yield from _cut(Half(pair.a, a, pair.own_a), Half(pair.b, b, pair.own_b), machine, limits)


def _tables(side: Side, groups: Sequence[list[Piece]], machine: Machine) -> Iterator[list[Part]]:
    """Tables of each group of pieces, for each network."""
    chunks: list[list[Piece]] = [[]]
    for piece in (piece for group in groups for piece in group):
        if sum(len(each.rows) for each in chunks[-1]) + len(piece.rows) > GRAPHS:
            chunks.append([])
        chunks[-1].append(piece)
    made = [parts_of(with_stubs(side, chunk), machine.networks, machine.reach) for chunk in chunks if chunk]
    if not made:
        return
    joined = [_joined([part[number] for part in made], head) for number, head in enumerate(machine.heads)]
    start = 0
    for group in groups:
        stop = start + sum(len(piece.rows) for piece in group)
        yield [part._replace(inner=part.inner[start:stop], kind=part.kind[start:stop]) for part in joined]
        start = stop


def _cut(a: Half, b: Half, machine: Machine, limits: Sequence[Limit]) -> Iterator[Block]:
    """Blocks whose tables and results are of bounded size."""
    width = machine.networks[0].settings.hidden
    all_a, all_b = (half.take(np.arange(len(half.rows))) for half in (a, b))
    for piece in small_halves(all_a, all_b, width):
        most = max(1, PAIRS // max(1, len(piece)))
        half = all_a if len(piece) == len(all_a.rows) else all_a.take(piece)
        for start in range(0, len(all_b.rows), most):
            some = all_b
            if most < len(all_b.rows):
                some = all_b.take(np.arange(start, min(start + most, len(all_b.rows))))
            yield Block(half, some, machine.networks, machine.heads, limits)


def _joined(pieces: Sequence[Part], head: Head | None) -> Part:
    """Several pieces as one, multiplied by the head."""
    shift = np.cumsum([0, *(len(piece.own) for piece in pieces[:-1])])
    inner = np.concatenate([piece.inner for piece in pieces])
    return Part(
        inner if head is None else inner @ head.of_sum.T,
        np.concatenate([p.kind + first for p, first in zip(pieces, shift, strict=True)]).astype(np.int32),
        np.concatenate([piece.own for piece in pieces]),
        np.concatenate([piece.message for piece in pieces]),
    )  # fmt: skip
