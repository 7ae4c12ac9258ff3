"""The network part of series: a convolutional stem, a recurrent layer in each direction, and summaries.

A gap holds the last value of its channel, which fades to the mean of the training rows as time passes; how
fast, each channel learns. Weights of their own learn what it means that a value is missing. These start at 0,
so gaps that training never showed count for nothing. Beside the recurrent layers stands a linear projection
of each channel's mean, spread, least, largest and last value: few series are often described best by these.

References
----------
Che et al., Scientific Reports 2018, 8:6085 (GRU-D, values that fade).
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
from riboswitch.learning.recurrent.batching import batches_by_length
from riboswitch.learning.recurrent.layers import recurrent
from riboswitch.learning.recurrent.steps import MaskedNorm, both_ways, coarse, mask, pooled
from riboswitch.modalities.defaults import IN_PAIRS as IN_PAIRS
from riboswitch.modalities.defaults import PER_POSITION as PER_POSITION
from riboswitch.modalities.defaults import positions as positions
from riboswitch.modalities.defaults import suited as suited
from riboswitch.numeric.offsets import gather_index

TRAINING: Mapping[str, Any] = {"epochs": 40, "batch_size": 32, "learning_rate": 2e-3, "weight_decay": 0.05}
INFERENCE_ROWS = 128
TRUNK: tuple[str, ...] = (
    "fade",
    "conv",
    "gaps",
    "conv_norm",
    "mix",
    "mix_norm",
    "forth",
    "back",
    "projection",
)
TRUNK_SETTINGS: tuple[str, ...] = ("hidden", "kernel", "pool", "recurrent", "linear", "normalization")
RECURRENT = ("lstm", "gru", "mingru")
FAR = 10.0  # a scaled value is clipped to this: a wrong unit in one cell must not decide
FLAT = 1e-6  # channels with a smaller standard deviation are constant
CLOCK = 2  # numbers of the time of a step: since the step before, and since the first
SUMMARIES = 6  # of a channel
FIRST_FADE = -1.0  # before softplus: at first a value halves in about two deviations of the time


@dataclass(frozen=True)
class NetworkSettings:
    """Settings of the network.

    Attributes
    ----------
    hidden : int
        Channels of the stem and of each direction of the recurrent layer.
    kernel : int
        Steps that a convolution of the stem sees.
    pool : int
        Steps that become one step of the recurrent layer.
    recurrent : {"gru", "lstm", "mingru"}
        Kind of recurrent layer.
    linear : int
        Width of the linear projection of summaries beside it; 0: none.
    dropout : float
        Dropout before the head and within the stem.
    channel_dropout : float
        Fraction of the channels that are read as gaps in training.
    normalization : {"layer", "batch"}
        Kind of normalisation.
    """

    hidden: int = whole(64, at_most=4096)
    kernel: int = whole(5, at_most=1000)
    pool: int = whole(2, at_most=1000)
    recurrent: str = choice("gru", RECURRENT)
    linear: int = whole(32, at_least=0, at_most=4096)
    dropout: float = number(0.3, at_least=0, below=1)
    channel_dropout: float = number(0.1, at_least=0, below=1)
    normalization: str = choice("layer", ("layer", "batch"))

    def __post_init__(self) -> None:
        check_settings(self)


class Batch(NamedTuple):
    """Padded series: ``time`` (n, longest), ``values`` and ``known`` with channels, and ``lengths`` (n,)."""

    time: Tensor
    values: Tensor
    known: Tensor
    lengths: Tensor


class Network(nn.Module):
    """Stem, recurrent layers and projection of summaries over series of any length.

    Parameters
    ----------
    settings : NetworkSettings
    n_outputs : int
    meta : mapping
        Of encoded series: names of the channels.
    """

    precision = None
    mean: Tensor
    sd: Tensor
    clock_mean: Tensor
    clock_sd: Tensor

    def __init__(self, settings: NetworkSettings, n_outputs: int, meta: Mapping[str, Any]):
        super().__init__()
        channels, width = len(meta["channels"]), settings.hidden
        if not channels:
            raise UsageError("series without channels cannot be learned", where="network")
        self.settings = settings
        for name, size, value in (("mean", channels, 0.0), ("sd", channels, 1.0), ("clock_mean", CLOCK, 0.0),
                                  ("clock_sd", CLOCK, 1.0)):  # fmt: skip
            self.register_buffer(name, torch.full((size,), value))
        self.fade = nn.Parameter(torch.full((channels,), FIRST_FADE))
        self.conv = nn.Conv1d(channels + CLOCK, width, settings.kernel, padding="same")
        self.gaps = nn.Conv1d(channels, width, settings.kernel, padding="same", bias=False)
        nn.init.zeros_(self.gaps.weight)
        self.conv_norm = MaskedNorm(settings.normalization, width)
        self.mix = nn.Conv1d(width, width, settings.kernel, padding="same")
        self.mix_norm = MaskedNorm(settings.normalization, width)
        self.forth = recurrent(settings.recurrent, width, width)
        self.back = recurrent(settings.recurrent, width, width)
        linear = settings.linear
        self.projection = nn.Linear(SUMMARIES * channels + CLOCK, linear) if linear else None
        self.width = 4 * width + linear
        self.head = nn.Sequential(nn.Dropout(settings.dropout), nn.Linear(self.width, n_outputs))

    def fit_scalers(self, arrays: RaggedArrays, rows: np.ndarray) -> None:
        """Compute means and standard deviations of the channels and of the times over the training rows."""
        batch = collate(arrays, np.sort(arrays.items(rows)), by_item=True)
        real = mask(batch.lengths, batch.time.shape[1])
        for (mean, sd), values, known in (
            ((self.mean, self.sd), batch.values, batch.known > 0),
            ((self.clock_mean, self.clock_sd), _clock(batch.time, real), real.expand(-1, -1, CLOCK)),
        ):
            centre, spread = _moments(values.double().flatten(0, 1), known.flatten(0, 1))
            mean.copy_(centre)
            sd.copy_(spread)

    def embed(self, batch: Batch) -> Tensor:
        """Return one vector a series, shape (n, width)."""
        time, values, known, lengths = (each.to(self.mean.device) for each in batch)
        real = mask(lengths, time.shape[1])
        known = self._hidden(known)
        clock = ((_clock(time, real) - self.clock_mean) / self.clock_sd).clamp(-FAR, FAR) * real
        scaled = ((values - self.mean) / self.sd).clamp(-FAR, FAR) * known
        x = torch.cat([self._held(scaled, known, time), clock], -1) * real
        missing = (1 - known) * real
        x = (self.conv(x.transpose(1, 2)) + self.gaps(missing.transpose(1, 2))).transpose(1, 2)
        x, steps, there = coarse(x, lengths, self.settings.pool)
        x = self._dropped(torch.relu(self.conv_norm(x, there)) * there)
        x = self.mix(x.transpose(1, 2)).transpose(1, 2)
        x = self._dropped(torch.relu(self.mix_norm(x, there)) * there)
        deep = pooled(both_ways(self.forth, self.back, x, steps, in_order=False), steps)
        if self.projection is None:
            return deep
        last = clock.gather(1, (lengths - 1).view(-1, 1, 1).expand(-1, 1, CLOCK)).squeeze(1)
        return torch.cat([deep, self.projection(torch.cat([_summaries(scaled, known, real), last], 1))], 1)

    def forward(self, batch: Batch) -> Tensor:
        """Apply the head to the embedding."""
        outputs: Tensor = self.head(self.embed(batch))
        return outputs

    def _hidden(self, known: Tensor) -> Tensor:
        """What is known, in training without some channels of each series."""
        if not (self.training and self.settings.channel_dropout):
            return known
        kept = torch.rand(len(known), 1, known.shape[2], device=known.device) >= self.settings.channel_dropout
        return known * kept

    def _dropped(self, x: Tensor) -> Tensor:
        return nn.functional.dropout(x, self.settings.dropout / 2, self.training)

    def _held(self, scaled: Tensor, known: Tensor, time: Tensor) -> Tensor:
        """Scaled values; a gap holds the last value, faded."""
        step = torch.arange(time.shape[1], device=time.device).view(1, -1, 1)
        last = torch.where(known > 0, step, -1).cummax(1).values
        before = last.clamp(min=0)
        since = (time.unsqueeze(-1) - time.unsqueeze(-1).expand_as(scaled).gather(1, before)) / self.clock_sd[
            1
        ]
        faded = torch.exp(-nn.functional.softplus(self.fade) * since.clamp(0, FAR**2))
        return torch.where(last >= 0, scaled.gather(1, before) * faded, 0.0)


def _clock(time: Tensor, real: Tensor) -> Tensor:
    """Time since the step before and since the first, shape (n, longest, 2)."""
    since = nn.functional.pad(time[:, 1:] - time[:, :-1], (1, 0))
    return torch.stack([since, time], -1) * real


def _moments(values: Tensor, known: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and deviation of each column where it is known; 1 where there is no deviation."""
    count = known.sum(0).clamp(min=1)
    mean = torch.where(known, values, 0.0).sum(0) / count
    sd = (torch.where(known, values - mean, 0.0).square().sum(0) / count).sqrt()
    return mean, torch.where(sd > FLAT * mean.abs().clamp(min=1), sd, 1.0)


