"""Rows of files, one at a time: CSV, TSV, SMILES files, SD files, Parquet; plain, gzip or zstd.

A row that cannot be read becomes a `Rejection`; a file that cannot be read raises `InputError`. Blank lines
within a file are rows without a structure; blank lines at its end are ignored. Memory does not grow.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from riboswitch.chem.sdf import Row, molecules
from riboswitch.data.records import Rejection
from riboswitch.errors import InputError, Problem, shorten
from riboswitch.io.delimited import DELIMITERS, TableRow, blank_rows, read_table, refuse_duplicates
from riboswitch.io.disk_faults import Reading, reading_fault
from riboswitch.io.formats import format_of
from riboswitch.io.opening import COMPRESSED, Lines, location, open_lines, printable

FORMATS = ("csv", "tsv", "smi", "sdf", "parquet")

_SMI_LINE = re.compile(r"(\S+(?:\s+\|[^|]*\|)?)(?:\s+(.*))?")


@dataclass(frozen=True, slots=True)
class Table:
    """An open file.

    Attributes
    ----------
    columns : list of str, optional
        None if every record has its own columns, as in SD files.
    rows : iterator of Row or Rejection
    structured : bool
        Whether the format has a fixed position for the structure.
    """

    columns: list[str] | None
    rows: Iterator[Row | Rejection]
    structured: bool = False


@contextmanager
def open_table(path: str | Path, format: str | None = None) -> Iterator[Table]:
    """Open a file (``-``: standard input) as a stream of rows.

    Raises
    ------
    InputError
        If the file is missing, empty, damaged, or not of its format; also later, while rows are read.
    UsageError
        If the format is unknown, or not given for standard input.
    """
    format, where = format_of(path, format, FORMATS), location(path)
    if format == "parquet":
        table = open_parquet(path, where)
        yield replace(table, rows=_require_rows(table.rows, where))
        return
    with open_lines(path) as lines:
        table = _text_table(lines, format)
        yield replace(table, rows=_require_rows(table.rows, where))


def _require_rows(rows: Iterator[Row | Rejection], where: str) -> Iterator[Row | Rejection]:
    """Yield the rows; `InputError` if there are none."""
    first = next(rows, None)
    if first is None:
        raise InputError("there are no rows in it", where=where)
    yield first
    yield from rows


def _text_table(lines: Lines, format: str) -> Table:
    if format == "smi":
        return Table(["name"], _smi(lines), True)
    if format == "sdf":
        return Table(None, molecules(lines), True)
    columns, rows = read_table(lines, DELIMITERS[format])
    return Table(columns, (_table_row(row, columns) for row in rows))


def _table_row(row: TableRow, columns: list[str]) -> Row | Rejection:
    if row.problem:
        return _rejection(row.number, row.text, row.problem)
    return Row(row.number, {c: cell.strip() or None for c, cell in zip(columns, row.cells, strict=True)})


def _smi(lines: Lines) -> Iterator[Row | Rejection]:
    blank = 0
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if not text:
            blank += 1
            continue
        if blank:
            yield from (_table_row(row, []) for row in blank_rows(number, blank))
            blank = 0
        if problem := lines.problem(text):
            yield _rejection(number, printable(text), problem)
            continue
        structure, name = _SMI_LINE.fullmatch(text).groups()  # type: ignore[union-attr]
        yield Row(number, {"name": name}, structure)


def open_parquet(path: str | Path, where: str) -> Table:
    """Open a Parquet file as a table; `InputError` if it is not a readable one."""
    if str(path) == "-" or str(path).lower().endswith(tuple(COMPRESSED)):
        raise InputError("Parquet needs a plain file", where=where, hint="Unpack it to the disk first.")
    try:
        with Reading(where):
            file = pq.ParquetFile(path)
    except FileNotFoundError as error:
        raise InputError("no such file", where=where) from error
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError("not a readable Parquet file", where=where, found=error) from error
    columns = list(file.schema_arrow.names)
    refuse_duplicates(columns, where)
    return Table(columns, _parquet_rows(file, where))


def _parquet_rows(file: pq.ParquetFile, where: str) -> Iterator[Row]:
    number = 0
    with file:
        try:
            for batch in file.iter_batches(batch_size=2048):
                for values in batch.to_pylist():
                    number += 1
                    yield Row(number, values)
        except (pa.ArrowInvalid, OSError) as error:
            problem = reading_fault(error, where) or "the Parquet file is damaged"
            raise InputError(problem, where=f"{where} row {number + 1}") from error


def _rejection(number: int, text: str, problem: Problem) -> Rejection:
    return Rejection(number, f"row-{number}", shorten(text, 200), *problem)
