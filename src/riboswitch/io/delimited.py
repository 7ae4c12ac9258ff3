"""Tables of delimited cells (CSV, TSV), a row at a time and in constant memory.

The first line that is not blank is the header. A row that cannot be used is given with its `Problem`; a table
of which no row can be trusted is an `InputError`.

| code           | the row                                                        |
|----------------|----------------------------------------------------------------|
| `EMPTY`        | is a blank line, with a row after it                           |
| `RAGGED_ROW`   | has more or fewer cells than the header                        |
| `BAD_QUOTING`  | has a quotation mark inside a quoted cell                      |
| `BAD_ENCODING` | is not UTF-8                                                   |
| `NUL_BYTE`     | holds a NUL character                                          |
"""

from __future__ import annotations

import csv
import difflib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from riboswitch.errors import InputError, Problem, shorten
from riboswitch.io.opening import LONGEST_LINE, Lines, open_lines, printable

DELIMITERS = {"csv": ",", "tsv": "\t"}

MOST_CONTINUED = 2**17  # characters of a row after its first line: more are a quotation mark never closed


class TableRow(NamedTuple):
    """A row of a table.

    Attributes
    ----------
    number : int
        From 1; the header is not counted, blank lines are.
    cells : list of str
        As many as there are columns, unless there is a problem.
    problem : Problem, optional
        Why the row cannot be used.
    """

    number: int
    cells: list[str]
    problem: Problem | None = None

    @property
    def text(self) -> str:
        """The cells in one line, for people."""
        return printable(",".join(self.cells))


class DelimitedTable(NamedTuple):
    """Names of the columns, and the rows as they are read."""

    columns: list[str]
    rows: Iterator[TableRow]


def read_table(lines: Lines, delimiter: str, fill: bool = False) -> DelimitedTable:
    """Read a table with a header. Blank lines at the end of the file are no rows.

    Parameters
    ----------
    lines : Lines
    delimiter : str
    fill : bool
        Cells that a row lacks at its end are empty, not a problem. Some programs leave them out.

    Raises
    ------
    InputError
        If the header cannot be used, or, while rows are taken, for a quotation mark that is never closed.
    """
    columns = read_header(lines, delimiter)
    return DelimitedTable(columns, _rows(lines, delimiter, len(columns), fill))


def read_small_table(
    path: str | Path, delimiter: str, fill: bool = False
) -> tuple[list[str], list[TableRow]]:
    """Read a whole table of which every row is needed: the columns, and the rows but for blank lines.

    Raises
    ------
    InputError
        As `read_table`, and for the first row that cannot be used.
    """
    with open_lines(path) as lines:
        columns, rows = read_table(lines, delimiter, fill)
        good = [row for row in rows if row.problem is None or row.problem.code != "EMPTY"]
    for row in good:
        if row.problem:
            where = f"{lines.where} row {row.number}"
            raise InputError(row.problem.reason, where=where, found=row.text, hint=row.problem.hint)
    return columns, good


def read_header(lines: Lines, delimiter: str) -> list[str]:
    """Names of the columns, from the first line that is not blank.

    White space around a name is removed; a column without a name is called ``column_<number>``.

    Raises
    ------
    InputError
        If the line cannot be read, has another delimiter, or has one name twice.
    """
    cells = next((cells for cells in split_rows(lines, delimiter) if _is_header(cells)), None)
    if cells is None:
        raise InputError("the file is empty", where=lines.where)
    if isinstance(cells, Problem):
        raise InputError("the header line cannot be read", where=lines.where, found=cells.reason)
    text = delimiter.join(cells)
    if problem := lines.problem(text):
        hint = "This is no text table; is it another format?"
        reason = f"the header line: {problem.reason}"
        raise InputError(reason, where=lines.where, found=printable(text), hint=hint)
    if len(cells) == 1:
        _refuse_other_delimiter(cells[0], lines.where)
    columns = [cell.strip() or f"column_{i + 1}" for i, cell in enumerate(cells)]
    refuse_duplicates(columns, lines.where)
    return columns


def _is_header(cells: list[str] | Problem) -> bool:
    return isinstance(cells, Problem) or any(cells)


