"""The effect of each tile of an image on a prediction: the tile gets the mean colour of the image.

Zeiler and Fergus, ECCV 2014 (occlusion). Maps are compared with those of networks that learned shuffled
labels, as those of every modality.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from markupsafe import Markup

from riboswitch.data.arrays import Ragged, RaggedArrays
from riboswitch.drawing.svg import drawing, element, file_attributes
from riboswitch.evaluation.maps import Rules
from riboswitch.modalities.image.draw import LARGEST, address
from riboswitch.modalities.image.encode import image_at
from riboswitch.modalities.optional_parts import Changes

__all__ = ["COLOURS", "PART", "answers", "changes", "draw", "parts", "rules", "without_each"]

PART = "tile"
COLOURS: tuple[str, ...] = ("#ed8221", "#ffffff", "#2687cc")
rules = Rules(ranked=False, least_stability=0.4)
answers = None
TILES = 8  # along the longer side
PALEST, FULLEST = 0.02, 0.6  # opacity of a tile


def _tiles(height: int, width: int) -> list[tuple[slice, slice]]:
    """The tiles of an image, line by line."""
    side = -(-max(height, width) // TILES)
    return [(slice(y, min(y + side, height)), slice(x, min(x + side, width)))
            for y in range(0, height, side) for x in range(0, width, side)]  # fmt: skip


def _shape(arrays: RaggedArrays, row: int) -> tuple[int, int]:
    height, width = arrays.item(row)["shape"].tolist()
    return height, width


def parts(arrays: RaggedArrays, row: int) -> list[str]:
    """The names of the tiles: the pixels in them."""
    return [f"lines {y.start + 1}-{y.stop}, columns {x.start + 1}-{x.stop}"
            for y, x in _tiles(*_shape(arrays, row))]  # fmt: skip


def changes(arrays: RaggedArrays, row: int) -> Changes:
    """Leave each tile out once."""
    number = len(_tiles(*_shape(arrays, row)))
    return Changes(np.arange(number), [""] * number)


def without_each(arrays: RaggedArrays, row: int) -> RaggedArrays:
    """The image, and then the same without its first tile, without its second, and so on."""
    image = image_at(arrays.only, int(arrays.items()[row]))
    middle = image.reshape(-1, image.shape[2]).mean(0)
    colour = middle.astype(image.dtype) if image.dtype.kind == "f" else np.rint(middle).astype(image.dtype)
    tiles = _tiles(*image.shape[:2])
    copies = np.repeat(image[None], len(tiles) + 1, 0)
    for copy, (y, x) in zip(copies[1:], tiles, strict=True):
        copy[y, x] = colour
    numbers = np.arange(len(copies) + 1, dtype=np.int64)
    pixels = copies.reshape(-1, image.shape[2])
    shape = np.tile(np.array(image.shape[:2], np.int32), len(copies))
    items = Ragged({"pixels": pixels, "shape": shape},
                   {"pixels": numbers * image.shape[0] * image.shape[1], "shape": 2 * numbers})  # fmt: skip
    return RaggedArrays.of_items("image", [str(n) for n in range(len(copies))], items, arrays.meta)


def draw(image: Any, scores: Sequence[float] | None, largest: float, name: str) -> Markup:
    """The image, its tiles coloured by their scores, as SVG.

    Parameters
    ----------
    image : ndarray
        As the reader gives it.
    scores : sequence of float or None
        One a tile. None: there is no map.
    largest : float
        Absolute value of the score that gets the full colour.
    name : str
        Label for screen readers.
    """
    height, width = np.shape(image)[:2]
    scale = LARGEST / max(height, width)
    shown = {"width": width * scale, "height": height * scale}
    body = [element("image", href=address(image), x=0.0, y=0.0, preserveAspectRatio="none", **shown)]
    if scores is not None:
        for (y, x), score in zip(_tiles(height, width), scores, strict=True):
            share = min(1.0, abs(score) / largest) if largest > 0 else 0.0
            if share > PALEST:
                size = {"width": (x.stop - x.start) * scale, "height": (y.stop - y.start) * scale}
                body.append(element("rect", x=x.start * scale, y=y.start * scale, **size,
                                    fill=COLOURS[2] if score > 0 else COLOURS[0],
                                    fill_opacity=f"{share * FULLEST:.2f}"))  # fmt: skip
    label = f"image {name}" if scores is None else f"map of {name}"
    return drawing(shown["width"], shown["height"], label, body,
                   **file_attributes(shown["width"], shown["height"]))  # fmt: skip
