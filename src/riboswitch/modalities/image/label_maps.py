"""Maps of labels: from a picture of classes or of objects to one letter for each position.

A position is a square of ``step`` pixels; its label is that of the pixel in its middle. Positions are counted
line by line. Classes have the letters of `LETTERS` by their number. Of a map of objects, where each object
has a number of its own and 0 is none, each pixel is outside (``o``), inside (``i``) or at the edge (``e``) of
an object, so that objects that touch stay apart. Of boxes, the core of each has the letter of its class and
all else is outside.

| code        | the map                                        |
|-------------|------------------------------------------------|
| `NO_MASK`   | is not there                                   |
| `BAD_MASK`  | cannot be read, or holds no whole numbers      |
| `MASK_SIZE` | has another height or width than its image     |
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from riboswitch.config.named_words import named_words
from riboswitch.errors import Problem, UsageError
from riboswitch.evaluation.boxes import CORE
from riboswitch.modalities.image.fitting import Box
from riboswitch.modalities.image.pixels import image_of_file

KINDS = ("classes", "objects", "boxes")
LETTERS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
"""Letters of classes by number."""
OUTSIDE, INSIDE, EDGE = "o", "i", "e"
GAP, NO_LABEL = 255, "."
"""The number of a pixel without a label in a map of classes, and its letter."""
ADDED = -1
"""The number of a pixel that was added around an image."""


class BoxList(NamedTuple):
    """The boxes in an image: the class of each, and its sides."""

    boxes: Sequence[tuple[str, Box]]


def letters_of(words: Sequence[str]) -> dict[str, str]:
    """The letter of each class of boxes, from words CLASS=LETTER; `UsageError` for any other word."""
    hint = f"As letters: [cell=c, platelet=p]; {OUTSIDE} is outside."
    found = named_words(words, "a class of boxes needs a name and a letter", hint)
    for letter in found.values():
        if len(letter) != 1 or letter not in LETTERS or letter == OUTSIDE:
            raise UsageError("no letter for a class of boxes", found=letter, hint=hint)
    return found


def cores(
    boxes: BoxList, letters: Mapping[str, str], shape: Sequence[int], least: Sequence[float]
) -> np.ndarray | Problem:
    """The letter of each pixel, as its code in uint8: that of a box in its core, else `OUTSIDE`.

    A core has at least ``least`` pixels of height and width, so that each is seen. Where several are, the
    middle that is nearest counts, by the size of its box.
    """
    out, nearest = np.full(tuple(shape), ord(OUTSIDE), np.uint8), np.full(tuple(shape), np.inf)
    y, x = (np.arange(side) + 0.5 for side in shape)
    for name, (left, top, right, bottom) in boxes.boxes:
        if name not in letters:
            hint = f"Add it to letters; they have {', '.join(letters) or 'no class'}."
            return Problem("BAD_MASK", f"a box has the class {name!r}, which has no letter", hint)
        near = np.zeros(tuple(shape))
        inside = np.ones(tuple(shape), bool)
        for place, low, high, small, axis in ((y, top, bottom, least[0], 0), (x, left, right, least[1], 1)):
            away = np.abs(place - (low + high) / 2)
            each = (away <= max((high - low) * CORE, small) / 2, away / (high - low))
            within, far = (np.expand_dims(values, 1 - axis) for values in each)
            inside &= within
            near = np.maximum(near, far)
        chosen = inside & (near < nearest)
        out[chosen], nearest[chosen] = ord(letters[name]), near[chosen]
    return out


def map_of_file(path: Path) -> np.ndarray | Problem:
    """The numbers in a picture, shape (height, width)."""
    image = image_of_file(path)
    if isinstance(image, Problem):
        code = "NO_MASK" if image.code == "NO_FILE" else "BAD_MASK"
        return Problem(code, f"the map of labels: {image.reason}", image.hint)
    if image.shape[2] == 3 and (image[..., :1] == image).all():
        image = image[..., :1]
    if image.shape[2] != 1:
        return Problem("BAD_MASK", f"the map of labels has {image.shape[2]} channels",
                       "Save it in grey, with the number of the label in each pixel.")  # fmt: skip
    return image[..., 0]


def whole_numbers(labels: np.ndarray, kind: str) -> np.ndarray | Problem:
    """The numbers of a map as int64, if they can stand for classes or objects."""
    if labels.dtype.kind == "f" and not (labels == np.rint(labels)).all():
        return Problem("BAD_MASK", "the map of labels holds numbers that are not whole",
                       "Give each class or object a whole number.")  # fmt: skip
    numbers = labels.astype(np.int64)
    odd = (numbers < 0) | ((kind == "classes") & (numbers >= len(LETTERS)) & (numbers != GAP))
    if odd.any():
        return Problem(
            "BAD_MASK",
            f"the map of labels holds the class {int(numbers[odd][0])}",
            f"Classes are 0 to {len(LETTERS) - 1}, and {GAP} is a gap; or are these objects?",
        )
    return numbers


def letters(numbers: np.ndarray, kind: str) -> np.ndarray:
    """The letter of each pixel of `whole_numbers`, as its code in uint8; shape (height, width)."""
    if kind == "objects":
        return _of_objects(numbers)
    table = np.full(GAP + 1, ord(NO_LABEL), np.uint8)
    table[: len(LETTERS)] = np.frombuffer(LETTERS.encode(), np.uint8)
    return table[np.where(numbers == ADDED, GAP, numbers)]


def _of_objects(numbers: np.ndarray) -> np.ndarray:
    """Outside, inside and edge: pixels of an object with one of its four neighbours of another number."""
    edge = np.zeros(numbers.shape, bool)
    differ = numbers[1:] != numbers[:-1]
    edge[1:] |= differ
    edge[:-1] |= differ
    differ = numbers[:, 1:] != numbers[:, :-1]
    edge[:, 1:] |= differ
    edge[:, :-1] |= differ
    out = np.where(numbers > 0, ord(INSIDE), ord(OUTSIDE)).astype(np.uint8)
    out[edge & (numbers > 0)] = ord(EDGE)
    out[numbers == ADDED] = ord(NO_LABEL)
    return out


def text(codes: np.ndarray, step: int) -> str:
    """The letters of all positions in one text."""
    middle = codes[_middles(codes.shape[0], step)][:, _middles(codes.shape[1], step)]
    return middle.tobytes().decode("ascii")


def _middles(side: int, step: int) -> np.ndarray:
    starts = np.arange(0, side, step)
    return np.minimum(starts + step // 2, side - 1)
