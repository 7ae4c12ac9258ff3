"""Two sides with their facts and classes: everything that the products of one reaction need."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from riboswitch.modalities.molecule.nets.dmpnn import DMPNN
from riboswitch.spaces.exact.block import Block, Half, small_halves
from riboswitch.spaces.exact.classes import Reach, classes_of
from riboswitch.spaces.exact.facts import Given, PartnerFacts, Partners
from riboswitch.spaces.exact.finding import Sides
from riboswitch.spaces.exact.head import Head
from riboswitch.spaces.exact.near import Balls
from riboswitch.spaces.exact.properties import Limit, Own, own_properties, polar_surface
from riboswitch.spaces.exact.side import Side
from riboswitch.spaces.exact.tables import Part, Piece, Stub, far_sums, parts_of

GRAPHS = 8192  # that a network computes together
PAIRS = 2**21  # of a block: its results fit into memory
UNIT = 2**26  # products of a unit of work, about
LEAST_ROWS, MOST_ROWS = 1024, 8192  # synthons of the first side in it
MOST_KEPT = 2**26  # numbers that are kept for a side instead of being computed for each unit


@dataclass(frozen=True, eq=False)
class Machine:
    """Networks of one bundle, with what they read and their heads; equal to nothing but itself."""

    networks: Sequence[DMPNN]
    reach: Reach
    heads: Sequence[Head | None]

    @classmethod
    def of(cls, networks: Sequence[DMPNN]) -> Machine:
        features = networks[0].features
        reach = Reach(networks[0].settings.depth, features.atom_mask, features.bond_mask)
        return cls(networks, reach, [Head.of(network) for network in networks])

    @property
    def numbers(self) -> int:
        """Numbers that all networks need for a synthon."""
        return len(self.networks) * self.networks[0].settings.hidden

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
    _kept: dict[tuple[bool, bytes, str, Any], Any] = field(default_factory=dict, repr=False)

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
        # Synthons that are alike near their open end stand together: they share ends, see `tables`.
        masks, every = (self.reach.atom_mask, self.reach.bond_mask), np.arange(len(self.a.side))
        alike = Balls.find(self.a.side, self.facts_a.of_effect(0), every, 2, masks).of
        order = np.lexsort((alike, self.classes_a))
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
        for found in self._pairs(rows, machine):
            if isinstance(found, np.ndarray):
                yield found
                continue
            waiting.append(found)
            # A table of many small classes costs as much as one of a large class.
            if sum(len(each.balls.n_atoms) for pair in waiting for each in pair) >= GRAPHS:
                yield from _scored(waiting, machine, limits)
                waiting = []
        yield from _scored(waiting, machine, limits)

    def _pairs(self, rows: np.ndarray, machine: Machine) -> Iterator[_Pair | np.ndarray]:
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
                self._waiting(self.facts_a, of_b, given_a, good, stub_b, machine),
                self._waiting(self.facts_b, of_a, given_b, members, stub_a, machine),
            )

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
        return self._once(
            facts, number, given, "stub", row, lambda: Stub.of(facts.side, given, row, self.reach)
        )

    def _waiting(
        self, facts: PartnerFacts, number: int, given: Given, rows: np.ndarray, stub: Stub, machine: Machine
    ) -> _Waiting:
        """Some synthons of a side, given the class of their partner."""
        side, base = facts.side, given is facts.of_effect(number)
        every = np.arange(len(side)) if base else rows
        chosen = rows if base else np.arange(len(rows))
        masks = self.reach.atom_mask, self.reach.bond_mask
        tpsa = self.polar[0 if facts is self.facts_a else 1]
        own: Own = self._once(
            facts, number, given, "own", None,
            lambda: own_properties(side, given, every, tpsa, first=facts is self.facts_a),
        )  # fmt: skip
        balls: Balls = self._once(
            facts,
            number,
            given,
            "balls",
            None,
            lambda: Balls.find(side, given, every, self.reach.depth, masks),
        )  # fmt: skip
        if len(every) * machine.numbers <= MOST_KEPT:
            kept = self._once(facts, number, given, "far", machine,
                              lambda: _far(side, given, every, machine, self.reach))  # fmt: skip
            far = [each[chosen] for each in kept]
        else:
            far = _far(side, given, rows, machine, self.reach)
        which, of = np.unique(balls.of[chosen], return_inverse=True)
        return _Waiting(rows, own.take(chosen), balls.take(which), of, far, stub)

    def _once(
        self, facts: PartnerFacts, number: int, given: Given, what: str, more: Any, make: Callable[[], Any]
    ) -> Any:
        """What holds for all synthons of a side with one effect of their partners is made once and kept."""
        if given is not facts.of_effect(number):  # of a synthon whose marks depend on the partner
            return make()
        key = facts is self.facts_a, facts.partners.effect[number], what, more
        if key not in self._kept:
            self._kept[key] = make()
        return self._kept[key]


class _Waiting(NamedTuple):
    """Synthons of a class, before what depends on their partner is computed."""

    rows: np.ndarray
    own: Own
    balls: Balls
    of: np.ndarray  # ball of each synthon
    far: list[np.ndarray]  # by network: what atoms bring that see no partner, multiplied by the head
    stub: Stub


class _Pair(NamedTuple):
    """Synthons of two classes."""

    a: _Waiting
    b: _Waiting


def _all_pairs(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.stack(np.meshgrid(a, b, indexing="ij"), -1).reshape(-1, 2)


def _far(side: Side, given: Given, rows: np.ndarray, machine: Machine, reach: Reach) -> list[np.ndarray]:
    """`far_sums`, multiplied by the heads, some synthons at a time."""
    pieces = [far_sums(side, given, rows[i : i + GRAPHS], machine.networks, reach)
              for i in range(0, len(rows), GRAPHS)]  # fmt: skip
    return [_folded(np.concatenate(each), head)
            for each, head in zip(zip(*pieces, strict=True), machine.heads, strict=True)]  # fmt: skip


def _scored(pairs: Sequence[_Pair], machine: Machine, limits: Sequence[Limit]) -> Iterator[Block]:
    """Blocks of pairs of classes; their tables are computed together."""
    halves_a, halves_b = (
        _halves([pair.a for pair in pairs], machine),
        _halves([pair.b for pair in pairs], machine),
    )
    for a, b in zip(halves_a, halves_b, strict=True):
        yield from _cut(a, b, machine, limits)


def _halves(waiting: Sequence[_Waiting], machine: Machine) -> Iterator[Half]:
    """The synthons of each class with their tables, for each network."""
    chunks: list[list[Piece]] = [[]]
    for each in waiting:
        for start in range(0, len(each.balls.n_atoms), GRAPHS):
            some = each.balls.take(np.arange(start, min(start + GRAPHS, len(each.balls.n_atoms))))
            if sum(len(piece.balls.n_atoms) for piece in chunks[-1]) + len(some.n_atoms) > GRAPHS:
                chunks.append([])
            chunks[-1].append(Piece(some, each.stub))
    made = [parts_of(chunk, machine.networks, machine.reach) for chunk in chunks if chunk]
    joined = (
        [_joined([part[n] for part in made], head) for n, head in enumerate(machine.heads)] if made else []
    )
    start = 0
    for each in waiting:
        place = start + each.of
        parts = [part._replace(inner=part.inner[place] + far, kind=part.kind[place])
                 for part, far in zip(joined, each.far, strict=True)]  # fmt: skip
        start += len(each.balls.n_atoms)
        yield Half(each.rows, parts, each.own)


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
    return Part(
        _folded(np.concatenate([piece.inner for piece in pieces]), head),
        np.concatenate([p.kind + first for p, first in zip(pieces, shift, strict=True)]).astype(np.int32),
        np.concatenate([piece.own for piece in pieces]),
        np.concatenate([piece.message for piece in pieces]),
    )  # fmt: skip


def _folded(sums: np.ndarray, head: Head | None) -> np.ndarray:
    return sums if head is None else sums @ head.of_sum.T