def _refuse_other_delimiter(header: str, where: str) -> None:
    for delimiter, name in ((",", "a comma"), (";", "a semicolon"), ("\t", "a tab"), ("|", "a bar")):
        if delimiter in header:
            count = header.count(delimiter) + 1
            raise InputError(
                f"one column only, but split at {name} there would be {count}",
                where=where,
                found=header,
                hint="Use commas in a .csv, tabs in a .tsv. --format names the right one.",
            )


def refuse_duplicates(columns: Sequence[str], where: str) -> None:
    """Raise `InputError` if two columns have the same name."""
    twice = sorted(name for name, count in Counter(columns).items() if count > 1)
    if twice:
        raise InputError("a column name stands twice", where=where, found=twice[0], hint="Rename one.")


def require_column(name: str, columns: Sequence[str], where: str, hint: str = "") -> None:
    """Raise `InputError` unless there is such a column; ``hint`` is for names that resemble none."""
    if name in columns:
        return
    lower = {c.lower(): c for c in columns}
    near = difflib.get_close_matches(name.lower(), list(lower), n=1)
    known = f"Columns: {shorten(', '.join(columns), 200)}."
    hint = f"Did you mean {lower[near[0]]!r}? {known}" if near else hint or known
    raise InputError("no such column", where=where, found=name, hint=hint)


def joined_columns(name: str, columns: Sequence[str]) -> list[str]:
    """The columns that a name stands for: that of this name, or those of ``A+B``, in this order."""
    parts = name.split("+")
    return parts if name not in columns and len(parts) > 1 and {*parts} <= {*columns} else [name]


def split_rows(lines: Lines, delimiter: str) -> Iterator[list[str] | Problem]:
    """The cells of each row, also of blank lines, or why it has none.

    Raises
    ------
    InputError
        If a quotation mark is never closed: it would swallow all rows after it.
    """
    csv.field_size_limit(LONGEST_LINE + MOST_CONTINUED)
    record = _Record(lines)
    reader = csv.reader(record.lines(), delimiter=delimiter, strict=True)
    number = 0
    while True:
        number += 1
        record.begins = True
        try:
            cells = next(reader, None)
        except csv.Error as error:
            yield _quoting(error, number, lines.where)
            continue
        if cells is None:
            return
        yield cells


class _Record:
    """The lines of one row, of which there may not be too many."""

    def __init__(self, lines: Lines):
        self._lines = lines
        self.begins = True

    def lines(self) -> Iterator[str]:
        continued = 0
        for line in self._lines:
            if self.begins:
                self.begins, continued = False, 0
            else:
                continued += len(line)
                if continued > MOST_CONTINUED:
                    raise csv.Error("a row of too many lines")
            yield line


def _quoting(error: csv.Error, number: int, where: str) -> Problem:
    if "expected after" in str(error):
        return Problem("BAD_QUOTING", str(error), "Double a quotation mark within a cell.")
    hint = "Close it, or double it where it belongs to the text."
    where = f"{where} row {number}"
    raise InputError("a quotation mark is opened and never closed", where=where, hint=hint) from error


def is_blank(cells: list[str] | Problem) -> bool:
    """Whether a row is a blank line, without a delimiter."""
    return isinstance(cells, list) and len(cells) <= 1 and not any(cells)


def blank_rows(number: int, many: int) -> Iterator[TableRow]:
    """The blank lines before a row, once it is known that a row comes after them."""
    problem = Problem("EMPTY", "a blank line")
    return (TableRow(n, [], problem) for n in range(number - many, number))


def _rows(lines: Lines, delimiter: str, width: int, fill: bool) -> Iterator[TableRow]:
    blank = 0
    for number, cells in enumerate(split_rows(lines, delimiter), 1):
        problem = lines.problem("".join(cells) if isinstance(cells, list) else "")
        if is_blank(cells):
            blank += 1
            continue
        if blank:
            yield from blank_rows(number, blank)
            blank = 0
        if isinstance(cells, Problem):
            yield TableRow(number, [], cells)
            continue
        if fill and len(cells) < width:
            cells += [""] * (width - len(cells))
        if len(cells) != width:
            problem = problem or _ragged(len(cells), width)
        yield TableRow(number, cells, problem)


def _ragged(cells: int, width: int) -> Problem:
    hint = "A cell that holds a delimiter needs quotation marks."
    return Problem("RAGGED_ROW", f"{cells} cells where the header has {width}", hint)
