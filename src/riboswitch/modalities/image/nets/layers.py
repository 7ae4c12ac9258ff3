"""Layers for images of different size in one batch: what was padded is 0 before each convolution."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


class ChannelNorm(nn.Module):
    """Normalises the channels of each pixel, so that neither other pixels nor other images matter."""

    def __init__(self, channels: int):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        last = x.permute(0, 2, 3, 1)
        return functional.layer_norm(last, self.weight.shape, self.weight, self.bias).permute(0, 3, 1, 2)


class Block(nn.Module):
    """Two convolutions of 3 x 3 pixels with a way around them."""

    def __init__(self, channels: int, dropout: float):
        super().__init__()
        self.norms = nn.ModuleList(ChannelNorm(channels) for _ in range(2))
        self.convs = nn.ModuleList(nn.Conv2d(channels, channels, 3, padding=1) for _ in range(2))
        self.dropout = nn.Dropout2d(dropout)

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        out = x
        for norm, conv in zip(self.norms, self.convs, strict=True):
            out = conv(masked(functional.relu(norm(out)), mask))
        return x + self.dropout(out)


class Stage(nn.Module):
    """Halves the resolution, unless it is the first, and goes through blocks."""

    def __init__(self, before: int, channels: int, blocks: int, dropout: float, first: bool):
        super().__init__()
        self.norm = None if first else ChannelNorm(before)
        self.enter = nn.Conv2d(before, channels, 3, padding=1) if first else nn.Conv2d(before, channels, 2, 2)
        self.blocks = nn.ModuleList(Block(channels, dropout) for _ in range(blocks))

    def forward(self, x: Tensor, before: Tensor | None, mask: Tensor | None) -> Tensor:
        """``before`` is the mask of what enters, ``mask`` that of the result."""
        x = self.enter(x if self.norm is None else masked(functional.relu(self.norm(x)), before))
        for block in self.blocks:
            x = block(x, mask)
        return x


class Up(nn.Module):
    """Doubles the resolution, and adds what the way down had there."""

    def __init__(self, deep: int, channels: int, dropout: float):
        super().__init__()
        self.norm, self.narrow = ChannelNorm(deep), nn.Conv2d(deep, channels, 1)
        self.block = Block(channels, dropout)

    def forward(self, x: Tensor, beside: Tensor, mask: Tensor | None) -> Tensor:
        x = self.narrow(functional.relu(self.norm(x)))
        return self.block(functional.interpolate(x, scale_factor=2, mode="nearest") + beside, mask)


def masked(x: Tensor, mask: Tensor | None) -> Tensor:
    """The values where the mask is 1, else 0; no mask: all of them."""
    return x if mask is None else x * mask


def halved(mask: Tensor | None) -> Tensor | None:
    """The mask at half the resolution."""
    return None if mask is None else functional.max_pool2d(mask, 2)


def pooled(x: Tensor, mask: Tensor | None) -> Tensor:
    """Mean and maximum of each channel over the pixels of each image, shape (images, 2 * channels)."""
    if mask is None:
        return torch.cat([x.mean((2, 3)), x.amax((2, 3))], 1)
    mean = (x * mask).sum((2, 3)) / mask.sum((2, 3))
    return torch.cat([mean, x.masked_fill(mask == 0, -torch.inf).amax((2, 3))], 1)


class Turn:
    """A random position of each image of a batch: flipped, and turned if images may be; and the way back.

    Parameters
    ----------
    x : Tensor
        Shape (images, channels, height, width).
    turns : bool
        Whether images are turned by 90 degrees, too; only square ones are.
    """

    def __init__(self, x: Tensor, turns: bool):
        drawn = torch.rand(3, len(x), 1, 1, 1, device=x.device) < 0.5
        self.across, self.down, self.over = drawn
        self.turns = turns and x.shape[2] == x.shape[3]

    def there(self, x: Tensor) -> Tensor:
        x = torch.where(self.down, x.flip(2), x)
        x = torch.where(self.across, x.flip(3), x)
        return torch.where(self.over, x.transpose(2, 3), x) if self.turns else x

    def back(self, x: Tensor) -> Tensor:
        x = torch.where(self.over, x.transpose(2, 3), x) if self.turns else x
        x = torch.where(self.across, x.flip(3), x)
        return torch.where(self.down, x.flip(2), x)
