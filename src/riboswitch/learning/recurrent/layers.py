"""Recurrent layers of one direction, and the reversal of a batch of unequal lengths."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


class MinGRU(nn.Module):
    """A gated unit whose gate does not depend on the state: a sequence is not read step by step.

    ``h[t] = (1 - z[t]) * h[t - 1] + z[t] * c[t]`` with gate ``z`` and candidate ``c`` computed from the input
    alone (Feng et al., "Were RNNs all we needed?", 2024).

    Parameters
    ----------
    inputs, width : int
        Channels of the input and of the output.

    Notes
    -----
    It is called like torch's recurrent layers with ``batch_first``: (n, steps, inputs) and optionally a first
    state (1, n, width) give (n, steps, width) and the last state.
    """

    def __init__(self, inputs: int, width: int):
        super().__init__()
        self.gates = nn.Linear(inputs, 2 * width)

    def forward(self, x: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        gate, candidate = self.gates(x).chunk(2, dim=-1)
        gate = torch.sigmoid(gate)
        first = torch.zeros_like(gate[:, 0]) if state is None else state[0]
        out = scan(1 - gate, gate * torch.tanh(candidate), first)
        return out, out[:, -1:].transpose(0, 1)


def scan(keep: Tensor, new: Tensor, first: Tensor) -> Tensor:
    """The states ``h[t] = keep[t] * h[t - 1] + new[t]``, computed in parallel chunks.

    This takes about 2 * sqrt(steps) small operations instead of one for each step: all chunks start at once
    from a zero state, then the last state of each is carried into the next.

    Parameters
    ----------
    keep, new : Tensor
        Shape (n, steps, width).
    first : Tensor
        State before the first step, shape (n, width).

    Returns
    -------
    Tensor
        Shape (n, steps, width).
    """
    n, steps, width = new.shape
    size = max(1, math.isqrt(steps))
    missing = -steps % size
    keep, new = (nn.functional.pad(t, (0, 0, 0, missing)).view(n, -1, size, width) for t in (keep, new))
    inside, kept = [new[:, :, 0]], [keep[:, :, 0]]  # kept: the factor of the state before the chunk
    for t in range(1, size):
        inside.append(keep[:, :, t] * inside[-1] + new[:, :, t])
        kept.append(keep[:, :, t] * kept[-1])
    carried = [first]
    for chunk in range(new.shape[1] - 1):
        carried.append(kept[-1][:, chunk] * carried[-1] + inside[-1][:, chunk])
    states = torch.stack(inside, 2) + torch.stack(kept, 2) * torch.stack(carried, 1).unsqueeze(2)
    return states.view(n, -1, width)[:, :steps]


def recurrent(kind: str, inputs: int, width: int) -> nn.Module:
    """A layer by name: ``lstm``, ``gru`` or ``mingru``, from and to (n, steps, channels)."""
    if kind == "mingru":
        return MinGRU(inputs, width)
    return {"lstm": nn.LSTM, "gru": nn.GRU}[kind](inputs, width, batch_first=True)


def reverse(x: Tensor, lengths: Tensor) -> Tensor:
    """Reverse each sequence of (n, longest, ...) within its own length; padding stays at the end."""
    longest = x.shape[1]
    if bool((lengths == longest).all()):
        return x.flip(1)
    position = torch.arange(longest, device=x.device)
    index = lengths[:, None] - 1 - position
    index = torch.where(index >= 0, index, position)
    index = index.view(*index.shape, *[1] * (x.ndim - 2)).expand_as(x)
    return x.gather(1, index)
