"""The network part of images: convolutions at several resolutions; for positions a way back up (a U-Net).

Ronneberger et al., MICCAI 2015. The channels of each pixel are normalised alone, so an answer depends neither
on other images of a batch nor on padding. Mean and deviation of each channel stand beside the pooled
features: scaling each image loses them. Images are flipped in training; so are the answers for positions,
backwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from riboswitch.config.settings import check_settings, choice, number, whole
from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.task import Level
from riboswitch.errors import UsageError
from riboswitch.modalities.defaults import IN_PAIRS as IN_PAIRS
from riboswitch.modalities.image.fitting import STEPS
from riboswitch.modalities.image.nets.batch import Batch, batches, collate, levels_of, shapes, unit
from riboswitch.modalities.image.nets.layers import ChannelNorm, Stage, Turn, Up, halved, masked, pooled
from riboswitch.numeric.offsets import offsets_of

__all__ = [
    "INFERENCE_ROWS", "IN_PAIRS", "PER_POSITION", "TRAINING", "TRUNK", "TRUNK_SETTINGS", "Batch", "Network",
    "NetworkSettings", "batches", "collate", "positions", "suited",
]  # fmt: skip

TRAINING: Mapping[str, Any] = {"epochs": 20, "batch_size": 32, "learning_rate": 3e-3, "weight_decay": 0.1}
INFERENCE_ROWS = 64
TRUNK: tuple[str, ...] = ("stages",)
TRUNK_SETTINGS: tuple[str, ...] = ("width", "stages", "blocks", "stem")
PER_POSITION: Mapping[str, Any] = {"head": "per_position"}
SMALL = 40  # height and width of images whose stem looks at each pixel
FAR = 5.0  # deviations to which brightness is clipped
FINE = 16  # channels at the resolution of positions, where the stem is coarser


@dataclass(frozen=True)
class NetworkSettings:
    """Settings of the network.

    Attributes
    ----------
    width : int
        Channels of the first stage; each further one has half as many more, or twice as many with ``growth``
        2.
    growth : float
        By this factor channels grow from stage to stage.
    stages : int
        Number of resolutions; each is half of the one before.
    blocks : int
        Pairs of convolutions of each stage.
    stem : int
        Pixels along the side of a square that the first convolution sees as one place: 1, 2, 4, 8 or 16.
    dropout : float
        Fraction of the channels of each block, and of the embedding, that are left out in training.
    augment : {"flips", "turns", "none"}
        How images are moved in training; ``turns`` flips and turns them.
    jitter : float
        Deviation of the factor and of the shift by which values are changed in training.
    levels : int
        1: mean and deviation of each channel stand beside the pooled features; 0: not.
    head : {"pooled", "per_position"}
        One answer for each image, or one for each position.
    """

    width: int = whole(24, at_most=1024)
    growth: float = number(2.0, at_least=1, at_most=4)
    stages: int = whole(4, at_most=8)
    blocks: int = whole(1, at_most=16)
    stem: int = whole(2, at_most=16)
    dropout: float = number(0.1, at_least=0, below=1)
    augment: str = choice("flips", ("flips", "turns", "none"))
    jitter: float = number(0.1, at_least=0, below=1)
    levels: int = whole(1, at_least=0, at_most=1)
    head: str = choice("pooled", ("pooled", "per_position"))

    def __post_init__(self) -> None:
        check_settings(self)
        if self.stem not in STEPS:
            raise UsageError("no such stem", found=self.stem, hint=f"Choose one of {STEPS}.")


class Network(nn.Module):
    """Stages, then pooling or a way back up, and a head.

    Parameters
    ----------
    settings : NetworkSettings
    n_outputs : int
    meta : mapping
        Of encoded images.
    """

    precision = None
    pixel_mean: Tensor
    pixel_sd: Tensor
    level_mean: Tensor
    level_sd: Tensor

    def __init__(self, settings: NetworkSettings, n_outputs: int, meta: Mapping[str, Any]):
        super().__init__()
        self.settings, self.by_training = settings, meta["scale"] == "none"
        channels, step, stem = int(meta["channels"]), int(meta["step"]), settings.stem
        for name, size in (("pixel", channels), ("level", 2 * channels)):
            self.register_buffer(f"{name}_mean", torch.zeros(size))
            self.register_buffer(f"{name}_sd", torch.ones(size))
        widths = [round(settings.width * settings.growth**number) for number in range(settings.stages)]
        before = [channels * stem**2, *widths]
        self.stages = nn.ModuleList(
            Stage(before[n], width, settings.blocks, settings.dropout, n == 0)
            for n, width in enumerate(widths)
        )
        self.stride = max(stem * 2 ** (settings.stages - 1), step)
        self.last = ChannelNorm(widths[-1])
        self.width = 2 * widths[-1] + 2 * channels * settings.levels
        self.dropout = nn.Dropout(settings.dropout)
        width = self.width
        if settings.head == "per_position":
            self.ups = nn.ModuleList(Up(widths[n + 1], widths[n], settings.dropout)
                                     for n in reversed(range(settings.stages - 1)))  # fmt: skip
            self.finer = max(1, stem // step)
            width = widths[0] if self.finer == 1 else FINE
            self.end = ChannelNorm(widths[0])
            if self.finer > 1:
                self.spread = nn.Conv2d(widths[0], FINE * self.finer**2, 1)
                self.detail = nn.Conv2d(channels, FINE, 3, padding=1)
                self.fine = ChannelNorm(FINE)
        self.head = nn.Linear(width, n_outputs)

    def fit_scalers(self, arrays: RaggedArrays, rows: np.ndarray) -> None:
        """Compute means and deviations of the channels of the training rows."""
        items = np.sort(arrays.items(rows))
        numbers = dict.fromkeys(items.tolist())
        known = {item: levels_of(unit(arrays, item)) for item in numbers}
        levels = np.stack([known[item] for item in items.tolist()]).astype(np.float64)
        mean = levels[:, 0].mean(0)
        deviation = np.sqrt((levels[:, 1] ** 2 + (levels[:, 0] - mean) ** 2).mean(0))
        flat = levels.reshape(len(levels), -1)
        for name, centre, spread in (("pixel", mean, deviation), ("level", flat.mean(0), flat.std(0))):
            self.get_buffer(f"{name}_mean").copy_(torch.from_numpy(centre))
            self.get_buffer(f"{name}_sd").copy_(torch.from_numpy(np.where(spread > 1e-6, spread, 1.0)))

    def _entered(self, batch: Batch) -> tuple[Tensor, Tensor | None]:
        """Scaled pixels, padded to whole strides, and a mask of what is no padding; None if there is none."""
        pixels = batch.pixels.to(self.pixel_mean.device)
        shape = batch.shape.to(pixels.device)
        if self.by_training:
            pixels = (pixels - self.pixel_mean[:, None, None]) / self.pixel_sd[:, None, None]
        down, across = (-side % self.stride for side in pixels.shape[2:])
        pixels = functional.pad(pixels, (0, across, 0, down)).contiguous(memory_format=torch.channels_last)
        size = pixels.shape[2:]
        if bool((shape == shape.new_tensor(size)).all()):
            return pixels, None
        inside = [torch.arange(side, device=pixels.device) < shape[:, n, None] for n, side in enumerate(size)]
        mask = (inside[0][:, :, None] & inside[1][:, None, :])[:, None].float()
        return pixels * mask, mask

    def _moved(self, pixels: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor | None, Turn | None]:
        """Flipped, turned and brightened at random, in training."""
        settings = self.settings
        if not self.training:
            return pixels, mask, None
        if settings.jitter:
            drawn = settings.jitter * torch.randn(2, len(pixels), pixels.shape[1], 1, 1, device=pixels.device)
            pixels = masked(pixels * drawn[0].exp() + drawn[1], mask)
        if settings.augment == "none":
            return pixels, mask, None
        turn = Turn(pixels, settings.augment == "turns")
        moved = turn.there(pixels).contiguous(memory_format=torch.channels_last)
        return moved, None if mask is None else turn.there(mask), turn

    def _down(self, pixels: Tensor, mask: Tensor | None) -> tuple[list[Tensor], list[Tensor | None]]:
        """The features and the mask of each stage."""
        stem = self.settings.stem
        x = functional.pixel_unshuffle(pixels, stem).contiguous(memory_format=torch.channels_last)
        mask = mask if mask is None or stem == 1 else functional.max_pool2d(mask, stem)
        features: list[Tensor] = []
        masks: list[Tensor | None] = []
        for stage in self.stages:
            before, mask = mask, halved(mask) if features else mask
            x = stage(x, before, mask)
            features.append(x)
            masks.append(mask)
        return features, masks

    def _pooled(self, features: Tensor, mask: Tensor | None, batch: Batch) -> Tensor:
        vector = pooled(functional.relu(self.last(features)), mask)
        if not self.settings.levels:
            return vector
        level = (batch.levels.to(vector.device) - self.level_mean) / self.level_sd
        return torch.cat([vector, level.clamp(-FAR, FAR)], 1)

    def embed(self, batch: Batch) -> Tensor:
        """Return one vector an image, shape (images, width)."""
        pixels, mask, _ = self._moved(*self._entered(batch))
        features, masks = self._down(pixels, mask)
        return self._pooled(features[-1], masks[-1], batch)

    def forward(self, batch: Batch) -> Tensor:
        """Apply the head to the embedding, or to the features of each position."""
        if self.settings.head == "pooled":
            outputs: Tensor = self.head(self.dropout(self.embed(batch)))
            return outputs
        pixels, mask, turn = self._moved(*self._entered(batch))
        features, masks = self._down(pixels, mask)
        x = features[-1]
        for up, beside, level in zip(self.ups, features[-2::-1], masks[-2::-1], strict=True):
            x = up(x, beside, level)
        x = self._at_positions(masked(functional.relu(self.end(x)), masks[0]), pixels, batch.step)
        x = (x if turn is None else turn.back(x)).permute(0, 2, 3, 1)
        grids = -(-batch.shape // batch.step)
        if bool((grids == grids[0]).all()):
            rows, columns = grids[0].tolist()
            found = x[:, :rows, :columns].reshape(-1, x.shape[3])
        else:
            parts = [one[:rows, :columns].reshape(-1, x.shape[3])
                     for one, (rows, columns) in zip(x, grids.tolist(), strict=True)]  # fmt: skip
            found = torch.cat(parts)
        of_positions: Tensor = self.head(found)
        return of_positions

    def _at_positions(self, x: Tensor, pixels: Tensor, step: int) -> Tensor:
        """Features at the resolution of the positions."""
        if self.finer == 1:
            coarser = step // self.settings.stem
            return x if coarser == 1 else functional.avg_pool2d(x, coarser)
        seen = pixels if step == 1 else functional.avg_pool2d(pixels, step)
        fine = functional.pixel_shuffle(self.spread(x), self.finer) + self.detail(seen)
        return functional.relu(self.fine(fine))


def suited(level: Level, meta: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return settings for these labels and arrays: the head; for small images a fine stem, fewer stages."""
    small = {"stem": 1, "stages": 3} if 0 < meta.get("size", 0) <= SMALL else {}
    return {**small, **PER_POSITION} if level == "position" else small


def positions(arrays: RaggedArrays) -> np.ndarray | None:
    """Return the offsets of the positions of each image, shape (rows + 1,)."""
    grids = -(-shapes(arrays)[arrays.items()] // arrays.meta["step"])
    return offsets_of(grids.prod(1))
