"""Pictures of images: as a sketch of dots, and as pixels in a drawing."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
from PIL import Image

from riboswitch.drawing.sketch import Sketch, filled

DOTS = 36  # along the longer side of a sketch
UNIT = 8  # of a dot, in units of the drawing
LARGEST = 192  # pixels along the longer side of a picture


def sketch(value: Any) -> Sketch:
    """An image as dots: the darker a place, the larger its dot."""
    grey = small(value, DOTS).mean(2)
    shapes = []
    for (row, column), bright in np.ndenumerate(grey):
        side = round(float(UNIT * np.sqrt(1 - bright / 255)))
        if side:
            x, y = UNIT * column + (UNIT - side) // 2, UNIT * row + (UNIT - side) // 2
            shapes.append(filled([(x, y), (x + side, y), (x + side, y + side), (x, y + side)]))
    return Sketch(UNIT * grey.shape[1], UNIT * grey.shape[0], "", "".join(shapes), ())


def small(value: Any, largest: int) -> np.ndarray:
    """A small copy, uint8 with one or three channels; percentiles 1 and 99 are black and white."""
    image = np.asarray(value, np.float64)
    channels = image.shape[2]
    image = image if channels in (1, 3) else image[..., :3] if channels > 3 else image[..., :1]
    low, high = np.percentile(image, (1, 99))
    seen = ((image - low) / ((high - low) or 1.0) * 255).clip(0, 255).astype(np.uint8)
    scale = min(1.0, largest / max(seen.shape[:2]))
    width, height = (max(1, round(side * scale)) for side in seen.shape[1::-1])
    resized = [np.asarray(Image.fromarray(channel).resize((width, height), Image.Resampling.BILINEAR))
               for channel in np.moveaxis(seen, 2, 0)]  # fmt: skip
    return np.stack(resized, 2)


def address(value: Any) -> str:
    """A picture as text that a page can hold: PNG in base64."""
    seen = small(value, LARGEST)
    image = Image.fromarray(seen[..., 0] if seen.shape[2] == 1 else seen)
    packed = io.BytesIO()
    image.save(packed, "PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(packed.getvalue()).decode('ascii')}"
