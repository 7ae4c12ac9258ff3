"""Atom maps with PyTorch Geometric's `Explainer`, for people who already use it.

`OnData` with `WithoutEach` computes the maps of `explain` for any molecule network. `OnFeatures` makes a
network of PyTorch Geometric's layers usable with its own algorithms.

>>> data = to_pyg(arrays)[0]  # doctest: +SKIP
>>> explainer = Explainer(OnData(network, arrays.meta), WithoutEach(), explanation_type="model",
...                       node_mask_type="object", model_config=GRAPH)  # doctest: +SKIP
>>> explainer(data.x, data.edge_index, edge_attr=data.edge_attr, globals=data.globals)  # doctest: +SKIP
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch_geometric.data import Data
from torch_geometric.explain import Explanation
from torch_geometric.explain.algorithm import ExplainerAlgorithm
from torch_geometric.explain.config import MaskType, ModelTaskLevel

from riboswitch.data.arrays import RaggedArrays
from riboswitch.modalities.molecule.explain import without_each
from riboswitch.modalities.molecule.nets.batch import collate
from riboswitch.modalities.molecule.nets.convert import from_pyg
from riboswitch.modalities.molecule.nets.pyg import GraphNetwork

GRAPH = {"mode": "regression", "task_level": "graph", "return_type": "raw"}
"""A model_config for raw outputs, which the networks return."""


class OnData(nn.Module):
    """A molecule network that is called with the graph of one molecule from `convert.to_pyg`.

    Parameters
    ----------
    network : Module
        A molecule network of any kind.
    meta : dict
        The meta of the encoded arrays.
    """

    def __init__(self, network: nn.Module, meta: dict[str, Any]):
        super().__init__()
        self.network, self.meta = network, meta

    def forward(self, x: Tensor, edge_index: Tensor, *, edge_attr: Tensor, globals: Tensor) -> Tensor:
        """Outputs, shape (1, n_outputs)."""
        return self.on_arrays(self.arrays(x, edge_index, edge_attr, globals))

    def arrays(self, x: Tensor, edge_index: Tensor, edge_attr: Tensor, globals: Tensor) -> RaggedArrays:
        """The encoded molecule of a graph."""
        graph = Data(x=x, edge_index=edge_index, edge_attr=edge_attr, globals=globals)
        return from_pyg([graph], ["molecule"], self.meta)

    def on_arrays(self, arrays: RaggedArrays) -> Tensor:
        """Outputs (n, n_outputs) for encoded molecules."""
        return self.network(collate(arrays, np.arange(len(arrays))))


class OnFeatures(nn.Module):
    """A network of PyTorch Geometric's layers, called with the features that `GraphNetwork.graph` returns.

    PyTorch Geometric's explainers can mask these features and the edges.
    """

    def __init__(self, network: GraphNetwork):
        super().__init__()
        self.network = network

    def forward(
        self, x: Tensor, edge_index: Tensor, *, edge_attr: Tensor, batch: Tensor, properties: Tensor
    ) -> Tensor:
        """Outputs, shape (n, n_outputs)."""
        return self.network.on_graph(x, edge_index, edge_attr, batch, properties)


class WithoutEach(ExplainerAlgorithm):
    """The output for a molecule minus the output without each of its atoms, as a node mask (atoms, 1).

    Parameters
    ----------
    output : int
        Number of the output of the network.
    """

    def __init__(self, output: int = 0):
        super().__init__()
        self.output = output

    @torch.no_grad()
    def forward(
        self,
        model: OnData,
        x: Tensor,
        edge_index: Tensor,
        *,
        target: Tensor,
        index: Tensor | None = None,
        **graph: Tensor,
    ) -> Explanation:
        """Explain one molecule; ``target`` and ``index`` belong to the interface and are not used."""
        outputs = model.on_arrays(without_each(model.arrays(x, edge_index, **graph), 0))[:, self.output]
        return Explanation(node_mask=(outputs[0] - outputs[1:])[:, None])

    def supports(self) -> bool:
        """Whether the explainer is configured for one score for each atom of a whole graph."""
        config = self.explainer_config
        return (
            config.node_mask_type == MaskType.object
            and config.edge_mask_type is None
            and self.model_config.task_level == ModelTaskLevel.graph
        )
