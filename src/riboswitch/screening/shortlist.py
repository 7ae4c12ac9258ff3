"""The best of many rows, found a block at a time: the best of the bests is the best of all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from riboswitch.config.settings import positive_int
from riboswitch.errors import UsageError


def top(table: pd.DataFrame, k: int, by: str, *, lowest: bool = False) -> pd.DataFrame:
    """The ``k`` best rows of a table of scores.

    Parameters
    ----------
    table : DataFrame
        With the columns ``row`` and ``by``. Rows without a score are never among the best.
    k : int
    by : str
    lowest : bool
        The lowest score is the best, not the highest.

    Returns
    -------
    DataFrame
        The best first; of equals the one with the lower ``row``.
    """
    positive_int("top", k)
    if by not in table:
        raise UsageError("no such column among the scores", found=by, hint=f"There are: {', '.join(table)}.")
    score = table[by].to_numpy()
    if score.dtype.kind not in "fiu":
        raise UsageError("the best can be told by a column of numbers only", found=by)
    score = score if lowest else -score
    there = np.flatnonzero(~np.isnan(score))
    if len(there) > k:
        last = np.partition(score[there], k - 1)[k - 1]
        there = there[score[there] <= last]
    order = there[np.lexsort((table["row"].to_numpy()[there], score[there]))]
    return table.iloc[order[:k]].reset_index(drop=True)


def merge_top(tables: Iterable[pd.DataFrame], k: int, by: str, *, lowest: bool = False) -> pd.DataFrame:
    """The ``k`` best rows of several tables, each of scores or of the best of them, as from shards.

    The best of all are among the best of each, so ``merge_top`` of the `top` rows of shards equals the `top`
    rows of the whole, for the same ``k`` or a smaller one.
    """
    return top(pd.concat([*tables], ignore_index=True), k, by, lowest=lowest)


@dataclass
class Best:
    """The ``k`` best rows of all tables seen so far.

    Attributes
    ----------
    table : DataFrame
        As `top` returns it.
    """

    k: int
    by: str
    lowest: bool = False
    table: pd.DataFrame = field(default_factory=pd.DataFrame)

    def add(self, table: pd.DataFrame) -> None:
        """Look at more rows."""
        best = top(table, self.k, self.by, lowest=self.lowest)
        parts = [best] if self.table.empty else [self.table, best]
        self.table = merge_top(parts, self.k, self.by, lowest=self.lowest)
