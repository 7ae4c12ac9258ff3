"""The split that a column of the records holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from riboswitch.data.splits import PARTS, Split
from riboswitch.errors import InputError, UsageError

OTHER_NAMES = {"training": "train", "val": "valid", "validation": "valid", "testing": "test"}
"""What other programs call the parts; chemprop says val."""


def predefined(
    records: pd.DataFrame,
    methods: Sequence[str],
    columns: Sequence[str],
    groups: str | None,
    meta: Mapping[str, Any],
) -> tuple[Split, list[str]]:
    """The split of one repeat that a column of the records holds, and remarks on it.

    Parameters
    ----------
    records : DataFrame
    methods, columns : sequence of str
        As given by the user: no other method, and one column.
    groups : str, optional
        The column with the group of each row. Without it each row is a group.
    meta : mapping
        The header of the split so far.

    Raises
    ------
    UsageError
        If there is another method or column, or a column is missing.
    InputError
        For a cell that names no part or no group; if there are no rows to train on, or none to test.
    LeakError
        If a group stands on two sides.
    """
    if len(methods) > 1 or len(columns) > 1:
        raise UsageError("a predefined split has one column and no other method",
                         found=", ".join([*methods, *columns]),
                         hint="Groups that it keeps on one side are named with --groups.")  # fmt: skip
    column = columns[0] if columns else None
    parts, notes = _parts_of(records, column)
    table = records[["id"]].copy()
    about: dict[str, Any] = {"column": column}
    if groups is None:
        table["group"] = [f"row{i}" for i in range(len(table))]
        notes.append("no column of groups is given: rows count as independent, unless families are found")
    else:
        table["group"] = _groups_of(records, groups)
        about["groups"] = groups
    table["part_0"] = parts
    return Split(table, {**meta, **about}), notes


def _parts_of(table: pd.DataFrame, column: str | None) -> tuple[list[str], list[str]]:
    """The part of each row, and a remark for each other name of a part."""
    if column is None or column not in table:
        raise UsageError("a predefined split needs a column that holds train, valid or test", found=column,
                         hint=f"Columns: {', '.join(table.columns)}.")  # fmt: skip
    given = _texts(table[column]).str.lower()
    notes = [
        f"{name} in column {column!r} is read as {part} ({count} rows)"
        for name, part in OTHER_NAMES.items()
        if (count := int((given == name).sum()))
    ]
    parts = given.replace(OTHER_NAMES)
    bad = ~parts.isin(PARTS)
    if bad.any():
        raise InputError(f"column {column!r} must hold train, valid or test",
                         where=f"record {table['id'][bad].iloc[0]}",
                         found=given[bad].iloc[0] or "nothing")  # fmt: skip
    for part in ("train", "test"):
        if not (parts == part).any():
            raise InputError(f"column {column!r} has no row for {part}", found=", ".join(sorted({*given})))
    return parts.tolist(), notes


def _groups_of(table: pd.DataFrame, column: str) -> list[str]:
    if column not in table:
        raise UsageError("no such column of groups", found=column,
                         hint=f"Columns: {', '.join(table.columns)}.")  # fmt: skip
    groups = _texts(table[column])
    gap = groups == ""
    if gap.any():
        raise InputError(f"column {column!r} must name the group of every row",
                         where=f"record {table['id'][gap].iloc[0]}", found="nothing")  # fmt: skip
    return groups.tolist()


def _texts(column: pd.Series) -> pd.Series:
    return column.where(column.notna(), "").astype(str).str.strip()
