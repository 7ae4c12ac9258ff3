"""Steps of a batch of unequal lengths: a norm, pooling and two directions that padding never changes."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from riboswitch.learning.recurrent.layers import reverse


class MaskedNorm(nn.Module):
    """Layer or batch norm of (n, steps, channels); the mean of a batch leaves out padding."""

    def __init__(self, kind: str, width: int):
        super().__init__()
        self.norm = nn.LayerNorm(width) if kind == "layer" else nn.BatchNorm1d(width)

    def forward(self, x: Tensor, real: Tensor) -> Tensor:
        if isinstance(self.norm, nn.LayerNorm):
            return self.norm(x)
        if bool(real.all()):
            return self.norm(x.flatten(0, 1)).view_as(x)
        out, chosen = torch.zeros_like(x), real.squeeze(-1)
        out[chosen] = self.norm(x[chosen])
        return out


def mask(steps: Tensor, longest: int) -> Tensor:
    """True at steps that are not padding: shape (n, longest, 1)."""
    return (torch.arange(longest, device=steps.device) < steps[:, None]).unsqueeze(-1)


def pooled(both: Tensor, steps: Tensor) -> Tensor:
    """Mean and maximum over the steps of each row: (n, longest, channels) -> (n, 2 channels)."""
    real = mask(steps, both.shape[1])
    mean = (both * real).sum(1) / steps.clamp(min=1)[:, None]
    peak = both.masked_fill(~real, -1.0).amax(1)  # outputs of the recurrent layers lie in (-1, 1)
    return torch.cat([mean, peak], dim=-1)


def coarse(x: Tensor, lengths: Tensor, size: int) -> tuple[Tensor, Tensor, Tensor]:
    """The maximum over each ``size`` steps of (n, longest, channels).

    Returns
    -------
    Tensor
        Shape (n, new longest, channels), zero beyond each row's steps.
    Tensor
        The new number of steps of each row.
    Tensor
        True at steps that are not padding, shape (n, new longest, 1).
    """
    if x.shape[1] % size:  # torch copies even if there is nothing to add
        x = nn.functional.pad(x, (0, 0, 0, -x.shape[1] % size))
    if not bool((lengths == x.shape[1]).all()):
        x = x.masked_fill(~mask(lengths, x.shape[1]), -torch.inf)
    x = x.unflatten(1, (-1, size)).amax(2)
    steps = torch.div(lengths + size - 1, size, rounding_mode="floor")
    real = mask(steps, x.shape[1])
    return x.masked_fill(~real, 0.0), steps, real


def both_ways(forth: nn.Module, back: nn.Module, x: Tensor, steps: Tensor, in_order: bool = True) -> Tensor:
    """States of two recurrent layers, the second of which reads each row from its end.

    Without ``in_order`` the states of the second stay in the order in which they were made: it does not
    matter for a mean or a maximum.
    """
    forward, backward = forth(x)[0], back(reverse(x, steps))[0]
    return torch.cat([forward, reverse(backward, steps) if in_order else backward], dim=-1)
