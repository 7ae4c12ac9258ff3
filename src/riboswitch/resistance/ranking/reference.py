"""Where a compound stands among reference compounds, as approved drugs, that the same models scored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from riboswitch.errors import InputError
from riboswitch.resistance.ranking.columns import PERCENTILE
from riboswitch.resistance.ranking.judging import Judge, with_score
from riboswitch.resistance.scores.checks import check_scores
from riboswitch.screening.scorefile import ScoreTable


@dataclass(frozen=True)
class Reference:
    """Values of reference compounds.

    Attributes
    ----------
    values : mapping of str to ndarray
        By column, ascending: the score, and the predictions that are filtered by.
    """

    values: Mapping[str, np.ndarray]

    @classmethod
    def load(cls, path: str | Path, judge: Judge, like: ScoreTable) -> Reference:
        """Read the scores of reference compounds.

        Parameters
        ----------
        path : path
            From `screen` (.parquet), with the models that screened the library.
        judge : Judge
            Says what the score is.
        like : ScoreTable
            Scores of the library.

        Raises
        ------
        InputError
            If other models scored them, or no compound has scores.
        """
        part = ScoreTable.load(path)
        assert part.origin is not None
        if like.origin is not None and part.origin.models != like.origin.models:
            raise InputError(f"screened with other models than {like.where}", where=part.where,
                             hint="Screen both with the same models.")  # fmt: skip
        table = part.good
        check_scores(replace(part, table=table))
        if table.empty:
            raise InputError("no reference compound has scores", where=part.where)
        return cls.of(table, judge)

    @classmethod
    def of(cls, table: pd.DataFrame, judge: Judge) -> Reference:
        """Of a table of scores."""
        table = with_score(table.copy(), *judge.scored_by(table))
        columns = ["score", *judge.filtered(table)]
        return cls({name: np.sort(table[name].to_numpy(np.float64).round(6)) for name in columns})

    def percentiles(self, hits: pd.DataFrame) -> pd.DataFrame:
        """Add the percentage of reference compounds with a lower value; equal ones count half."""
        return hits.assign(**{f"{name}{PERCENTILE}": _share(values, hits[name])
                              for name, values in self.values.items()})  # fmt: skip


def _share(reference: np.ndarray, values: Sequence[float]) -> np.ndarray:
    given = np.asarray(values, np.float64)
    below, upto = (np.searchsorted(reference, given, side) for side in ("left", "right"))
    return np.round(50 * (below + upto) / len(reference), 1)
