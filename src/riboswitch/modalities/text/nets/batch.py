"""Batches of texts: padded words, and each different form of a token once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from riboswitch.data.arrays import RaggedArrays
from riboswitch.errors import InputError
from riboswitch.learning.recurrent.batching import batches_by_length
from riboswitch.modalities.text.forms import affixes_of, distinct_forms
from riboswitch.modalities.text.tokens import KINDS
from riboswitch.numeric.offsets import gather_index


class Batch(NamedTuple):
    """Texts for the network.

    Attributes
    ----------
    words : Tensor
        (n, longest) int64, 0 as padding.
    forms : Tensor
        (n, longest) int32: the form of each token, 0 as padding.
    lengths : Tensor
        (n,) int64.
    letters : Tensor
        (forms, 20) uint8: the characters of each form; those of form 0 are padding.
    affixes : Tensor
        (forms, kinds) int32: numbers of beginning, end and shape; see `forms.affixes_of`.
    """

    words: Tensor
    forms: Tensor
    lengths: Tensor
    letters: Tensor
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
    letters, form = distinct_forms(characters)
    shape = len(rows), max(1, int(lengths.max(initial=1)))
    words, forms = np.zeros(shape, np.int64), np.zeros(shape, np.int32)
    real = np.arange(shape[1]) < lengths[:, None]
    words[real], forms[real] = arrays.only.values["word"][index], form
    of_forms = letters, affixes_of(letters).astype(np.int32)
    return Batch(*map(torch.from_numpy, (words, forms, lengths, *of_forms)))


def batches(
    arrays: RaggedArrays, rows: np.ndarray, batch_size: int, rng: np.random.Generator | None = None
) -> Iterator[np.ndarray]:
    """Cut ``rows`` into batches of similar length; see `batches_by_length`."""
    return batches_by_length(arrays.lengths("word"), rows, batch_size, rng)
