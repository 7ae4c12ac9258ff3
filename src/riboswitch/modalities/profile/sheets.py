"""Files with a matrix of numbers as sheets: named columns, and rows of cells.

A row is a sample. In a transposed file a row is a feature: its first column has their names, and the header
has the ids of the samples. An ``.npz`` holds ``values`` (samples, features), ``features`` and ``ids``;
further arrays with one value a sample become columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from riboswitch.data.arrays import read_arrays
from riboswitch.errors import InputError, Problem, shorten
from riboswitch.io.delimited import DELIMITERS, TableRow, read_table, refuse_duplicates
from riboswitch.io.formats import check_skip, format_of, source_name
from riboswitch.io.opening import open_lines
from riboswitch.io.parquet import read_parquet

FORMATS = ("csv", "tsv", "parquet", "npz")
UNNAMED = "column_1"  # the header of a first column without a name: row names of R and of pandas


class SheetRow(NamedTuple):
    """A row: its number from 1, its cells in the order of the columns, or why it cannot be used."""

    number: int
    cells: Sequence[Any]
    problem: Problem | None = None


class Sheet(NamedTuple):
    """A file in memory.

    Attributes
    ----------
    name, where : str
        Base name of the file, and its path for messages.
    columns : list of str
    rows : list of SheetRow
    ids : str or None
        The column that must hold the ids because of the format.
    numeric : frozenset of str or None
        Columns of numbers, where the format says it.
    """

    name: str
    where: str
    columns: list[str]
    rows: list[SheetRow]
    ids: str | None = None
    numeric: frozenset[str] | None = None


def read_sheet(path: str | Path, format: str | None, skip_lines: int, transposed: bool) -> Sheet:
    """Read a file.

    Raises
    ------
    InputError, UsageError
        If it cannot be read, has a name twice, or a row of a transposed file cannot be used.
    """
    known = format_of(path, format, FORMATS)
    check_skip(skip_lines, known, tuple(DELIMITERS))
    if known == "npz":
        return _of_npz(path, transposed)
    sheet = _of_parquet(path) if known == "parquet" else _of_text(path, known, skip_lines)
    return _flipped(sheet) if transposed else sheet


def _of_text(path: str | Path, format: str, skip_lines: int) -> Sheet:
    with open_lines(path, skip_lines) as lines:
        columns, rows = read_table(lines, DELIMITERS[format])
        where = lines.where
        kept = [SheetRow(row.number, row.cells, row.problem) for row in rows]
    return Sheet(source_name(path), where, columns, kept)


def _of_parquet(path: str | Path) -> Sheet:
    table, _ = read_parquet(path)
    columns = [str(name) for name in table.columns]
    numeric = frozenset(n for n, kind in zip(columns, table.dtypes, strict=True) if kind.kind in "biuf")
    each = [table.iloc[:, i].tolist() for i in range(len(columns))]
    rows = [SheetRow(number, cells) for number, cells in enumerate(zip(*each, strict=True), 1)]
    return Sheet(source_name(path), str(path), columns, rows, numeric=numeric)


def _of_npz(path: str | Path, transposed: bool) -> Sheet:
    where = str(path)
    hint = "It needs the arrays values (samples, features), features and ids."
    arrays = read_arrays(path, hint, ("values", "features", "ids"))
    values, features = arrays.pop("values"), [str(name) for name in arrays.pop("features")]
    ids = [str(name) for name in arrays.pop("ids")]
    values = values.T if transposed and values.ndim == 2 else values
    if values.dtype.kind not in "biuf" or values.shape != (len(ids), len(features)):
        problem = "the values are not numbers of shape (ids, features)"
        found = f"{values.dtype} of shape {values.shape} for {len(ids)} ids and {len(features)} features"
        raise InputError(problem, where=where, found=found,
                         hint="--transposed reads values of shape (features, ids).")  # fmt: skip
    for name, array in arrays.items():
        if array.shape != (len(ids),):
            raise InputError(f"the array {name!r} has not one value a sample", where=where, found=array.shape)
    columns = ["id", *arrays, *features]
    refuse_duplicates(columns, where)
    rows = [SheetRow(i + 1, [ids[i], *(a[i].item() for a in arrays.values()), *values[i].tolist()])
            for i in range(len(ids))]  # fmt: skip
    return Sheet(source_name(path), where, columns, rows, "id", frozenset(features))


def _flipped(sheet: Sheet) -> Sheet:
    """The sheet with rows and columns exchanged; a row that cannot be used is an error: it is a feature."""
    for row in sheet.rows:
        if row.problem:
            raise InputError(row.problem.reason, where=f"{sheet.where} row {row.number}",
                             found=shorten(TableRow(row.number, list(map(str, row.cells))).text),
                             hint=row.problem.hint)  # fmt: skip
    names = [str(row.cells[0]).strip() for row in sheet.rows]
    if "" in names:
        raise InputError("a feature has no name", where=f"{sheet.where} row {names.index('') + 1}",
                         hint="In a transposed file the first column has the names of features.")  # fmt: skip
    columns = ["id", *names]
    refuse_duplicates(columns, sheet.where)
    rows = [SheetRow(i, [sheet.columns[i], *(row.cells[i] for row in sheet.rows)])
            for i in range(1, len(sheet.columns))]  # fmt: skip
    return Sheet(sheet.name, sheet.where, columns, rows, "id")
