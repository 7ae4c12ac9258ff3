"""The scores of a screen, read from the files of all its shards, some rows at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from riboswitch.data.library import Library
from riboswitch.data.model import Model
from riboswitch.errors import InputError
from riboswitch.io.large.parquet_parts import parquet_batches
from riboswitch.screening.origin import one_screen
from riboswitch.screening.scorefile import ScoreTable

BATCH_ROWS = 65_536


class ScoreStream:
    """Scores in the order of the shards; rows without scores, since they were rejected, are only counted.

    Parameters
    ----------
    paths : sequence of path
        Parquet files of all shards, in any order.
    library : Library
        What was screened.
    models : mapping of str to Model
        Models that must be among those that screened.

    Attributes
    ----------
    rejected : int
        Rejected rows so far.
    first : ScoreTable
        Columns and origin of the first shard, without rows.

    Raises
    ------
    InputError
        As `ScoreTable.load` and `one_screen`.
    """

    def __init__(self, paths: Sequence[str | Path], library: Library, models: Mapping[str, Model]):
        if not paths:
            raise InputError("there are no scores", hint="Give the files that riboswitch screen wrote.")
        heads = [ScoreTable.head(path) for path in paths]
        origins = [(head.where, head.origin) for head in heads if head.origin is not None]
        self._heads = [heads[place] for place in one_screen(origins, library, models)]
        self.first, self.rejected = self._heads[0], 0

    def __iter__(self) -> Iterator[ScoreTable]:
        """Tables of at most about 65,536 rows, each of one file; at least one a file."""
        for head in self._heads:
            waiting: list[pa.Table] = []
            for batch in parquet_batches(head.where, BATCH_ROWS):
                waiting.append(self._scored(batch))
                if sum(map(len, waiting)) >= BATCH_ROWS:
                    yield _table(waiting, head)
                    waiting = []
            if waiting:
                yield _table(waiting, head)

    def _scored(self, batch: pa.Table) -> pa.Table:
        if "status" not in batch.column_names:
            return batch
        good = batch.filter(pc.equal(batch["status"], "ok"))
        self.rejected += len(batch) - len(good)
        return good


def _table(parts: Sequence[pa.Table], head: ScoreTable) -> ScoreTable:
    table = pa.concat_tables(parts).to_pandas(ignore_metadata=True)
    return ScoreTable(table, head.origin, head.where)
