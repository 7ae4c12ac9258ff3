"""Rows of files, one at a time: CSV, TSV, SMILES files, SD files, Parquet; plain, gzip or zstd.

A row that cannot be read becomes a `Rejection`; a file that cannot be read raises `InputError`. Blank lines
within a file are rows without a structure; blank lines at its end are ignored. Memory does not grow.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from riboswitch.chem.ctfile.mol_block import Options as SdfOptions
from riboswitch.chem.sdf import Row, molecules
from riboswitch.data.records import Rejection
from riboswitch.errors import InputError, Problem, shorten
from riboswitch.io.delimited import DELIMITERS, TableRow, blank_rows, read_table
from riboswitch.io.formats import check_skip, format_of
from riboswitch.io.opening import Lines, location, open_lines, printable
from riboswitch.modalities.molecule.files.parquet_rows import open_parquet

FORMATS = ("csv", "tsv", "smi", "sdf", "parquet")

# A structure, its CXSMILES extension, and what follows.
_SMI_LINE = re.compile(r"([^ \t]*(?:[ \t]+\|[^|]*\|(?![^ \t]))?)(.*)", re.DOTALL)
_SMI_HEADER = re.compile("(canonical|isomeric|std)?[_-]?(smiles|structure|molecule)", re.IGNORECASE)


HEADER = Problem(
    "BAD_SMILES",
    "a header line, where a SMILES file has its first structure",
    "Delete it: the columns are the structure, the name, and further ones. --skip-lines 1 leaves it out.",
)


@dataclass(frozen=True, slots=True)
class Table:
    """An open file.

    Attributes
    ----------
    columns : list of str, optional
        None if every record has its own columns, as in SD files.
    rows : iterator of Row or Rejection
    format : str
    """

    columns: list[str] | None
    rows: Iterator[Row | Rejection]
    format: str

    @property
    def structured(self) -> bool:
        """Whether the format has a fixed position for the structure."""
        return self.format in ("smi", "sdf")


@contextmanager
def open_table(
    path: str | Path, format: str | None = None, sdf: SdfOptions | None = None, skip_lines: int = 0
) -> Iterator[Table]:
    """Open a file (``-``: standard input) as a stream of rows; ``sdf`` tells how SD files are read.

    ``skip_lines`` lines above the first row, or above the header if there is one, are left out.

    Raises
    ------
    InputError
        If the file is missing, empty, damaged, or not of its format; also later, while rows are read.
    UsageError
        If the format is unknown, or not given for standard input; or has no lines to skip.
    """
    format, where = format_of(path, format, FORMATS), location(path)
    check_skip(skip_lines, format, (*DELIMITERS, "smi"))
    if format == "parquet":
        columns, rows = open_parquet(path, where)
        yield Table(columns, _require_rows(rows, where), format)
        return
    with open_lines(path, skip_lines) as lines:
        table = _text_table(lines, format, sdf)
        yield replace(table, rows=_require_rows(table.rows, where))


def _require_rows(rows: Iterator[Row | Rejection], where: str) -> Iterator[Row | Rejection]:
    """Yield the rows; `InputError` if there are none."""
    first = next(rows, None)
    if first is None:
        raise InputError("there are no rows in it", where=where)
    yield first
    yield from rows


def _text_table(lines: Lines, format: str, sdf: SdfOptions | None) -> Table:
    if format == "smi":
        return _smi_table(lines)
    if format == "sdf":
        return Table(None, molecules(lines, sdf), format)
    columns, rows = read_table(lines, DELIMITERS[format])
    return Table(columns, (_table_row(row, columns) for row in rows), format)


def _table_row(row: TableRow, columns: list[str]) -> Row | Rejection:
    if row.problem:
        return _rejection(row.number, row.text, row.problem)
    return Row(row.number, {c: cell or None for c, cell in zip(columns, row.cells, strict=True)})


def _smi_table(lines: Lines) -> Table:
    """A SMILES file. Its first line tells the columns: the name, ``column_3``, ``column_4`` and so on."""
    numbered = enumerate(lines, 1)
    number, line = next((found for found in numbered if found[1].strip()), (1, ""))
    columns = _smi_columns(smi_cells(line)[1:])
    if _SMI_HEADER.fullmatch(smi_cells(line)[0]):
        lines.problem("")
        rows: Iterator[Row | Rejection] = chain(
            [_rejection(number, line.strip(), HEADER)], _smi_rows(numbered, lines)
        )
    else:
        rows = _smi_rows(chain(((n, "") for n in range(1, number)), [(number, line)], numbered), lines)
    return Table(columns, rows, "smi")


def _smi_columns(cells: Sequence[str]) -> list[str]:
    return ["name", *(f"column_{n}" for n in range(3, len(cells) + 2))]


def _smi_rows(numbered: Iterable[tuple[int, str]], lines: Lines) -> Iterator[Row | Rejection]:
    blank = 0
    for number, line in numbered:
        text = line.rstrip("\r\n")
        if not text.strip():
            blank += 1
            continue
        if blank:
            yield from (_table_row(row, []) for row in blank_rows(number, blank))
            blank = 0
        if problem := lines.problem(text):
            yield _rejection(number, printable(text), problem)
            continue
        structure, *cells = smi_cells(text)
        yield Row(number, dict(zip(_smi_columns(cells), [c or None for c in cells], strict=True)), structure)


def smi_cells(line: str) -> list[str]:
    """The structure of a line with its CXSMILES extension, the name, further columns.

    If a tab stands after the structure, tabs divide the line, and the second column is the name as it stands.
    Else all after the blanks is the name.
    """
    structure, rest = _SMI_LINE.fullmatch(line.rstrip("\r\n").lstrip(" ")).groups()  # type: ignore[union-attr]
    if "\t" not in rest:
        return [structure, rest.strip(" ")]
    first, *cells = rest.split("\t")
    return [structure, first.strip(" "), *cells] if first.strip(" ") else [structure, *cells]


def _rejection(number: int, text: str, problem: Problem) -> Rejection:
    return Rejection(number, f"row-{number}", shorten(text, 200), *problem)
