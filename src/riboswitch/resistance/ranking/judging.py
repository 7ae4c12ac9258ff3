"""What is known of scored compounds, each by itself: class, the gene that defeats it, score, filters.

Which compounds the genome defeats is decided in `riboswitch.resistance.defeats`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from riboswitch.data.calls import Calls
from riboswitch.data.library import DUPLICATE_OF
from riboswitch.errors import InputError, UsageError
from riboswitch.resistance.cohort.isolates import UNFIT, Isolates, defeated_everywhere, unfit
from riboswitch.resistance.compound_classes import classify_scored
from riboswitch.resistance.defeats import compromised, defeated_classes
from riboswitch.resistance.drug_classes import DrugClasses
from riboswitch.resistance.drugs.intrinsic import by_nature
from riboswitch.resistance.ranking.settings import RankSettings
from riboswitch.resistance.scores.ranges import with_range

ORDER = {"again": True, "compromised": True, UNFIT: True, "denied": True, "outside": True, "score": False,
         "row": True}  # fmt: skip
"""What the compounds are sorted by, and whether ascending. Only a panel without a genome has `UNFIT`."""
SORTED_ONLY = ("outside", "again", "denied", UNFIT)
"""Columns that only sort."""
_MOST = 1 << 20  # isolates of a panel that a key can hold


class Judge:
    """Says of compounds what the calls of a genome, or of a panel, and the settings say of them.

    Parameters
    ----------
    calls : Calls or None
        Of the genome that is to be treated; None: the isolates are, all of them.
    knowledge : DrugClasses
    settings : RankSettings
    isolates : mapping of str to Calls, optional

    Raises
    ------
    UsageError
        If there is neither a genome nor a panel.
    """

    def __init__(
        self,
        calls: Calls | None,
        knowledge: DrugClasses,
        settings: RankSettings,
        isolates: Mapping[str, Calls] | None = None,
    ):
        if calls is None and not isolates:
            raise UsageError("there is no genome to rank for", hint="Give the calls of one, or of several.")
        self.calls, self.knowledge, self.settings, self.isolates = calls, knowledge, settings, isolates or {}
        self._nature = [] if calls is None else by_nature(calls)
        if calls is None:
            self._defeated = defeated_everywhere([*self.isolates.values()])
        else:
            self._defeated = defeated_classes(calls.confident, nature=self._nature)

    def __call__(self, table: pd.DataFrame) -> pd.DataFrame:
        """Add class, flags, panel, score and what sorts (`ORDER`) to scored compounds, row by row.

        Raises
        ------
        InputError
            If a task of the settings was not screened, or its prediction cannot rank or filter.
        """
        settings = self.settings
        classes = classify_scored(table, settings.class_task, settings.name_column, self.knowledge,
                                  settings.min_class_probability)  # fmt: skip
        table = table.assign(**{column: classes[column] for column in classes})
        panel = Isolates.of(table, self.isolates) if self.isolates else None
        if self.calls is not None:
            flags = compromised(table, self.calls.confident, nature=self._nature)
        else:
            assert panel is not None
            flags = panel.everywhere
        table = pd.concat([table, flags, *([panel.columns] if panel else [])], axis=1)
        columns, complement = self.scored_by(table)
        table = with_score(table, columns, complement)
        table["outside_filter"] = _outside(table, settings.filters)
        table[UNFIT] = 0 if self.calls is not None else unfit(table, settings.panel_order)
        table["outside"] = table["outside_filter"] != ""
        table["again"] = table[DUPLICATE_OF] != ""
        # In a ranking by class, a compound of training class "none" that is predicted otherwise is a fault.
        table["denied"] = table["contradicted"] & (settings.score_by == settings.class_task)
        return table

    def filtered(self, table: pd.DataFrame) -> list[str]:
        """The columns that are filtered by."""
        return [_filtered_by(table, task) for task in self.settings.filters]

    def scored_by(self, table: pd.DataFrame) -> tuple[list[str], bool]:
        """The columns of which the score is the sum, and whether it is 1 minus that."""
        task = self.settings.score_by
        if not (columns := [c for c in table if c.startswith(f"{task}.")]):
            raise InputError("no such task among the scores", found=task, hint="Check --score-by.")
        if f"{task}.p_none" in table:
            return [f"{task}.p_{c}" for c in ["none", *self._defeated] if f"{task}.p_{c}" in table], True
        if f"{task}.class" in table:
            raise InputError("a task that ranks needs a class 'none', or one target", found=task,
                             hint="Check --score-by.")  # fmt: skip
        return columns[:1], False


def with_score(table: pd.DataFrame, columns: Sequence[str], complement: bool) -> pd.DataFrame:
    """Add the score, which is the sum of columns or 1 minus that, and its range over forms."""
    sums = table[[*columns]].to_numpy(np.float64).sum(axis=1)
    table["score"] = np.round(np.clip(1 - sums, 0, 1) if complement else sums, 6)
    return with_range(table, columns, complement)


def _outside(table: pd.DataFrame, filters: Mapping[str, Mapping[str, float]]) -> pd.Series:
    """Which filter a compound falls outside of, as text; empty if it passes all."""
    reasons = pd.Series("", table.index)
    for task, limits in filters.items():
        column = _filtered_by(table, task)
        low, high = limits.get("min", -np.inf), limits.get("max", np.inf)
        reason = reasons + f"{column} not in {low:g} to {high:g};"
        reasons = reasons.where(table[column].between(low, high), reason)
    return reasons


def _filtered_by(table: pd.DataFrame, task: str) -> str:
    """The column of a task that a filter is about."""
    column = next((c for c in table if c.startswith(f"{task}.") and not c.endswith("_sd")), None)
    if column is None:
        raise InputError("a filter names a task that was not screened", found=task)
    if column == f"{task}.class":
        raise InputError("a filter needs a number, and this task predicts a class", found=task)
    return str(column)


def order_keys(table: pd.DataFrame) -> np.ndarray:
    """`ORDER` as whole numbers that all ascend, int64 of shape (rows, 3).

    The first key holds what comes before the score. The second is the score's bits, turned so that they
    ascend while it falls.
    """
    first = np.zeros(len(table), np.int64)
    for column, size in (("again", 2), ("compromised", 2), (UNFIT, _MOST), ("denied", 2), ("outside", 2)):
        first = first * size + table[column].to_numpy(np.int64)
    falling = (-table["score"].to_numpy(np.float64) + 0.0).view(np.int64)  # + 0.0: there is one zero only
    falling = np.where(falling < 0, falling ^ np.iinfo(np.int64).max, falling)
    return np.column_stack([first, falling, table["row"].to_numpy(np.int64)])
