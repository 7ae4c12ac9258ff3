"""Which columns of a sheet are features, ids, batches and labels; features of other files by sample id."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from riboswitch.config.found_columns import ID_COLUMNS, Found, compare_names, find_column
from riboswitch.errors import InputError, UsageError, shorten
from riboswitch.io.cells import is_missing, is_number, plain
from riboswitch.io.delimited import require_column
from riboswitch.modalities.profile.sheets import UNNAMED, Sheet, read_sheet
from riboswitch.modalities.profile.values import profile

MISSING_FEATURES = ("refuse", "gap")
IDS = (*ID_COLUMNS[:2], "(pid|patient|subject|participant|case|donor|cell|cellline|line|barcode|sampleid)"
       "(id|name|barcode|no|number)?", *ID_COLUMNS[2:])  # fmt: skip
MARK = ":"  # between the name of a block and that of a feature
SHARE = 0.5  # of the cells of a column that are no gaps: with more numbers than this it is one of features
BLOCKS_HINT = "Write it as NAME=FILE, as mirna=mirna.csv."


class Layout(NamedTuple):
    """How a file is laid out; see `read`."""

    choose: Sequence[str]
    leave_out: Sequence[str]
    labels: Sequence[str]
    id_column: str | None
    batch: str | None
    missing_features: str
    features: Sequence[str] | None


class Columns(NamedTuple):
    """The columns of a sheet.

    Attributes
    ----------
    ids : int or None
        Place of the ids among the columns; None: rows are numbered.
    named : bool
        Whether the user, or the format, says that these are the ids.
    batch : int or None
    features : list of str
        Names of the features of the records, those of blocks included.
    places : ndarray
        Column of each feature, int64 of shape (features,); -1: it is not in this sheet.
    fields : list of int
        All other columns.
    """

    ids: int | None
    named: bool
    batch: int | None
    features: list[str]
    places: np.ndarray
    fields: list[int]


class Block(NamedTuple):
    """Features of another file: their names, with the name of the block, and the values of each sample."""

    name: str
    features: list[str]
    values: Mapping[str, np.ndarray]


def lay_out(sheet: Sheet, layout: Layout, blocks: Sequence[Block], found: Found) -> Columns:
    """Find the columns, and say what was found.

    Raises
    ------
    InputError
        If a column that is named is not there, there are no features, one of them is a label, or some that a
        model needs are missing.
    """
    for name in (*layout.leave_out, *filter(None, (layout.id_column, layout.batch))):
        require_column(name, sheet.columns, sheet.where)
    ids, named = _id_column(sheet, layout, found)
    place = {name: i for i, name in enumerate(sheet.columns)}
    taken = {*layout.labels, *layout.leave_out, *filter(None, (ids, layout.batch))}
    others = [name for block in blocks for name in block.features]
    own = _features(sheet, layout, taken)
    if clash := sorted({*own} & {*others}):
        raise InputError("a feature is in two files", where=sheet.where, found=clash[0],
                         hint="Rename it, or leave it out with --leave-out.")  # fmt: skip
    features = list(layout.features) if layout.features is not None else [*own, *others]
    if not features:
        raise InputError("no column of numbers was found", where=sheet.where,
                         hint=f"--choose names them. Columns: {_listed(sheet.columns)}.")  # fmt: skip
    if layout.features is not None:
        compare_names(sheet.where, features, [*own, *others], layout.missing_features, found,
                      what="features", more="columns of numbers that are no features",
                      gaps="--missing-features gap")  # fmt: skip
    else:
        found.learned["feature_names"] = features
        found.notes.append(f"takes {len(features)} columns as features: {shorten(', '.join(features), 80)}")
    places = np.array([place[name] if name in place and name in own else -1 for name in features], np.int64)
    used = {ids, layout.batch, *own}
    fields = [i for i, name in enumerate(sheet.columns) if name not in used or name == layout.batch]
    batch = None if layout.batch is None else place[layout.batch]
    return Columns(None if ids is None else place[ids], named, batch, features, places, fields)


def _listed(names: Sequence[str]) -> str:
    return shorten(", ".join(names), 200)


def _id_column(sheet: Sheet, layout: Layout, found: Found) -> tuple[str | None, bool]:
    if layout.id_column is not None or sheet.ids is not None:
        return layout.id_column or sheet.ids, True
    name = find_column(sheet.columns, IDS, "ids", "--id-column", sheet.where)
    if name is None and sheet.columns[0] == UNNAMED:
        name = UNNAMED
    found.columns["ids"] = name
    return name, False


def _features(sheet: Sheet, layout: Layout, taken: set[str]) -> list[str]:
    """The features of the sheet itself."""
    if layout.features is not None and not layout.choose:
        wanted = {*layout.features}
        numbers = [name for name in sheet.columns if name not in taken and name not in wanted]
        unknown = {*_numbers(sheet, numbers)}
        return [name for name in sheet.columns if name in wanted or name in unknown]
    if not layout.choose:
        return _numbers(sheet, [name for name in sheet.columns if name not in taken])
    chosen = [n for n in sheet.columns if any(fnmatchcase(n, pattern) for pattern in layout.choose)]
    for pattern in layout.choose:
        if not any(fnmatchcase(name, pattern) for name in sheet.columns):
            raise InputError("no column has a name like this", where=sheet.where, found=pattern,
                             hint=f"Columns: {_listed(sheet.columns)}.")  # fmt: skip
    if bad := [name for name in chosen if name in taken and name not in layout.leave_out]:
        raise InputError("a column cannot be a feature and a label, a batch or an id", where=sheet.where,
                         found=bad[0], hint="Choose others, or leave it out with --leave-out.")  # fmt: skip
    return [name for name in chosen if name not in taken]


def _numbers(sheet: Sheet, names: Sequence[str]) -> list[str]:
    """Columns in which most cells that are no gaps are numbers."""
    if sheet.numeric is not None:
        return [name for name in names if name in sheet.numeric]
    place = {name: i for i, name in enumerate(sheet.columns)}
    good = [row.cells for row in sheet.rows if row.problem is None]
    return [name for name in names if _mostly_numbers([cells[place[name]] for cells in good])]


def _mostly_numbers(column: Sequence[Any]) -> bool:
    known = [cell for cell in column if not is_missing(cell)]
    return bool(known) and sum(map(is_number, known)) > SHARE * len(known)


def read_blocks(path: str | Path, words: Sequence[str], layout: Layout) -> list[Block]:
    """Read the features of other files, as ``mirna=mirna.csv``; a path from the folder of the first file.

    Raises
    ------
    UsageError, InputError
        For a word that is no NAME=FILE, a name twice, or a file in which a row cannot be used.
    """
    blocks: dict[str, Block] = {}
    for word in words:
        name, _, file = word.partition("=")
        if not name or not file or MARK in name:
            raise UsageError("a block needs a name and a file", found=word, hint=BLOCKS_HINT)
        if name in blocks:
            raise UsageError("two blocks have one name", found=name, hint=BLOCKS_HINT)
        blocks[name] = _block(name, Path(path).parent / file, layout)
    return list(blocks.values())


def _block(name: str, path: Path, layout: Layout) -> Block:
    sheet = read_sheet(path, None, 0, False)
    ids, _ = _id_column(sheet, layout._replace(id_column=None), Found())
    if ids is None:
        raise InputError("no column of ids was found, by which samples are joined", where=sheet.where,
                         hint="Call it id.")  # fmt: skip
    names = _numbers(sheet, [n for n in sheet.columns if n not in (ids, *layout.labels, *layout.leave_out)])
    if not names:
        raise InputError("no column of numbers was found", where=sheet.where)
    place = {column: i for i, column in enumerate(sheet.columns)}
    at, values = [place[column] for column in names], {}
    for row in sheet.rows:
        where, problem = f"{sheet.where} row {row.number}", row.problem
        if problem is None:
            sample = plain(row.cells[place[ids]]).strip()
            if not sample or sample in values:
                raise InputError("a sample stands twice" if sample else "a row has no id", where=where,
                                 found=sample, hint="Give each sample one row.")  # fmt: skip
            read = profile([row.cells[i] for i in at], names)
            if isinstance(read, np.ndarray):
                values[sample] = read
                continue
            problem = read
            if problem.code == "NO_VALUES":
                continue  # as if the sample were not in the file
        if problem.code != "EMPTY":
            raise InputError(problem.reason, where=where, hint=problem.hint)
    return Block(name, [f"{name}{MARK}{column}" for column in names], values)
