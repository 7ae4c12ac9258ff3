"""The groups that a split keeps on one side: made by methods of the modality, or read from columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd

from riboswitch.config.settings import keywords
from riboswitch.data.records import Records
from riboswitch.errors import InputError, UsageError
from riboswitch.io.delimited import joined_columns
from riboswitch.io.log.messages import say
from riboswitch.modalities.parts import Grouper


class Grouping(NamedTuple):
    """One way to group the rows.

    Attributes
    ----------
    labels : list of str
        The group of each row.
    facts : dict
        JSON values: ``column``, or in ``grouping`` the options that the method used.
    """

    labels: list[str]
    facts: dict[str, Any]


def listed(values: str | Sequence[str] | None) -> list[str]:
    """One value, several or none as a list."""
    if values is None:
        return []
    return [values] if isinstance(values, str) else list(values)


def make_groupings(
    grouper: Grouper,
    records: Records,
    methods: Sequence[str],
    columns: Sequence[str],
    options: Mapping[str, Any] | None,
) -> dict[str, Grouping]:
    """Group the rows by each method; the method ``column`` groups them by each column.

    Returns
    -------
    dict
        Groupings by name: the method, or the column.

    Raises
    ------
    UsageError
        If there is no method, two groupings have one name, or columns are given without the method column.
    InputError
        If a column has an empty cell.
    """
    by_column = "column" in methods
    if by_column:
        _require_columns(records.table, columns)
    elif len(columns) > 1:
        raise UsageError("several columns need the method column", found=", ".join(columns),
                         hint="Add --method column, or leave --column out.")  # fmt: skip
    names = [name for m in methods for name in (columns if m == "column" else [m])]
    _require_different(names)
    return {
        name: _group_by_column(records.table, name)
        if by_column and name in columns
        else group_by_method(grouper, records, name, options)
        for name in names
    }


def _require_columns(table: pd.DataFrame, columns: Sequence[str]) -> None:
    missing = [c for column in columns for c in joined_columns(column, [*table]) if c not in table]
    if missing or not columns:
        raise UsageError("a split by column needs a column that holds the groups",
                         found=missing[0] if missing else None,
                         hint=f"Columns: {', '.join(table.columns)}.")  # fmt: skip


def _require_different(names: Sequence[str]) -> None:
    if not names:
        raise UsageError("a split needs a method", hint="As random, or a way to group.")
    name, count = Counter(names).most_common(1)[0]
    if count > 1:
        raise UsageError("two groupings of a split have the same name", found=name,
                         hint="Give each method and column once, and rename a column that is called "
                         "like a method.")  # fmt: skip


def group_by_method(
    grouper: Grouper, records: Records, method: str, options: Mapping[str, Any] | None
) -> Grouping:
    """Group the rows as the modality does."""
    chosen = keywords(grouper.group, options, "split options")
    labels = grouper.group(records.inputs, method, **chosen)
    settled = grouper.settle(records.inputs, method, **chosen)
    return Grouping(labels, {"grouping": settled} if settled else {})


def _group_by_column(table: pd.DataFrame, column: str) -> Grouping:
    """The groups in a column, or of rows that are equal in several, as ``A+B``."""
    names = joined_columns(column, [*table])
    for name in names:
        gap = table[name].isna() | (table[name].astype(str).str.strip() == "")
        if gap.any():
            raise InputError(f"column {name!r} must name the group of every row",
                             where=f"record {table['id'][gap].iloc[0]}", found="nothing")  # fmt: skip
    texts = [table[name].astype(str) for name in names]
    labels = [" ".join(cells) for cells in zip(*texts, strict=True)]
    return Grouping(labels, {"column": column})


def facts_of(groupings: Mapping[str, Grouping]) -> dict[str, Any]:
    """What the header of the split says about its groupings. Notes are printed, too."""
    several = len(groupings) > 1
    found = [_note(g, f" of {name}" if several else "") for name, g in groupings.items()]
    notes = [note for note in found if note]
    for note in notes:
        log(note)
    facts = {name: grouping.facts for name, grouping in groupings.items()}
    if several:
        stated: dict[str, Any] = {"groupings": {name: f.get("grouping", f) for name, f in facts.items()}}
    else:
        stated = next(iter(facts.values()))
    return stated | ({"notes": notes} if notes else {})


def _note(grouping: Grouping, of: str) -> str:
    """A remark if most rows are in one group; empty if not."""
    largest, count = max(Counter(grouping.labels).values(), default=0), len(grouping.labels)
    if count <= 1 or largest <= count / 2:
        return ""
    options = options_text(grouping.facts)
    return f"one group{of} holds {largest} of {count} rows ({options}): use a stricter grouping"


def options_text(facts: Mapping[str, Any]) -> str:
    """The options of a grouping in one line."""
    return ", ".join(f"{k} {v}" for k, v in facts.get("grouping", facts).items()) or "default options"


def log(line: str) -> None:
    """Print a line about the split on standard error."""
    say("line", line, "split: ")
