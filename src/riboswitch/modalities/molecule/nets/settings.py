"""Kind and sizes of a molecule network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from riboswitch.config.settings import fraction, one_of, positive, positive_int
from riboswitch.modalities.molecule.nets.features import FEATURES

KINDS = ("dmpnn", "gine", "attentivefp")
AGGREGATIONS = ("mean", "sum", "norm")
ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {  # in place, which saves a new table
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
        The last two are PyTorch Geometric's, without the fast path (see `pyg.py`).
    features : str
        What the network sees of atoms and bonds, a name in `features.FEATURES`.
    hidden : int
        Width of the state of a directed bond, and of an atom.
    depth : int
        Bonds that a message travels, the first one included; 1 sees only direct neighbours.
    activation : {"relu", "leakyrelu", "tanh", "selu", "elu"}
    bias : bool
        Whether the layers that make and pass messages have one.
    dropout : float
        In the head only.
    aggregation : {"mean", "sum", "norm"}
        How atoms become a molecule; ``norm`` is the sum divided by the number of that name.
    norm : float
    batch_norm : bool
        Of the pooled vector, over the molecules of a batch while training.
    ffn_hidden, ffn_layers : int
        Width of the head's hidden layers, and number of its linear layers.
    properties : bool
        Whether the properties of a molecule (`encode.GLOBALS`) join its vector before the head.
    """

    kind: str = "dmpnn"
    features: str = "riboswitch"
    hidden: int = 128
    depth: int = 3
    activation: str = "relu"
    bias: bool = False
    dropout: float = 0.0
    aggregation: str = "mean"
    norm: float = 100.0
    batch_norm: bool = False
    ffn_hidden: int = 128
    ffn_layers: int = 2
    properties: bool = True

    def __post_init__(self) -> None:
        one_of("kind", self.kind, KINDS)
        one_of("features", self.features, tuple(FEATURES))
        one_of("activation", self.activation, tuple(ACTIVATIONS))
        one_of("aggregation", self.aggregation, AGGREGATIONS)
        for name in ("hidden", "depth", "ffn_hidden", "ffn_layers"):
            positive_int(name, getattr(self, name))
        fraction("dropout", self.dropout)
        positive("norm", self.norm)
