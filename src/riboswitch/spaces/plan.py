"""The work on a space: units that are scored one by one, in any number of processes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import NamedTuple

import numpy as np

from riboswitch.errors import UsageError
from riboswitch.spaces.chain import Chain
from riboswitch.spaces.exact.classes import Reach
from riboswitch.spaces.exact.finding import Sides
from riboswitch.spaces.exact.junction import Junction
from riboswitch.spaces.stored_facts import sides_of
from riboswitch.spaces.synthons.space import Space

PRODUCTS = 4096  # enumerated in a unit
VIRTUAL = 4096  # virtual synthons in a unit
LARGEST = 2**63 - 1


class Unit(NamedTuple):
    """A piece of work.

    Attributes
    ----------
    reaction : int
    kind : {"tables", "virtual", "enumerated"}
    rows : ndarray
        Synthons of the first side; or the first and the last but one of virtual synthons, or of products.
    """

    reaction: int
    kind: str
    rows: np.ndarray


@dataclass
class Plan:
    """Units of work of a space, with what is prepared for them.

    Attributes
    ----------
    space : Space
    units : list of Unit
    junctions : dict of int to Junction
        By reaction, those of two components.
    chained : dict of int to Sides
        By reaction, those of three components: some virtual synthons, and all of the last component.
    """

    space: Space
    units: list[Unit]
    junctions: dict[int, Junction]
    chained: dict[int, Sides] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        space: Space,
        reach: Reach,
        *,
        tagged: bool,
        most_enumerated: int,
        surface: bool = False,
        processes: int = 1,
    ) -> Plan:
        """Plan the work, and find out what the products of two components need.

        Parameters
        ----------
        space : Space
        reach : Reach
        tagged, surface : bool
            See `exact.junction.Junction`.
        most_enumerated : int
        processes : int
            To find the facts of synthons, where the space holds none.

        Raises
        ------
        UsageError
            If more products than ``most_enumerated`` would have to be enumerated, or there are too many.
        """
        if space.products > LARGEST:
            raise UsageError(
                "more products than can be numbered", found=space.products, hint="Cut the space."
            )
        whole = {each.id: each for each in space.reactions if not each.decomposed}
        check_enumerated(sum(each.products for each in whole.values()), most_enumerated,
                         ", ".join(f"{name}: {each.scored_by}" for name, each in whole.items()))  # fmt: skip
        units: list[Unit] = []
        sides = sides_of(space, processes)
        chained = {n: each for n, each in sides.items() if len(space.reactions[n].components) == 3}
        junctions = {
            n: junction_of(each, reach, tagged, surface) for n, each in sides.items() if n not in chained
        }
        for number, reaction in enumerate(space.reactions):
            if not reaction.decomposed:
                units += _ranges(number, "enumerated", reaction.products, PRODUCTS)
            elif len(reaction.components) == 3:
                chain = Chain.of(reaction)
                many = len(reaction.components[chain.first]) * len(reaction.components[chain.middle])
                units += _ranges(number, "virtual", many, VIRTUAL)
            else:
                units += [Unit(number, "tables", rows) for rows in junctions[number].units()]
        return cls(space, units, junctions, chained)


def check_enumerated(many: int, most: int, why: str) -> None:
    """Raise `UsageError` if more products than ``most`` must be enumerated."""
    if many > most:
        hint = (
            f"Raise --most-enumerated to do it (a thousand take about a second and core), or leave those "
            f"synthons or reactions out with --exclude. Why: {why}"
        )
        raise UsageError(
            "too many products cannot be decomposed and must be enumerated", found=many, hint=hint
        )


def junction_of(sides: Sides, reach: Reach, tagged: bool, surface: bool = False) -> Junction:
    """Two sides, with all that their products need."""
    made = Junction(sides, reach, tagged, surface)
    _ = made.classes_a, made.classes_b, made.polar
    return made


def _ranges(number: int, kind: str, many: int, size: int) -> list[Unit]:
    return [Unit(number, kind, np.array([i, min(i + size, many)])) for i in range(0, many, size)]


@dataclass(frozen=True)
class Numbering:
    """Numbers of the products of a space: reaction after reaction, the last component counts fastest."""

    space: Space

    @property
    def first(self) -> list[int]:
        """Number of the first product of each reaction."""
        return [0, *accumulate(each.products for each in self.space.reactions)]

    def numbers(self, reaction: int, places: Sequence[np.ndarray]) -> np.ndarray:
        """Numbers of products, from the place of the synthon of each component."""
        sizes = [len(rows) for rows in self.space.reactions[reaction].components]
        total = np.zeros(len(places[0]), np.int64)
        for place, size in zip(places, sizes, strict=True):
            total = total * size + place
        return total + self.first[reaction]

    def places(self, number: int) -> tuple[int, tuple[int, ...]]:
        """The reaction of a product, and the place of the synthon of each component."""
        first = self.first
        reaction = int(np.searchsorted(np.array(first[1:], np.int64), number, side="right"))
        left, places = number - first[reaction], []
        for rows in reversed(self.space.reactions[reaction].components):
            left, place = divmod(left, len(rows))
            places.append(int(place))
        return reaction, tuple(reversed(places))
