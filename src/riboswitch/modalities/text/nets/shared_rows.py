"""Convolutions over rows that repeat: each row is multiplied once, and places add up what it gave.

And the maximum over parts of unequal size, without padding.
"""

from __future__ import annotations

from functools import reduce

import torch
from torch import Tensor, nn


def windows(number: Tensor, taps: int, none: int) -> Tensor:
    """The ``taps`` numbers around each place of (n, steps), ``none`` beyond the ends: (n, steps, taps)."""
    left = (taps - 1) // 2  # as torch pads for "same"
    return nn.functional.pad(number, (left, taps - 1 - left), value=none).unfold(1, taps, 1)


def convolved(conv: nn.Conv1d, rows: Tensor, number: Tensor) -> Tensor:
    """What ``conv`` gives for windows of rows.

    Parameters
    ----------
    conv : Conv1d
    rows : Tensor
        Shape (rows, channels).
    number : Tensor
        Shape (m, taps): the rows of each window.

    Returns
    -------
    Tensor
        Shape (m, output channels).
    """
    shares = rows @ conv.weight.permute(2, 1, 0)  # of each row at each place of a window
    out = reduce(torch.add, map(nn.functional.embedding, number.unbind(1), shares))
    return out if conv.bias is None else out + conv.bias


def greatest(values: Tensor, sizes: Tensor) -> Tensor:
    """The maximum over each part of non-negative values, 0 for an empty one.

    Parameters
    ----------
    values : Tensor
        Shape (m, channels), part after part.
    sizes : Tensor
        Rows of each part.

    Returns
    -------
    Tensor
        Shape (parts, channels). Values that share the maximum share its gradient, as in `torch.amax`.
    """
    top = torch.segment_reduce(values.detach(), "max", lengths=sizes, initial=0, unsafe=True)
    if not values.requires_grad:
        return top
    # The gradient of torch's own reduction counts a negative one once for each of the values that share it.
    part = torch.repeat_interleave(torch.arange(len(sizes), device=sizes.device), sizes)
    share = (values == top[part]).to(values.dtype)
    share = share / torch.zeros_like(top).index_add(0, part, share)[part]
    return torch.zeros_like(top).index_add(0, part, values * share)
