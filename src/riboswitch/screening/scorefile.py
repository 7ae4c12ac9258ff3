"""A file of scores, written a block at a time. It gets its name when it is complete.

A Parquet file says in its header what made the scores (`Origin`); a file of text cannot, so it is not ranked.
"""

from __future__ import annotations

import glob
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from riboswitch.errors import InputError, UsageError
from riboswitch.io.atomic_files import atomic_path
from riboswitch.io.disk_faults import STDOUT, Writing
from riboswitch.io.locks import held
from riboswitch.io.parquet import META_KEY, open_parquet, read_meta, read_parquet
from riboswitch.io.table_writer import SEPARATORS, check_suffix, write_rows
from riboswitch.screening.origin import Origin


class ScoreFile(Protocol):
    """A file to which tables with the same columns are appended."""

    def write(self, table: pd.DataFrame) -> None:
        """Append rows."""


@dataclass(frozen=True)
class ScoreTable:
    """Scores with their origin.

    Attributes
    ----------
    table : DataFrame
        As `screen` returns it.
    origin : Origin or None
        None if the scores are not from a file.
    where : str
        The file, for messages.
    """

    table: pd.DataFrame
    origin: Origin | None = None
    where: str = "scores"

    @classmethod
    def load(cls, path: str | Path) -> ScoreTable:
        """Read a Parquet file that `screen` wrote.

        Raises
        ------
        UsageError
            If it is a model bundle.
        InputError
            If the file is missing or damaged, or no Parquet, or does not say what made the scores.
        """
        head = cls.head(path)
        return cls(read_parquet(path)[0], head.origin, head.where)

    @property
    def good(self) -> pd.DataFrame:
        """The rows with scores: those whose ``status``, if there is one, is no rejection."""
        return self.table[self.table["status"] == "ok"] if "status" in self.table else self.table

    @classmethod
    def head(cls, path: str | Path) -> ScoreTable:
        """What a Parquet file says of its scores: all columns, and no rows. Raises as `load`."""
        path, where = Path(path), str(path)
        if path.suffix == ".safetensors" or ("=" in path.name and not path.exists()):
            raise UsageError("a model bundle stands where files of scores do", found=where,
                             hint="Write --model before each: --model A=a.safetensors --model "
                                  "B=b.safetensors.")  # fmt: skip
        if path.suffix in SEPARATORS:
            raise InputError("a file of text does not say which library and models made its scores",
                             where=where, hint="Screen again, into a .parquet file.")  # fmt: skip
        with open_parquet(path) as file:
            schema = file.schema_arrow
        table = schema.empty_table().to_pandas(ignore_metadata=True)
        return cls(table, Origin.from_dict(read_meta(schema, where), where), where)


@contextmanager
def open_scores(path: str | Path, origin: Origin | None = None) -> Iterator[ScoreFile]:
    """Open a file of scores in the format of its suffix (.parquet, .csv, .tsv); ``-`` is CSV on stdout.

    The same tables give the same bytes. A Parquet file has one row group for each table, and the origin in
    its header.

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
                with _ParquetFile(temporary, origin) as file:
                    yield file
            else:
                yield _TextFile(temporary, SEPARATORS[path.suffix])
            lock.check()


class _ParquetFile:
    def __init__(self, path: Path, origin: Origin | None):
        self.path = path
        header = json.dumps({} if origin is None else origin.to_dict(), sort_keys=True)
        self.meta = {META_KEY: header.encode()}
        self.writer: pq.ParquetWriter | None = None

    def write(self, table: pd.DataFrame) -> None:
        arrow = pa.Table.from_pandas(table, preserve_index=False, nthreads=1).replace_schema_metadata(
            self.meta
        )
        if self.writer is None:
            texts = [f.name for f in arrow.schema if not pa.types.is_floating(f.type) and f.name != "row"]
            self.writer = pq.ParquetWriter(
                self.path, arrow.schema, compression="zstd", write_page_checksum=True,
                use_dictionary=[t for t in texts if t != "id"],
            )  # fmt: skip
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
