"""Two sides with their facts and classes: everything that the products of one reaction need."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from riboswitch.modalities.molecule.nets.dmpnn import DMPNN
from riboswitch.spaces.exact.block import Block, Half, small_halves
from riboswitch.spaces.exact.classes import Reach, classes_of
from riboswitch.spaces.exact.facts import PartnerFacts, Partners
from riboswitch.spaces.exact.head import Head
from riboswitch.spaces.exact.properties import Limit, own_properties, polar_surface
from riboswitch.spaces.exact.side import Side
from riboswitch.spaces.exact.tables import Part, Stub, parts_of, with_stub

GRAPHS = 8192  # that a network computes together
PAIRS = 2**21  # of a block: its results fit into memory
ROWS = 1024  # synthons of the first side of a unit of work


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
    a, b : Partners
    tagged : bool
        Whether the networks read chiral tags: synthons with stereo marks are then enumerated.
    """

    a: Partners
    b: Partners
    reach: Reach
    tagged: bool = False
    _classes: dict[str, np.ndarray] = field(default_factory=dict, repr=False)

    @cached_property
    def facts_a(self) -> PartnerFacts:
        return PartnerFacts(self.a.side, self.b)

    @cached_property
    def facts_b(self) -> PartnerFacts:
        return PartnerFacts(self.b.side, self.a)

    @cached_property
    def classes_a(self) -> np.ndarray:
        return classes_of(self.a, self.facts_a, self.reach)

    @cached_property
    def classes_b(self) -> np.ndarray:
        return classes_of(self.b, self.facts_b, self.reach)

    @cached_property
    def polar(self) -> tuple[np.ndarray, np.ndarray]:
        return polar_surface(self.a.side), polar_surface(self.b.side)

    def units(self) -> list[np.ndarray]:
        """Units of work: synthons of the first side, all of one class."""
        order = np.argsort(self.classes_a, kind="stable")
        found = self.classes_a[order]
        pieces = np.split(order, np.flatnonzero(np.diff(found)) + 1)
        return [piece[i : i + ROWS] for piece in pieces for i in range(0, len(piece), ROWS)]

    def blocks(
        self, rows: np.ndarray, machine: Machine, limits: Sequence[Limit]
    ) -> Iterator[Block | np.ndarray]:
        """The products of a unit with all synthons of the second side.

        Yields
        ------
        Block or ndarray
            What can be scored from tables; or pairs (of shape (pairs, 2)) that must be enumerated.
        """
        of_a = int(self.a.of[rows[0]])
        given_b = self.facts_b.given(of_a)
        known_b = given_b.known & ~self._tagged(self.b.side)
        number = np.unique(self.classes_b, return_inverse=True)[1].ravel()
        unknown = np.flatnonzero(~known_b)
        if len(unknown):
            yield _pairs(rows, unknown)
        stub_a: Stub | None = None
        for each in range(number.max(initial=-1) + 1):
            members = np.flatnonzero((number == each) & known_b)
            if not len(members):
                continue
            given_a = self.facts_a.given(int(self.b.of[members[0]]))
            known_a = given_a.known[rows] & ~self._tagged(self.a.side)[rows]
            if not known_a.all():
                yield _pairs(rows[~known_a], members)
            good = rows[known_a]
            if not len(good):
                continue
            if given_a.junction[good[0]] != given_b.junction[members[0]]:
                yield _pairs(good, members)
                continue
            stub_a = Stub.of(self.a.side, given_a, int(good[0]), self.reach)
            stub_b = Stub.of(self.b.side, given_b, int(members[0]), self.reach)
            half_a = Half(good, _parts(self.a.side, given_a, good, stub_b, machine),
                          own_properties(self.a.side, given_a, good, self.polar[0], first=True))  # fmt: skip
            own_b = own_properties(self.b.side, given_b, members, self.polar[1], first=False)
            half_b = Half(members, _parts(self.b.side, given_b, members, stub_a, machine), own_b)
            yield from _cut(half_a, half_b, machine, limits)

    def _tagged(self, side: Side) -> np.ndarray:
        return side.stereo if self.tagged else np.zeros(len(side), bool)


def _pairs(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.stack(np.meshgrid(a, b, indexing="ij"), -1).reshape(-1, 2)


def _cut(a: Half, b: Half, machine: Machine, limits: Sequence[Limit]) -> Iterator[Block]:
    """Blocks whose tables and results are of bounded size."""
    width = machine.networks[0].settings.hidden
    all_b = b.take(np.arange(len(b.rows)))
    for piece in small_halves(a, b, width):
        most = max(1, PAIRS // max(1, len(piece)))
        half = a.take(piece)
        for start in range(0, len(all_b.rows), most):
            some = (
                all_b
                if most >= len(all_b.rows)
                else all_b.take(np.arange(start, min(start + most, len(all_b.rows))))
            )
            yield Block(half, some, machine.networks, machine.heads, limits)


def _parts(side: Side, given, rows: np.ndarray, stub: Stub, machine: Machine) -> list[Part]:  # type: ignore[no-untyped-def]
    """Tables of some synthons, computed some at a time; the ends of all pieces are numbered together."""
    pieces = [
        parts_of(with_stub(side, given, rows[start : start + GRAPHS], stub), machine.networks, machine.reach)
        for start in range(0, len(rows), GRAPHS)
    ]
    return [_joined([piece[number] for piece in pieces]) for number in range(len(machine.networks))]


def _joined(pieces: Sequence[Part]) -> Part:
    if len(pieces) == 1:
        return pieces[0]
    shift = np.cumsum([0, *(len(piece.own) for piece in pieces[:-1])])
    return Part(
        np.concatenate([piece.inner for piece in pieces]),
        np.concatenate([p.kind + first for p, first in zip(pieces, shift, strict=True)]).astype(np.int32),
        np.concatenate([piece.own for piece in pieces]),
        np.concatenate([piece.message for piece in pieces]),
    )  # fmt: skip
