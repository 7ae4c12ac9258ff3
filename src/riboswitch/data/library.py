"""Library: a compound collection that is prepared once and screened many times without parsing it again.

It is a folder. For every 65,536 accepted rows it holds ``part-00000.parquet`` (row, id, the standardised
input, key, duplicate_of, the user's columns) and ``part-00000.arrow`` (the same rows encoded, see
`data/arrow_file.py`). It also holds ``rejected.tsv``, and ``library.json``, which is written last: a folder
without it is not a library.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.arrow_file import BATCH_ROWS, from_batches, reader
from riboswitch.data.records import read_rejected
from riboswitch.errors import InputError, UsageError
from riboswitch.io.atomic_files import atomic_path, read_json
from riboswitch.io.disk_faults import Reading
from riboswitch.io.parquet import read_meta

FORMAT = 3
PART_ROWS = 65_536
DUPLICATE_OF = "duplicate_of"  # column: id of the first row with the same compound, or empty
SCREENING_COLUMNS = ("row", "id", "key")
MIN_BLOCK_ROWS, MAX_BLOCK_ROWS = 256, 8_192
WANTED_BLOCKS = 8  # of a small library


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


@dataclass
class Library:
    """A prepared library on disk.

    Attributes
    ----------
    folder : Path
    header : dict
        ``format``, ``modality``, ``components``, ``encoder``, ``reading``, ``duplicates``, ``duplicates_by``,
        ``counts``, ``rows`` (of each part), ``block_rows``, ``source`` (the file's name), ``sha256`` (empty
        for a stream).
    """

    folder: Path
    header: dict[str, Any]
    _part: _Part | None = field(default=None, repr=False, compare=False)

    @classmethod
    def open(cls, folder: str | Path) -> Library:
        """Open a library that `prepare` wrote.

        Raises
        ------
        InputError
            If the folder is not a library, or one of another version.
        """
        folder = Path(folder)
        if not (folder / "library.json").exists():
            raise InputError("not a prepared library: it has no library.json", where=str(folder),
                             hint="riboswitch prepare makes one.")  # fmt: skip
        header = read_json(folder / "library.json")
        if header.get("format") != FORMAT:
            raise InputError("a library prepared by another version", where=str(folder),
                             found=header.get("format"), hint="Prepare it again.")  # fmt: skip
        return cls(folder, header)

    def __len__(self) -> int:
        return sum(self.header["rows"])

    def table(self, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Read all accepted rows: all columns, or those of ``columns`` that exist."""
        parts = (part_path(self.folder, i, "parquet") for i in range(len(self.header["rows"])))
        tables = [_read_table(path, columns) for path in parts]
        return pa.concat_tables(tables, promote_options="permissive").to_pandas()

    def rejected(self) -> pd.DataFrame:
        """Read all rejected rows."""
        return read_rejected(self.folder / "rejected.tsv")

    def block_ranges(self, shard: int = 0, shards: int = 1) -> list[BlockRange]:
        """Rows of each block of one shard, in order; the sizes of shards differ by at most one block.

        The blocks do not depend on the number of shards. A block is one batch, so neither do the scores.

        Raises
        ------
        UsageError
            If there is no such shard.
        """
        if not 0 <= shard < shards:
            raise UsageError("no such shard", found=f"{shard} of {shards}", hint="Shards count from 0.")
        size = self.header["block_rows"]
        ranges = [
            BlockRange(part, start, min(start + size, rows))
            for part, rows in enumerate(self.header["rows"])
            for start in range(0, rows, size)
        ]
        first, last = (len(ranges) * s // shards for s in (shard, shard + 1))
        return ranges[first:last]

    def block(self, rows: BlockRange, columns: Sequence[str] = SCREENING_COLUMNS) -> Block:
        """Read one block, with these columns of its table."""
        if self._part is None or self._part.number != rows.part:
            self._part = _Part(self.folder, rows.part)
        return self._part.block(rows, columns)

    def blocks(
        self, shard: int = 0, shards: int = 1, columns: Sequence[str] = SCREENING_COLUMNS
    ) -> Iterator[Block]:
        """Read the blocks of one shard, in order."""
        return (self.block(rows, columns) for rows in self.block_ranges(shard, shards))


class _Part:
    """One part, open for reading. Only the record batch that was read last is in memory."""

    def __init__(self, folder: Path, number: int):
        self.number = number
        self.path = part_path(folder, number, "arrow")
        with _readable(self.path):
            self.arrays = reader(self.path)
        with _readable(part_path(folder, number, "parquet")):
            self.table = pq.ParquetFile(part_path(folder, number, "parquet"))
        self.header = read_meta(self.arrays.schema)
        self.last: tuple[int, pa.RecordBatch] = (-1, None)  # the record batch that was read last

    def block(self, rows: BlockRange, columns: Sequence[str]) -> Block:
        """Read one block, with these columns of its table."""
        numbers = range(rows.start // BATCH_ROWS, -(-rows.stop // BATCH_ROWS))
        with _readable(self.path):
            table = self.table.read_row_groups([*numbers], [*columns], use_threads=False)
            table = table.slice(rows.start - numbers[0] * BATCH_ROWS, rows.rows)
            ids = table["id"].to_pylist()
            batches = [self._slice(number, rows) for number in numbers]
            return Block(table, from_batches(batches, ids, self.header))

    def _slice(self, number: int, rows: BlockRange) -> pa.RecordBatch:
        """The rows of one record batch that belong to a block."""
        if self.last[0] != number:
            self.last = number, self.arrays.get_batch(number)
        first = number * BATCH_ROWS
        start, stop = max(rows.start - first, 0), min(rows.stop - first, BATCH_ROWS)
        return self.last[1].slice(start, stop - start)


def block_rows(accepted: int) -> int:
    """Choose the rows of a block: a power of two that makes about eight blocks of a small library.

    In large blocks more atom environments repeat, and each is computed once. But every process needs some
    blocks.
    """
    wanted = max(MIN_BLOCK_ROWS, accepted // WANTED_BLOCKS)
    return min(MAX_BLOCK_ROWS, 1 << (wanted.bit_length() - 1))


def part_path(folder: Path, part: int, suffix: str) -> Path:
    """Path of one file of a part."""
    return folder / f"part-{part:05d}.{suffix}"


def save_table(columns: dict[str, pa.Array], path: Path) -> None:
    """Write the table of a part; its row groups match the record batches of its arrays."""
    with atomic_path(path) as temporary:
        pq.write_table(pa.table(columns), temporary, compression="zstd", row_group_size=BATCH_ROWS)


def _read_table(path: Path, columns: Iterable[str] | None) -> pa.Table:
    with _readable(path), pq.ParquetFile(path) as file:
        names = file.schema_arrow.names
        return file.read(names if columns is None else [c for c in columns if c in names])


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        with Reading(path):
            yield
    except FileNotFoundError as error:
        raise InputError("a part of the library is missing", where=str(path),
                         hint="Prepare it again.") from error  # fmt: skip
    except (pa.ArrowException, OSError) as error:
        raise InputError("a part of the library is damaged", where=str(path), found=error,
                         hint="Prepare it again.") from error  # fmt: skip
