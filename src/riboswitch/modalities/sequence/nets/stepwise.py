"""Recurrent layers one step at a time: many sequences can continue from a state that one has reached.

The state is a list of tensors (rows, width). The first is the layer's output. A step changes the state in
place.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

from riboswitch.learning.recurrent.layers import MinGRU
from riboswitch.modalities.sequence.nets import cpu_kernels

State = list[Tensor]


class Cell(ABC):
    """One step of a recurrent layer for many rows at once.

    Attributes
    ----------
    width : int
        Channels of the output.
    states : int
        Number of tensors in a state.
    """

    width: int
    states = 1

    @abstractmethod
    def input_part(self, x: Tensor) -> Tensor:
        """Contribution of inputs (..., inputs) to the gates, without the bias."""

    @abstractmethod
    def bias(self) -> Tensor:
        """The bias of the gates, shape (gates,)."""

    @abstractmethod
    def step(self, common: Tensor, changed: Tensor, state: State) -> None:
        """Advance the state by one step.

        Parameters
        ----------
        common : Tensor
            Contribution of the input that most rows read, with the bias, shape (gates,).
        changed : Tensor
            For the last rows, which read another input: its `input_part` minus that of the others,
            (changed rows, gates).
        state : list of Tensor
            State of all rows; changed in place.
        """

    def begin(self, rows: int, like: Tensor) -> State:
        """The state before the first step."""
        return [like.new_zeros(rows, self.width) for _ in range(self.states)]


class LstmCell(Cell):
    """A step of `torch.nn.LSTM`; the state is the output and twice the cell state.

    Notes
    -----
    torch's ``tanh`` takes about seven times as long as its ``sigmoid``. It is computed as
    ``tanh(x) = 2 * sigmoid(2 * x) - 1``; the factor 2 of x is part of the weights and of the state.
    """

    states = 2

    def __init__(self, layer: nn.LSTM):
        self.width = layer.hidden_size
        self._input, self._own, self._bias = (
            _doubled_candidate(layer.get_parameter(name))
            for name in ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0")
        )
        self._bias = self._bias + _doubled_candidate(layer.get_parameter("bias_hh_l0"))

    def input_part(self, x: Tensor) -> Tensor:
        return cpu_kernels.linear(x, self._input)

    def bias(self) -> Tensor:
        return self._bias

    def step(self, common: Tensor, changed: Tensor, state: State) -> None:
        out, memory = state
        gates = cpu_kernels.linear(out, self._own, common)
        gates[len(gates) - len(changed) :] += changed
        if cpu_kernels.applies(gates):
            cpu_kernels.lstm_step(gates.numpy(), out.numpy(), memory.numpy())
            return
        into, keep, candidate, show = torch.sigmoid_(gates).chunk(4, dim=1)
        memory.mul_(keep).addcmul_(into, candidate, value=4.0).sub_(into, alpha=2.0)
        torch.mul(show, torch.sigmoid(memory), out=out)
        out.mul_(2.0).sub_(show)


def _doubled_candidate(weight: Tensor) -> Tensor:
    into, keep, candidate, show = weight.chunk(4)
    return torch.cat([into, keep, 2 * candidate, show])


class GruCell(Cell):
    """A step of `torch.nn.GRU`."""

    def __init__(self, layer: nn.GRU):
        self.width = layer.hidden_size
        self._input, self._own, self._bias, self._own_bias = (
            layer.get_parameter(name) for name in ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
        )

    def input_part(self, x: Tensor) -> Tensor:
        return cpu_kernels.linear(x, self._input)

    def bias(self) -> Tensor:
        return self._bias

    def step(self, common: Tensor, changed: Tensor, state: State) -> None:
        (out,) = state
        read = common.expand(len(out), -1).clone()
        read[len(read) - len(changed) :] += changed
        own = cpu_kernels.linear(out, self._own, self._own_bias)
        width = self.width
        reset, keep = torch.sigmoid_(read[:, : 2 * width].add_(own[:, : 2 * width])).chunk(2, dim=1)
        candidate = _tanh(read[:, 2 * width :].addcmul_(reset, own[:, 2 * width :]))
        out.sub_(candidate).mul_(keep).add_(candidate)


class MinGruCell(Cell):
    """A step of `MinGRU`."""

    def __init__(self, layer: MinGRU):
        self.width = layer.gates.out_features // 2
        self._gates = layer.gates

    def input_part(self, x: Tensor) -> Tensor:
        return cpu_kernels.linear(x, self._gates.weight)

    def bias(self) -> Tensor:
        return self._gates.bias

    def step(self, common: Tensor, changed: Tensor, state: State) -> None:
        (out,) = state
        read = common.expand(len(out), -1).clone()
        read[len(read) - len(changed) :] += changed
        renew = torch.sigmoid_(read[:, : self.width])
        out.lerp_(_tanh(read[:, self.width :]), renew)


def _tanh(x: Tensor) -> Tensor:
    """tanh in place, computed with the faster sigmoid."""
    return torch.sigmoid_(x.mul_(2.0)).mul_(2.0).sub_(1.0)


def cell(layer: nn.Module) -> Cell:
    """The cell of a recurrent layer."""
    if isinstance(layer, nn.LSTM):
        return LstmCell(layer)
    if isinstance(layer, nn.GRU):
        return GruCell(layer)
    if isinstance(layer, MinGRU):
        return MinGruCell(layer)
    raise TypeError(f"no steps are written for {type(layer).__name__}")
