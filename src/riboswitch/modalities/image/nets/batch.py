"""Batches of images of similar size: padded at the right and at the bottom to the largest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from riboswitch.data.arrays import RaggedArrays
from riboswitch.modalities.image.encode import image_at
from riboswitch.modalities.image.pixels import FULL

POOL_OF_BATCHES = 64  # rows are sorted by size within shuffled pools
MOST_PIXELS = 2**22  # of a batch: 64 images of 256 x 256
FLAT = 1e-6


class Batch(NamedTuple):
    """Padded images.

    Attributes
    ----------
    pixels : Tensor
        float32, shape (images, channels, height, width), 0 as padding; scaled by image as the meta says.
    levels : Tensor
        Mean and deviation of each channel before that, shape (images, 2 * channels).
    shape : Tensor
        Height and width of each image, int64 of shape (images, 2).
    step : int
        Pixels along the side of a position.
    """

    pixels: Tensor
    levels: Tensor
    shape: Tensor
    step: int


def shapes(arrays: RaggedArrays) -> np.ndarray:
    """Height and width of each item, shape (items, 2)."""
    return arrays.only.values["shape"].reshape(-1, 2).astype(np.int64)


def levels_of(image: np.ndarray) -> np.ndarray:
    """Mean and deviation of each channel of an image of numbers, shape (2, channels)."""
    flat = image.reshape(-1, image.shape[2])
    return np.stack([flat.mean(0), flat.std(0)])


def unit(arrays: RaggedArrays, item: int) -> np.ndarray:
    """An image in parts of the full value of its kind of pixels, float32."""
    return image_at(arrays.only, item).astype(np.float32) / np.float32(FULL[arrays.meta["pixels"]])


def collate(arrays: RaggedArrays, rows: np.ndarray) -> Batch:
    """Join the images at ``rows``, each scaled as the meta says."""
    items, how = arrays.items(rows), arrays.meta["scale"]
    size = shapes(arrays)[items]
    height, width = size.max(0, initial=1)
    channels = arrays.meta["channels"]
    pixels = np.zeros((len(rows), height, width, channels), np.float32)
    levels = np.zeros((len(rows), 2, channels), np.float32)
    for place, item in enumerate(items.tolist()):
        image = unit(arrays, item)
        levels[place] = levels_of(image)
        if how == "channel":
            image = scaled(image, *levels[place])
        elif how == "image":
            image = scaled(image, image.mean(), image.std())
        pixels[place, : image.shape[0], : image.shape[1]] = image
    return Batch(
        torch.from_numpy(pixels).permute(0, 3, 1, 2), torch.from_numpy(levels.reshape(len(rows), -1)),
        torch.from_numpy(size), int(arrays.meta["step"]),
    )  # fmt: skip


def scaled(image: np.ndarray, mean: np.ndarray, deviation: np.ndarray) -> np.ndarray:
    """Values with this mean and deviation as 0 and 1; all 0 where there is no deviation."""
    flat = deviation <= FLAT * np.maximum(1.0, np.abs(mean))
    return (image - mean) * np.where(flat, 0.0, 1 / np.where(flat, 1.0, deviation)).astype(np.float32)


def batches(
    arrays: RaggedArrays, rows: np.ndarray, batch_size: int, rng: np.random.Generator | None = None
) -> Iterator[np.ndarray]:
    """Cut ``rows`` into batches of similar size, of `MOST_PIXELS` at most; shuffled if ``rng`` is given."""
    size = shapes(arrays)[arrays.items()]
    if rng is None:
        yield from _cut(rows[np.lexsort(size[rows].T)], size, batch_size)
        return
    shuffled, pool = rng.permutation(rows), batch_size * POOL_OF_BATCHES
    cut = []
    for start in range(0, len(shuffled), pool):
        part = shuffled[start : start + pool]
        if len({*map(tuple, size[part].tolist())}) > 1:
            part = part[np.lexsort(size[part].T)]
        cut += list(_cut(part, size, batch_size))
    for number in rng.permutation(len(cut)):
        yield cut[number]


def _cut(rows: np.ndarray, size: np.ndarray, batch_size: int) -> Iterator[np.ndarray]:
    start = 0
    while start < len(rows):
        part = rows[start : start + batch_size]
        area = np.maximum.accumulate(size[part, 0]) * np.maximum.accumulate(size[part, 1])
        fitting = int((area * np.arange(1, len(part) + 1) <= MOST_PIXELS).sum())
        part = part[: max(1, fitting)]
        yield part
        start += len(part)
