"""Batches of sequences: padded to the longest, and made of sequences of similar length."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from riboswitch.data.arrays import RaggedArrays
from riboswitch.errors import InputError
from riboswitch.learning.recurrent.batching import batches_by_length
from riboswitch.numeric.offsets import gather_index


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
    return batches_by_length(arrays.lengths("letters"), rows, batch_size, rng)
