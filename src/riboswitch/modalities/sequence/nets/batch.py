"""Batches of sequences: padded to the longest, and made of sequences of similar length."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from riboswitch.data.arrays import RaggedArrays
from riboswitch.errors import InputError
from riboswitch.numeric.offsets import gather_index

POOL_OF_BATCHES = 64  # rows are sorted within shuffled pools: sorting all would tie batches to classes


class Batch(NamedTuple):
    """Padded sequences: ``letters`` (n, longest) uint8 with 0 as padding, ``lengths`` (n,) int64."""

    letters: Tensor
    lengths: Tensor


def collate(arrays: RaggedArrays, rows: np.ndarray) -> Batch:
    """Pad the sequences at ``rows`` to the longest of them.

    Raises
    ------
    InputError
        If a letter code is greater than those of the alphabet.
    """
    index, new = gather_index(arrays.only.offsets["letters"], arrays.items(rows))
    lengths = np.diff(new)
    padded = np.zeros((len(rows), max(1, int(lengths.max(initial=1)))), np.uint8)
    letters = arrays.only.values["letters"][index]
    if letters.max(initial=0) > arrays.meta["letters"] + 1:  # they are indices of tables
        raise InputError("a letter code that is not in the alphabet", found=int(letters.max()))
    padded[np.arange(padded.shape[1]) < lengths[:, None]] = letters
    return Batch(torch.from_numpy(padded), torch.from_numpy(lengths))


def batches(
    arrays: RaggedArrays, rows: np.ndarray, batch_size: int, rng: np.random.Generator | None = None
) -> Iterator[np.ndarray]:
    """Cut ``rows`` into batches of similar length: shuffled if ``rng`` is given, else from short to long."""
    lengths = arrays.lengths("letters")
    if rng is None:
        ordered = rows[np.argsort(lengths[rows], kind="stable")]
        yield from (ordered[i : i + batch_size] for i in range(0, len(rows), batch_size))
        return
    shuffled = rng.permutation(rows)
    pool = batch_size * POOL_OF_BATCHES
    cut = []
    for start in range(0, len(shuffled), pool):
        part = shuffled[start : start + pool]
        part = part[np.argsort(lengths[part], kind="stable")]
        cut += [part[i : i + batch_size] for i in range(0, len(part), batch_size)]
    for i in rng.permutation(len(cut)):
        yield cut[i]
