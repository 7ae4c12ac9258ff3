"""The network part of profiles: blocks of features, each with an encoder of its own, then layers for all.

Features are scaled by means and standard deviations of the training rows; those of a batch are centred by the
batch, if the profiles were read with batches. A gap has the mean, and layers of their own learn what a gap
means. These start at 0, so gaps that training never showed count as means. The embedding is that of the
layers beside a linear projection: few samples with many features are often best described by a linear model.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from riboswitch.config.settings import check_settings, choice, number, whole
from riboswitch.data.arrays import RaggedArrays
from riboswitch.errors import UsageError
from riboswitch.modalities.defaults import IN_PAIRS as IN_PAIRS
from riboswitch.modalities.defaults import PER_POSITION as PER_POSITION
from riboswitch.modalities.defaults import positions as positions
from riboswitch.modalities.defaults import suited as suited
from riboswitch.modalities.profile.layout import MARK
from riboswitch.modalities.profile.scaling import gathered, scalers

TRAINING: Mapping[str, Any] = {"epochs": 60, "batch_size": 32, "learning_rate": 1e-3, "weight_decay": 0.1}
INFERENCE_ROWS = 256
TRUNK: tuple[str, ...] = ("blocks", "gaps", "norms", "body", "projection")
TRUNK_SETTINGS: tuple[str, ...] = ("hidden", "width", "layers", "linear", "normalization")
FAR = 10.0  # a scaled value is clipped to this: a wrong unit in one cell must not decide


@dataclass(frozen=True)
class NetworkSettings:
    """Settings of the network.

    Attributes
    ----------
    hidden : int
        Width of the encoder of each block.
    width : int
        Width of the layers behind them.
    layers : int
        Number of these layers.
    linear : int
        Width of the linear projection beside them; 0: none.
    dropout : float
        Fraction of the units of each layer that are left out in training.
    feature_dropout : float
        Fraction of the features that are read as gaps in training.
    normalization : {"layer", "none"}
        Normalisation of each layer.
    """

    hidden: int = whole(64, at_most=16384)
    width: int = whole(64, at_most=16384)
    layers: int = whole(1, at_least=0, at_most=64)
    linear: int = whole(16, at_least=0, at_most=16384)
    dropout: float = number(0.3, at_least=0, below=1)
    feature_dropout: float = number(0.2, at_least=0, below=1)
    normalization: str = choice("layer", ("layer", "none"))

    def __post_init__(self) -> None:
        check_settings(self)


class Batch(NamedTuple):
    """Rows for the network: values (rows, features), what is known of them, and batch numbers (rows,)."""

    values: Tensor
    known: Tensor
    batch: Tensor


def blocks_of(features: list[str]) -> dict[str, list[int]]:
    """Places of the features of each block; the name of a block stands before a colon."""
    found: dict[str, list[int]] = {}
    for place, name in enumerate(features):
        head, mark, _ = name.partition(MARK)
        found.setdefault(head if mark else "", []).append(place)
    return found


class Network(nn.Module):
    """Encoders of blocks, layers for all, a linear projection, and a head.

    Parameters
    ----------
    settings : NetworkSettings
    n_outputs : int
    meta : mapping
        Of encoded profiles: names of features and batches.
    """

    precision = None
    centre: Tensor
    scale: Tensor

    def __init__(self, settings: NetworkSettings, n_outputs: int, meta: Mapping[str, Any]):
        super().__init__()
        features, batches = list(meta["features"]), list(meta.get("batches") or ())
        if not features:
            raise UsageError("profiles without features cannot be learned", where="network")
        self.settings, self.places = settings, list(blocks_of(features).values())
        hidden = settings.hidden
        self.register_buffer("centre", torch.zeros(len(batches) + 1, len(features)))
        self.register_buffer("scale", torch.ones(len(features)))
        self.blocks = nn.ModuleList(nn.Linear(len(places), hidden) for places in self.places)
        self.gaps = nn.ModuleList(nn.Linear(len(places), hidden, bias=False) for places in self.places)
        for gaps in self.gaps:
            nn.init.zeros_(gaps.weight)  # type: ignore[arg-type]
        self.norms = nn.ModuleList(_norm(settings, hidden) for _ in self.places)
        layers: list[nn.Module] = []
        before = hidden * len(self.places)
        for _ in range(settings.layers):
            layers += [nn.Linear(before, settings.width), _norm(settings, settings.width), nn.ReLU(),
                       nn.Dropout(settings.dropout)]  # fmt: skip
            before = settings.width
        self.body = nn.Sequential(*layers)
        self.projection = nn.Linear(len(features), settings.linear) if settings.linear else None
        self.width = before + settings.linear
        self.head = nn.Linear(self.width, n_outputs)

    def fit_scalers(self, arrays: RaggedArrays, rows: np.ndarray) -> None:
        """Compute means and standard deviations of the training rows; means also for each batch."""
        centre, scale = scalers(gathered(arrays, rows), len(self.centre) - 1)
        self.centre.copy_(torch.from_numpy(centre))
        self.scale.copy_(torch.from_numpy(scale))

    def scaled(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Scaled values with 0 in gaps, and a mask of gaps, both of shape (rows, features)."""
        given, known, number = (each.to(self.scale.device) for each in batch)
        values = (given - self.centre[number]) / self.scale
        if self.training and self.settings.feature_dropout:
            kept = torch.rand(known.shape, device=known.device) >= self.settings.feature_dropout
            return values.clamp(-FAR, FAR) * known * kept, 1 - known
        return values.clamp(-FAR, FAR) * known, 1 - known

    def embed(self, batch: Batch) -> Tensor:
        """Return one vector a row, shape (rows, width)."""
        values, gaps = self.scaled(batch)
        parts = []
        for places, block, of_gaps, norm in zip(self.places, self.blocks, self.gaps, self.norms, strict=True):
            hidden = norm(block(values[:, places]) + of_gaps(gaps[:, places]))
            parts.append(nn.functional.dropout(torch.relu(hidden), self.settings.dropout, self.training))
        deep = self.body(torch.cat(parts, 1))
        return deep if self.projection is None else torch.cat([deep, self.projection(values)], 1)

    def forward(self, batch: Batch) -> Tensor:
        """Apply the head to the embedding."""
        outputs: Tensor = self.head(self.embed(batch))
        return outputs


def _norm(settings: NetworkSettings, width: int) -> nn.Module:
    return nn.LayerNorm(width) if settings.normalization == "layer" else nn.Identity()


def collate(arrays: RaggedArrays, rows: np.ndarray) -> Batch:
    """Join rows into one batch."""
    fields, items = arrays.only.values, arrays.items(rows)
    return Batch(
        torch.from_numpy(fields["values"][items]),
        torch.from_numpy(fields["known"][items]).float(),
        torch.from_numpy(fields["batch"][items]).long(),
    )


def batches(
    arrays: RaggedArrays, rows: np.ndarray, batch_size: int, rng: np.random.Generator | None = None
) -> Iterator[np.ndarray]:
    """Cut rows into batches, every row once; shuffled if ``rng`` is given."""
    ordered = rows if rng is None else rng.permutation(rows)
    yield from (ordered[i : i + batch_size] for i in range(0, len(rows), batch_size))
