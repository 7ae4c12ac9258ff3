"""Rows out of files, one at a time: CSV, TSV, SMILES files, SD files, Parquet; plain, gzip or zstd.

A row that cannot be read becomes a `Rejection`; a file that cannot be read raises `InputError`. Blank lines
within a file are rows without a structure, blank lines at its end are none. Memory stays constant.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from riboswitch.chem.sdf import Row, molecules
from riboswitch.data.records import Rejection
from riboswitch.errors import InputError, UsageError, shorten
from riboswitch.io.disk_faults import Reading, reading_fault
from riboswitch.io.text import COMPRESSED, Lines, open_bytes, printable, readable

FORMATS = {
    "csv": ("csv",),
    "tsv": ("tsv", "tab"),
    "smi": ("smi", "smiles", "ism"),
    "sdf": ("sdf", "sd"),
    "parquet": ("parquet", "pq"),
}
"""Formats, and the endings of file names that tell them."""

DELIMITERS = {"csv": ",", "tsv": "\t"}

_SMI_LINE = re.compile(r"(\S+(?:\s+\|[^|]*\|)?)(?:\s+(.*))?")


@dataclass(frozen=True, slots=True)
class Table:
    """An open file.

    Attributes
    ----------
    columns : list of str, optional
        None where every record has its own, as in SD files.
    rows : iterator of Row or Rejection
    structured : bool
        Whether the format itself says where the structure stands.
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
        If the file is missing, empty, damaged, or not of its format; also later, while rows are taken.
    UsageError
        If the format is not given and the name does not tell it.
    """
    format = format_of(path, format)
    where = "standard input" if str(path) == "-" else str(path)
    if format == "parquet":
        table = open_parquet(path, where)
        yield replace(table, rows=_guarded(table.rows, where))
        return
    with open_bytes(path, where) as handle:
        with readable(where):
            lines = Lines(handle, where)
            table = _text_table(lines, format)
        yield replace(table, rows=_guarded(table.rows, where))


def format_of(path: str | Path, format: str | None = None) -> str:
    """The format as given, or as the file's name tells it."""
    name = str(path).lower()
    for packed in COMPRESSED:
        name = name.removesuffix(packed)
    if format is None:
        ending = name.rpartition(".")[2]
        format = next((f for f, endings in FORMATS.items() if ending in endings), None)
        if format is None or name == "-":
            raise UsageError(
                "the format cannot be told from the name", found=str(path), hint=f"Give one of {[*FORMATS]}."
            )
    if format not in FORMATS:
        raise UsageError("no such format", found=format, hint=f"Choose one of {[*FORMATS]}.")
    return format


def _guarded(rows: Iterator[Row | Rejection], where: str) -> Iterator[Row | Rejection]:
    empty = True
    with readable(where):
        for row in rows:
            empty = False
            yield row
    if empty:
        raise InputError("there are no rows in it", where=where)


def _text_table(lines: Lines, format: str) -> Table:
    if format == "smi":
        return Table(["name"], _smi(lines), True)
    if format == "sdf":
        return Table(None, molecules(lines), True)
    reader = csv.reader(lines, delimiter=DELIMITERS[format], strict=True)
    columns = read_header(reader, lines, DELIMITERS[format])
    return Table(columns, _delimited(reader, lines, columns))


def read_header(reader: Iterator[list[str]], lines: Lines, delimiter: str) -> list[str]:
    """Names of the columns, from the first line that is not blank; `InputError` if they cannot be such."""
    try:
        cells = next((cells for cells in reader if any(cells)), None)
    except csv.Error as error:
        raise InputError("the header line cannot be read", where=lines.where, found=error) from error
    if cells is None:
        raise InputError("the file is empty", where=lines.where)
    text = delimiter.join(cells)
    if fault := lines.fault(text):
        hint = "This is no text table; is it another format?"
        raise InputError(f"the header line: {fault[1]}", where=lines.where, found=printable(text), hint=hint)
    if len(cells) == 1:
        _refuse_other_delimiter(cells[0], lines.where)
    columns = [cell.strip() or f"column_{i + 1}" for i, cell in enumerate(cells)]
    _refuse_duplicates(columns, lines.where)
    return columns


