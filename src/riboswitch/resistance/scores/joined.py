"""Compounds and their scores in one table, row by row."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from riboswitch.data.library import Library
from riboswitch.data.task import FORMS
from riboswitch.errors import InputError
from riboswitch.io.large.parquet_parts import Supply
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
        good = part.good
        rejected += len(part.table) - len(good)
        check_scores(replace(part, table=good))
        parts.append(good)
    table = pd.concat(parts, ignore_index=True)
    _require_once(table["row"], first.where)
    return _in_double(table), rejected


def _require_once(rows: pd.Series, where: str) -> None:
    twice = rows.duplicated().to_numpy()
    if twice.any():
        raise InputError("a row stands twice among the scores", where=where,
                         found=int(rows.iloc[int(twice.argmax())]), hint=_ROWS)  # fmt: skip


def _in_double(table: pd.DataFrame) -> pd.DataFrame:
    single = table.select_dtypes("float32").columns
    table[single] = table[single].astype("float64").round(6)
    return table


def joined_blocks(
    library: Library,
    scores: Iterable[ScoreTable],
    columns: Sequence[str] | None,
    renamed: Mapping[str, str],
    reserved: Collection[str],
    name_column: str,
) -> Iterator[pd.DataFrame]:
    """`join_scores` of a library and its `scored_rows`, block by block.

    Parameters
    ----------
    library : Library
    scores : iterable of ScoreTable
        Rows that were scored, in order: a `riboswitch.resistance.scores.stream.ScoreStream`.
    columns : sequence of str, optional
        Columns of the library; None: all.
    renamed : mapping of str to str
        New names of columns of the library, see `with_names`.
    reserved, name_column
        As for `join_scores`.

    Raises
    ------
    InputError
        As `scored_rows` and `join_scores`.
    """
    compounds, first, last, rows = Supply(library.tables(columns)), None, None, 0
    for part in scores:
        first = first or replace(part, table=part.table.iloc[:0])
        _require_columns(part, first)
        check_scores(part)
        block, scored = compounds.take(len(part.table)), part.table
        rows += len(scored)
        if not _same(scored, block["row"].to_numpy(), block["id"].to_pandas()):
            _require_once(pd.concat([pd.Series(last or [], dtype="int64"), scored["row"]]), part.where)
            raise _not_same(f"{rows} scores up to {part.where} for {len(library)} compounds")
        last = scored["row"].iloc[-1:].tolist() or last
        block = with_names(block.to_pandas(), renamed)
        yield join_scores(block, _in_double(scored.copy()), reserved, name_column)
    if rows != len(library):
        raise _not_same(f"{rows} scores for {len(library)} compounds")


def with_names(table: pd.DataFrame, renamed: Mapping[str, str]) -> pd.DataFrame:
    """A table with new names of columns, given one after the other."""
    for old, new in renamed.items():
        table = table.rename(columns={old: new})
    return table


def _same(scored: pd.DataFrame, rows: np.ndarray, ids: pd.Series) -> bool:
    same = len(scored) == len(rows) and np.array_equal(scored["row"].to_numpy(), rows)
    return same and np.array_equal(scored["id"].to_numpy(), ids.to_numpy())


def _not_same(found: str) -> InputError:
    problem = "the scores are not those of this library, row for row"
    return InputError(problem, found=found, hint=_ROWS)


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
    if not _same(scored, compounds["row"].to_numpy(), compounds["id"]):
        raise _not_same(f"{len(scored)} scores for {len(compounds)} compounds")
    # Of raw rows there are columns of the user's, too: the library has them already.
    raw = "status" in scored
    extra = [c for c in scored if c in ("row", "id", *RAW) or (raw and "." not in c and c != FORMS)]
    scored = scored.drop(columns=extra)
    taken = {*reserved, *scored} - {name_column}
    compounds = compounds.rename(columns={c: f"input_{c}" for c in compounds if c in taken})
    return pd.concat([compounds, scored], axis=1)
