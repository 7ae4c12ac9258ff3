"""Rows of Parquet files. Bytes are text in UTF-8: Spark and Impala write text without that mark."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from riboswitch.chem.sdf import Row
from riboswitch.errors import InputError
from riboswitch.io.atomic_files import unchanged
from riboswitch.io.delimited import refuse_duplicates
from riboswitch.io.disk_faults import Reading, reading_fault
from riboswitch.io.opening import COMPRESSED
from riboswitch.io.parquet import record_batches

BATCH = 2048  # rows that are decoded at a time


def open_parquet(path: str | Path, where: str) -> tuple[list[str], Iterator[Row]]:
    """Names of the columns, and the rows; `InputError` if the file cannot be read."""
    if str(path) == "-" or str(path).lower().endswith(tuple(COMPRESSED)):
        raise InputError("Parquet needs a plain file", where=where, hint="Unpack it to the disk first.")
    try:
        with Reading(where):
            file = pq.ParquetFile(path)
    except FileNotFoundError as error:
        raise InputError("no such file", where=where) from error
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError("not a readable Parquet file", where=where, found=error) from error
    columns = list(file.schema_arrow.names)
    refuse_duplicates(columns, where)
    return columns, _rows(file, path, where)


def _rows(file: pq.ParquetFile, path: str | Path, where: str) -> Iterator[Row]:
    number = 0
    with unchanged(path), file:
        names = file.schema_arrow.names
        try:
            for batch in record_batches(file, BATCH):
                for cells in zip(*map(_values, batch.columns), strict=True):
                    number += 1
                    yield Row(number, dict(zip(names, cells, strict=True)))
        except (pa.ArrowInvalid, OSError) as error:
            problem = reading_fault(error, where) or "the Parquet file is damaged"
            raise InputError(problem, where=f"{where} row {number + 1}") from error


def _values(column: pa.Array) -> list[Any]:
    """The cells of a column, those of bytes as text; bytes that are not UTF-8 stay bytes."""
    if isinstance(column, pa.DictionaryArray):
        column = column.dictionary_decode()
    try:
        cells: list[Any] = (column.cast(pa.string()) if _is_bytes(column.type) else column).to_pylist()
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, UnicodeDecodeError):
        if not _is_text(column.type):
            raise
        cells = [_decoded(cell) for cell in _as_bytes(column).to_pylist()]
    return cells


def _is_bytes(kind: pa.DataType) -> bool:
    return pa.types.is_binary(kind) or pa.types.is_large_binary(kind)


def _as_bytes(column: pa.Array) -> pa.Array:
    return column if pa.types.is_fixed_size_binary(column.type) else column.cast(pa.large_binary())


def _is_text(kind: pa.DataType) -> bool:
    of = pa.types
    tests = (of.is_string, of.is_large_string, of.is_string_view, of.is_binary, of.is_large_binary,
             of.is_binary_view, of.is_fixed_size_binary)  # fmt: skip
    return any(test(kind) for test in tests)


def _decoded(cell: bytes | None) -> str | bytes | None:
    try:
        return None if cell is None else cell.decode("utf-8")
    except UnicodeDecodeError:
        return cell
