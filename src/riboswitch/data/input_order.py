"""Tables of answers: accepted and rejected inputs in the order of the inputs, with columns of the inputs.

A carried column is a field of the records that stands beside the answers: the input as given, and what the
user asked for. A column of the answers keeps its name, and a carried one of that name gets the prefix
``input_``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from riboswitch.data.records import Record, Records, Rejection
from riboswitch.errors import UsageError

POSITION = ["source", "row"]


def in_input_order(
    records: Records, accepted: pd.DataFrame, rejected: Sequence[str], given: Iterable[str] = ()
) -> pd.DataFrame:
    """Join rows of accepted records with the rejections, source after source, rows in order.

    Parameters
    ----------
    records : Records
    accepted : DataFrame
        Rows of the accepted records, with the columns ``source`` and ``row``.
    rejected : sequence of str
        Columns of the rejections to take: of ``id``, ``status`` (the code), ``reason``, ``input``.
    given : iterable of str
        Columns of ``accepted`` that hold the input as given; rejections have it there, too.

    Returns
    -------
    DataFrame
        Still with the columns ``source`` (as a number) and ``row``.
    """
    bad = records.rejected.rename(columns={"code": "status"})
    bad = bad[[*POSITION, *rejected]].assign(**dict.fromkeys(given, bad["input"]))
    table = pd.concat([accepted, bad], ignore_index=True)
    table["source"] = table["source"].map(_source_numbers(records))
    return table.sort_values(POSITION, kind="stable", ignore_index=True)


def _source_numbers(records: Records) -> dict[str, int]:
    """Number of each source: in the order of the records' meta, else as they first occur."""
    named = [source["file"] for source in records.meta.get("sources", ())]
    seen = [*named, *records.table["source"], *records.rejected["source"]]
    return {source: i for i, source in enumerate(dict.fromkeys(seen))}


def free_names(names: Mapping[str, str], taken: Collection[str]) -> dict[str, str]:
    """The names of carried columns beside columns of the names ``taken``.

    Parameters
    ----------
    names : mapping of str to str
        Name of each field that is carried, and what its column is called if it can be.
    taken : collection of str
    """
    free: dict[str, str] = {}
    for field, name in names.items():
        while name in taken or name in free.values():
            name = f"input_{name}"
        free[field] = name
    return free


def carried_of_records(records: Records, names: Mapping[str, str], taken: Collection[str]) -> pd.DataFrame:
    """The carried columns of accepted records, one line for each.

    Raises
    ------
    UsageError
        If no record has such a field.
    """
    for name in names:
        if name not in records.table:
            raise UsageError("no row of the inputs has such a column", found=name)
    return records.table[[*names]].rename(columns=free_names(names, taken))


def carried_of_rows(
    rows: Sequence[Record | Rejection],
    names: Mapping[str, str],
    given: Collection[str],
    taken: Collection[str],
) -> dict[str, list[Any]]:
    """The same for rows of a stream, in their order: each column with a value for each row.

    ``given`` are the fields that hold the input as given: a rejection has its input there, and else gaps.
    """
    nothing = dict.fromkeys(names)

    def fields(row: Record | Rejection) -> Mapping[str, Any]:
        return row.fields if isinstance(row, Record) else nothing | dict.fromkeys(given, row.input)

    return {free: [fields(row).get(name) for row in rows] for name, free in free_names(names, taken).items()}
