"""The head of a network, multiplied into the tables of synthons where it has two layers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from riboswitch.modalities.molecule.nets.dmpnn import DMPNN
from riboswitch.spaces.exact.kernel import BY_ATOMS
from riboswitch.spaces.exact.properties import ROTATABLE, SP3

SLOPES = {"relu": 0.0, "leakyrelu": 0.01}


@dataclass(frozen=True)
class Head:
    """A head of two layers. Without properties ``of_properties`` has no columns.

    Attributes
    ----------
    of_sum : ndarray
        float32, shape (width, hidden): the first layer for the sum over atom states, before its division.
    of_properties : ndarray
        float64, shape (width, properties): for the unscaled properties.
    bias, out, out_bias : ndarray
        Shapes (width,), (outputs, width) and (outputs,).
    slope : float
        Of the activation below 0.
    divisor : float
        Of the sum over atoms; `kernel.BY_ATOMS` for their number.
    """

    of_sum: np.ndarray
    of_properties: np.ndarray
    bias: np.ndarray
    out: np.ndarray
    out_bias: np.ndarray
    slope: float
    divisor: float

    @classmethod
    def of(cls, network: DMPNN) -> Head | None:
        """That of a network; None if it has another number of layers or another activation."""
        layers = [layer for layer in network.head if isinstance(layer, nn.Linear)]
        if len(layers) != 2 or network.settings.activation not in SLOPES:
            return None
        first, last = layers
        weight, hidden = first.weight.detach().double().numpy(), network.settings.hidden
        of_sum, of_properties = weight[:, :hidden], weight[:, hidden:]
        bias = first.bias.detach().double().numpy().copy()
        if isinstance(network.norm, nn.BatchNorm1d):
            scale, shift = _affine(network.norm)
            bias += of_sum @ shift
            of_sum = of_sum * scale
        if network.settings.properties:
            of_properties = of_properties / network.globals_sd.double().numpy()
            bias -= of_properties @ network.globals_mean.double().numpy()
        return cls(of_sum.astype(np.float32), of_properties, bias, last.weight.detach().numpy().copy(),
                   last.bias.detach().numpy().copy(), SLOPES[network.settings.activation],
                   divisor_of(network))  # fmt: skip

    def properties(self, sums: np.ndarray) -> np.ndarray:
        """What properties (rows, 13) that add up bring to the first layer, float32 of shape (rows, width)."""
        if not self.of_properties.shape[1]:
            return np.zeros((len(sums), len(self.bias)), np.float32)
        adding = np.array(sums)
        adding[:, SP3] = 0
        made: np.ndarray = (adding @ self.of_properties.T).astype(np.float32)
        return made

    def column(self, which: int) -> np.ndarray:
        """What one property brings to the first layer, float32 of shape (width,)."""
        if not self.of_properties.shape[1]:
            return np.zeros(len(self.bias), np.float32)
        made: np.ndarray = self.of_properties[:, which].astype(np.float32)
        return made

    @property
    def rotating(self) -> np.ndarray:
        return self.column(ROTATABLE)

    @property
    def share(self) -> np.ndarray:
        return self.column(SP3)


def divisor_of(network: DMPNN) -> float:
    """What the sum over atom states is divided by; `BY_ATOMS` for the number of atoms."""
    return {"mean": BY_ATOMS, "norm": float(network.settings.norm)}.get(network.settings.aggregation, 1.0)


def _affine(norm: nn.BatchNorm1d) -> tuple[np.ndarray, np.ndarray]:
    assert norm.running_mean is not None and norm.running_var is not None
    scale = (norm.weight / torch.sqrt(norm.running_var + norm.eps)).detach().double().numpy()
    shift = norm.bias.detach().double().numpy() - norm.running_mean.double().numpy() * scale
    return scale, shift
