"""Read images: from tables of paths, folders, ``.npz`` files, and boxes in larger images.

An image is an array of shape (height, width, channels) with 8 or 16 bits or floats. All images of a set have
the same number of channels and kind of pixels, those of the first; a model keeps them. What is wrong with a
row: `pixels` (the file), `fitting` (channels, boxes), `label_maps` (its labels), and of tables as everywhere.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from riboswitch.config.found_columns import Found, Stream
from riboswitch.config.settings import one_of
from riboswitch.data.ids import id_problem
from riboswitch.data.records import Record, Rejection
from riboswitch.errors import Problem, shorten
from riboswitch.modalities.image import label_maps
from riboswitch.modalities.image.fitting import (
    STEPS,
    Form,
    as_read,
    cut,
    fitted,
    fitted_labels,
    grid,
    spacing,
)
from riboswitch.modalities.image.label_maps import BoxList
from riboswitch.modalities.image.pixels import Unreadable, as_image, image_of_file
from riboswitch.modalities.image.sources import FILE, INPUT_COLUMNS, Entries, Entry, Layout, entries

__all__ = ["CARRIED", "FILE_OPTIONS", "INPUT_COLUMNS", "SAME", "identity", "kin", "kin_hint",
           "label_lengths", "read", "read_list"]  # fmt: skip

FILE_OPTIONS = ("format", "skip_lines", "image_column", "id_column", "folder", "boxes", "masks", "mask_kind",
                "letters", "repeated_ids", "columns")  # fmt: skip
CARRIED: dict[str, str] = {FILE: FILE}
REPEATED = ("reject", "keep")
NO_ID = Problem("MISSING_ID", "the row has no id", "Give each image an id.")
SAME = ("the same pixels", "")


def read(
    path: str | Path, *,
    format: str | None = None, skip_lines: int = 0, image_column: str | None = None,
    id_column: str | None = None, folder: str = "", boxes: Sequence[str] = (), masks: str | None = None,
    mask_kind: str = "classes", letters: Sequence[str] = (), repeated_ids: str = "reject",
    columns: Sequence[str] | None = None, size: int | None = None, fit: str = "stretch",
    colours: str = "keep", margin: float = 0.0, channels: int | None = None, pixels: str | None = None,
    step: int = 1,
) -> Stream[Record | Rejection]:  # fmt: skip
    """Read the images that a file lists.

    Parameters
    ----------
    path : path
        A table with paths, a folder, an ``.npz`` with ``images``, or boxes of Pascal VOC (`sources`).
    format : {"csv", "tsv", "parquet", "npz", "voc", "folder"}, optional
        Format of the file; by default its suffix says it.
    skip_lines : int
        Lines above the header of a CSV or TSV file.
    image_column : str, optional
        Column with the paths; by default it is found by its name.
    id_column : str, optional
        Column with ids; by default it is found by its name, else rows are numbered.
    folder : str
        Folder from which the paths start, seen from the folder of the table.
    boxes : sequence of str
        Four columns, left, top, right and bottom: the image of the row is what they cut out.
    masks : str, optional
        Column with paths of maps of labels, array of an ``.npz`` with such maps, or folder of maps that have
        the names of their images. The labels go into a field of this name, for a task of kind per_position.
    mask_kind : {"classes", "objects", "boxes"}
        What the numbers in a map mean: classes, or objects with a number each (0: none). Of a file of Pascal
        VOC, boxes: the whole image is read, and the map marks the core of each box.
    letters : sequence of str
        The letter of each class of boxes, as ``cell=c``.
    repeated_ids : {"reject", "keep"}
        What is done with rows without an id, or with that of an earlier row, if the column is named.
    columns : sequence of str, optional
        Columns to keep as fields; by default all.
    size : int, optional
        Height and width that each image is brought to; by default images keep their own.
    fit : {"stretch", "within", "crop"}
        How: both sides are scaled; the longer side is scaled and the rest filled; the middle is cut out.
    colours : {"keep", "grey", "rgb"}
        Whether colours become grey, or grey becomes three channels.
    margin : float
        Part of the width and height of a box that is added around it.
    channels : int, optional
        Number of channels of all images; by default that of the first. A model keeps it.
    pixels : {"uint8", "uint16", "float32"}, optional
        Kind of the pixels of all images; by default that of the first. A model keeps it.
    step : int
        Pixels along the side of a square that has one label: 1, 2, 4, 8 or 16.

    Yields
    ------
    Record or Rejection, one for each image, in order; ``row`` is counted from 1.

    Raises
    ------
    InputError, UsageError
    """
    one_of("way with repeated ids", repeated_ids, REPEATED)
    one_of("kind of map of labels", mask_kind, label_maps.KINDS)
    form, found = Form(size, fit, colours, margin, channels, pixels, step), Found()
    layout = Layout(skip_lines, image_column, id_column, folder, boxes, masks, mask_kind)
    listed = entries(path, format, layout, found)
    images = _Images(form, found, label_maps.letters_of(letters))
    made = _records(listed, images, masks, mask_kind, repeated_ids, columns)
    return Stream(made, found)


def read_list(
    values: Iterable[Any],
    ids: Sequence[str] | None = None,
    *,
    repeated_ids: str = "reject",
    size: int | None = None,
    fit: str = "stretch",
    colours: str = "keep",
    margin: float = 0.0,
    channels: int | None = None,
    pixels: str | None = None,
    step: int = 1,
) -> Iterator[Record | Rejection]:
    """Read images in memory by the same rules as `read`.

    Parameters
    ----------
    values : iterable
        Paths, or arrays of shape (height, width) or (height, width, channels).
    ids : sequence of str, optional
        ``row-<n>`` if not given.
    repeated_ids, size, fit, colours, margin, channels, pixels, step
        As for `read`.

    Yields
    ------
    Record or Rejection
        One for each value, in order.
    """
    one_of("way with repeated ids", repeated_ids, REPEATED)
    form = Form(size, fit, colours, margin, channels, pixels, step)
    names = (f"row-{n}" for n in itertools.count(1)) if ids is None else iter(ids)
    listed = (
        Entry(number, name, _given(value), _shown(value), {FILE: value} if isinstance(value, str) else {})
        for number, (name, value) in enumerate(zip(names, values, strict=ids is not None), 1)
    )
    return _records(Entries("list", listed, True), _Images(form, Found()), None, "", repeated_ids, None)


def _given(value: Any) -> Path | np.ndarray | Problem:
    if isinstance(value, str | Path):
        return Path(value) if str(value).strip() else Problem("EMPTY", "no path", "Name a file.")
    return np.asarray(value)


def _shown(value: Any) -> str:
    return (
        (shorten(value, 100) or "nothing") if isinstance(value, str | Path) else f"array of {np.shape(value)}"
    )


class _Images:
    """Brings images into one form, that of the first where the form leaves it open."""

    def __init__(self, form: Form, found: Found, letters: Mapping[str, str] | None = None):
        self.form, self.found, self.letters_of_boxes = form, found, letters or {}

    def __call__(self, entry: Entry) -> np.ndarray | Problem:
        """The image of an entry, fitted; or why it cannot be used."""
        image = self.raw(entry.image, entry.shown)
        if isinstance(image, Problem) or isinstance(entry.box, Problem):
            return image if isinstance(image, Problem) else entry.box  # type: ignore[return-value]
        if entry.box is not None:
            part = cut(image, entry.box, self.form.margin)
            if isinstance(part, Problem):
                return part
            image = part
        seen = as_read(image, self.form)
        if isinstance(seen, Problem):
            return seen
        if self.form.channels is None or self.form.pixels is None:
            self.form = replace(self.form, channels=seen.shape[2], pixels=seen.dtype.name)
            self.found.learned |= {"channels": seen.shape[2], "pixels": seen.dtype.name}
        return np.ascontiguousarray(fitted(seen, self.form.size, self.form.fit))

    @staticmethod
    def raw(image: Path | np.ndarray | Problem, name: str) -> np.ndarray | Problem:
        if isinstance(image, Problem):
            return image
        if isinstance(image, Path):
            return image_of_file(image)
        try:
            return as_image(image, name)
        except Unreadable as error:
            problem: Problem = error.args[0]
            return problem

    def labels(self, entry: Entry, kind: str) -> str | Problem:
        """The labels of the positions of an entry, which has a map of them."""
        if isinstance(entry.mask, Problem):
            return entry.mask
        given = entry.mask
        if isinstance(given, BoxList):
            return self._of_boxes(given, self.raw(entry.image, entry.shown))
        numbers = label_maps.map_of_file(given) if isinstance(given, Path) else np.asarray(given)
        image = self.raw(entry.image, entry.shown)
        if isinstance(numbers, Problem) or isinstance(image, Problem):
            return numbers if isinstance(numbers, Problem) else image  # type: ignore[return-value]
        if numbers.shape != image.shape[:2]:
            found, wanted = ("x".join(map(str, shape[:2])) for shape in (numbers.shape, image.shape))
            return Problem("MASK_SIZE", f"the map of labels has {found} pixels, its image {wanted}",
                           "Both need one height and width.")  # fmt: skip
        whole = label_maps.whole_numbers(numbers, kind)
        if isinstance(whole, Problem):
            return whole
        fitting = fitted_labels(whole, self.form.size, self.form.fit, label_maps.ADDED)
        codes = label_maps.letters(fitting, kind)
        return label_maps.text(codes, self.form.step)

    def _of_boxes(self, boxes: BoxList, image: np.ndarray | Problem) -> str | Problem:
        if isinstance(image, Problem):
            return image
        for _, box in boxes.boxes:
            if isinstance(part := cut(image, box, 0.0), Problem):
                return part
        form, shape = self.form, image.shape[:2]
        codes = label_maps.cores(boxes, self.letters_of_boxes, shape, spacing(shape, form))
        if isinstance(codes, Problem):
            return codes
        fitting = fitted_labels(codes, form.size, form.fit, ord(label_maps.NO_LABEL))
        return label_maps.text(fitting, form.step)


def _records(
    listed: Entries, images: _Images, masks: str | None, kind: str, repeated_ids: str,
    columns: Sequence[str] | None,
) -> Iterator[Record | Rejection]:  # fmt: skip
    taken: dict[str, int] = {}
    strict = repeated_ids == "reject" and listed.named
    for entry in listed.rows:
        broken = isinstance(entry.image, Problem)
        name = entry.id if entry.id or (strict and not broken) else f"row-{entry.number}"
        problem = id_problem(name, taken, NO_ID) if strict and not broken else None
        made = problem or images(entry)
        labels = None
        if masks is not None and not isinstance(made, Problem):
            labels = images.labels(entry, kind)
            made = labels if isinstance(labels, Problem) else made
        if isinstance(made, Problem):
            yield Rejection(entry.number, name, entry.shown, *made, source=listed.name)
            continue
        taken[name] = entry.number
        fields = dict(entry.fields) | ({} if masks is None else {masks: labels})
        if columns is not None:
            fields = {field: fields[field] for field in (*columns, FILE) if field in fields}
        yield Record(entry.number, name, {"image": made}, fields, listed.name)


def identity(components: Mapping[str, Any]) -> str:
    """Return a key that is equal for equal pixels."""
    image = np.ascontiguousarray(components["image"])
    about = f"{image.dtype.name} {image.shape}".encode()
    return hashlib.sha256(about + image.tobytes()).hexdigest()[:24]


def kin(components: Mapping[str, Any]) -> frozenset[str]:
    """Return the identity: copies that were turned or scaled are found by `group`."""
    return frozenset({identity(components)})


kin_hint = identity


def label_lengths(components: Mapping[str, Any]) -> tuple[int, ...]:
    """Return the numbers of positions with each of `STEPS`."""
    height, width = np.shape(components["image"])[:2]
    return tuple(dict.fromkeys(grid(height, step) * grid(width, step) for step in STEPS))
