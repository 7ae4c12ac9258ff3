"""Parquet tables that do not fit into memory: written and read a part at a time."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from riboswitch.io.atomic_files import atomic_path
from riboswitch.io.parquet import META_KEY, open_parquet, record_batches

PART_ROWS = 131_072
"""Rows of a row group, but for the last. Fewer would fill the footer of a table of 10^9 rows."""


class PartWriter:
    """Writes tables one after another into one Parquet file.

    The bytes depend on the rows and the header, and not on how the rows are cut into tables.

    Parameters
    ----------
    path : Path
    """

    def __init__(self, path: Path):
        self.path = path
        self._file: pq.ParquetWriter | None = None
        self._waiting: list[pa.Table] = []
        self._rows = 0

    def write(self, table: pa.Table, schema: pa.Schema | None = None) -> None:
        """Append rows.

        Parameters
        ----------
        table : Table
        schema : Schema, optional
            Of the whole file, the first time; by default that of the first table.
        """
        if self._file is None:
            self.schema = plain_schema(schema or table.schema)
            # Without Arrow's own schema: it would hide the header that is added at the end.
            self._file = pq.ParquetWriter(self.path, self.schema, compression="zstd",
                                          write_page_checksum=True, store_schema=False)  # fmt: skip
        self._waiting.append(table.cast(self.schema))
        self._rows += len(table)
        while self._rows >= PART_ROWS:
            self._write(PART_ROWS)

    def _write(self, rows: int) -> None:
        assert self._file is not None
        whole = pa.concat_tables(self._waiting)
        # In one piece: how rows came must not change where pages end.
        self._file.write_table(whole.slice(0, rows).combine_chunks(), row_group_size=PART_ROWS)
        self._waiting, self._rows = [whole.slice(rows)], self._rows - rows

    def finish(self, meta: Mapping[str, Any]) -> None:
        """Write what is left, and the JSON header."""
        assert self._file is not None
        if self._rows:
            self._write(self._rows)
        header = json.dumps(meta, sort_keys=True, allow_nan=False).encode()
        self._file.add_key_value_metadata({META_KEY: header})
        self._file.close()
        self._file = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            with suppress(OSError):  # the first failure is reported, and closing would report it again
                self._file.close()


def plain_schema(schema: pa.Schema) -> pa.Schema:
    """A schema without metadata, and with texts instead of numbered texts."""
    types = [pa.large_string() if pa.types.is_dictionary(field.type) else field.type for field in schema]
    return pa.schema([field.with_type(kind) for field, kind in zip(schema, types, strict=True)])


def write_parts(table: pd.DataFrame, path: str | Path, meta: Mapping[str, Any]) -> None:
    """Write a table as a `PartWriter` does."""
    with atomic_path(path) as temporary, PartWriter(temporary) as writer:
        writer.write(pa.Table.from_pandas(table, preserve_index=False))
        writer.finish(meta)


def parquet_batches(path: str | Path, rows: int, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
    """Read a Parquet file, at most so many rows at a time; at least one table, for the columns.

    Parameters
    ----------
    path : path
    rows : int
    columns : sequence of str, optional
        Only these; all by default.

    Raises
    ------
    InputError
        As `read_parquet`.
    """
    with open_parquet(path) as file:
        empty = file.schema_arrow.empty_table()
        yield empty if columns is None else empty.select(columns)
        for batch in record_batches(file, rows, columns):
            batch.validate(full=True)  # also that all text is UTF-8
            yield pa.Table.from_batches([batch])


class Supply:
    """Rows of tables with the same columns, from which any number can be taken.

    Parameters
    ----------
    tables : iterable of Table
        At least one, for the columns.
    """

    def __init__(self, tables: Iterable[pa.Table]):
        self._tables = iter(tables)
        self._rest: pa.Table | None = None

    def take(self, rows: int) -> pa.Table:
        """The next rows: so many, or all that are left."""
        pieces = [next(self._tables) if self._rest is None else self._rest]
        while sum(map(len, pieces)) < rows and (following := next(self._tables, None)) is not None:
            pieces.append(following)
        whole = pa.concat_tables(pieces)
        self._rest = whole.slice(rows)
        return whole.slice(0, rows)
