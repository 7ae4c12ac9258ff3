"""Compounds and their scores in one table, row by row."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import pandas as pd

from riboswitch.errors import InputError


def join_scores(
    compounds: pd.DataFrame, scores: Sequence[pd.DataFrame], reserved: Collection[str], name_column: str
) -> pd.DataFrame:
    """Put compounds and their scores into one table.

    Parameters
    ----------
    compounds : DataFrame
        With ``row`` and ``id``, and columns of the user's; those that are ``reserved``, or named as a score,
        get the prefix ``input_``.
    scores : sequence of DataFrame
        All shards in order, with the same ``row`` and ``id``; float32 becomes float64 of six decimals.
    reserved : collection of str
        Names that later columns need.
    name_column : str
        The one column that keeps its name in any case.

    Raises
    ------
    InputError
        If the scores are not those of the compounds, row for row.
    """
    scored = pd.concat(scores, ignore_index=True)
    same = len(scored) == len(compounds) and all((scored[k] == compounds[k]).all() for k in ("row", "id"))
    if not same:
        raise InputError("the scores are not those of this library, row for row",
                         found=f"{len(scored)} scores for {len(compounds)} compounds",
                         hint="Give all shards, in order, of a screen of just this library.")  # fmt: skip
    scored = scored.drop(columns=["row", "id"])
    single = scored.select_dtypes("float32").columns
    scored[single] = scored[single].astype("float64").round(6)
    taken = {*reserved, *scored} - {name_column}
    compounds = compounds.rename(columns={c: f"input_{c}" for c in compounds if c in taken})
    return pd.concat([compounds, scored], axis=1)
