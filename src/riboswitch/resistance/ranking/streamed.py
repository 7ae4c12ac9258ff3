"""Ranking in bounded memory: a library of any size, block by block.

All blocks are judged and counted, and sorted on disk (`io.large.sorted_runs`). In order they then get what
needs all of them, as their rank. The list, the counts and
the bytes of the ranked library are those of `plain`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from shutil import rmtree
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from riboswitch.data.model import Model
from riboswitch.io.atomic_files import atomic_path
from riboswitch.io.disk_faults import Writing
from riboswitch.io.large.parquet_parts import PartWriter, plain_schema
from riboswitch.io.large.sorted_runs import SortedRuns
from riboswitch.io.locks import held
from riboswitch.learning.trust.groupwise import CountedRates
from riboswitch.resistance.ranking.choosing import Chooser, nothing_excluded
from riboswitch.resistance.ranking.finishing import Finisher, listed
from riboswitch.resistance.ranking.judging import SORTED_ONLY, Judge, order_keys
from riboswitch.resistance.ranking.reference import Reference
from riboswitch.resistance.ranking.tally import Tally
from riboswitch.screening.nearest import TrainingSet
from riboswitch.screening.promises import Promises

PIECE_ROWS = 65_536
"""Rows that are finished together."""


@dataclass(frozen=True)
class ShortList:
    """The short-list of a ranking; see `plain.Ranking`.

    Attributes
    ----------
    hits : DataFrame
    counts : dict
    panel : DataFrame
    excluded : DataFrame
    """

    hits: pd.DataFrame
    counts: dict[str, Any]
    panel: pd.DataFrame
    excluded: pd.DataFrame = field(default_factory=nothing_excluded)


class StreamedRanking:
    """A ranking of blocks of scored compounds: all are added, and then finished.

    Parameters
    ----------
    judge : Judge
        Genome, panel, drug classes and settings.
    runs : SortedRuns
        Empty.
    models : mapping of str to Model
        By task: the calibration of the one that ranks says what the list promises.
    """

    def __init__(self, judge: Judge, runs: SortedRuns, models: Mapping[str, Model]):
        self.judge, self.runs, self.models, self.tally = judge, runs, models, Tally()
        self._promises: Promises | None = None
        self._rates: CountedRates | None = None
        self._empty: tuple[pa.Table, np.ndarray] | None = None

    def add(self, table: pd.DataFrame) -> None:
        """Judge, count and sort a block from `scores.joined.joined_blocks`."""
        table = self.judge(table)
        self.tally.add(table)
        if self._promises is None:
            task = self.judge.settings.score_by
            self._promises = Promises.of(self.models.get(task), task, *self.judge.scored_by(table))
            self._rates = self._promises.counted_rates()
        if self._rates is not None:
            self._rates.add(table.loc[self._promises.chosen(table), "score"].to_numpy(np.float64))
        kept = pa.Table.from_pandas(table.drop(columns=[*SORTED_ONLY]), preserve_index=False)
        block = kept.cast(plain_schema(kept.schema)), order_keys(table)
        if len(table):
            self.runs.add(*block)
        else:  # its types say nothing: it counts only if there are no rows at all
            self._empty = block

    def finish(
        self,
        training: Mapping[str, TrainingSet],
        library_counts: Mapping[str, Any],
        path: Path | None,
        *,
        chooser: Chooser | None = None,
        reference: Reference | None = None,
    ) -> ShortList:
        """Put all compounds in order, and keep the best.

        Parameters
        ----------
        training : mapping of str to TrainingSet
            By task: the hits get the nearest training compound.
        library_counts : mapping
            As for `plain.rank_compounds`.
        path : Path or None
            Where all compounds go, in order (.parquet); None: only the short-list is wanted.
        chooser : Chooser, optional
            Picks the short-list; without it, it is the first compounds.
        reference : Reference, optional
            Gives the hits percentiles.
        """
        settings, promises = self.judge.settings, self._promises
        assert promises is not None
        if not self.tally.ranked and self._empty is not None:
            self.runs.add(*self._empty)
        finisher = Finisher(settings, promises, training, self._rates)
        if chooser is not None and chooser.needed:
            tables = (piece.to_pandas() for piece in self._pieces())
            finisher.choice = chooser.choose(tables, finisher.fits)
        with nullcontext() if path is None else _part_writer(path) as writer:
            for piece in self._pieces():
                table = finisher(piece.to_pandas())
                if writer is not None:
                    arrow = pa.Table.from_pandas(table, preserve_index=False)
                    writer.write(arrow, self._schema(arrow.schema))
            counts = finisher.counts(self.tally, library_counts)
            if writer is not None:
                writer.finish(counts)
        shown, found = listed(finisher.hits, settings, self.judge.isolates, reference)
        return ShortList(shown, counts, found, finisher.excluded)

    def _pieces(self) -> Iterator[pa.Table]:
        for table in self.runs.merged():
            yield from (table.slice(start, PIECE_ROWS) for start in range(0, len(table) or 1, PIECE_ROWS))

    def _schema(self, finished: pa.Schema) -> pa.Schema:
        """The schema of all finished compounds: in a piece a column may be of a narrower type."""
        known = {field.name: field for field in self.runs.schema or ()}
        return pa.schema([known.get(field.name, field) for field in finished])


@contextmanager
def _part_writer(path: Path) -> Iterator[PartWriter]:
    with atomic_path(path) as temporary, PartWriter(temporary) as writer:
        yield writer


@contextmanager
def folder_beside(path: Path) -> Iterator[Path]:
    """An empty folder beside a file that is to be written; it is removed in the end.

    Raises
    ------
    LockedError
        If another run is writing this file.
    """
    folder = path.with_name(f".{path.name}.runs")
    with held(folder):
        try:
            with Writing(folder):
                rmtree(folder, ignore_errors=True)  # of a run that was killed
                folder.mkdir(parents=True)
            yield folder
        finally:
            rmtree(folder, ignore_errors=True)
