"""GINE and AttentiveFP out of PyTorch Geometric, as other networks for the same molecules.

Both see the atoms, bonds and properties that the D-MPNN sees, and like there nothing an atom's state
depends on reaches beyond its molecule: no normalisation over atoms, and dropout in the head only.

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

READOUT_STEPS = 2  # of AttentiveFP, as its authors have them


class GraphNetwork(MoleculeNetwork):
    """What both share: from packed facts to what the layers of PyTorch Geometric take.

    Notes
    -----
    Shapes: ``forward`` takes a Batch of n molecules and returns (n, n_outputs).
    """

    def embed(self, batch: Batch) -> Tensor:
        x, edges, bonds = self.graph(batch)
        return self._joined(x, edges, bonds, batch.molecule().to(x.device), batch.globals)

    def graph(self, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        """Features of atoms (atoms, features), edges (2, edges) and their features (edges, features).

        Every bond is an edge from begin to end, and then all are again from end to begin.
        """
        edges = torch.cat([batch.ends, batch.ends.flip(1)]).T.contiguous()
        bonds = _seen(batch.bonds, self.see_bonds)
        return _seen(batch.atoms, self.see_atoms), edges.to(bonds.device), torch.cat([bonds, bonds])

    def on_graph(
        self, x: Tensor, edge_index: Tensor, edge_attr: Tensor, batch: Tensor, properties: Tensor
    ) -> Tensor:
        """Outputs (n, n_outputs) from what `graph` returns, for PyTorch Geometric's own tools.

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
    """Graph isomorphism network that sees bonds; each layer adds to the state of an atom.

    Parameters
    ----------
    settings : NetworkSettings
        ``depth`` is the number of layers; they all have a bias.
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

    As PyTorch Geometric has it: a bond has a say in how much an atom is heard, not in what is heard.

    Parameters
    ----------
    settings : NetworkSettings
        ``depth`` is the number of layers over atoms. The method has its own ways where ``bias``,
        ``aggregation`` and, before the head, ``activation`` would choose.
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
        if not len(x):  # the body would ask for the largest number in `batch`
            return x.new_zeros(n, self.settings.hidden)
        return self.body(x, edge_index, edge_attr, batch)


NETWORKS: dict[str, type[GraphNetwork]] = {"gine": Gine, "attentivefp": AttentiveFP}
"""By the kind that a network's settings give."""


def _seen(codes: Tensor, see: Callable[[np.ndarray], Tensor]) -> Tensor:
    """Features of packed facts, worked out once for each distinct code."""
    distinct, place = np.unique(codes.numpy(), return_inverse=True)
    features = see(distinct)
    return features.index_select(0, torch.from_numpy(place).to(features.device))
