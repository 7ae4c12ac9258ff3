"""Parquet tables with a JSON header."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from riboswitch.errors import InputError
from riboswitch.io.atomic_files import atomic_path
from riboswitch.io.disk_faults import Reading
from riboswitch.io.strict_json import parse_json

META_KEY = b"riboswitch"
"""Key of the JSON header in an Arrow schema."""

TEXT, TEXT_OR_GAP, WHOLE, NUMBER, NUMBER_OR_GAP, TRUTH = (
    "text", "text or a gap", "a whole number", "a number", "a number or a gap", "true or false",
)  # fmt: skip
"""What a column holds in each row, see `check_columns`."""


def write_parquet(table: pd.DataFrame, path: str | Path, meta: dict[str, Any] | None = None) -> None:
    """Write a table with a JSON header. Equal content gives equal bytes."""
    arrow = pa.Table.from_pandas(table, preserve_index=False)
    header = json.dumps(meta or {}, sort_keys=True, allow_nan=False).encode()
    arrow = arrow.replace_schema_metadata({META_KEY: header})
    with atomic_path(path) as temporary:
        pq.write_table(arrow, temporary, compression="zstd", write_page_checksum=True)


def read_parquet(
    path: str | Path, columns: Collection[str] | None = None
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Read a table and its JSON header. The header of a file that another program wrote is empty.

    Parameters
    ----------
    path : path
    columns : collection of str, optional
        Only these, as far as the table has them; all by default.

    Raises
    ------
    InputError
        If the file is missing, damaged, or not Parquet, has two columns of one name, or a header of
        riboswitch that is no JSON.
    """
    with open_parquet(path) as file:
        arrow = file.read(None if columns is None else [n for n in file.schema_arrow.names if n in columns])
        arrow.validate(full=True)  # also that all text is UTF-8
        table = arrow.to_pandas(ignore_metadata=True)
    return table, read_meta(arrow.schema, str(path))


@contextmanager
def open_parquet(path: str | Path) -> Iterator[pq.ParquetFile]:
    """Open a Parquet file; what goes wrong while it is read becomes an `InputError`, see `read_parquet`."""
    where = str(path)
    if Path(path).is_dir():
        raise InputError("it is a folder, not a file", where=where)
    try:
        # Not read_table: a folder named like "a=1" in the path would become a column.
        with Reading(path), pq.ParquetFile(path, page_checksum_verification=True) as file:
            _refuse_twice(file.schema_arrow.names, where)
            yield file
    except FileNotFoundError as error:
        raise InputError("no such file", where=where) from error
    except (pa.ArrowException, OSError, ValueError, TypeError, OverflowError) as error:
        raise InputError("not a readable Parquet file", where=where, found=error) from error


def record_batches(
    file: pq.ParquetFile, rows: int, columns: Sequence[str] | None = None
) -> Iterator[pa.RecordBatch]:
    """Read an open file, at most so many rows at a time.

    Row groups are asked for a few at a time: asked for all at once, pyarrow's memory grows with the file.
    """
    groups: list[int] = []
    held = 0
    for group in range(file.num_row_groups):
        here = file.metadata.row_group(group).num_rows
        if groups and held + here > rows:
            yield from file.iter_batches(rows, row_groups=groups, columns=columns, use_threads=False)
            groups, held = [], 0
        groups.append(group)
        held += here
    if groups:
        yield from file.iter_batches(rows, row_groups=groups, columns=columns, use_threads=False)


def read_header(path: str | Path) -> dict[str, Any]:
    """The JSON header of a Parquet file; empty if it is of another program, or cannot be read."""
    try:
        return read_meta(pq.read_schema(path), str(path))
    except (pa.ArrowException, OSError, InputError):
        return {}


def _refuse_twice(names: list[str], where: str) -> None:
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if twice:
        raise InputError("two columns have one name", where=where, found=twice[0])


def read_meta(schema: pa.Schema, where: str = "table") -> dict[str, Any]:
    """The JSON header of an Arrow schema, or an empty one; `InputError` if it is not a JSON object."""
    try:
        header = parse_json((schema.metadata or {}).get(META_KEY, b"{}"))
    except ValueError as error:
        raise InputError("the header of the table is no JSON", where=where, found=error) from error
    if not isinstance(header, dict):
        raise InputError("the header of the table is no JSON object", where=where, found=header)
    return header


def check_columns(table: pd.DataFrame, kinds: Mapping[str, str], where: str, hint: str = "") -> None:
    """Raise `InputError` unless the table has these columns, each with what its kind says in every row."""
    for name, kind in kinds.items():
        if name not in table:
            raise InputError(f"the column {name!r} is missing", where=where, hint=hint)
        column = table[name]
        if len(column) and not _holds(column, kind):
            found = column.iloc[0]
            raise InputError(f"the column {name!r} must hold {kind} in every row", where=where,
                             found=f"{column.dtype}, first {found}", hint=hint)  # fmt: skip


def _holds(column: pd.Series, kind: str) -> bool:
    gaps = column.isna()
    if kind in (TEXT_OR_GAP, NUMBER_OR_GAP) and gaps.all():
        return True
    if kind in (TEXT, TEXT_OR_GAP):
        return isinstance(column.dtype, pd.StringDtype) and (kind == TEXT_OR_GAP or not gaps.any())
    if kind == TRUTH:
        return pd.api.types.is_bool_dtype(column) and not gaps.any()
    if pd.api.types.is_bool_dtype(column):
        return False
    if kind == WHOLE:
        return pd.api.types.is_integer_dtype(column) and not gaps.any()
    return pd.api.types.is_numeric_dtype(column) and (kind == NUMBER_OR_GAP or not gaps.any())
