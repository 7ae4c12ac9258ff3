"""Records of an SD file. The file is split at the ``$$$$`` lines, and the data items are read, here and in
`ctfile`; RDKit reads only the mol blocks.

RDKit's own reader may skip a record after a broken one, and lose or fuse data items. Here a broken record
costs only itself, so the count of records stays right.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from riboswitch.chem.ctfile import data_items, mol_block
from riboswitch.data.records import Rejection
from riboswitch.errors import InputError, Problem, shorten
from riboswitch.io.opening import Lines, printable

MAX_LINES, MAX_CHARACTERS = 100_000, 10_000_000
"""Most lines and characters of a record."""

TITLE = "title"
"""Column of the title line."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a file.

    Attributes
    ----------
    number : int
        From 1.
    values : dict
        The columns.
    structure : str, optional
        SMILES or CXSMILES, for formats with a fixed position for the structure.
    notes : tuple of str
        What was changed or left out when the structure was read.
    """

    number: int
    values: dict[str, Any]
    structure: str | None = None
    notes: tuple[str, ...] = ()


def molecules(lines: Lines, options: mol_block.Options | None = None) -> Iterator[Row | Rejection]:
    """Read structure and data items of every record; the title line becomes the column ``title``.

    An item called ``title`` becomes ``input_title``.
    """
    for number, record in enumerate(records(lines), 1):
        text = [line.rstrip("\r\n") for line in record]
        problem = lines.problem("".join(text)) or _too_long(record)
        row = problem or _row(text, number, options or mol_block.Options())
        if isinstance(row, Row):
            yield row
        else:
            title = shorten(printable(text[0].strip())) if text else ""
            yield Rejection(number, f"row-{number}", title, *row)


def records(lines: Lines) -> Iterator[list[str]]:
    """Split the lines into those of each record, with their ends; the contents are not checked.

    The line that ends a record is its last one. A record that is too long is cut; see `_too_long`.

    Raises
    ------
    InputError
        If the first record does not end within 100,000 lines or 10,000,000 characters.
    """
    record: list[str] = []
    size, first = 0, True
    for line in lines:
        ends = line.startswith(data_items.END)
        if not _over(record, size):
            record.append(line)
            size += len(line)
        if ends:
            yield record
            record, size, first = [], 0, False
        elif first and _over(record, size):
            hint = f"No record end ({data_items.END}) within {MAX_LINES} lines: is this an SD file?"
            raise InputError("not an SD file", where=lines.where, hint=hint)
    if any(line.strip() for line in record):
        yield record


def _over(record: Sequence[str], size: int) -> bool:
    return len(record) > MAX_LINES or size > MAX_CHARACTERS


def _too_long(record: Sequence[str]) -> Problem | None:
    if not _over(record, sum(map(len, record))):
        return None
    reason = f"a record of more than {MAX_LINES:,} lines or {MAX_CHARACTERS:,} characters"
    return Problem("TOO_LARGE", reason, f"The line {data_items.END} may be missing.")


def _row(lines: Sequence[str], number: int, options: mol_block.Options) -> Row | Problem:
    if not any(line.strip() for line in lines if not line.startswith(data_items.END)):
        return Problem("EMPTY", "no structure in this record")
    after = next((i for i, line in enumerate(lines) if i > 3 and line.rstrip() == mol_block.LAST), -1) + 1
    if not after:
        return Problem("BAD_RECORD", f"no line {mol_block.LAST!r}", "The record was cut; export it again.")
    block = mol_block.read(lines[:after], options)
    if isinstance(block, Problem):
        return block
    items = data_items.read(lines[after:], after + 1)
    if isinstance(items, Problem):
        return items
    values = {_column(name, items): value for name, value in items.items()}
    texts = {TITLE: lines[0]} | values
    return Row(number, {name: text if text.strip() else None for name, text in texts.items()}, *block)


def _column(name: str, items: dict[str, str]) -> str:
    """The column of an item; that of the title line is taken."""
    free_name = name
    while free_name == TITLE or (free_name != name and free_name in items):
        free_name = f"input_{free_name}"
    return free_name
