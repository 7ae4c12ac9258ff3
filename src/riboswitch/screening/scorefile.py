"""A file of scores, written a block at a time. It gets its name when it is complete."""

from __future__ import annotations

import glob
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol, Self

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from riboswitch.io.atomic_files import atomic_path
from riboswitch.io.disk_faults import STDOUT, Writing
from riboswitch.io.locks import held
from riboswitch.io.table_writer import SEPARATORS, check_suffix, write_rows


class ScoreFile(Protocol):
    """A file to which tables with the same columns are appended."""

    def write(self, table: pd.DataFrame) -> None:
        """Append rows."""


@contextmanager
def open_scores(path: str | Path) -> Iterator[ScoreFile]:
    """Open a file of scores in the format of its suffix (.parquet, .csv, .tsv); ``-`` is CSV on stdout.

    The same tables give the same bytes. A Parquet file has one row group for each table.

    Raises
    ------
    LockedError
        If another run is writing this file.
    """
    check_suffix(path)
    if str(path) == "-":
        with Writing(STDOUT):
            yield _TextFile(None, ",")
            sys.stdout.flush()
        return
    path = Path(path)
    with held(path) as lock:
        for leftover in path.parent.glob(f".{glob.escape(path.name)}.*.partial"):  # of a run that was killed
            leftover.unlink()
        with atomic_path(path) as temporary:
            if path.suffix == ".parquet":
                with _ParquetFile(temporary) as file:
                    yield file
            else:
                yield _TextFile(temporary, SEPARATORS[path.suffix])
            lock.check()


class _ParquetFile:
    def __init__(self, path: Path):
        self.path = path
        self.writer: pq.ParquetWriter | None = None

    def write(self, table: pd.DataFrame) -> None:
        arrow = pa.Table.from_pandas(table, preserve_index=False, nthreads=1).replace_schema_metadata()
        if self.writer is None:
            texts = [f.name for f in arrow.schema if not pa.types.is_floating(f.type) and f.name != "row"]
            self.writer = pq.ParquetWriter(
                self.path, arrow.schema, compression="zstd", use_dictionary=[t for t in texts if t != "id"]
            )
        self.writer.write_table(arrow.cast(self.writer.schema), row_group_size=max(len(arrow), 1))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, failure: type[BaseException] | None, *_: object) -> None:
        if self.writer is None:
            return
        if failure is None:
            self.writer.close()
            return
        with suppress(OSError):  # the first failure is reported, and closing would report it again
            self.writer.close()


class _TextFile:
    """CSV or TSV; standard output if there is no path."""

    def __init__(self, path: Path | None, separator: str):
        self.path, self.separator, self.first = path, separator, True

    def write(self, table: pd.DataFrame) -> None:
        if self.path is None:
            write_rows(table, sys.stdout, self.separator, self.first)
        else:
            with open(self.path, "w" if self.first else "a", encoding="utf-8", newline="") as file:
                write_rows(table, file, self.separator, self.first)
        self.first = False