def _refuse_other_delimiter(header: str, where: str) -> None:
    for delimiter, name in ((",", "a comma"), (";", "a semicolon"), ("\t", "a tab"), ("|", "a bar")):
        if delimiter in header:
            count = header.count(delimiter) + 1
            raise InputError(
                f"one column only, but split at {name} there would be {count}",
                where=where,
                found=header,
                hint="Use commas in a .csv, tabs in a .tsv, or give the format.",
            )


def _refuse_duplicates(columns: list[str], where: str) -> None:
    twice = sorted({c for c in columns if columns.count(c) > 1})
    if twice:
        raise InputError("a column name stands twice", where=where, found=twice[0], hint="Rename one.")


def _delimited(reader: Iterator[list[str]], lines: Lines, columns: list[str]) -> Iterator[Row | Rejection]:
    blank = 0
    for number, cells in enumerate(split_rows(reader, lines), 1):
        text = ",".join(cells) if isinstance(cells, list) else ""
        fault = lines.fault(text)
        if is_blank(cells):
            blank += 1
            continue
        yield from _blank(number, blank)
        blank = 0
        if isinstance(cells, Rejection):
            yield cells
        elif fault:
            yield _rejection(number, printable(text), *fault)
        elif len(cells) != len(columns):
            reason = f"{len(cells)} fields where the header has {len(columns)}"
            hint = "A field that holds a delimiter needs quotation marks."
            yield _rejection(number, text, "RAGGED_ROW", reason, hint)
        else:
            yield Row(number, {c: cell.strip() or None for c, cell in zip(columns, cells, strict=True)})


def split_rows(reader: Iterator[list[str]], lines: Lines) -> Iterator[list[str] | Rejection]:
    """The cells of each row, blank ones too, or why it has none."""
    number = 0
    while True:
        number += 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            yield _quoting(error, number, lines)
            continue
        if cells is None:
            return
        yield cells


def is_blank(cells: list[str] | Rejection) -> bool:
    """Whether there is nothing in a row, no delimiter either."""
    return isinstance(cells, list) and len(cells) <= 1 and not any(cells)


def _blank(number: int, many: int) -> Iterator[Rejection]:
    """The blank lines before a row; those at the end of a file are none."""
    return (_rejection(number - i, "", "EMPTY", "a blank line") for i in range(many, 0, -1))


def _quoting(error: csv.Error, number: int, lines: Lines) -> Rejection:
    """A misplaced quotation mark costs a row; one that never closes costs the file, as it swallows rows."""
    if "expected after" in str(error):
        return _rejection(number, "", "BAD_QUOTING", str(error), "Double a quotation mark within a field.")
    where = f"{lines.where} row {number}"
    hint = "Close it, or double it where it belongs to the text."
    raise InputError("a quotation mark is opened and never closed", where=where, hint=hint) from error


def _smi(lines: Lines) -> Iterator[Row | Rejection]:
    blank = 0
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if not text:
            blank += 1
            continue
        yield from _blank(number, blank)
        blank = 0
        if fault := lines.fault(text):
            yield _rejection(number, printable(text), *fault)
            continue
        structure, name = _SMI_LINE.fullmatch(text).groups()  # type: ignore[union-attr]
        yield Row(number, {"name": name}, structure)


def open_parquet(path: str | Path, where: str) -> Table:
    """A Parquet file as a table, read as its rows are; `InputError` if it is none."""
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
    _refuse_duplicates(columns, where)
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


def _rejection(number: int, text: str, code: str, reason: str, hint: str = "") -> Rejection:
    return Rejection(number, f"row-{number}", shorten(text, 200), code, reason, hint)
