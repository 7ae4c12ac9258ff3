"""One part of a library: two files, each read only if it is as it was written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.arrow_file import BATCH_ROWS, from_batches, reader
from riboswitch.errors import InputError
from riboswitch.io.atomic_files import atomic_path
from riboswitch.io.disk_faults import Reading
from riboswitch.io.parquet import read_meta

PREPARE_AGAIN = "Prepare it again (riboswitch prepare), or take an intact copy of the library."
SCREENING_COLUMNS = ("row", "id", "key")
_TYPES = {"row": pa.int64(), "id": pa.string(), "key": pa.string()}


class BlockRange(NamedTuple):
    """The rows of a block: ``start`` to ``stop`` (excluded) of a part."""

    part: int
    start: int
    stop: int

    @property
    def rows(self) -> int:
        return self.stop - self.start


@dataclass
class Block:
    """Rows that are scored together: their table and their encoded records."""

    table: pa.Table
    arrays: RaggedArrays

    def __len__(self) -> int:
        return len(self.table)


class Part:
    """One part, open for reading. Only the record batch that was read last is in memory.

    Parameters
    ----------
    number : int
    table, arrays : Path
        Its files; their digests have been compared.
    header : mapping
        Header of the library.

    Raises
    ------
    InputError
        If a file cannot be read, or is not a part of this library.
    """

    def __init__(self, number: int, table: Path, arrays: Path, header: dict[str, Any]):
        self.number, self.rows = number, header["rows"][number]
        self.table_path, self.path = table, arrays
        with readable(table):
            self.table = pq.ParquetFile(table)
            self._require_table(header["components"])
        with readable(arrays):
            self.arrays = reader(arrays)
            self.header = read_meta(self.arrays.schema)
            if self.arrays.num_record_batches != -(-self.rows // BATCH_ROWS) or self.header != {
                "component": header["components"][0], "meta": header["encoder"],
            }:  # fmt: skip
                raise ValueError("its rows are not those that library.json lists")
        self.last: tuple[int, pa.RecordBatch] = (-1, None)  # the record batch that was read last

    def _require_table(self, components: Sequence[str]) -> None:
        metadata, schema = self.table.metadata, self.table.schema_arrow
        groups = [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)]
        if groups != [_batch_rows(i, self.rows) for i in range(-(-self.rows // BATCH_ROWS))]:
            raise ValueError("its rows are not those that library.json lists")
        if any(schema.get_field_index(c) < 0 for c in (*_TYPES, *components)):
            raise ValueError("a column is missing")
        inputs = [schema.field(component).type for component in components]
        if any(schema.field(c).type != t for c, t in _TYPES.items()) or not all(
            pa.types.is_string(found) or pa.types.is_list(found) for found in inputs
        ):
            raise ValueError("a column is of another type")

    def block(self, rows: BlockRange, columns: Sequence[str]) -> Block:
        """Read one block, with these columns of its table."""
        numbers = range(rows.start // BATCH_ROWS, -(-rows.stop // BATCH_ROWS))
        with readable(self.table_path):
            if missing := {*columns} - {*self.table.schema_arrow.names}:
                raise ValueError(f"it has no column {min(missing)}")
            table = self.table.read_row_groups([*numbers], [*columns], use_threads=False)
            if any(column.null_count for column in table.columns):
                raise ValueError("a value is missing")
        table = table.slice(rows.start - numbers[0] * BATCH_ROWS, rows.rows)
        with readable(self.path):
            batches = [self._slice(number, rows) for number in numbers]
            return Block(table, from_batches(batches, table["id"].to_pylist(), self.header))

    def _slice(self, number: int, rows: BlockRange) -> pa.RecordBatch:
        """The rows of one record batch that belong to a block."""
        if self.last[0] != number:
            self.last = number, self._batch(number)
        first = number * BATCH_ROWS
        start, stop = max(rows.start - first, 0), min(rows.stop - first, BATCH_ROWS)
        return self.last[1].slice(start, stop - start)

    def _batch(self, number: int) -> pa.RecordBatch:
        batch = self.arrays.get_batch(number)
        batch.validate(full=True)  # the offsets, too: code after this follows them unchecked
        if len(batch) != _batch_rows(number, self.rows):
            raise ValueError("its rows are not those that library.json lists")
        return batch


def _batch_rows(number: int, rows: int) -> int:
    return min(BATCH_ROWS, rows - number * BATCH_ROWS)


def part_path(folder: Path, part: int, suffix: str) -> Path:
    """Path of one file of a part."""
    return folder / f"part-{part:05d}.{suffix}"


def save_table(columns: dict[str, pa.Array], path: Path) -> None:
    """Write the table of a part; its row groups match the record batches of its arrays."""
    with atomic_path(path) as temporary:
        pq.write_table(pa.table(columns), temporary, compression="zstd", row_group_size=BATCH_ROWS)


def read_table(path: Path, columns: Iterable[str] | None) -> pa.Table:
    """Read the table of a part: all columns, or those of ``columns`` that exist."""
    with readable(path), pq.ParquetFile(path) as file:
        names = file.schema_arrow.names
        return file.read(names if columns is None else [c for c in columns if c in names])


def read_schema(path: Path) -> pa.Schema:
    """The columns of the table of a part."""
    with readable(path):
        return pq.read_schema(path).remove_metadata()


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """A block that reads a file of a library: its errors become an `InputError` with the file's name."""
    try:
        with Reading(path):
            yield
    except FileNotFoundError as error:
        raise InputError("a part of the library is missing", where=str(path), hint=PREPARE_AGAIN) from error
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError) as error:
        raise InputError("a part of the library is damaged", where=str(path), found=error,
                         hint=PREPARE_AGAIN) from error  # fmt: skip
