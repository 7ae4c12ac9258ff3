"""Groups of images that belong in the same part of a split: equal ones, or those that look alike."""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image

from riboswitch.config.settings import FRACTION, check_values, one_of
from riboswitch.modalities.image.read import identity
from riboswitch.modalities.parts import Inputs
from riboswitch.numeric.components import components, first_members

METHODS = ("alike", "random")
RELATIVES: str | None = None  # images of one slide are alike throughout; slides are a column
LIMITS = {"cutoff": FRACTION}
SIDE = 16  # height and width of the small copies that are compared
ROWS_AT_ONCE = 512


def group(inputs: Inputs, method: str = "alike", *, cutoff: float = 0.98) -> list[str]:
    """Label each image with its group.

    Groups by slide, plate or patient are those of a column: ``split --method column``.

    Parameters
    ----------
    inputs : mapping
        ``{"image": arrays of the reader}``.
    method : {"alike", "random"}
        ``alike``: components of the graph that joins two images if copies of 16 x 16 pixels in grey, one of
        them turned or flipped in any way, have a Pearson correlation of ``cutoff`` or more. Brightness and
        contrast do not matter. ``random``: each image is a group of its own; equal images are together.
    cutoff : float
        Correlation that makes two images alike.

    Returns
    -------
    list of str
        One label for each image, that of the first member by identity; the order of the inputs does not
        matter.
    """
    settle(inputs, method, cutoff=cutoff)
    keys = [identity({"image": value}) for value in inputs["image"]]
    first = dict(zip(keys, inputs["image"], strict=True))
    unique = sorted(first)
    if method == "random" or len(unique) < 2:
        return keys
    component = _components(np.stack([_small(first[key]) for key in unique]), cutoff)
    label = first_members(unique, component)
    return [label[key] for key in keys]


def settle(inputs: Inputs, method: str = "alike", *, cutoff: float = 0.98) -> dict[str, Any]:
    """The options that `group` uses; `UsageError` for an unknown method or a value out of range."""
    one_of("way to group images", method, METHODS)
    check_values(LIMITS, cutoff=cutoff)
    return {"cutoff": cutoff} if method == "alike" else {}


def size(inputs: Inputs) -> int:
    """Pixels of all images."""
    return sum(int(np.prod(np.shape(value)[:2])) for value in inputs["image"])


def _small(image: np.ndarray) -> np.ndarray:
    grey = Image.fromarray(np.asarray(image, np.float32).mean(2))
    return np.asarray(grey.resize((SIDE, SIDE), Image.Resampling.BILINEAR), np.float64)


def turned(image: np.ndarray) -> list[np.ndarray]:
    """An image of shape (height, width) in its eight positions."""
    return [np.rot90(seen, turns) for seen in (image, image.T) for turns in range(4)]


def _components(small: np.ndarray, cutoff: float) -> np.ndarray:
    small = small - small.mean((1, 2), keepdims=True)
    length = np.sqrt((small**2).sum((1, 2), keepdims=True))
    small = small / np.where(length > 0, length, 1.0)
    flat = small.reshape(len(small), -1)
    pairs = []
    for seen in zip(*(turned(image) for image in small), strict=True):
        other = np.stack(seen).reshape(len(small), -1)
        pairs += [np.add(np.argwhere(flat[i : i + ROWS_AT_ONCE] @ other.T >= cutoff), [i, 0])
                  for i in range(0, len(flat), ROWS_AT_ONCE)]  # fmt: skip
    one, two = np.concatenate(pairs).T
    return components(one, two, len(small))
