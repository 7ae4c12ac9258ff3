"""Batches of texts: padded numbers of tokens, and each different token once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from riboswitch.data.arrays import RaggedArrays
from riboswitch.errors import InputError
from riboswitch.learning.recurrent.batching import batches_by_length
from riboswitch.modalities.text.forms import affixes_of, distinct_tokens
from riboswitch.modalities.text.tokens import KINDS
from riboswitch.numeric.offsets import gather_index

AROUND = 1  # letters to each side that the convolution over characters sees


class Batch(NamedTuple):
    """Texts for the network.

    Attributes
    ----------
    number : Tensor
        (n, longest) int64: which of the different tokens stands at each place; 0, a hidden one, as padding.
    lengths : Tensor
        (n,) int64.
    words : Tensor
        (tokens,) int64: the word of each different token.
    letters : Tensor
        (letters of all different tokens, 3) uint8: each letter between its neighbours, 0 beyond the token.
    sizes : Tensor
        (tokens,) int64: letters of each different token.
    affixes : Tensor
        (tokens, kinds) int32: numbers of beginning, end and shape; see `forms.affixes_of`.
    """

    number: Tensor
    lengths: Tensor
    words: Tensor
    letters: Tensor
    sizes: Tensor
    affixes: Tensor


def collate(arrays: RaggedArrays, rows: np.ndarray) -> Batch:
    """Pad the texts at ``rows`` to the longest of them.

    Raises
    ------
    InputError
        If the code of a character is greater than those that there are.
    """
    index, new = gather_index(arrays.only.offsets["word"], arrays.items(rows))
    lengths = np.diff(new)
    characters = arrays.only.values["characters"][index]
    if characters.max(initial=0) >= KINDS:  # they are indices of tables
        raise InputError("the code of a character that there is not", found=int(characters.max()))
    words, characters, place = distinct_tokens(arrays.only.values["word"][index], characters)
    shape = len(rows), max(1, int(lengths.max(initial=1)))
    number = np.zeros(shape, np.int64)
    number[np.arange(shape[1]) < lengths[:, None]] = place
    there = characters > 0
    between = np.lib.stride_tricks.sliding_window_view(
        np.pad(characters, ((0, 0), (AROUND, AROUND))), 2 * AROUND + 1, axis=1
    )
    of_tokens = words, between[there], there.sum(1), affixes_of(characters).astype(np.int32)
    return Batch(*map(torch.from_numpy, (number, lengths, *of_tokens)))


def batches(
    arrays: RaggedArrays, rows: np.ndarray, batch_size: int, rng: np.random.Generator | None = None
) -> Iterator[np.ndarray]:
    """Cut ``rows`` into batches of similar length; see `batches_by_length`."""
    return batches_by_length(arrays.lengths("word"), rows, batch_size, rng)
