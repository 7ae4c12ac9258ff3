"""The sequence network: a convolutional stem, a bidirectional LSTM, masked pooling.

Padding never changes a result: padded positions are zero wherever a neighbour could see them, the
backward LSTM reads each sequence reversed within its own length, and pooling is masked.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from riboswitch.arrays import RaggedArrays, gather_index
from riboswitch.settings import positive_int, share

TRAINING = {"epochs": 20, "learning_rate": 2e-3}
INFERENCE_ROWS = 128
POOL_OF_BATCHES = 16  # buckets are cut inside shuffled pools: sorting all would tie batches to classes


@dataclass(frozen=True)
class NetworkSettings:
    """Sizes of the network.

    Attributes
    ----------
    embedding, hidden : int
        Channels of a letter, and of the stem and each direction of the LSTM.
    kernel : int
        Width of the first convolution, in letters.
    pool : int
        Letters that become one step of the LSTM.
    dropout : float
        On the pooled features.
    """

    embedding: int = 16
    hidden: int = 64
    kernel: int = 7
    pool: int = 4
    dropout: float = 0.1

    def __post_init__(self) -> None:
        for name in ("embedding", "hidden", "kernel", "pool"):
            positive_int(name, getattr(self, name))
        share("dropout", self.dropout)


class Batch(NamedTuple):
    """Padded sequences: ``letters`` (n, longest) int64 with 0 as padding, ``lengths`` (n,)."""

    letters: Tensor
    lengths: Tensor


def collate(arrays: RaggedArrays, rows: np.ndarray) -> Batch:
    """Pad the sequences at ``rows`` to the longest of them."""
    offsets = arrays.offsets["letters"]
    index, new = gather_index(offsets, rows)
    lengths = np.diff(new)
    padded = np.zeros((len(rows), max(1, int(lengths.max(initial=1)))), np.int64)
    padded[np.arange(padded.shape[1]) < lengths[:, None]] = arrays.values["letters"][index]
    return Batch(torch.from_numpy(padded), torch.from_numpy(lengths))


def batches(
    arrays: RaggedArrays, rows: np.ndarray, batch_size: int, rng: np.random.Generator | None = None
) -> Iterator[np.ndarray]:
    """Cut ``rows`` into batches of like length; shuffled if ``rng`` is given, else from short to long."""
    lengths = arrays.lengths("letters")
    if rng is None:
        ordered = rows[np.argsort(lengths[rows], kind="stable")]
        yield from (ordered[i : i + batch_size] for i in range(0, len(rows), batch_size))
        return
    shuffled = rng.permutation(rows)
    pool = batch_size * POOL_OF_BATCHES
    cut = []
    for start in range(0, len(shuffled), pool):
        part = shuffled[start : start + pool]
        part = part[np.argsort(lengths[part], kind="stable")]
        cut += [part[i : i + batch_size] for i in range(0, len(part), batch_size)]
    for i in rng.permutation(len(cut)):
        yield cut[i]


class Network(nn.Module):
    """Conv stem + BiLSTM over sequences of any length.

    Parameters
    ----------
    settings : NetworkSettings
    n_outputs : int
    meta : dict
        The meta of the encoded arrays; ``letters`` is the size of the alphabet.

    Notes
    -----
    Shapes: ``forward`` takes a Batch of n sequences and returns (n, n_outputs).
    """

    def __init__(self, settings: NetworkSettings, n_outputs: int, meta: dict[str, Any]):
        super().__init__()
        self.pool = settings.pool
        width = settings.hidden
        self.embed = nn.Embedding(meta["letters"] + 2, settings.embedding, padding_idx=0)
        self.stem = nn.Conv1d(settings.embedding, width, settings.kernel, padding="same")
        self.stem_norm = nn.LayerNorm(width)
        self.mix = nn.Conv1d(width, width, 5, padding="same")
        self.mix_norm = nn.LayerNorm(width)
        self.forth = nn.LSTM(width, width, batch_first=True)
        self.back = nn.LSTM(width, width, batch_first=True)
        self.head = nn.Sequential(nn.Dropout(settings.dropout), nn.Linear(4 * width, n_outputs))

    def fit_scalers(self, arrays: RaggedArrays, rows: np.ndarray) -> None:
        """Nothing to fit: letters have no scale."""

    def forward(self, batch: Batch) -> Tensor:
        batch = Batch(*(part.to(self.embed.weight.device) for part in batch))
        letters, lengths = self._pad_to_pool(batch.letters), batch.lengths
        x = self.stem(self.embed(letters).transpose(1, 2))  # (n, hidden, length)
        x = x.masked_fill((letters == 0).unsqueeze(1), -torch.inf)
        x = nn.functional.max_pool1d(x, self.pool).transpose(1, 2)  # (n, steps, hidden)
        steps = torch.div(lengths + self.pool - 1, self.pool, rounding_mode="floor")
        real = (torch.arange(x.shape[1], device=x.device) < steps[:, None]).unsqueeze(-1)
        # Normalised after pooling: a quarter of the work, and just as exact.
        x = torch.relu(self.stem_norm(x.masked_fill(~real, 0.0))) * real
        x = torch.relu(self.mix_norm(self.mix(x.transpose(1, 2)).transpose(1, 2))) * real
        both = torch.cat([self.forth(x)[0], self.back(reverse(x, steps))[0]], dim=-1)  # (n, steps, 2 hidden)
        mean = (both * real).sum(1) / steps.clamp(min=1)[:, None]
        peak = both.masked_fill(~real, -1.0).amax(1)  # an LSTM's outputs lie in (-1, 1)
        return self.head(torch.cat([mean, peak], dim=-1))

    def _pad_to_pool(self, letters: Tensor) -> Tensor:
        return nn.functional.pad(letters, (0, -letters.shape[1] % self.pool))


def reverse(x: Tensor, lengths: Tensor) -> Tensor:
    """Reverse each sequence of (n, length, channels) within its own length; padding stays behind it."""
    position = torch.arange(x.shape[1], device=x.device)
    index = lengths[:, None] - 1 - position
    index = torch.where(index >= 0, index, position)
    return x.gather(1, index.unsqueeze(-1).expand_as(x))