def _summaries(scaled: Tensor, known: Tensor, real: Tensor) -> Tensor:
    """Mean, spread, least, largest, last value of each channel, and its share of steps; 0 without a value."""
    there = known > 0
    count = known.sum(1)
    any_known = count > 0
    many = count.clamp(min=1)
    mean = scaled.sum(1) / many
    spread = (((scaled - mean[:, None]) ** 2 * known).sum(1) / many + 1e-6).sqrt() * any_known
    least = torch.where(there, scaled, FAR).amin(1) * any_known
    most = torch.where(there, scaled, -FAR).amax(1) * any_known
    step = torch.arange(scaled.shape[1], device=scaled.device).view(1, -1, 1)
    last = scaled.gather(1, torch.where(there, step, 0).amax(1, keepdim=True)).squeeze(1) * any_known
    return torch.cat([mean, spread, least, most, last, count / real.sum(1)], 1)


def collate(arrays: RaggedArrays, rows: np.ndarray, *, by_item: bool = False) -> Batch:
    """Pad the series at ``rows`` to the longest of them; with ``by_item``, rows are numbers of items."""
    fields, offsets = arrays.only.values, arrays.only.offsets["time"]
    index, new = gather_index(offsets, rows if by_item else arrays.items(rows))
    lengths = np.diff(new)
    longest = max(1, int(lengths.max(initial=1)))
    real = np.arange(longest) < lengths[:, None]
    padded = []
    for name in ("time", "values", "known"):
        flat = fields[name][index].astype(np.float32)
        full = np.zeros((len(rows), longest, *flat.shape[1:]), np.float32)
        full[real] = flat
        padded.append(torch.from_numpy(full))
    time, values, known = padded
    return Batch(time, values, known, torch.from_numpy(lengths))


def batches(
    arrays: RaggedArrays, rows: np.ndarray, batch_size: int, rng: np.random.Generator | None = None
) -> Iterator[np.ndarray]:
    """Cut ``rows`` into batches of similar length: shuffled if ``rng`` is given, else from short to long."""
    return batches_by_length(arrays.lengths("time"), rows, batch_size, rng)
