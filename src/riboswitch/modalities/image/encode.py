"""Images as arrays: pixels line by line, and the height and width of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from riboswitch.config.settings import choice, known_names, limits_of
from riboswitch.data.arrays import Ragged, RaggedArrays, distinct
from riboswitch.errors import Problem, UsageError
from riboswitch.modalities.defaults import for_networks as for_networks
from riboswitch.modalities.defaults import serves as serves
from riboswitch.modalities.image.fitting import Form
from riboswitch.modalities.image.pixels import DEPTHS
from riboswitch.modalities.parts import Inputs
from riboswitch.numeric.offsets import offsets_of

SCALES = ("channel", "image", "none")


@dataclass(frozen=True)
class EncoderSettings:
    """Settings of the encoding; all but the first follow from how the images were read.

    Attributes
    ----------
    scale : {"channel", "image", "none"}
        Whether each channel of an image is scaled by its own mean and deviation, all channels by those of the
        image, or none: then all images are scaled by the training images.
    channels : int
        Number of channels.
    pixels : {"uint8", "uint16", "float32"}
        Kind of pixels.
    step : int
        Pixels along the side of a square that has one label.
    size : int, optional
        Height and width of all images, if they have one.
    """

    scale: str = choice("channel", SCALES)
    channels: int = 0
    pixels: str = "uint8"
    step: int = 1
    size: int | None = None


LIMITS = limits_of(EncoderSettings)
_NAMES = ["scale", "channels", "pixels", "step", "size"]


def of_reading(reading: Mapping[str, Any]) -> dict[str, Any]:
    """Return channels, kind of pixels, step of labels and size, where the reading has them."""
    return {name: reading[name] for name in _NAMES[1:] if reading.get(name) is not None}


def problem(components: Mapping[str, Any], settings: Mapping[str, Any]) -> Problem | None:
    """Why an image cannot be encoded: codes ``OTHER_CHANNELS``, ``OTHER_PIXELS``, ``OTHER_SIZE``."""
    image = np.asarray(components["image"])
    channels, depth, size = (settings.get(name) for name in ("channels", "pixels", "size"))
    if channels and image.shape[2] != channels:
        return Problem("OTHER_CHANNELS", f"{image.shape[2]} channels, and the model has {channels}",
                       "Give images as those that the model was trained on.")  # fmt: skip
    if channels and depth and image.dtype.name != depth:
        return Problem("OTHER_PIXELS", f"pixels of {image.dtype.name}, and the model has {depth}",
                       "Give images as those that the model was trained on.")  # fmt: skip
    if size and image.shape[:2] != (size, size):
        return Problem("OTHER_SIZE", f"{image.shape[0]} x {image.shape[1]} pixels, and the model has "
                       f"{size} x {size}", "Read the image with the model's size.")  # fmt: skip
    return None


def encode(inputs: Inputs, ids: Sequence[str], settings: Mapping[str, Any] | None = None) -> RaggedArrays:
    """Encode images.

    Parameters
    ----------
    inputs : mapping
        ``{"image": arrays of the reader}``, of shape (height, width, channels).
    ids : sequence of str
    settings : mapping, optional
        Fields of `EncoderSettings`. The meta of earlier arrays is accepted.

    Returns
    -------
    RaggedArrays
        Fields ``pixels``, of shape (height * width, channels) each item, line by line, and ``shape``, int32:
        height and width.

    Raises
    ------
    UsageError
        If a setting is unknown or wrong, or an image has other channels or pixels than the settings say.
    """
    settings = {name: value for name, value in (settings or {}).items() if value is not None}
    known_names(settings, [*_NAMES, "modality"], "encoder")
    images, index = distinct(inputs["image"])
    given = EncoderSettings(**{name: value for name, value in settings.items() if name != "modality"})
    LIMITS["scale"].check("scale", given.scale)
    channels = given.channels or (images[0].shape[2] if images else 1)
    depth = settings.get("pixels") or (images[0].dtype.name if images else DEPTHS[0])
    Form(size=given.size, channels=channels, pixels=depth, step=given.step)  # checks them
    meta: dict[str, Any] = {"modality": "image", "scale": given.scale, "channels": channels, "pixels": depth,
                            "step": given.step}  # fmt: skip
    if given.size:
        meta["size"] = given.size
    for image in images:
        if found := problem({"image": image}, meta):
            raise UsageError(found.reason, where="encoder", hint=found.hint)
    flat = [image.reshape(-1, channels) for image in images]
    pixels = np.concatenate([np.empty((0, channels), depth), *flat])
    shape = np.array([image.shape[:2] for image in images], np.int32).reshape(-1)
    offsets = {"pixels": offsets_of([len(part) for part in flat]),
               "shape": 2 * np.arange(len(images) + 1, dtype=np.int64)}  # fmt: skip
    items = Ragged({"pixels": pixels, "shape": shape}, offsets)
    return RaggedArrays(list(ids), {"image": items}, {"image": index}, meta)


def image_at(items: Ragged, number: int) -> np.ndarray:
    """One image of encoded ones, shape (height, width, channels)."""
    found = items.item(number)
    height, width = (int(side) for side in found["shape"])
    return found["pixels"].reshape(height, width, -1)
