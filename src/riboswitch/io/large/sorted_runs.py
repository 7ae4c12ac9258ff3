"""Sorting more rows than fit into memory: sorted runs on disk, and their merge.

Rows are collected until they fill `RUN_BYTES`, sorted, and written as a run. In the end the runs are merged,
at most `FAN_IN` at once and a few thousand rows of each at a time; more runs are merged in several passes.
Memory does not depend on the number of rows. The disk holds each row once, and the rows of runs that are just
being merged into a longer one twice.

References
----------
Knuth, The Art of Computer Programming 3, 1998, section 5.4 (external sorting).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa

from riboswitch.io.disk_faults import Reading, Writing

RUN_BYTES = 128 * 2**20
FAN_IN = 48
PIECE_ROWS = 4_096
"""Rows of a run that are read together. At most twice as many of each are in memory."""
_KEY = "\x1fkey"  # begins the names of the columns of the keys in a run: no user's column does


def sort_order(keys: np.ndarray) -> np.ndarray:
    """The order that sorts rows by their keys, int64 of shape (rows, keys); the first key decides first."""
    return np.lexsort(keys.T[::-1])


@dataclass
class SortedRuns:
    """Rows with whole numbers as keys, sorted on disk.

    Attributes
    ----------
    folder : Path
        Where the runs lie; it exists.
    limit : int or None
        Only so many rows are wanted, the first ones. They stay in memory.
    run_bytes, fan_in, piece_rows : int
        See the module.
    """

    folder: Path
    limit: int | None = None
    run_bytes: int = RUN_BYTES
    fan_in: int = FAN_IN
    piece_rows: int = PIECE_ROWS
    schema: pa.Schema | None = None
    _waiting: list[pa.Table] = field(default_factory=list)
    _bytes: int = 0
    _runs: list[Path] = field(default_factory=list)
    _number: int = 0
    _keys: int = 0

    def add(self, table: pa.Table, keys: np.ndarray) -> None:
        """Add rows.

        Parameters
        ----------
        table : Table
            With the same columns each time. Where their types differ, they become the type that holds both.
        keys : ndarray
            int64, shape (rows, keys); no two rows have the same keys.
        """
        schema = table.schema.remove_metadata()
        schemas = [schema] if self.schema is None else [self.schema, schema]
        self.schema = pa.unify_schemas(schemas, promote_options="permissive")
        self._keys = keys.shape[1]
        for place, key in enumerate(keys.T):  # the keys are the first columns of a run
            table = table.add_column(place, f"{_KEY}{place}", pa.array(np.ascontiguousarray(key)))
        self._waiting.append(table.replace_schema_metadata(None))
        self._bytes += table.nbytes
        if self._bytes >= self.run_bytes:
            self._end_run()

    def _end_run(self) -> None:
        run = _sorted(self._waiting, self._keys)
        if self.limit is not None:
            self._waiting = [run.slice(0, self.limit).combine_chunks()]
            self._bytes = 0
            return
        self._write([run])
        self._waiting, self._bytes = [], 0

    def merged(self) -> Iterator[pa.Table]:
        """All rows in order, or the first ``limit``, in tables of `schema`; as often as it is called."""
        if self._waiting and (self._runs or self.limit is not None):
            self._end_run()
        while len(self._runs) > self.fan_in:
            group, self._runs = self._runs[: self.fan_in], self._runs[self.fan_in :]
            self._write(self._merge(group))
            for path in group:
                path.unlink()
        tables = self._merge(self._runs) if self._runs else [_sorted(self._waiting, self._keys)]
        for table in tables:
            columns = table.columns[self._keys :]
            yield pa.table(columns, names=table.column_names[self._keys :]).cast(self.schema)

    def _write(self, tables: Iterator[pa.Table] | Sequence[pa.Table]) -> None:
        path = self.folder / f"run-{self._number:05d}.arrow"
        self._number += 1
        options, file = pa.ipc.IpcWriteOptions(compression="lz4", use_threads=False), None
        with Writing(path):
            for table in tables:
                file = file or pa.ipc.new_file(str(path), table.schema, options=options)
                file.write_table(table, max_chunksize=self.piece_rows)
            if file is not None:
                file.close()
        self._runs.append(path)

    def _merge(self, paths: Sequence[Path]) -> Iterator[pa.Table]:
        runs = [_Run(path) for path in paths]
        schema = pa.unify_schemas([run.schema for run in runs], promote_options="permissive")
        while runs := [run for run in runs if run.fill(self.piece_rows, self._keys)]:
            # Below the least key that some run will go on after, no row can come any more.
            bound = min((run.last for run in runs if run.more), default=None)
            pieces = [run.take(bound).cast(schema) for run in runs]
            yield _sorted(pieces, self._keys)


def _sorted(tables: Sequence[pa.Table], keys: int) -> pa.Table:
    whole = pa.concat_tables(tables, promote_options="permissive").combine_chunks()
    return whole.take(pa.array(sort_order(_keys(whole, keys))))


def _keys(table: pa.Table, count: int) -> np.ndarray:
    return np.column_stack([table.column(place).to_numpy() for place in range(count)])


class _Run:
    """A run that is read a piece at a time."""

    def __init__(self, path: Path):
        self.path = path
        with Reading(path):
            self._source = pa.OSFile(str(path))
            self._file = pa.ipc.open_file(self._source, options=pa.ipc.IpcReadOptions(use_threads=False))
        self.schema, self._next = self._file.schema, 0
        self._table = self.schema.empty_table()
        self._keys = np.empty((0, 0), np.int64)

    @property
    def more(self) -> bool:
        """Whether rows follow those in memory."""
        return self._next < self._file.num_record_batches

    @property
    def last(self) -> tuple[int, ...]:
        """The keys of the last row in memory."""
        return tuple(self._keys[-1].tolist())

    def fill(self, rows: int, keys: int) -> bool:
        """Have so many rows in memory; False, and the file is closed, if there are no more.

        Were a run read on only when it is empty, each step would end where the next run does, and merge few
        rows of each.
        """
        while len(self._table) < rows and self.more:
            with Reading(self.path):
                piece = pa.Table.from_batches([self._file.get_batch(self._next)])
            self._keys = np.concatenate([self._keys.reshape(-1, keys), _keys(piece, keys)])
            self._table, self._next = pa.concat_tables([self._table, piece]), self._next + 1
        if not len(self._table):
            self._source.close()
        return len(self._table) > 0

    def take(self, bound: tuple[int, ...] | None) -> pa.Table:
        """Take the rows up to a key from memory; None: all."""
        count = len(self._table) if bound is None else self._up_to(bound)
        taken, self._table = self._table.slice(0, count), self._table.slice(count)
        self._keys = self._keys[count:]
        return taken

    def _up_to(self, bound: tuple[int, ...]) -> int:
        """How many rows have keys of at most ``bound``."""
        below, equal = np.zeros(len(self._keys), bool), np.ones(len(self._keys), bool)
        for key, end in zip(self._keys.T, bound, strict=True):
            below |= equal & (key < end)
            equal &= key == end
        return int((below | equal).sum())
