"""A file of scores that grows a block at a time, and takes its name only when it is whole."""

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

from riboswitch.io.disk_faults import STDOUT, Writing
from riboswitch.io.files import atomic_path
from riboswitch.io.locks import held
from riboswitch.io.tables import SEPARATORS, check_suffix


class ScoreFile(Protocol):
    """Takes tables with the same columns, one after the other."""

    def write(self, table: pd.DataFrame) -> None:
        """Append rows."""


@contextmanager
def open_scores(path: str | Path) -> Iterator[ScoreFile]:
    """A file of scores, as its suffix says (.parquet, .csv, .tsv); ``-`` is CSV on standard output.

    The same tables give the same bytes; a Parquet file has a row group a table.

    Raises
    ------
    LockedError
        If another run is writing this file, and goes on to.
    """
    check_suffix(path)
    if str(path) == "-":
        with Writing(STDOUT):
            yield _Text(None, ",")
            sys.stdout.flush()
        return
    path = Path(path)
    with held(path) as lock:
        for left in path.parent.glob(f".{glob.escape(path.name)}.*.partial"):  # of a run that was killed
            left.unlink()
        with atomic_path(path) as temporary:
            if path.suffix == ".parquet":
                with _Parquet(temporary) as file:
                    yield file
            else:
                yield _Text(temporary, SEPARATORS[path.suffix])
            lock.check()


class _Parquet:
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
        with suppress(OSError):  # the first failure counts, and would be told twice
            self.writer.close()


class _Text:
    """CSV or TSV; without a path on standard output."""

    def __init__(self, path: Path | None, separator: str):
        self.path, self.separator, self.first = path, separator, True

    def write(self, table: pd.DataFrame) -> None:
        target = sys.stdout if self.path is None else self.path
        mode = "w" if self.first else "a"
        table.to_csv(
            target, sep=self.separator, index=False, lineterminator="\n", header=self.first, mode=mode
        )
        self.first = False
