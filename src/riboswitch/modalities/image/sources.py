"""Files that list images: tables of paths, folders, ``.npz`` files and boxes of Pascal VOC (``.xml``).

Each gives entries: where the image is, its box and its map of labels if there are any, and its fields.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree

import numpy as np

from riboswitch.config.found_columns import ID_COLUMNS, Found, find_column, no_column
from riboswitch.data.arrays import read_arrays
from riboswitch.data.labels import label_text
from riboswitch.errors import InputError, Problem, UsageError, shorten
from riboswitch.io import cells
from riboswitch.io.delimited import DELIMITERS, TableRow, read_table, require_column
from riboswitch.io.disk_faults import Reading
from riboswitch.io.formats import check_skip, format_of, source_name
from riboswitch.io.opening import open_lines
from riboswitch.io.parquet import read_parquet
from riboswitch.modalities.image.fitting import Box
from riboswitch.modalities.image.label_maps import BoxList
from riboswitch.modalities.image.pixels import SUFFIXES

TABLES = ("csv", "tsv", "parquet", "npz")
FORMATS = (*TABLES, "voc", "folder")
INPUT_COLUMNS = (
    "image",
    "(image|img|picture|photo|crop|tile|slide)s?(path|file|filename|name)?|path|file|filename|filepath",
)
FILE = "file"
"""Field with the path of the image as it is written."""
FOLDER, PART = "folder", "part"
"""Fields with the folder of an image, and with the part of a split, as ``train`` of ``train_images``."""
_LARGEST_XML = 2**24
NO_IMAGE = Problem("EMPTY", "the row names no image", "Leave the row out, or name a file.")


class Entry(NamedTuple):
    """One image of a list.

    Attributes
    ----------
    number : int
        Its row, from 1.
    id : str
        Empty: it has none.
    image : Path, ndarray or Problem
    shown : str
        For messages.
    fields : dict
    box : tuple or Problem, optional
    mask : Path, ndarray, BoxList or Problem, optional
    """

    number: int
    id: str
    image: Path | np.ndarray | Problem
    shown: str
    fields: dict[str, Any]
    box: Box | Problem | None = None
    mask: Path | np.ndarray | BoxList | Problem | None = None


class Layout(NamedTuple):
    """What the user says of a file; see `read.read`."""

    skip_lines: int = 0
    image_column: str | None = None
    id_column: str | None = None
    folder: str = ""
    boxes: Sequence[str] = ()
    masks: str | None = None
    mask_kind: str = "classes"


class Entries(NamedTuple):
    """The entries of a file, its base name, and whether a column of ids was named."""

    name: str
    rows: Iterator[Entry]
    named: bool


def entries(path: str | Path, format: str | None, layout: Layout, found: Found) -> Entries:
    """Open a file that lists images.

    Raises
    ------
    InputError, UsageError
        If it cannot be read, or lacks a column that is named.
    """
    if len(layout.boxes) not in (0, 4):
        raise UsageError("boxes need four columns", found=", ".join(layout.boxes),
                         hint="Left, top, right and bottom.")  # fmt: skip
    known = _format(path, format)
    check_skip(layout.skip_lines, known, tuple(DELIMITERS))
    if layout.boxes and known not in DELIMITERS and known != "parquet":
        raise UsageError("boxes are columns of a table", found=known, hint="Leave --boxes out.")
    if layout.masks is not None and (known == "voc") != (layout.mask_kind == "boxes"):
        raise UsageError("maps of boxes are made of files of Pascal VOC, and these give no other maps",
                         found=f"{known}, {layout.mask_kind}",
                         hint="--mask-kind boxes is for an .xml, and for nothing else.")  # fmt: skip
    if known == "folder":
        return Entries(source_name(path), _of_folder(Path(path), layout), False)
    if known == "npz":
        return Entries(source_name(path), _of_npz(path, layout), layout.id_column is not None)
    if known == "voc":
        return Entries(source_name(path), _of_voc(Path(path), layout), False)
    return _of_table(path, known, layout, found)


def _format(path: str | Path, format: str | None) -> str:
    if format is not None:
        return format if format in ("voc", "folder") else format_of(path, format, FORMATS)
    if Path(path).is_dir():
        return "folder"
    return "voc" if str(path).lower().endswith(".xml") else format_of(path, None, TABLES)


def _of_table(path: str | Path, format: str, layout: Layout, found: Found) -> Entries:
    columns, rows, where = _table(path, format, layout.skip_lines)
    place = layout.image_column
    if place is None:
        place = find_column(columns, INPUT_COLUMNS, "images", "--image-column", where)
        if place is None:
            raise no_column("images", "--image-column", columns, where, _is_path)
        found.columns["images"] = place
    named = [place, *([layout.id_column] if layout.id_column else []), *layout.boxes,
             *([layout.masks] if layout.masks else [])]  # fmt: skip
    for column in named:
        require_column(column, columns, where)
    ids = layout.id_column
    if ids is None:
        rest = [column for column in columns if column not in named]
        ids = find_column(rest, ID_COLUMNS, "ids", "--id-column", where)
        found.columns["ids"] = ids
    at = {column: number for number, column in enumerate(columns)}
    base = (Path() if str(path) == "-" else Path(path).parent) / layout.folder

    def made() -> Iterator[Entry]:
        for row in rows:
            if row.problem:
                yield Entry(row.number, "", row.problem, row.text or "blank", {})
                continue
            cell = {column: row.cells[number] for column, number in at.items()}
            text = label_text(cell[place])
            fields = {
                column: value for column, value in cell.items() if column not in (place, ids, *layout.boxes)
            }
            yield Entry(
                row.number, "" if ids is None else label_text(cell[ids]), base / text if text else NO_IMAGE,
                text or "blank", {FILE: text} | fields, _box(cell, layout.boxes),
                _mask(cell.get(layout.masks or ""), base) if layout.masks else None,
            )  # fmt: skip

    return Entries(source_name(path), made(), layout.id_column is not None)


def _table(path: str | Path, format: str, skip_lines: int) -> tuple[list[str], list[TableRow], str]:
    if format == "parquet":
        table, _ = read_parquet(path)
        columns = [str(name) for name in table.columns]
        each = zip(*(table.iloc[:, i].tolist() for i in range(len(columns))), strict=True)
        return columns, [TableRow(n, list(row)) for n, row in enumerate(each, 1)], str(path)
    with open_lines(path, skip_lines) as lines:
        columns, rows = read_table(lines, DELIMITERS[format])
        return columns, list(rows), lines.where


def _is_path(text: str) -> bool:
    return text.lower().endswith(SUFFIXES)


def _mask(cell: Any, base: Path) -> Path | Problem:
    text = label_text(cell)
    hint = "Leave the row out, or name its map."
    return base / text if text else Problem("NO_MASK", "the row names no map of labels", hint)


def _box(cell: Mapping[str, Any], names: Sequence[str]) -> Box | Problem | None:
    if not names:
        return None
    texts = [label_text(cell[name]) for name in names]
    try:
        left, top, right, bottom = (cells.number(text) for text in texts)
    except ValueError:
        return Problem("BAD_BOX", f"the box {' '.join(texts)!r} is not four numbers",
                       "Give left, top, right and bottom in pixels.")  # fmt: skip
    return left, top, right, bottom


def _of_folder(path: Path, layout: Layout) -> Iterator[Entry]:
    if not path.is_dir():
        raise InputError("no such folder", where=str(path))
    masks = None if layout.masks is None else path / layout.masks
    if masks is not None and not masks.is_dir():
        raise InputError("no such folder of maps of labels", where=str(masks))
    files = sorted(file for file in path.rglob("*") if file.is_file() and _is_path(file.name))
    files = [file for file in files if masks is None or not file.is_relative_to(masks)]
    if not files:
        raise InputError("the folder holds no images", where=str(path),
                         hint=f"Images end with {' '.join(SUFFIXES)}.")  # fmt: skip
    return _in_folder(path, files, masks)


def _in_folder(path: Path, files: Sequence[Path], masks: Path | None) -> Iterator[Entry]:
    for number, file in enumerate(files, 1):
        name = file.relative_to(path)
        fields = {FILE: name.as_posix(), FOLDER: name.parent.as_posix() if name.parent != Path() else ""}
        mask: Path | Problem | None = None
        if masks is not None:
            fitting = sorted((masks / name.parent).glob(f"{_escaped(name.stem)}.*"))
            mask = fitting[0] if fitting else Problem(
                "NO_MASK", f"no map of labels is called {name.stem}", "Call it as its image.")  # fmt: skip
        yield Entry(number, name.as_posix(), file, name.as_posix(), fields, None, mask)


def _escaped(stem: str) -> str:
    return re.sub(r"([\[\]*?])", r"[\1]", stem)


def _of_npz(path: str | Path, layout: Layout) -> Iterator[Entry]:
    where = str(path)
    hint = "It needs the array images (number, height, width) or (number, height, width, channels)."
    arrays = read_arrays(path, hint)
    parts = [name.removesuffix("_images") for name in arrays if name.endswith("_images")]
    if "images" in arrays:
        groups = [("", arrays)]
    elif parts:
        groups = [(part, {name.removeprefix(f"{part}_"): array for name, array in arrays.items()
                          if name.startswith(f"{part}_")}) for part in parts]  # fmt: skip
    else:
        raise InputError("the array 'images' is missing", where=where, found=", ".join(arrays), hint=hint)
    for _, group in groups:
        _check_npz(group, layout, where, hint)
    return _in_npz(groups, layout)


def _check_npz(group: Mapping[str, np.ndarray], layout: Layout, where: str, hint: str) -> None:
    images = group["images"]
    if images.ndim not in (3, 4) or images.dtype.kind not in "biuf":
        raise InputError("the array images holds no images", where=where,
                         found=f"{images.dtype} of shape {images.shape}", hint=hint)  # fmt: skip
    for name in (layout.masks, layout.id_column):
        if name is not None and name not in group:
            raise InputError(f"the array {name!r} is missing", where=where, found=", ".join(group))
    for name, array in group.items():
        if len(array) != len(images):
            raise InputError(f"the array {name!r} has not one value an image", where=where,
                             found=f"{len(array)} for {len(images)} images")  # fmt: skip


def _in_npz(groups: Sequence[tuple[str, Mapping[str, np.ndarray]]], layout: Layout) -> Iterator[Entry]:
    number = 0
    for part, group in groups:
        flat = {name: array.reshape(len(array)) for name, array in group.items()
                if array.size == len(array) and array.dtype.kind in "biufU" and name != "images"}  # fmt: skip
        ids = flat.pop(layout.id_column or ("ids" if "ids" in flat else "id"), None)
        for row, image in enumerate(group["images"]):
            number += 1
            fields: dict[str, Any] = {name: array[row].item() for name, array in flat.items()}
            if part:
                fields[PART] = {"val": "valid"}.get(part, part)
            mask = None if layout.masks is None else group[layout.masks][row]
            yield Entry(number, "" if ids is None else str(ids[row]), image, f"image {row + 1}", fields, None,
                        mask)  # fmt: skip


def _of_voc(path: Path, layout: Layout) -> Iterator[Entry]:
    where = str(path)
    try:
        with Reading(path):
            data = path.read_bytes()
    except FileNotFoundError as error:
        raise InputError("no such file", where=where) from error
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data or len(data) > _LARGEST_XML:
        raise InputError("not a file of boxes", where=where, hint="It defines entities, or is too large.")
    try:
        root = ElementTree.fromstring(data)
    except ElementTree.ParseError as error:
        raise InputError("not readable XML", where=where, found=error) from error
    name = (root.findtext("filename") or "").strip()
    if root.tag != "annotation" or not name:
        raise InputError("not a file of boxes of Pascal VOC", where=where, found=root.tag,
                         hint="It needs annotation, with filename and objects.")  # fmt: skip
    return _in_voc(root, path, name, layout)


def _in_voc(root: ElementTree.Element, path: Path, name: str, layout: Layout) -> Iterator[Entry]:
    image = path.parent / layout.folder / name
    if not image.is_file() and (image.parent / f"{path.stem}{image.suffix}").is_file():
        image = image.parent / f"{path.stem}{image.suffix}"  # the image was renamed, and its boxes with it
    sides = ("xmin", "ymin", "xmax", "ymax")
    found = []
    for item in root.iter("object"):
        cell = {side: item.findtext(f"bndbox/{side}") or "" for side in sides}
        found.append(((item.findtext("name") or "").strip(), cell, _box(cell, sides)))
    if layout.masks is not None:
        problems = [box for _, _, box in found if isinstance(box, Problem)]
        boxes = [(name, box) for name, _, box in found if box is not None and not isinstance(box, Problem)]
        mask = problems[0] if problems else BoxList(boxes)
        yield Entry(1, path.stem, image, image.name, {FILE: image.name}, None, mask)
        return
    for number, (kind, cell, box) in enumerate(found, 1):
        fields = {FILE: image.name, "name": kind}
        shown = f"{image.name} {shorten(' '.join(cell.values()))}"
        yield Entry(number, f"{path.stem}-{number}", image, shown, fields, box)
