"""The range of the score of compounds that stand for several forms, as a racemate does."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from riboswitch.data.task import FORMS, HIGH, LOW

SCORE_RANGE = ("score_low", "score_high")
"""Columns that `with_range` adds."""


def with_range(table: pd.DataFrame, columns: Sequence[str], complement: bool) -> pd.DataFrame:
    """Add the lowest and the highest score over the forms of each compound.

    Parameters
    ----------
    table : DataFrame
    columns : sequence of str
        The predictions of which the score is the sum.
    complement : bool
        Whether the score is 1 minus that sum. With several columns the range is then the widest possible.

    Returns
    -------
    DataFrame
        Missing where a compound has one form. The same table if predictions have no ranges.
    """
    if not all(f"{column}{end}" in table for column in columns for end in (LOW, HIGH)):
        return table
    low, high = (
        table[[f"{column}{end}" for column in columns]].sum(axis=1, skipna=False).to_numpy(np.float64)
        for end in (LOW, HIGH)
    )
    if complement:
        low, high = np.clip(1 - high, 0, 1), np.clip(1 - low, 0, 1)
    return table.assign(**dict(zip(SCORE_RANGE, (np.round(low, 6), np.round(high, 6)), strict=True)))


def without_empty_ranges(hits: pd.DataFrame) -> pd.DataFrame:
    """Leave the columns about forms out if all hits have one form."""
    if FORMS in hits and (hits[FORMS].fillna(1) > 1).any():
        return hits
    tasks = [c.removesuffix(LOW) for c in hits if c.endswith(LOW) and c.removesuffix(LOW) in hits]
    ranges = [f"{column}{end}" for column in tasks for end in (LOW, HIGH)]
    return hits.drop(columns=[c for c in (FORMS, *ranges) if c in hits])
