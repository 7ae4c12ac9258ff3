"""Three components in a row: two of them are joined first, as virtual synthons, then the third."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from riboswitch.spaces.exact.joining import product_smiles
from riboswitch.spaces.synthons.reactions import Reaction
from riboswitch.spaces.synthons.synthon import Synthon


class Chain(NamedTuple):
    """How the components of a reaction are joined.

    Attributes
    ----------
    firsts, middles, lasts : tuple of str
        SMILES of the synthons; the first two are joined to virtual synthons.
    first, middle, last : int
        Places of these components in the reaction.
    ends : tuple
        The open ends of a virtual synthon.
    """

    firsts: tuple[str, ...]
    middles: tuple[str, ...]
    lasts: tuple[str, ...]
    first: int
    middle: int
    last: int
    ends: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, reaction: Reaction) -> Chain:
        """That with the fewest virtual synthons."""
        middle = next(i for i, ends in enumerate(reaction.ends) if len(ends) == 2)
        outer = sorted((i for i in range(3) if i != middle), key=lambda i: len(reaction.components[i]))
        shared = set(reaction.ends[outer[1]])
        texts = [tuple(row.synthon.smiles for row in rows) for rows in reaction.components]
        return cls(
            texts[outer[0]], texts[middle], texts[outer[1]], outer[0], middle, outer[1],
            tuple(end for end in reaction.ends[middle] if end in shared),
        )  # fmt: skip

    def virtual(self, pairs: Iterable[tuple[int, int]]) -> list[Synthon | None]:
        """Virtual synthons of a middle and a first synthon each, given by their numbers."""
        texts = (product_smiles((self.firsts[first], self.middles[middle])) for middle, first in pairs)
        return [None if text is None else Synthon(text, self.ends) for text in texts]

    def samples(self) -> list[str]:
        """A virtual synthon of each middle; an empty list if none can be made."""
        made = self.virtual((middle, 0) for middle in range(len(self.middles)))
        return list(dict.fromkeys(each.smiles for each in made if each is not None))
