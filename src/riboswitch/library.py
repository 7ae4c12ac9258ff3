"""Library: a compound collection prepared once, to be screened many times without parsing it again.

A folder with ``part-00000.parquet`` (id, row, standardised input, key, the user's own columns) and
``part-00000.npz`` (encoded, with fingerprints) for every 65,536 accepted rows, ``rejected.tsv``, and
``library.json``, written last: a folder without it is not a library.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from riboswitch.arrays import RaggedArrays
from riboswitch.errors import InputError, UsageError
from riboswitch.files import read_json
from riboswitch.records import read_parquet, read_rejected

PART_ROWS = 65_536
# Shards are runs of whole blocks and a block is one batch, so a score does not depend on the shard count.
BLOCK_ROWS = 256
DUPLICATE_OF = "duplicate_of"  # column: id of the first compound that is the same, or empty


@dataclass
class Block:
    """Rows that are scored together: their table, and the same rows encoded."""

    table: pd.DataFrame
    arrays: RaggedArrays


@dataclass
class Library:
    """A prepared library on disk.

    Attributes
    ----------
    folder : Path
    header : dict
        ``modality``, ``encoder``, ``reading``, ``counts``, ``rows`` (a part), ``source``.
    """

    folder: Path
    header: dict[str, Any]

    @classmethod
    def open(cls, folder: str | Path) -> Library:
        """Open what `prepare` wrote."""
        folder = Path(folder)
        if not (folder / "library.json").exists():
            raise InputError("not a prepared library: it has no library.json", where=str(folder),
                             hint="riboswitch prepare makes one.")  # fmt: skip
        return cls(folder, read_json(folder / "library.json"))

    def __len__(self) -> int:
        return sum(self.header["rows"])

    def table(self) -> pd.DataFrame:
        """All accepted rows."""
        return pd.concat([self._table(i) for i in range(len(self.header["rows"]))], ignore_index=True)

    def rejected(self) -> pd.DataFrame:
        """All rejected rows."""
        return read_rejected(self.folder / "rejected.tsv")

    def blocks(self, shard: int = 0, shards: int = 1) -> Iterator[Block]:
        """Blocks of one shard, in order; shards differ by at most one block in size."""
        if not 0 <= shard < shards:
            raise UsageError("no such shard", found=f"{shard} of {shards}", hint="Shards count from 0.")
        places = [(p, b) for p, rows in enumerate(self.header["rows"]) for b in range(0, rows, BLOCK_ROWS)]
        first, last = (len(places) * s // shards for s in (shard, shard + 1))
        opened = -1
        for part, start in places[first:last]:
            if part != opened:
                table, arrays, opened = self._table(part), RaggedArrays.load(self._path(part, "npz")), part
            rows = np.arange(start, min(start + BLOCK_ROWS, len(table)))
            yield Block(table.iloc[rows].reset_index(drop=True), arrays.take(rows))

    def _path(self, part: int, suffix: str) -> Path:
        return part_path(self.folder, part, suffix)

    def _table(self, part: int) -> pd.DataFrame:
        return read_parquet(self._path(part, "parquet"))[0]


def part_path(folder: Path, part: int, suffix: str) -> Path:
    """Where a part lies."""
    return folder / f"part-{part:05d}.{suffix}"
