"""The best rows of many tables, found one table at a time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from riboswitch.config.settings import positive_int
from riboswitch.errors import UsageError


def top(table: pd.DataFrame, k: int, by: str, *, lowest: bool = False) -> pd.DataFrame:
    """Select the ``k`` best rows of a table of scores.

    Parameters
    ----------
    table : DataFrame
        Has the columns ``row`` and ``by``. Rows without a score are never among the best.
    k : int
    by : str
        Column of the score.
    lowest : bool
        The lowest score is the best, not the highest.

    Returns
    -------
    DataFrame
        The best row first; among equal scores the row with the lower ``row``.

    Raises
    ------
    UsageError
        If there is no such column, or it holds no numbers.
    """
    positive_int("top", k)
    if by not in table:
        raise UsageError("no such column among the scores", found=by, hint=f"There are: {', '.join(table)}.")
    score = table[by].to_numpy()
    if score.dtype.kind not in "fiu":
        raise UsageError("the best rows need a column of numbers", found=by)
    score = score if lowest else -score
    scored = np.flatnonzero(~np.isnan(score))
    if len(scored) > k:
        last = np.partition(score[scored], k - 1)[k - 1]
        scored = scored[score[scored] <= last]
    order = scored[np.lexsort((table["row"].to_numpy()[scored], score[scored]))]
    return table.iloc[order[:k]].reset_index(drop=True)


def merge_top(tables: Iterable[pd.DataFrame], k: int, by: str, *, lowest: bool = False) -> pd.DataFrame:
    """Select the ``k`` best rows of several tables: scores, or the `top` rows of scores.

    The best rows of a library are among the best rows of its shards. So ``merge_top`` of the `top` rows of
    all shards equals the `top` rows of the library, for the same ``k`` or a smaller one.

    Parameters
    ----------
    tables : iterable of DataFrame
        With the columns ``by`` and ``row``.
    k : int
        Number of rows to keep.
    by : str
        The column that orders the rows.
    lowest : bool
        Whether the best rows are the lowest.

    Returns
    -------
    DataFrame
        The best first; among equal ones the earlier ``row``.
    """
    return top(pd.concat([*tables], ignore_index=True), k, by, lowest=lowest)


@dataclass
class BestOfEach:
    """The ``k`` best rows for each value of a column, of all tables seen so far.

    Attributes
    ----------
    of : str
        The column, as the given input of a pair.
    """

    k: int
    by: str
    of: str
    lowest: bool = False
    found: dict[str, Best] = field(default_factory=dict)

    def add(self, table: pd.DataFrame) -> None:
        """Add the rows of one more table."""
        for name, rows in table.groupby(self.of, sort=False):
            self.found.setdefault(str(name), Best(self.k, self.by, self.lowest)).add(rows)

    @property
    def table(self) -> pd.DataFrame:
        """The values in the order in which they were met, of each the best row first."""
        tables = [best.table for best in self.found.values()]
        return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()


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
        """Add the rows of one more table."""
        best = top(table, self.k, self.by, lowest=self.lowest)
        parts = [best] if self.table.empty else [self.table, best]
        self.table = merge_top(parts, self.k, self.by, lowest=self.lowest)
