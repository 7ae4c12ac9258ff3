"""Images brought to the form that a model reads: colours, a box cut out, a size, kind of pixels.

| code             | the image                                                      |
|------------------|----------------------------------------------------------------|
| `OTHER_CHANNELS` | has another number of channels than the first image, or the model |
| `OTHER_PIXELS`   | has deeper pixels than the first image, or the model           |
| `BAD_BOX`        | has a box that is no four numbers, is empty or lies outside    |
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from riboswitch.config.settings import Limits, one_of
from riboswitch.errors import Problem, UsageError
from riboswitch.modalities.image.pixels import DEPTHS

FITS = ("stretch", "within", "crop")
COLOURS = ("keep", "grey", "rgb")
GREY = np.array([0.299, 0.587, 0.114])
"""Weights of red, green and blue in grey, as Pillow has them (ITU-R 601)."""
STEPS = (1, 2, 4, 8, 16)
"""Pixels along the side of a square that has one label."""

Box = tuple[float, float, float, float]
"""Left, top, right and bottom, in pixels from the left upper corner; right and bottom are not inside."""


@dataclass(frozen=True)
class Form:
    """How images are read; what a model keeps.

    Attributes
    ----------
    size : int or None
        Height and width that each image is brought to; None: it keeps its own.
    fit : str
        One of `FITS`.
    colours : str
        One of `COLOURS`.
    margin : float
        Part of the width and height of a box that is added around it.
    channels, pixels : int and str, or None
        Of all images; None: those of the first.
    step : int
        One of `STEPS`.
    """

    size: int | None = None
    fit: str = "stretch"
    colours: str = "keep"
    margin: float = 0.0
    channels: int | None = None
    pixels: str | None = None
    step: int = 1

    def __post_init__(self) -> None:
        Limits(whole=True, at_least=4, at_most=4096, optional=True).check("size", self.size)
        Limits(whole=True, at_least=1, at_most=256, optional=True).check("channels", self.channels)
        Limits(at_least=0, at_most=4).check("margin", self.margin)
        one_of("way to bring an image to its size", self.fit, FITS)
        one_of("way with colours", self.colours, COLOURS)
        if self.pixels is not None:
            one_of("kind of pixels", self.pixels, DEPTHS)
        if self.step not in STEPS:
            raise UsageError("no such step of labels", found=self.step, hint=f"Choose one of {STEPS}.")


def in_colours(image: np.ndarray, how: str) -> np.ndarray | Problem:
    """The image as it is, in grey, or with three channels."""
    channels = image.shape[2]
    if how == "keep" or (how == "grey" and channels == 1) or (how == "rgb" and channels == 3):
        return image
    if channels == 1:
        return np.repeat(image, 3, axis=2)
    if channels == 3:
        return _as_type(image @ GREY, image.dtype)[..., None]
    return Problem("OTHER_CHANNELS", f"{channels} channels, which are no colours",
                   "Read it with --colours keep.")  # fmt: skip


def as_read(image: np.ndarray, form: Form) -> np.ndarray | Problem:
    """The image with the channels and the kind of pixels of the form."""
    seen = in_colours(image, form.colours)
    if isinstance(seen, Problem):
        return seen
    if form.channels is not None and seen.shape[2] != form.channels:
        return Problem("OTHER_CHANNELS", f"{seen.shape[2]} channels, and others have {form.channels}",
                       "--colours grey or --colours rgb makes colours alike.")  # fmt: skip
    if form.pixels is None or seen.dtype.name == form.pixels:
        return seen
    if DEPTHS.index(seen.dtype.name) > DEPTHS.index(form.pixels):
        return Problem("OTHER_PIXELS", f"pixels of {seen.dtype.name}, and others have {form.pixels}",
                       f"--pixels {seen.dtype.name} reads both, if their values mean the same.")  # fmt: skip
    return seen.astype(form.pixels)


def cut(image: np.ndarray, box: Sequence[float], margin: float) -> np.ndarray | Problem:
    """The part of the image in a box with a margin; what lies outside of the image is not added."""
    height, width = image.shape[:2]
    left, top, right, bottom = box
    if not (right > left and bottom > top):
        return Problem("BAD_BOX", f"the box {_shown(box)} is empty",
                       "Give left, top, right and bottom.")  # fmt: skip
    if left < 0 or top < 0 or right > width + 1 or bottom > height + 1:
        return Problem("BAD_BOX", f"the box {_shown(box)} lies outside of the image of {width} x {height}",
                       "Boxes are in pixels from the left upper corner.")  # fmt: skip
    dx, dy = margin * (right - left), margin * (bottom - top)
    x0, y0 = max(0, int(left - dx)), max(0, int(top - dy))
    x1, y1 = min(width, int(np.ceil(right + dx))), min(height, int(np.ceil(bottom + dy)))
    if x1 <= x0 or y1 <= y0:
        return Problem("BAD_BOX", f"the box {_shown(box)} holds no pixel", "Give boxes in pixels.")
    return image[y0:y1, x0:x1]


def _shown(box: Sequence[float]) -> str:
    return " ".join(f"{value:g}" for value in box)


def fitted(image: np.ndarray, size: int | None, fit: str) -> np.ndarray:
    """The image of shape (size, size, channels); what is added around it has the median of its edge."""
    if size is None or image.shape[:2] == (size, size):
        return image
    if fit == "stretch":
        return _resized(image, size, size)
    if fit == "within":
        scale = size / max(image.shape[:2])
        height, width = (max(1, round(side * scale)) for side in image.shape[:2])
        image = _resized(image, height, width)
    edge = np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])
    around = np.asarray(np.median(edge, 0)).astype(image.dtype)
    return _centred(image, size, around)


def fitted_labels(labels: np.ndarray, size: int | None, fit: str, gap: int) -> np.ndarray:
    """A map of labels, shape (height, width), brought to the size as its image; what is added is a gap."""
    if size is None or labels.shape == (size, size):
        return labels
    if fit == "stretch":
        return _nearest(labels, size, size)
    if fit == "within":
        scale = size / max(labels.shape)
        height, width = (max(1, round(side * scale)) for side in labels.shape)
        labels = _nearest(labels, height, width)
    return _centred(labels[..., None], size, np.array([gap], labels.dtype))[..., 0]


def _centred(image: np.ndarray, size: int, around: np.ndarray) -> np.ndarray:
    """The middle of the image in a square of this size."""
    out = np.empty((size, size, image.shape[2]), image.dtype)
    out[:] = around
    here, there = [], []
    for side in image.shape[:2]:
        shared = min(side, size)
        here.append(slice((size - shared) // 2, (size - shared) // 2 + shared))
        there.append(slice((side - shared) // 2, (side - shared) // 2 + shared))
    out[here[0], here[1]] = image[there[0], there[1]]
    return out


def _resized(image: np.ndarray, height: int, width: int) -> np.ndarray:
    """Each channel resampled; pixels that become one are averaged."""
    channels = [
        np.asarray(Image.fromarray(channel).resize((width, height), Image.Resampling.BILINEAR))
        for channel in np.moveaxis(image, 2, 0).astype(np.float32)
    ]
    return _as_type(np.stack(channels, 2), image.dtype)


def _nearest(labels: np.ndarray, height: int, width: int) -> np.ndarray:
    rows = ((np.arange(height) + 0.5) * labels.shape[0] / height).astype(int)
    columns = ((np.arange(width) + 0.5) * labels.shape[1] / width).astype(int)
    return labels[np.ix_(rows, columns)]


def _as_type(values: np.ndarray, dtype: np.dtype) -> np.ndarray:
    return values.astype(dtype) if dtype.kind == "f" else np.rint(values).astype(dtype)


def spacing(shape: Sequence[int], form: Form) -> list[float]:
    """Pixels of an image from one position to the next, down and across; at most, where they are rounded."""
    scales = [1.0 if form.size is None or form.fit == "crop" else side / form.size for side in shape]
    if form.fit == "within":
        scales = [max(scales)] * len(scales)
    return [form.step * scale + (scale != 1) for scale in scales]


def grid(side: int, step: int) -> int:
    """Number of positions along a side."""
    return -(-side // step)
