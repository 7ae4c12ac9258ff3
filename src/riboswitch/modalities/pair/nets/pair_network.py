"""The network of pairs: the networks of both sides without their heads, and one head for both.

The vector of a side is ``relu(W [embedding; vectors])``, where ``vectors`` are the features of its modality,
scaled. Both vectors meet side by side and in products, number by number: a bilinear form of low rank.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from riboswitch.config.settings import build
from riboswitch.data.arrays import RaggedArrays
from riboswitch.modalities.pair.encode import VECTORS
from riboswitch.modalities.pair.nets.batch import PairBatch, SideArrays, SideBatch
from riboswitch.modalities.pair.nets.settings import PairSettings
from riboswitch.modalities.pair.sides import Pair

LARGEST = 5.0  # scaled features are clipped to this: a descriptor may have few, far values


class PairNetwork(nn.Module):
    """Network of pairs.

    Parameters
    ----------
    pair : Pair
    settings : PairSettings
    n_outputs : int
    meta : mapping
        The meta of the encoded arrays.

    Attributes
    ----------
    width : int
        Length of an embedding: ``hidden`` for each way in which the sides meet.
    """

    def __init__(self, pair: Pair, settings: PairSettings, n_outputs: int, meta: Mapping[str, Any]):
        super().__init__()
        self.pair, self.settings = pair, settings
        self.seen = [side for side in pair.sides if settings.sides in ("both", side.name)]
        features = meta[VECTORS] or {}
        own = {"left": settings.left or {}, "right": settings.right or {}}
        for side in self.seen:
            part = side.modality.network
            network = part.Network(build(part.NetworkSettings, own[side.name]), 1, meta[side.name])
            network.head = nn.Identity()
            self.add_module(side.name, network)
            number = features.get(side.name, 0)
            self.register_buffer(f"{side.name}_mean", torch.zeros(number))
            self.register_buffer(f"{side.name}_scale", torch.ones(number))
            self.add_module(f"{side.name}_layer", nn.Sequential(
                nn.Dropout(settings.dropout), nn.Linear(network.width + number, settings.hidden)
            ))  # fmt: skip
        ways = {"bilinear": 1, "concatenated": 2, "both": 3}[settings.interaction]
        self.width = settings.hidden * (ways if len(self.seen) == 2 else 1)
        self.head = nn.Sequential(
            nn.Dropout(settings.dropout), nn.Linear(self.width, settings.ffn_hidden), nn.ReLU(),
            nn.Dropout(settings.dropout), nn.Linear(settings.ffn_hidden, n_outputs),
        )  # fmt: skip

    @property
    def precision(self) -> torch.dtype | None:
        """That of the networks of the sides, if it can be set for all."""
        found = {self.get_submodule(side.name).precision for side in self.seen}
        return found.pop() if len(found) == 1 else None  # type: ignore[return-value]

    @precision.setter
    def precision(self, value: torch.dtype) -> None:
        for side in self.seen:
            self.get_submodule(side.name).precision = value  # type: ignore[assignment]

    def fit_scalers(self, arrays: RaggedArrays, rows: np.ndarray) -> None:
        """Compute means and standard deviations of the training pairs, for the sides and their features."""
        for side in self.seen:
            items, chosen = SideArrays.of(side, arrays).records(rows)
            self.get_submodule(side.name).fit_scalers(items, chosen)  # type: ignore[operator]
            if VECTORS in items.only.values:
                values = items.only.values[VECTORS][np.unique(chosen)].astype(np.float64)
                sd = values.std(0)
                self.get_buffer(f"{side.name}_mean").copy_(torch.from_numpy(values.mean(0)))
                scale = np.divide(1.0, sd, out=np.zeros_like(sd), where=sd > 0)  # 0: it tells nothing apart
                self.get_buffer(f"{side.name}_scale").copy_(torch.from_numpy(scale))

    def embed(self, batch: PairBatch) -> Tensor:
        """One vector a pair, shape (pairs, width)."""
        parts = {"left": batch.left, "right": batch.right}
        found = [self._side(side.name, parts[side.name]) for side in self.seen]
        if len(found) == 1:
            return torch.relu(found[0])
        one, other = found
        both = torch.tanh(one) * torch.tanh(other)
        apart = torch.cat([torch.relu(one), torch.relu(other)], dim=1)
        return {"bilinear": both, "concatenated": apart}.get(
            self.settings.interaction, torch.cat([apart, both], dim=1)
        )

    def forward(self, batch: PairBatch) -> Tensor:
        return self.head(self.embed(batch))

    def _side(self, name: str, batch: SideBatch) -> Tensor:
        """The vector of one side of each pair, shape (pairs, hidden)."""
        network, layer = self.get_submodule(name), self.get_submodule(f"{name}_layer")
        embedded = torch.cat([network.embed(chunk) for chunk in batch.chunks])  # type: ignore[operator]
        if batch.vectors is not None:
            mean, scale = self.get_buffer(f"{name}_mean"), self.get_buffer(f"{name}_scale")
            scaled = (batch.vectors.to(mean.device) - mean) * scale
            embedded = torch.cat([embedded, scaled.clamp(-LARGEST, LARGEST)], dim=1)
        return layer(embedded)[torch.from_numpy(batch.place).to(embedded.device)]
