"""The base class of molecule networks.

The state of an atom depends only on its own molecule: there is no normalisation over atoms. So the outputs of
a molecule do not depend on the other molecules of its batch.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from riboswitch.data.arrays import RaggedArrays
from riboswitch.errors import UsageError
from riboswitch.modalities.molecule.nets.batch import Batch
from riboswitch.modalities.molecule.nets.features import FEATURES
from riboswitch.modalities.molecule.nets.settings import ACTIVATIONS, NetworkSettings

MASSES = (119, 1024)  # shape of a table of atomic masses: element, isotope


class MoleculeNetwork(nn.Module):
    """The base of all molecule networks: features of atoms and bonds, pooling, and the head.

    Parameters
    ----------
    settings : NetworkSettings
    n_outputs : int
    meta : mapping
        The meta of the encoded arrays: ``globals`` names the properties.

    Attributes
    ----------
    width : int
        Length of an embedding: ``hidden``, and the properties if they are used.
    precision : dtype or None
        See `riboswitch.modalities.parts.NetworkModule`.
    """

    precision: torch.dtype | None = None

    globals_mean: Tensor
    globals_sd: Tensor
    masses: Tensor

    def __init__(self, settings: NetworkSettings, n_outputs: int, meta: Mapping[str, Any]):
        super().__init__()
        self.settings, self.features = settings, FEATURES[settings.features]
        properties = len(meta["globals"]) if settings.properties else 0
        if self.features.mass:
            self.register_buffer("masses", torch.zeros(MASSES))
        self.register_buffer("globals_mean", torch.zeros(properties))
        self.register_buffer("globals_sd", torch.ones(properties))
        self.act = ACTIVATIONS[settings.activation]
        self.norm = nn.BatchNorm1d(settings.hidden) if settings.batch_norm else nn.Identity()
        self.width = settings.hidden + properties
        self.head = _head(self.width, settings, n_outputs)

    def fit_scalers(self, arrays: RaggedArrays, rows: np.ndarray) -> None:
        """Compute mean and standard deviation of the properties of the (training) molecules at ``rows``.

        Raises
        ------
        UsageError
            If the features need atomic masses and the network has none.
        """
        if self.features.mass and not self.masses.any():
            raise UsageError("these features are for imported models only", found=self.settings.features,
                             hint="Train with the features riboswitch.")  # fmt: skip
        if not self.settings.properties:
            return
        values = arrays.only.values["globals"][arrays.items(rows)].astype(np.float64)
        sd = values.std(0)
        self.globals_mean.copy_(torch.from_numpy(values.mean(0)))
        self.globals_sd.copy_(torch.from_numpy(np.where(sd > 0, sd, 1.0)))

    def atom_features(self, codes: np.ndarray) -> Tensor:
        """Features of packed atoms (n,), shape (n, features)."""
        masses = self.masses.cpu().numpy() if self.features.mass else None
        return torch.from_numpy(self.features.of_atoms(codes, masses)).to(self.globals_mean.device)

    def bond_features(self, codes: np.ndarray) -> Tensor:
        """Features of packed bonds (n,), shape (n, features)."""
        return torch.from_numpy(self.features.of_bonds(codes)).to(self.globals_mean.device)

    def aggregate(self, summed: Tensor, sizes: Tensor) -> Tensor:
        """Vector of each molecule, from the sum over its atoms (n, hidden) and their number (n,)."""
        if self.settings.aggregation == "mean":
            return summed / sizes.clamp(min=1).to(summed.device)[:, None]
        return summed / self.settings.norm if self.settings.aggregation == "norm" else summed

    def join(self, pooled: Tensor, properties: Tensor) -> Tensor:
        """Embedding (n, width) from the vector of each molecule (n, hidden) and its unscaled properties."""
        pooled = self.norm(pooled)
        if self.settings.properties:
            scaled = (properties.to(pooled.device) - self.globals_mean) / self.globals_sd
            pooled = torch.cat([pooled, scaled], dim=1)
        return pooled

    def embed(self, batch: Batch) -> Tensor:
        """One vector a molecule, shape (n, width): the input of the head."""
        raise NotImplementedError

    def forward(self, batch: Batch) -> Tensor:
        """Outputs, shape (n, n_outputs)."""
        return self.head(self.embed(batch))


def add_up(rows: Tensor, owner: Tensor, n_owners: int) -> Tensor:
    """Sum the rows (rows, width) that have the same owner (rows,) into shape (n_owners, width)."""
    return rows.new_zeros(n_owners, rows.shape[1]).index_add_(0, owner, rows)


class Activation(nn.Module):
    """An activation as a layer."""

    def __init__(self, name: str):
        super().__init__()
        self.act = ACTIVATIONS[name]

    def forward(self, rows: Tensor) -> Tensor:
        return self.act(rows)


def _head(width: int, settings: NetworkSettings, n_outputs: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for _ in range(settings.ffn_layers - 1):
        layers += [nn.Dropout(settings.dropout), nn.Linear(width, settings.ffn_hidden)]
        layers += [Activation(settings.activation)]
        width = settings.ffn_hidden
    return nn.Sequential(*layers, nn.Dropout(settings.dropout), nn.Linear(width, n_outputs))
