"""Compounds and their scores in one table, row by row."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from riboswitch.data.task import FORMS
from riboswitch.errors import InputError
from riboswitch.resistance.scores.checks import check_scores
from riboswitch.screening.scorefile import ScoreTable

RAW = (
    "status",
    "reason",
)  # columns of the scores of raw rows; a row that was not scored has a code as status
_ROWS = "Give all shards, in order, of a screen of just this library."


def scored_rows(scores: Sequence[ScoreTable]) -> tuple[pd.DataFrame, int]:
    """Put checked scores into one table.

    Parameters
    ----------
    scores : sequence of ScoreTable
        All shards in order.

    Returns
    -------
    table : DataFrame
        ``row``, ``id`` and the scores; float32 becomes float64 of six decimals.
    rejected : int
        Rows that have no scores since their ``status`` is a rejection; they are not in the table.

    Raises
    ------
    InputError
        If columns differ between shards, a row stands twice, or a score is missing or impossible.
    """
    if not scores:
        raise InputError("there are no scores", hint="Give the files that riboswitch screen wrote.")
    first = scores[0]
    parts, rejected = [], 0
    for part in scores:
        _require_columns(part, first)
        good = part.table
        if "status" in good:
            good = good[good["status"] == "ok"]
            rejected += len(part.table) - len(good)
        check_scores(replace(part, table=good))
        parts.append(good)
    table = pd.concat(parts, ignore_index=True)
    twice = table["row"].duplicated().to_numpy()
    if twice.any():
        raise InputError("a row stands twice among the scores", where=first.where,
                         found=int(table["row"].iloc[int(twice.argmax())]), hint=_ROWS)  # fmt: skip
    single = table.select_dtypes("float32").columns
    table[single] = table[single].astype("float64").round(6)
    return table, rejected


def _require_columns(part: ScoreTable, first: ScoreTable) -> None:
    table = part.table
    for name in ("row", "id"):
        if name not in table:
            raise InputError("a column of scores is missing", where=part.where, found=name,
                             hint="riboswitch screen writes it.")  # fmt: skip
    if not pd.api.types.is_integer_dtype(table["row"]) or table["row"].isna().any():
        raise InputError("the numbers of the rows are no whole numbers", where=part.where, found="row")
    if not all(isinstance(value, str) for value in table["id"]):
        raise InputError("an id is no text", where=part.where, found="id")
    columns, expected = list(table), list(first.table)
    if differing := sorted({*columns} ^ {*expected}) or [c for c in columns if columns.count(c) > 1]:
        raise InputError(f"the columns are not those of {first.where}", where=part.where, found=differing[0],
                         hint="Screen all shards with the same models and options.")  # fmt: skip


def join_scores(
    compounds: pd.DataFrame, scored: pd.DataFrame, reserved: Collection[str], name_column: str
) -> pd.DataFrame:
    """Put compounds and their scores into one table.

    Parameters
    ----------
    compounds : DataFrame
        With ``row`` and ``id``, and columns of the user's; those that are ``reserved``, or named as a score,
        get the prefix ``input_``.
    scored : DataFrame
        From `scored_rows`: the same ``row`` and ``id``.
    reserved : collection of str
        Names that later columns need.
    name_column : str
        The one column that keeps its name in any case.

    Raises
    ------
    InputError
        If the scores are not those of the compounds, row for row.
    """
    same = len(scored) == len(compounds) and all(
        np.array_equal(scored[k].to_numpy(), compounds[k].to_numpy()) for k in ("row", "id")
    )
    if not same:
        found = f"{len(scored)} scores for {len(compounds)} compounds"
        raise InputError("the scores are not those of this library, row for row", found=found, hint=_ROWS)
    # Of raw rows there are columns of the user's, too: the library has them already.
    raw = "status" in scored
    extra = [c for c in scored if c in ("row", "id", *RAW) or (raw and "." not in c and c != FORMS)]
    scored = scored.drop(columns=extra)
    taken = {*reserved, *scored} - {name_column}
    compounds = compounds.rename(columns={c: f"input_{c}" for c in compounds if c in taken})
    return pd.concat([compounds, scored], axis=1)
