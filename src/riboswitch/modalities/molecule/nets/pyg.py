"""GINE and AttentiveFP of PyTorch Geometric, as alternatives to the D-MPNN.

Both have the same features of atoms and bonds and the same properties as the D-MPNN. The state of an atom
depends only on its molecule: there is no normalisation over atoms, and dropout is in the head only.

References
----------
GINE: Hu et al., "Strategies for pre-training graph neural networks", ICLR 2020.
AttentiveFP: Xiong et al., J. Med. Chem. 2020, 63, 8749.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch_geometric.nn import GINEConv, models

from riboswitch.modalities.molecule.nets.batch import Batch
from riboswitch.modalities.molecule.nets.molecule_network import Activation, MoleculeNetwork, add_up
from riboswitch.modalities.molecule.nets.settings import NetworkSettings

READOUT_STEPS = 2  # of AttentiveFP, as in its paper


class GraphNetwork(MoleculeNetwork):
    """Base of both networks: converts a batch to the inputs of PyTorch Geometric's layers.

    Notes
    -----
    Shapes: ``forward`` takes a Batch of n molecules and returns (n, n_outputs).
    """

    def embed(self, batch: Batch) -> Tensor:
        x, edges, bonds = self.graph(batch)
        return self._joined(x, edges, bonds, batch.molecule().to(x.device), batch.globals)

    def graph(self, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        """Features of atoms (atoms, features), edges (2, edges) and their features (edges, features).

        The edges are all bonds from begin to end, then all bonds from end to begin.
        """
        edges = torch.cat([batch.ends, batch.ends.flip(1)]).T.contiguous()
        bonds = _for_distinct(batch.bonds, self.bond_features)
        atoms = _for_distinct(batch.atoms, self.atom_features)
        return atoms, edges.to(bonds.device), torch.cat([bonds, bonds])

    def on_graph(
        self, x: Tensor, edge_index: Tensor, edge_attr: Tensor, batch: Tensor, properties: Tensor
    ) -> Tensor:
        """Outputs (n, n_outputs) for the tensors of `graph`, for PyTorch Geometric's own tools.

        Parameters
        ----------
        x, edge_index, edge_attr : Tensor
            As `graph` returns them.
        batch : Tensor
            The molecule of each atom, int64 of shape (atoms,).
        properties : Tensor
            Shape (n, properties), not scaled.
        """
        return self.head(self._joined(x, edge_index, edge_attr, batch, properties))

    def _joined(
        self, x: Tensor, edge_index: Tensor, edge_attr: Tensor, batch: Tensor, properties: Tensor
    ) -> Tensor:
        return self.join(self.pooled(x, edge_index, edge_attr, batch, len(properties)), properties)

    def pooled(self, x: Tensor, edge_index: Tensor, edge_attr: Tensor, batch: Tensor, n: int) -> Tensor:
        """One vector a molecule, shape (n, hidden)."""
        raise NotImplementedError


class Gine(GraphNetwork):
    """Graph isomorphism network with features of bonds; each layer adds to the state of an atom.

    Parameters
    ----------
    settings : NetworkSettings
        ``depth`` is the number of layers. All layers have a bias.
    n_outputs : int
    meta : dict
        The meta of the encoded arrays.
    """

    def __init__(self, settings: NetworkSettings, n_outputs: int, meta: Mapping[str, Any]):
        super().__init__(settings, n_outputs, meta)
        self.atom = nn.Linear(self.features.atom_width, settings.hidden)
        self.layers = nn.ModuleList(self._layer() for _ in range(settings.depth))

    def _layer(self) -> GINEConv:
        width = self.settings.hidden
        inner = nn.Sequential(
            nn.Linear(width, width), Activation(self.settings.activation), nn.Linear(width, width)
        )
        return GINEConv(inner, train_eps=True, edge_dim=self.features.bond_width)

    def pooled(self, x: Tensor, edge_index: Tensor, edge_attr: Tensor, batch: Tensor, n: int) -> Tensor:
        state = self.atom(x)  # (atoms, hidden)
        for layer in self.layers:
            state = state + self.act(layer(state, edge_index, edge_attr))
        return self.aggregate(add_up(state, batch, n), torch.bincount(batch, minlength=n))


class AttentiveFP(GraphNetwork):
    """Attention over an atom's neighbours, then over the atoms of the molecule.

    As in PyTorch Geometric, a bond affects the attention weight of a neighbour but not its message.

    Parameters
    ----------
    settings : NetworkSettings
        ``depth`` is the number of layers over atoms. ``bias``, ``aggregation`` and, before the head,
        ``activation`` have no effect.
    n_outputs : int
    meta : dict
        The meta of the encoded arrays.
    """

    def __init__(self, settings: NetworkSettings, n_outputs: int, meta: Mapping[str, Any]):
        super().__init__(settings, n_outputs, meta)
        self.body = models.AttentiveFP(
            in_channels=self.features.atom_width,
            hidden_channels=settings.hidden,
            out_channels=settings.hidden,
            edge_dim=self.features.bond_width,
            num_layers=settings.depth,
            num_timesteps=READOUT_STEPS,
        )

    def pooled(self, x: Tensor, edge_index: Tensor, edge_attr: Tensor, batch: Tensor, n: int) -> Tensor:
        if not len(x):  # the body fails on a batch without atoms
            return x.new_zeros(n, self.settings.hidden)
        return self.body(x, edge_index, edge_attr, batch)


NETWORKS: dict[str, type[GraphNetwork]] = {"gine": Gine, "attentivefp": AttentiveFP}
"""Networks by kind, as in the settings of a network."""


def _for_distinct(codes: Tensor, features_of: Callable[[np.ndarray], Tensor]) -> Tensor:
    """Features of packed fields, computed once for each distinct code."""
    distinct, index = np.unique(codes.numpy(), return_inverse=True)
    features = features_of(distinct)
    return features.index_select(0, torch.from_numpy(index).to(features.device))
