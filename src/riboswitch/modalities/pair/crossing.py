"""Pairs of each input of one file with each input of another: a library against given inputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from riboswitch.data.records import Record, Rejection
from riboswitch.errors import UsageError
from riboswitch.io.formats import source_name
from riboswitch.modalities.pair.inputs import SideInputs
from riboswitch.modalities.pair.sides import Pair, Side, own_settings

BETWEEN = "|"
"""Between the ids of both sides."""

Given = Mapping[str, tuple[Mapping[str, Any] | None, str | None, Mapping[str, Any] | None]]
"""For each side the options of its reader, its file, and the layout of that file."""


def refuse_unused(cross: str, options: Mapping[str, Any]) -> None:
    """Raise `UsageError` for an option of tables of pairs, which a crossed file is not."""
    for name, value in options.items():
        if value is not None:
            other = "right" if cross == "left" else "left"
            raise UsageError(f"a file that is crossed is none of pairs, so {name} has no use", found=value,
                             hint=f"--{other}-layout says how the file is laid out.")  # fmt: skip


def crossed(pair: Pair, path: str | Path, cross: str, given: Given) -> Iterator[Record | Rejection]:
    """Pair each input of a file with each input of the file of the side ``cross``.

    Parameters
    ----------
    pair : Pair
    path : path
        A file of the other side, read by its own reader.
    cross : {"left", "right"}
    given : mapping

    Returns
    -------
    iterator
        First the rejected inputs of the side ``cross``, then for each row of ``path`` a rejection, or one
        record for each input of that side, in the order of its file. ``row`` is that of ``path``.

    Raises
    ------
    UsageError, InputError
        If a file is missing or an option is wrong.
    """
    fixed, other = pair.sides if cross == "left" else pair.sides[::-1]
    own, file, layout = given[fixed.name]
    folder = Path() if str(path) == "-" else Path(path).parent
    inputs = given_inputs(fixed, file, layout, own, folder)
    theirs = own_settings({other.name: given[other.name][0]}, other, "reading")
    if given[other.name][1] is not None:
        raise UsageError("both sides have a file", found=given[other.name][1],
                         hint=f"The file to read is that of the {other.name} side.")  # fmt: skip
    layout = own_settings({other.name: given[other.name][2]}, other, "layout")
    SideInputs(other, theirs, Path(path), layout)  # checks the options
    return _pairs(fixed, other, inputs, path, {**theirs, **layout})


def given_inputs(
    side: Side,
    file: str | None,
    layout: Mapping[str, Any] | None,
    reading: Mapping[str, Any] | None,
    folder: Path,
) -> SideInputs:
    """The inputs of the file of a side that is crossed; raises `UsageError` if there is none."""
    if file is None:
        raise UsageError("nothing to cross with", found=side.name,
                         hint=f"--{side.name}-file names a file with the inputs of this side.")  # fmt: skip
    return SideInputs(side, own_settings({side.name: reading}, side, "reading"), folder / file,
                      own_settings({side.name: layout}, side, "layout"))  # fmt: skip


def _pairs(
    fixed: Side, other: Side, inputs: SideInputs, path: str | Path, options: Mapping[str, Any]
) -> Iterator[Record | Rejection]:
    items = inputs.whole_file()
    for item in items.values():
        if isinstance(item, Rejection):
            yield replace(item, reason=f"{fixed.component}: {item.reason}")
    known = [item for item in items.values() if isinstance(item, Record)]
    source = source_name(path)
    for row in other.modality.reader.read(path, **options):
        if isinstance(row, Rejection):
            yield replace(row, reason=f"{other.component}: {row.reason}")
            continue
        for item in known:
            names = (item.id, row.id) if fixed.name == "left" else (row.id, item.id)
            values = {side.name: read.components[side.modality.component] for side, read in
                      ((fixed, item), (other, row))}  # fmt: skip
            sides = (fixed, other) if fixed.name == "left" else (other, fixed)
            noted = {f"{other.component}_{name}": value for name, value in row.fields.items()}
            yield Record(row.row, BETWEEN.join(names), {s.component: values[s.name] for s in sides}, noted,
                         source)  # fmt: skip
