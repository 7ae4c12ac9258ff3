"""Batches of pairs: each distinct input of a side is computed once, however many pairs have it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from riboswitch.data.arrays import Ragged, RaggedArrays
from riboswitch.modalities.pair.encode import VECTORS
from riboswitch.modalities.pair.sides import Side

POOL = 64  # inputs among which those of similar length follow each other, so that batches have little padding


class SideBatch(NamedTuple):
    """One side of a batch of pairs.

    Attributes
    ----------
    chunks : list
        Batches of the side's own modality, together each distinct input once.
    vectors : Tensor or None
        Features of the inputs, float32 of shape (distinct inputs, features), in the order of the chunks.
    place : ndarray
        int64, shape (pairs,): the place of each pair's input in that order.
    """

    chunks: list[Any]
    vectors: Tensor | None
    place: np.ndarray


class PairBatch(NamedTuple):
    """A batch of pairs."""

    left: SideBatch
    right: SideBatch


@dataclass(frozen=True)
class SideArrays:
    """One side of encoded pairs.

    Attributes
    ----------
    side : Side
    items : RaggedArrays
        Its distinct items, as the side's own encoder makes them: item ``i`` is record ``i``.
    index : ndarray
        int64, shape (pairs,): the item of each pair.
    """

    side: Side
    items: RaggedArrays
    index: np.ndarray

    @classmethod
    def of(cls, side: Side, arrays: RaggedArrays) -> SideArrays:
        """Take one side of pairs; nothing is copied."""
        items = arrays.components[side.component]
        own = RaggedArrays.of_items(side.modality.component, [""] * len(items), items, arrays.meta[side.name])
        return cls(side, own, arrays.index[side.component])

    def records(self, rows: np.ndarray) -> tuple[RaggedArrays, np.ndarray]:
        """The side's arrays and the item of each of these pairs; repeated items are repeated rows."""
        return self.items, self.index[rows]

    def collate(self, rows: np.ndarray) -> SideBatch:
        """The batch of the pairs at ``rows``."""
        network = self.side.modality.network
        used, place = np.unique(self.index[rows], return_inverse=True)
        cut = list(network.batches(self.items, used, network.INFERENCE_ROWS, None))
        order = np.concatenate([*cut, used[:0]])
        put = np.empty(len(used), np.int64)
        put[np.searchsorted(used, order)] = np.arange(len(used))
        vectors = self.items.only.values.get(VECTORS)
        return SideBatch(
            [network.collate(self.items, chunk) for chunk in cut],
            None if vectors is None else torch.from_numpy(vectors[order]),
            put[place.reshape(-1)],
        )


def by_block(
    sides: Sequence[SideArrays], rows: np.ndarray, batch_size: int, rng: np.random.Generator | None
) -> np.ndarray:
    """Order rows so that those with the same input of one side follow each other.

    Such an input is then computed in one batch an epoch. The side is the one for which all batches together
    need the least work, taken as the total length of the inputs that they compute.

    Parameters
    ----------
    sides : sequence of SideArrays
    rows : ndarray
    batch_size : int
    rng : Generator, optional
        Shuffles the inputs of that side, in pools by length, and the rows of each; else both stay in order.
    """
    if not len(rows):
        return rows
    batches = -(-len(rows) // batch_size)
    work = [_work(one, rows, 1) + _work(other, rows, batches) for one, other in (sides, sides[::-1])]
    side = sides[int(np.argmin(work))]
    items = side.index[rows]
    if rng is None:
        return rows[np.argsort(items, kind="stable")]
    drawn = rng.permutation(len(side.items))
    order = np.lexsort((drawn, _lengths(side.items.only), drawn // POOL))
    number = np.argsort(order)[items]
    shuffled = rng.permutation(len(rows))
    return rows[shuffled[np.argsort(number[shuffled], kind="stable")]]


def _work(side: SideArrays, rows: np.ndarray, batches: int) -> float:
    """Length of all inputs of a side that so many batches compute: each as often as it has rows, at most."""
    counts = np.bincount(side.index[rows], minlength=len(side.items))
    return float((np.minimum(counts, batches) * _lengths(side.items.only)).sum())


def _lengths(items: Ragged) -> np.ndarray:
    """The length of each item in its longest field."""
    each = [items.lengths(name) for name in items.values]
    return np.max(each, axis=0) if each else np.zeros(len(items))
