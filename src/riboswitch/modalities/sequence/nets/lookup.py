"""A convolution over letters as a sum of table rows: the same numbers without multiplications."""

from __future__ import annotations

import torch
from torch import Tensor, nn

LARGEST_TABLE = 2048  # rows: a table should fit into the processor's cache


def convolve(letters: Tensor, embedding: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """A convolution of embedded letters with ``padding="same"``, for inference.

    A convolution is linear: the contribution of a run of letters depends only on these letters. There are few
    different runs. The contribution of each is computed once and then looked up.

    Parameters
    ----------
    letters : Tensor
        Integers of shape (n, length); 0 is padding.
    embedding : Tensor
        Shape (kinds of letters, channels); row 0 is zero.
    weight, bias : Tensor
        Parameters of the convolution, shapes (outputs, channels, kernel) and (outputs,).

    Returns
    -------
    Tensor
        Shape (n, length, outputs): channels last.
    """
    kinds, kernel, length = len(embedding), weight.shape[2], letters.shape[1]
    run = next(size for size in range(kernel, 0, -1) if size == 1 or kinds**size <= LARGEST_TABLE)
    single = torch.einsum("lc,ock->klo", embedding, weight)  # contribution of each letter at each offset
    before = (kernel - 1) // 2
    padded = nn.functional.pad(letters.int(), (before, kernel - 1 - before))
    tables, numbers, rows = [], [], 0
    for first in range(0, kernel, run):
        table, number = single[first], padded[:, first : first + length]
        for offset in range(first + 1, min(first + run, kernel)):
            table = (table[:, None] + single[offset]).flatten(0, 1)
            number = number * kinds + padded[:, offset : offset + length]
        tables.append(table)
        numbers.append(number + rows)
        rows += len(table)
    if bias is not None:
        tables[0] = tables[0] + bias
    index = torch.stack(numbers, dim=-1).view(-1, len(numbers))
    return nn.functional.embedding_bag(index, torch.cat(tables), mode="sum").view(*letters.shape, -1)
