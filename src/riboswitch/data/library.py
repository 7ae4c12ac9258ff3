"""Library: a compound collection that is prepared once and screened many times without parsing it again.

It is a folder. For every 65,536 accepted rows it holds ``part-00000.parquet`` (row, id, the standardised
input, key, duplicate_of, the user's columns) and ``part-00000.arrow`` (the same rows encoded, see
`data/arrow_file.py`). It also holds ``rejected.tsv``, and ``library.json``, which is written last: a folder
without it is not a library. ``library.json`` lists the digest of every file and ends with its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from riboswitch.data.library_part import (
    PREPARE_AGAIN,
    SCREENING_COLUMNS,
    Block,
    BlockRange,
    Part,
    part_path,
    read_schema,
    read_table,
)
from riboswitch.data.records import read_rejected
from riboswitch.errors import InputError, UsageError
from riboswitch.io.disk_faults import Reading
from riboswitch.io.sealed import SEAL, is_intact, read_sealed

FORMAT = 4
HEADER, REJECTED = "library.json", "rejected.tsv"
PART_ROWS = 65_536
DUPLICATE_OF = "duplicate_of"  # column: id of the first row with the same compound, or empty
MIN_BLOCK_ROWS, MAX_BLOCK_ROWS = 256, 8_192
WANTED_BLOCKS = 8  # of a small library
_OF_A_PART = re.compile(r"part-.*\.(parquet|arrow)")


@dataclass
class Library:
    """A prepared library on disk.

    Attributes
    ----------
    folder : Path
    header : dict
        ``format``, ``modality``, ``components``, ``encoder``, ``reading``, ``duplicates``, ``duplicates_by``,
        ``counts``, ``rows`` (of each part), ``block_rows``, ``source`` (the file's name), ``sha256`` (empty
        for a stream), ``files`` (size and SHA-256 of every other file, by name), ``digest`` (of all this).
    """

    folder: Path
    header: dict[str, Any]
    _part: Part | None = field(default=None, repr=False, compare=False)
    _intact: set[str] = field(default_factory=set, repr=False, compare=False)

    @classmethod
    def open(cls, folder: str | Path) -> Library:
        """Open a library that `prepare` wrote.

        Its files are compared with their digests when they are first read (see `intact`).

        Raises
        ------
        InputError
            If the folder is not a library, or one of another version, or ``library.json`` is damaged, or
            a file is missing or is not of this library.
        """
        folder = Path(folder)
        if not (folder / HEADER).exists():
            raise InputError("not a prepared library: it has no library.json", where=str(folder),
                             hint="riboswitch prepare makes one.")  # fmt: skip
        header, whole = read_sealed(folder / HEADER)
        version = header.get("format") if isinstance(header, dict) else None
        if version != FORMAT and (whole or (isinstance(version, int) and version < FORMAT)):
            raise InputError("a library prepared by another version", where=str(folder / HEADER),
                             found=version, hint="Prepare it again (riboswitch prepare).")  # fmt: skip
        if not whole or not _is_header(header):
            raise InputError("the header of the library is damaged or was changed",
                             where=str(folder / HEADER), hint=PREPARE_AGAIN)  # fmt: skip
        _require_files(folder, header["files"])
        return cls(folder, header)

    def __len__(self) -> int:
        return sum(self.header["rows"])

    @property
    def digest(self) -> str:
        """SHA-256 of everything in the library."""
        return str(self.header[SEAL])

    def intact(self, name: str) -> Path:
        """Path of a file of the library, compared once with the digest in ``library.json``.

        Raises
        ------
        InputError
            If the file is not as it was written.
        """
        path = self.folder / name
        if name not in self._intact:
            if not is_intact(path, self.header["files"].get(name)):
                raise InputError("the file is not as it was when the library was prepared: damaged, or of "
                                 "another library", where=str(path), hint=PREPARE_AGAIN)  # fmt: skip
            self._intact.add(name)
        return path

    def require_intact(self) -> None:
        """Compare all files with their digests; `InputError` names the first that differs."""
        for name in self.header["files"]:
            self.intact(name)

    def table(self, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Read all accepted rows: all columns, or those of ``columns`` that exist."""
        return pa.concat_tables(self.tables(columns)).to_pandas()

    def tables(self, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
        """Read all accepted rows, a part at a time; all have the same columns, as `table`."""
        schema = self._schema if columns is None else _of(self._schema, columns)
        for name in self._tables:
            table = read_table(self.intact(name), columns)
            yield pa.concat_tables([schema.empty_table(), table], promote_options="permissive")

    @property
    def columns(self) -> list[str]:
        """Columns of `table`."""
        return list(self._schema.names)

    @property
    def _tables(self) -> list[str]:
        return [part_path(self.folder, i, "parquet").name for i in range(len(self.header["rows"]))]

    @cached_property
    def _schema(self) -> pa.Schema:
        """The columns of all parts; a part need not have all of them."""
        whole = pa.schema([])
        for name in self._tables:
            try:
                found = read_schema(self.folder / name)
            except InputError:
                self.intact(name)  # says more, if the file was damaged
                raise
            whole = pa.unify_schemas([whole, found], promote_options="permissive")
        return whole

    def rejected(self) -> pd.DataFrame:
        """Read all rejected rows."""
        return read_rejected(self.intact(REJECTED))

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
            table, arrays = (part_path(self.folder, rows.part, s).name for s in ("parquet", "arrow"))
            self._part = Part(rows.part, self.intact(table), self.intact(arrays), self.header)
        return self._part.block(rows, columns)

    def blocks(
        self, shard: int = 0, shards: int = 1, columns: Sequence[str] = SCREENING_COLUMNS
    ) -> Iterator[Block]:
        """Read the blocks of one shard, in order."""
        return (self.block(rows, columns) for rows in self.block_ranges(shard, shards))


def block_rows(accepted: int) -> int:
    """Choose the rows of a block: a power of two that makes about eight blocks of a small library.

    In large blocks more atom environments repeat, and each is computed once. But every process needs some
    blocks.
    """
    wanted = max(MIN_BLOCK_ROWS, accepted // WANTED_BLOCKS)
    return min(MAX_BLOCK_ROWS, 1 << (wanted.bit_length() - 1))


def _of(schema: pa.Schema, columns: Sequence[str]) -> pa.Schema:
    return pa.schema([schema.field(name) for name in columns if name in schema.names])


def _is_header(header: dict[str, Any]) -> bool:
    """Whether the values that readers rely on are there, and of the right kind."""
    kinds = {"modality": str, "components": list, "encoder": dict, "reading": dict, "duplicates_by": str,
             "counts": dict, "rows": list, "block_rows": int, "source": str, "sha256": str,
             "files": dict}  # fmt: skip
    if any(not isinstance(header.get(key), kind) for key, kind in kinds.items()):
        return False
    rows, counts = header["rows"], header["counts"]
    sound = all(type(n) is int and n > 0 for n in (*rows, header["block_rows"])) and header["components"]
    names = [part_path(Path(), i, suffix).name for i in range(len(rows)) for suffix in ("parquet", "arrow")]
    numbers = [counts.get(key) for key in ("read", "accepted", "rejected")]
    if not sound or any(type(n) is not int for n in numbers) or not isinstance(counts.get("by_code"), dict):
        return False
    read, accepted, rejected = numbers
    return {*header["files"]} == {*names, REJECTED} and read == accepted + rejected and accepted == sum(rows)


def _require_files(folder: Path, files: Mapping[str, Any]) -> None:
    """Raise `InputError` unless the folder has these files, and no other parts."""
    with Reading(folder):
        there = {path.name for path in folder.iterdir()}
    if missing := sorted(files.keys() - there):
        raise InputError("a file of the library is missing", where=str(folder / missing[0]),
                         hint=PREPARE_AGAIN)  # fmt: skip
    if more := sorted(name for name in there - files.keys() if _OF_A_PART.fullmatch(name)):
        raise InputError("not a part of this library: library.json does not list it",
                         where=str(folder / more[0]), hint="Remove it, or prepare again.")  # fmt: skip
