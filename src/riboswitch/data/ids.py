"""Ids of records: one of its own for each, also among several sources; columns of a table, joined by id."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from riboswitch.data.records import Records
from riboswitch.errors import Problem
from riboswitch.io.delimited import read_small_table, require_column


def id_problem(name: str, taken: Mapping[str, int], missing: Problem) -> Problem | None:
    """Why a record cannot have an id; None if it can.

    Parameters
    ----------
    name : str
    taken : mapping of str to int
        The row of each id that is given already.
    missing : Problem
        What is said of a record without an id.
    """
    if not name.strip():
        return missing
    if "\0" in name:
        return Problem("NUL_BYTE", "NUL byte in the id", "The file may be damaged.")
    if name in taken:
        return Problem("DUPLICATE_ID", f"row {taken[name]} has the id {name!r} already", "Give unique ids.")
    return None


def with_free_ids(parts: Sequence[Records]) -> list[Records]:
    """Give rows ids of their own in files where no column of ids was named (``meta["found"]``).

    An id that an earlier row has, in this file or in one before it, becomes ``row-<n>``, or
    ``<file>:row-<n>`` if that is taken, too. ``meta["numbered"]`` counts these rows and those without an id.
    """
    taken: set[str] = set()
    for part in parts:
        if "ids" in part.meta.get("found", {}):
            table = part.table
            rows = [*zip(table["id"], table["row"], table["source"], strict=True)]
            ids = [_free_id(*row, taken) for row in rows]
            table["id"] = pd.array(ids, dtype="str")
            numbered = sum(new.endswith(f"row-{row}") for new, (_, row, _) in zip(ids, rows, strict=True))
            part.meta |= {"numbered": numbered} if part.meta["found"]["ids"] and numbered else {}
        else:
            taken.update(part.table["id"])
    return list(parts)


def _free_id(name: str, row: int, source: str, taken: set[str]) -> str:
    """The first of the id, the number of its row, and that with its file, which is free; it is taken then."""
    for free in (name, f"row-{row}", f"{source}:row-{row}"):
        if free not in taken:
            break
    taken.add(free)
    return free


PART_COLUMNS = "cassette", "cassette_gene", "cassette_part", "cassette_parts"
"""Of a record that is a part of a row: id of the row, name of the part, its number, and their number."""


def row_ids(table: pd.DataFrame) -> pd.Series:
    """For each record the id of its row: its own, or that of the row that it is a part of."""
    ids, parts = table["id"], table.get("cassette_parts")
    if parts is None or not pd.api.types.is_numeric_dtype(parts):
        return ids
    return ids.mask(parts > 1, table["cassette"])


def reject_repeated_ids(records: Records) -> Records:
    """Reject a row whose id occurs in an earlier source: later steps join rows by id."""
    again = records.table.duplicated("id")
    problem = "DUPLICATE_ID", "the id occurs in an earlier file", "Rename it."
    gone = [records.rejection(row, *problem, stage="parse") for row in np.flatnonzero(again).tolist()]
    return records.reject(again, gone)


def add_columns(records: Records, table: str | Path, key: str, columns: Mapping[str, str]) -> None:
    """Add columns of a tab-separated table in place; rows without an entry get empty text.

    Parts of a row get the entry of the row.

    Parameters
    ----------
    records : Records
        ``meta["annotated"]`` counts the rows with an entry.
    table : path
    key : str
        Column of the table that holds the ids of the rows.
    columns : mapping of str to str
        New column to column of the table.

    Raises
    ------
    InputError
        If the table cannot be read, or lacks a column.
    """
    # ResFinder's table leaves out empty values at the end of a row.
    names, lines = read_small_table(table, "\t", fill=True)
    for name in (key, *columns.values()):
        require_column(name, names, str(table))
    entries = (dict(zip(names, line.cells, strict=True)) for line in lines)
    rows = {entry[key]: entry for entry in entries}
    ids = row_ids(records.table)
    for name, column in columns.items():
        records.table[name] = [rows.get(i, {}).get(column, "").strip() for i in ids]
    records.meta["annotated"] = int(ids.isin(list(rows)).sum())
