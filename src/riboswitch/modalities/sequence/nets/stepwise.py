"""Recurrent layers one step at a time, so that many sequences can go on from a state that one has reached.

The state is a list of tensors (rows, width), the first of which is the layer's output; a step changes it in
place.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

from riboswitch.modalities.sequence.nets import cpu_kernels
from riboswitch.modalities.sequence.nets.recurrent import MinGRU

State = list[Tensor]


class Cell(ABC):
    """One step of a recurrent layer for many rows at once.

    Attributes
    ----------
    width : int
        Of the output.
    states : int
        Tensors that a state has.
    """

    width: int
    states = 1

    @abstractmethod
    def input_part(self, x: Tensor) -> Tensor:
        """What inputs (..., inputs) give to the gates, without what is added whatever the input."""

    @abstractmethod
    def always(self) -> Tensor:
        """What is added whatever the input, shape (gates,)."""

    @abstractmethod
    def step(self, common: Tensor, changed: Tensor, state: State) -> None:
        """Go on by one step.

        Parameters
        ----------
        common : Tensor
            The gates' part of the input that most rows read, shape (gates,).
        changed : Tensor
            What the last rows read otherwise: their `fraction` less that of the others, (some rows, gates).
        state : list of Tensor
            Of all rows; changed in place.
        """

    def begin(self, rows: int, like: Tensor) -> State:
        """The state before the first step."""
        return [like.new_zeros(rows, self.width) for _ in range(self.states)]


class LstmCell(Cell):
    """A step of `torch.nn.LSTM`; its state is output and twice the memory.

    Notes
    -----
    torch's ``tanh`` takes about seven times as long as its ``sigmoid``, so it is had as
    ``tanh(x) = 2 * sigmoid(2 * x) - 1``, with the 2 before x in the weights and in the state.
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

    def always(self) -> Tensor:
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

    def always(self) -> Tensor:
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

    def always(self) -> Tensor:
        return self._gates.bias

    def step(self, common: Tensor, changed: Tensor, state: State) -> None:
        (out,) = state
        read = common.expand(len(out), -1).clone()
        read[len(read) - len(changed) :] += changed
        renew = torch.sigmoid_(read[:, : self.width])
        out.lerp_(_tanh(read[:, self.width :]), renew)


def _tanh(x: Tensor) -> Tensor:
    """In place, by way of the faster sigmoid."""
    return torch.sigmoid_(x.mul_(2.0)).mul_(2.0).sub_(1.0)


def cell(layer: nn.Module) -> Cell:
    """The steps of a recurrent layer."""
    if isinstance(layer, nn.LSTM):
        return LstmCell(layer)
    if isinstance(layer, nn.GRU):
        return GruCell(layer)
    if isinstance(layer, MinGRU):
        return MinGruCell(layer)
    raise TypeError(f"no steps are written for {type(layer).__name__}")
