"""The last columns of compounds that are in order: rank, promises, nearest training compound, evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from riboswitch.data.calls import Calls
from riboswitch.data.library import DUPLICATE_OF
from riboswitch.errors import InputError
from riboswitch.resistance.cohort.isolates import Isolates
from riboswitch.resistance.evidence import add_nearest_training, evidence
from riboswitch.resistance.ranking.choosing import Choice, nothing_excluded, placed
from riboswitch.resistance.ranking.columns import short_list
from riboswitch.resistance.ranking.reference import Reference
from riboswitch.resistance.ranking.settings import RankSettings
from riboswitch.resistance.ranking.tally import Tally
from riboswitch.screening.nearest import TrainingSet
from riboswitch.screening.promises import Promises, Rates


@dataclass
class Finisher:
    """Finishes compounds that come in order, some at a time.

    Attributes
    ----------
    settings : RankSettings
    promises : Promises
    training : mapping of str to TrainingSet
        By task.
    rates : Rates, optional
        The false-discovery rates of all compounds together; without it they all come at once.
    choice : Choice, optional
        The short-list, if it is not the first compounds.
    placed, kept : int
        Compounds that came, and those on the short-list, so far.
    """

    settings: RankSettings
    promises: Promises
    training: Mapping[str, TrainingSet]
    rates: Rates | None = None
    choice: Choice | None = None
    placed: int = 0
    kept: int = 0
    lists: list[pd.DataFrame] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.settings.fdr is not None and self.promises.reason:
            raise InputError("no list with a stated false-discovery rate", found=self.promises.reason,
                             hint="Leave --fdr out, or calibrate with more groups.")  # fmt: skip

    def __call__(self, table: pd.DataFrame) -> pd.DataFrame:
        """Finish the next compounds; those of the short-list are remembered."""
        table = table.reset_index(drop=True)
        table.insert(0, "rank", np.arange(self.placed + 1, self.placed + len(table) + 1))
        table = self.promises.columns(table, self.rates)
        hits = self._kept(table)
        table = add_nearest_training(table, hits, self.training)
        table["evidence"] = ""
        if len(hits):
            table.loc[hits, "evidence"] = [
                evidence(row, self.settings.class_task, self.settings.score_by)
                for row in table.loc[hits].to_dict("records")
            ]
        if len(hits) or not self.lists:
            self.lists.append(table.loc[hits])
        self.placed += len(table)
        self.kept += len(hits)
        return table

    def fits(self, table: pd.DataFrame) -> np.ndarray:
        """Which compounds may be on the short-list, bool: those up to a stated rate, or all but repeats."""
        if self.settings.fdr is None:
            return (table[DUPLICATE_OF] == "").to_numpy(bool)
        rates = self.promises.columns(table, self.rates)["fdr"]
        return (rates <= self.settings.fdr).to_numpy(bool)

    def _kept(self, table: pd.DataFrame) -> pd.Index:
        """The rows of the short-list."""
        if self.choice is not None:
            return table.index[table["rank"].isin(self.choice.ranks)]
        if self.settings.fdr is None:
            return table.index[table[DUPLICATE_OF] == ""][: self.settings.keep - self.kept]
        return table.index[table["fdr"] <= self.settings.fdr]

    def counts(self, tally: Tally, library: Mapping[str, Any]) -> dict[str, Any]:
        """All counts, the settings, what the list promises, and how it was chosen."""
        counts = tally.counts(library, self.kept) | {"settings": asdict(self.settings)}
        counts["promise"] = self.promises.of_list(self.hits)
        return counts if self.choice is None else counts | {"choice": self.choice.counts}

    @property
    def excluded(self) -> pd.DataFrame:
        """Compounds that were left out of the short-list."""
        return nothing_excluded() if self.choice is None else self.choice.excluded

    @property
    def hits(self) -> pd.DataFrame:
        """The short-list, with all columns of the compounds."""
        return pd.concat([some for some in self.lists if len(some)] or self.lists[:1], ignore_index=True)


def listed(
    hits: pd.DataFrame,
    settings: RankSettings,
    isolates: Mapping[str, Calls],
    reference: Reference | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The short-list in reading order, and its evidence for each isolate."""
    if reference is not None:
        hits = reference.percentiles(hits)
    shown = short_list(hits, settings.carry)
    found = Isolates.of(hits, isolates).evidence(shown) if isolates else pd.DataFrame()
    return placed(shown, settings), found
