"""Damage done to values: of JSON, and of tables in Parquet files."""

from __future__ import annotations

import io
import json
import math
import random
import re
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from damage import damaged

ODD = [
    None,
    True,
    False,
    0,
    1,
    -1,
    2,
    10**9,
    2**63,
    -(2**63) - 1,
    1.5,
    -0.0,
    math.nan,
    math.inf,
    1e308,
    "",
    " ",
    "0",
    "1",
    "true",
    "nan",
    "../x",
    "/",
    "--x",
    "{x}",
    "é",
    "a\nb",
    "\0",
    "x" * 5000,
    [],
    {},
    [[]],
    [None],
    {"": None},
    [1, "a", None],
    "=1+1",
]
"""Values that nobody expects."""


def changed_value(value: Any, rng: random.Random) -> Any:
    """A copy of a JSON value in which one place is other, missing, twice or deep."""
    if isinstance(value, dict) and value and rng.random() < 0.9:
        return _changed_dict(value, rng)
    if isinstance(value, list) and value and rng.random() < 0.8:
        return _changed_list(value, rng)
    if rng.random() < 0.03:
        return f"@deep {rng.choice((60, 2000, 100_000))}@"  # see `as_json`
    if isinstance(value, str) and value and rng.random() < 0.4:
        at = rng.randint(0, len(value))
        return value[:at] + rng.choice(("", "x", "1", '"', "\n", "é")) + value[at + rng.randint(0, 2) :]
    if isinstance(value, int | float) and not isinstance(value, bool) and rng.random() < 0.5:
        return rng.choice((value + 1, -value, value * 10**6, value / 2, str(value)))
    return rng.choice(ODD)


def _changed_dict(value: dict, rng: random.Random) -> dict:
    key = rng.choice(sorted(value))
    roll = rng.random()
    if roll < 0.15:
        return {k: v for k, v in value.items() if k != key}
    if roll < 0.25:
        return value | {rng.choice(("x", "", "format", key + "x", key.upper())): rng.choice(ODD)}
    return value | {key: changed_value(value[key], rng)}


def _changed_list(value: list, rng: random.Random) -> list:
    at = rng.randrange(len(value))
    roll = rng.random()
    if roll < 0.2:
        return value[:at] + value[at + 1 :]
    if roll < 0.35:
        return [*value, value[at]]
    return [*value[:at], changed_value(value[at], rng), *value[at + 1 :]]


def as_json(value: Any) -> str:
    """JSON of a changed value. The json module cannot write deep ones: their marks become brackets here."""
    return _DEEP.sub(lambda mark: "[" * int(mark[1]) + "]" * int(mark[1]), json.dumps(value))


_DEEP = re.compile(r'"@deep ([0-9]+)@"')


def changed_table(data: bytes, others: list[bytes], rng: random.Random) -> bytes:
    """A Parquet file with a column, a cell, rows or the metadata changed, or damaged bytes."""
    if rng.random() < 0.3:
        return damaged(data, others, rng)
    table = rng.choice(TABLE_CHANGES)(pq.read_table(io.BytesIO(data)), rng)
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


def _drop_column(table: pa.Table, rng: random.Random) -> pa.Table:
    return table.drop_columns(rng.choice(table.column_names)) if table.num_columns else table


def _rename_column(table: pa.Table, rng: random.Random) -> pa.Table:
    names = table.column_names
    names[rng.randrange(len(names))] = rng.choice(("x", "", "id", names[0]))
    return table.rename_columns(names)


def _other_column(table: pa.Table, rng: random.Random) -> pa.Table:
    n, at = table.num_rows, rng.randrange(table.num_columns)
    made = rng.choice(
        (
            lambda: pa.array([None] * n, pa.string()),
            lambda: pa.array([None] * n, pa.null()),
            lambda: pa.array([[1, 2]] * n),
            lambda: pa.array([{"a": 1}] * n, pa.struct([("a", pa.int64())])),
            lambda: pa.array([b"\xff\xfe"] * n),
            lambda: pa.array(np.full(n, np.nan)),
            lambda: pa.array(np.full(n, np.inf)),
            lambda: pa.array([True] * n),
            lambda: pa.array(["x"] * n),
            lambda: pa.array(["x"] * n).dictionary_encode(),
            lambda: pa.array(np.arange(n)),
            lambda: pa.array(np.full(n, -1)),
            lambda: pa.array(np.full(n, 2**62)),
            lambda: pa.array(["é\n\r\t\0"] * n),
            lambda: pa.array(np.arange(n) / 2),
            lambda: pa.array(["1_000"] * n),
        )
    )()
    return table.set_column(at, table.column_names[at], made)


def _null_cells(table: pa.Table, rng: random.Random) -> pa.Table:
    at = rng.randrange(table.num_columns)
    values = table.column(at).to_pylist()
    for _ in range(rng.randint(1, 3)):
        if values:
            values[rng.randrange(len(values))] = None
    return table.set_column(at, table.column_names[at], pa.array(values, table.column(at).type))


def _fewer_rows(table: pa.Table, rng: random.Random) -> pa.Table:
    return table.slice(0, rng.randint(0, table.num_rows))


def _rows_again(table: pa.Table, rng: random.Random) -> pa.Table:
    return pa.concat_tables([table, table.slice(0, rng.randint(0, min(3, table.num_rows)))])


def _shuffled_rows(table: pa.Table, rng: random.Random) -> pa.Table:
    order = list(range(table.num_rows))
    rng.shuffle(order)
    return table.take(order)


def _other_metadata(table: pa.Table, rng: random.Random) -> pa.Table:
    metadata = dict(table.schema.metadata or {})
    if metadata:
        key = rng.choice(sorted(metadata))
        metadata[key] = rng.choice((b"", b"{", b"[]", b"null", b"1", damaged(metadata[key], [], rng)))
        if rng.random() < 0.3:
            del metadata[key]
    return table.replace_schema_metadata(metadata or None)


TABLE_CHANGES = [
    _drop_column,
    _rename_column,
    _other_column,
    _other_column,
    _other_column,
    _null_cells,
    _fewer_rows,
    _rows_again,
    _shuffled_rows,
    _other_metadata,
    _other_metadata,
]
