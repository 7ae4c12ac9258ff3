"""The pixels of one image: from a file or an array to numbers of shape (height, width, channels).

| code           | the image                                                            |
|----------------|----------------------------------------------------------------------|
| `NO_FILE`      | is not there                                                         |
| `NOT_AN_IMAGE` | is a file of another kind                                            |
| `DAMAGED`      | is cut off or broken                                                 |
| `TOO_LARGE`    | has more pixels than are read                                        |
| `PAGES_DIFFER` | has pages of different sizes                                         |
| `TRANSPARENT`  | has pixels that are not opaque, so their colour is open              |
| `LOST_DEPTH`   | has 16 bits a colour, of which this reader would see 8               |
| `NOT_FINITE`   | has a pixel that is no number                                        |
| `BAD_IMAGE`    | of a list is no path and no array of numbers                         |
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageSequence, UnidentifiedImageError

from riboswitch.errors import Problem, shorten

MOST_PIXELS = 2**26
"""Pixels of the largest image that is read: 67 million; a slide has to be cut into tiles."""
SUFFIXES = (".png", ".tif", ".tiff", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".ppm", ".pgm")
DEPTHS = ("uint8", "uint16", "float32")
"""Kinds of pixels, the narrowest first."""
FULL = {"uint8": 255.0, "uint16": 65535.0, "float32": 1.0}
"""The value of a pixel that counts as 1."""
_PAGED = ("TIFF",)
_COLOURS = {"P": "RGB", "PA": "RGBA", "CMYK": "RGB", "YCbCr": "RGB", "LAB": "RGB", "HSV": "RGB", "1": "L"}
_DEEP = ("RGB;16", "RGBA;16", "LA;16")  # how Pillow packs what it then cuts to 8 bits
_BROKEN = (OSError, ValueError, SyntaxError, EOFError, TypeError, IndexError, KeyError, MemoryError)


class Unreadable(Exception):
    """A file that cannot be used; its only argument is the `Problem`."""


@lru_cache(maxsize=4)
def image_of_file(path: Path) -> np.ndarray | Problem:
    """Read a file.

    Returns
    -------
    ndarray or Problem
        uint8, uint16 or float32, shape (height, width, channels); pages of a TIFF are channels. Read-only:
        several crops of a file share it.
    """
    if not path.is_file():
        kind = "a folder" if path.is_dir() else "no such file"
        return Problem(
            "NO_FILE", f"{shorten(path, 100)}: {kind}", "Paths start from the folder of the table."
        )
    try:
        values = _read(path)
    except Unreadable as error:
        problem: Problem = error.args[0]
        return problem
    values.setflags(write=False)
    return values


def _read(path: Path) -> np.ndarray:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(path) as opened:
                _require_size(opened.size)
                if any(str(part).startswith(_DEEP) for tile in opened.tile for part in tile):
                    raise Unreadable(Problem("LOST_DEPTH", f"{path.name} has 16 bits a colour, of which "
                                             "8 would be read", "Save a TIFF of pages."))  # fmt: skip
                frames = ImageSequence.Iterator(opened) if opened.format in _PAGED else iter([opened])
                pages = list(_pages(frames))
    except UnidentifiedImageError:
        return _by_tifffile(path)
    except Image.DecompressionBombError as error:
        raise Unreadable(_too_large(_words(error))) from error
    except _BROKEN as error:
        if path.suffix.lower() in (".tif", ".tiff") and find_spec("tifffile"):
            return _by_tifffile(path)
        raise Unreadable(Problem("DAMAGED", f"{path.name}: {_words(error)}",
                                 "Copy the file again.")) from error  # fmt: skip
    if len({page.shape[:2] for page in pages}) > 1:
        sizes = ", ".join(sorted({_size_text(page) for page in pages}))
        raise Unreadable(Problem("PAGES_DIFFER", f"{path.name} has pages of {sizes}",
                                 "Pages are channels; save each image as a file."))  # fmt: skip
    depth = max((page.dtype.name for page in pages), key=DEPTHS.index)
    return as_image(np.concatenate([page.astype(depth) for page in pages], 2), path.name)


def _require_size(size: tuple[int, ...]) -> None:
    if size[0] * size[1] > MOST_PIXELS:
        raise Unreadable(_too_large(f"{size[1]} x {size[0]} pixels"))


def _too_large(found: str) -> Problem:
    return Problem("TOO_LARGE", f"{found}; at most {MOST_PIXELS} pixels are read",
                   "Cut it into tiles, or make it smaller.")  # fmt: skip


def _pages(frames: Iterator[Image.Image]) -> Iterator[np.ndarray]:
    """Each page as an array with channels; transparent ones are refused."""
    for frame in frames:
        seen = frame
        if "transparency" in frame.info and frame.mode in ("P", "L", "RGB"):
            seen = frame.convert("RGBA")
        seen = seen.convert(_COLOURS[seen.mode]) if seen.mode in _COLOURS else seen
        yield _typed(np.atleast_3d(np.asarray(seen)), seen.mode)


def _typed(values: np.ndarray, mode: str) -> np.ndarray:
    if mode in ("RGBA", "LA"):
        if (values[..., -1] != 255).any():
            raise Unreadable(Problem("TRANSPARENT", "some pixels are not opaque",
                                     "Save it on a background, without transparency."))  # fmt: skip
        return values[..., :-1]
    if values.dtype == np.uint8:
        return values
    if values.dtype.kind in "iu" and values.min(initial=0) >= 0 and values.max(initial=0) < 2**16:
        return values.astype(np.uint16)
    return values.astype(np.float32)


def _by_tifffile(path: Path) -> np.ndarray:
    """A TIFF that Pillow does not know, such as one of 16 bits a colour."""
    with open(path, "rb") as handle:
        is_tiff = handle.read(4) in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
    if not is_tiff:
        raise Unreadable(Problem("NOT_AN_IMAGE", f"{path.name} is no image that is known",
                                 f"Images are {' '.join(SUFFIXES[:4])} and what Pillow reads."))  # fmt: skip
    if not find_spec("tifffile"):
        raise Unreadable(Problem("NOT_AN_IMAGE", f"{path.name} is a TIFF that Pillow cannot read",
                                 "pip install tifffile: it reads more kinds."))  # fmt: skip
    try:
        values = np.asarray(import_module("tifffile").imread(path))
    except _BROKEN as error:
        raise Unreadable(
            Problem("DAMAGED", f"{path.name}: {_words(error)}", "Copy the file again.")
        ) from error
    values = np.squeeze(values)
    if values.ndim == 3 and values.shape[0] < min(values.shape[1:]):
        values = np.moveaxis(values, 0, 2)  # pages come first
    return as_image(values, path.name)


def as_image(values: Any, name: str) -> np.ndarray:
    """An array as an image, uint8, uint16 or float32 with channels; `Unreadable` if it is none."""
    array = np.asarray(values)
    array = array[..., None] if array.ndim == 2 else array
    if array.ndim != 3 or array.dtype.kind not in "biuf" or not array.size:
        found = f"{array.dtype} of shape {array.shape}"
        raise Unreadable(Problem("BAD_IMAGE", f"{name}: not numbers of shape (height, width, channels), but "
                                 f"{found}", "Give a path, or an array of pixels."))  # fmt: skip
    _require_size(array.shape[1::-1])
    typed = _typed(array.astype(np.uint8) * 255 if array.dtype == bool else array, "")
    if typed.dtype.kind == "f" and not np.isfinite(typed).all():
        row, column = np.argwhere(~np.isfinite(typed).all(2))[0]
        raise Unreadable(Problem("NOT_FINITE", f"{name}: the pixel in line {row + 1}, column {column + 1} is "
                                 "no finite number", "Correct it, or leave the image out."))  # fmt: skip
    return typed


def _size_text(page: np.ndarray) -> str:
    return f"{page.shape[0]} x {page.shape[1]}"


def _words(error: BaseException) -> str:
    return shorten(str(error) or type(error).__name__, 80)
