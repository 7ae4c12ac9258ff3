"""Records of several sources: unique ids, and columns from a table."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from riboswitch.data.records import Records
from riboswitch.io.delimited import read_small_table, require_column


def reject_repeated_ids(records: Records) -> Records:
    """Reject a row whose id occurs in an earlier source: later steps join rows by id."""
    again = records.table.duplicated("id")
    problem = "DUPLICATE_ID", "the id occurs in an earlier file", "Rename it."
    gone = [records.rejection(row, *problem, stage="parse") for row in np.flatnonzero(again).tolist()]
    return records.reject(again, gone)


def add_columns(records: Records, table: str | Path, key: str, columns: Mapping[str, str]) -> None:
    """Add columns of a tab-separated table in place; rows without an entry get empty text.

    Parameters
    ----------
    records : Records
        ``meta["annotated"]`` counts the rows with an entry.
    table : path
    key : str
        Column of the table that holds the ids of the records.
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
    for name, column in columns.items():
        records.table[name] = [rows.get(i, {}).get(column, "").strip() for i in records.table["id"]]
    records.meta["annotated"] = int(records.table["id"].isin(list(rows)).sum())
