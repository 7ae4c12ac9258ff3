"""Kind and sizes of a molecule network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from riboswitch.config.settings import check_settings, choice, number, whole
from riboswitch.modalities.molecule.nets.features import FEATURES

KINDS = ("dmpnn", "gine", "attentivefp")
AGGREGATIONS = ("mean", "sum", "norm")
ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {  # in place, which saves memory
    "relu": torch.relu_,
    "leakyrelu": nn.functional.leaky_relu_,
    "tanh": torch.tanh_,
    "selu": torch.selu_,
    "elu": nn.functional.elu_,
}


@dataclass(frozen=True)
class NetworkSettings:
    """Kind and sizes of the network.

    Attributes
    ----------
    kind : {"dmpnn", "gine", "attentivefp"}
        Kind of network; the last two are PyTorch Geometric's, which are slower.
    features : {"riboswitch", "chemprop-v1", "chemprop-v2", "chemprop-organic"}
        Features of atoms and bonds; ``chemprop-v2`` are those of chemprop 2.
    hidden : int
        Width of the state of a directed bond, and of an atom.
    depth : int
        Bonds that a message travels; with 1 an atom sees only its neighbours.
    activation : {"relu", "leakyrelu", "tanh", "selu", "elu"}
        Activation function of all layers.
    bias : bool
        Add a bias in the layers that make and pass messages.
    dropout : float
        Dropout in the head.
    aggregation : {"mean", "sum", "norm"}
        How the vectors of the atoms become that of the molecule; ``norm`` is the sum divided by ``norm``.
    norm : float
        Divisor of the aggregation ``norm``.
    batch_norm : bool
        Normalise the vector of a molecule over those of its batch.
    ffn_hidden : int
        Width of the hidden layers of the head.
    ffn_layers : int
        Number of linear layers of the head.
    properties : bool
        Give the properties of the molecule (`chem.descriptors.packed.GLOBALS`) to the head, too.
    """

    kind: str = choice("dmpnn", KINDS)
    features: str = choice("riboswitch", FEATURES)
    hidden: int = whole(128, at_most=16384)
    depth: int = whole(3, at_most=100)
    activation: str = choice("relu", ACTIVATIONS)
    bias: bool = False
    dropout: float = number(0.0, at_least=0, below=1)
    aggregation: str = choice("mean", AGGREGATIONS)
    norm: float = number(100.0, above=0)
    batch_norm: bool = False
    ffn_hidden: int = whole(128, at_most=16384)
    ffn_layers: int = whole(2, at_most=100)
    properties: bool = True

    def __post_init__(self) -> None:
        check_settings(self)
