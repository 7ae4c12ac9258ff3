"""The features of pairs: those of the distinct inputs of each side, and the inputs of each pair."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from riboswitch.data.arrays import RaggedArrays
from riboswitch.modalities.pair.encode import AMOUNTS, VECTORS


class SideTable(NamedTuple):
    """Inputs of a side, each once.

    Attributes
    ----------
    vectors : ndarray
        float32, shape (inputs, features).
    compared : ndarray
        What tells how alike two inputs are: counts of their parts (uint8), or else the vectors.
    """

    vectors: np.ndarray
    compared: np.ndarray

    def of(self, rows: np.ndarray) -> SideTable:
        """Some of the inputs."""
        return SideTable(self.vectors[rows], self.compared[rows])

    def __len__(self) -> int:
        return len(self.vectors)


class PairTables(NamedTuple):
    """Features of pairs.

    Attributes
    ----------
    left, right : SideTable
    numbers : ndarray
        int64, shape (2, pairs): the inputs of each pair.
    """

    left: SideTable
    right: SideTable
    numbers: np.ndarray

    @classmethod
    def of(cls, arrays: RaggedArrays, rows: np.ndarray) -> PairTables:
        """Take the features of encoded pairs."""
        tables, numbers = [], []
        for component, items in arrays.components.items():
            used, place = np.unique(arrays.index[component][rows], return_inverse=True)
            vectors = items.values[VECTORS][used]
            counted = items.values.get(AMOUNTS)
            tables.append(SideTable(vectors, vectors if counted is None else counted[used]))
            numbers.append(place.reshape(-1))
        return cls(tables[0], tables[1], np.stack(numbers))

    @property
    def pairs(self) -> int:
        return self.numbers.shape[1]

    @property
    def sides(self) -> tuple[SideTable, SideTable]:
        return self.left, self.right

    def part(self, rows: np.ndarray) -> PairTables:
        """Some of the pairs, with the inputs that they need."""
        used, places = zip(*(np.unique(n[rows], return_inverse=True) for n in self.numbers), strict=True)
        left, right = (side.of(items) for side, items in zip(self.sides, used, strict=True))
        return PairTables(left, right, np.stack([place.reshape(-1) for place in places]))

    def drawn(self, inputs: int, pairs: int, rng: np.random.Generator) -> tuple[PairTables, np.ndarray]:
        """At most so many inputs of each side, and pairs of these; and their rows."""
        kept = np.ones(self.pairs, bool)
        for side, numbers in zip(self.sides, self.numbers, strict=True):
            kept &= np.isin(numbers, rng.permutation(len(side))[:inputs])
        rows = np.flatnonzero(kept)
        if len(rows) > pairs:
            rows = np.sort(rng.choice(rows, pairs, replace=False))
        return self.part(rows), rows

    def joined(self, rows: slice = slice(None)) -> np.ndarray:
        """Features of both sides side by side, float32 of shape (pairs, features)."""
        one, other = self.numbers[:, rows]
        return np.hstack([self.left.vectors[one], self.right.vectors[other]])
