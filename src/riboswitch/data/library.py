"""Library: a compound collection prepared once, to be screened many times without parsing it again.

A folder with ``part-00000.parquet`` (row, id, the standardised input, key, duplicate_of, the user's columns)
and ``part-00000.arrow`` (the same rows encoded, see `data/blocks.py`) for every 65,536 accepted rows,
``rejected.tsv``, and ``library.json``, written last: a folder without it is not a library.
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
from riboswitch.data.blocks import UNIT, from_batches, reader
from riboswitch.data.records import read_rejected
from riboswitch.errors import InputError, UsageError
from riboswitch.io.disk_faults import Reading
from riboswitch.io.files import atomic_path, read_json
from riboswitch.io.parquet import read_meta

FORMAT = 3
PART_ROWS = 65_536
DUPLICATE_OF = "duplicate_of"  # column: id of the first compound that is the same, or empty
WHILE_SCREENING = ("row", "id", "key")  # columns
FEWEST, MOST, WANTED = 256, 8_192, 8  # rows a block, and blocks a library


class BlockRange(NamedTuple):
    """Where a block lies: rows ``start`` to ``stop`` (excluded) of a part."""

    part: int
    start: int
    stop: int

    @property
    def rows(self) -> int:
        return self.stop - self.start


@dataclass
class Block:
    """Rows that are scored together: their table, and the same rows encoded."""

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
        ``counts``, ``rows`` (a part), ``block_rows``, ``source`` (name, and SHA-256 unless a stream).
    """

    folder: Path
    header: dict[str, Any]
    _part: _Part | None = field(default=None, repr=False, compare=False)

    @classmethod
    def open(cls, folder: str | Path) -> Library:
        """Open what `prepare` wrote."""
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
        """All accepted rows; all columns, or those of ``columns`` that there are."""
        parts = (self._path(i, "parquet") for i in range(len(self.header["rows"])))
        tables = [_read_table(path, columns) for path in parts]
        return pa.concat_tables(tables, promote_options="permissive").to_pandas()

    def rejected(self) -> pd.DataFrame:
        """All rejected rows."""
        return read_rejected(self.folder / "rejected.tsv")

    def block_ranges(self, shard: int = 0, shards: int = 1) -> list[BlockRange]:
        """Where the blocks of one shard lie, in order; shards differ by at most one block.

        Blocks are the same however many shards there are, and a block is one batch: so are the scores.
        """
        if not 0 <= shard < shards:
            raise UsageError("no such shard", found=f"{shard} of {shards}", hint="Shards count from 0.")
        size = self.header["block_rows"]
        places = [
            BlockRange(part, start, min(start + size, rows))
            for part, rows in enumerate(self.header["rows"])
            for start in range(0, rows, size)
        ]
        first, last = (len(places) * s // shards for s in (shard, shard + 1))
        return places[first:last]

    def block(self, place: BlockRange, columns: Sequence[str] = WHILE_SCREENING) -> Block:
        """One block, with these columns of its table."""
        if self._part is None or self._part.number != place.part:
            self._part = _Part(self.folder, place.part)
        return self._part.block(place, columns)

    def blocks(
        self, shard: int = 0, shards: int = 1, columns: Sequence[str] = WHILE_SCREENING
    ) -> Iterator[Block]:
        """Blocks of one shard, in order."""
        return (self.block(place, columns) for place in self.block_ranges(shard, shards))

    def _path(self, part: int, suffix: str) -> Path:
        return part_path(self.folder, part, suffix)


class _Part:
    """One part, open: nothing of it is in memory but what was last read."""

    def __init__(self, folder: Path, number: int):
        self.number = number
        self.path = part_path(folder, number, "arrow")
        with _readable(self.path):
            self.arrays = reader(pa.OSFile(str(self.path)))
        with _readable(part_path(folder, number, "parquet")):
            self.table = pq.ParquetFile(part_path(folder, number, "parquet"))
        self.header = read_meta(self.arrays.schema)
        self.unit: tuple[int, pa.RecordBatch] = (-1, None)

    def block(self, place: BlockRange, columns: Sequence[str]) -> Block:
        units = range(place.start // UNIT, -(-place.stop // UNIT))
        with _readable(self.path):
            table = self.table.read_row_groups([*units], [*columns], use_threads=False)
            table = table.slice(place.start - units[0] * UNIT, place.rows)
            ids = table["id"].to_pylist()
            batches = [self._slice(unit, place) for unit in units]
            return Block(table, from_batches(batches, ids, self.header))

    def _slice(self, unit: int, place: BlockRange) -> pa.RecordBatch:
        if self.unit[0] != unit:
            self.unit = unit, self.arrays.get_batch(unit)
        start, stop = max(place.start - unit * UNIT, 0), min(place.stop - unit * UNIT, UNIT)
        return self.unit[1].slice(start, stop - start)


def block_rows(accepted: int) -> int:
    """Rows a block: a power of two, so many that there are about eight blocks.

    In large blocks more atom environments repeat, and each is computed once; but every process needs some.
    """
    wanted = max(FEWEST, accepted // WANTED)
    return min(MOST, 1 << (wanted.bit_length() - 1))


def part_path(folder: Path, part: int, suffix: str) -> Path:
    """Where a part lies."""
    return folder / f"part-{part:05d}.{suffix}"


def save_table(columns: dict[str, pa.Array], path: Path) -> None:
    """Write the table of a part, in row groups that match the units of its arrays."""
    with atomic_path(path) as temporary:
        pq.write_table(pa.table(columns), temporary, compression="zstd", row_group_size=UNIT)


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
