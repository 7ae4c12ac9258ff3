"""Folds that all methods share: repeated cross-validation, and one test set with repeated training sets.

Each fold is a repeat of a `Split`. A fold depends on the rows, the seed and its own number only, so that more
repeats later add folds and change none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from riboswitch.data.splits import LEFT_OUT, PARTS, Split, assign_all, assign_parts, join_labels
from riboswitch.errors import InputError

VALID = 0.125  # share of a fold's other rows that choose the epoch and the temperature
CROSS, FIXED, GIVEN = "cross-validation", "fixed test set", "given repeats"
ROUND = 1000  # more folds than one repeat can have: keeps the seeds of two repeats apart


@dataclass(frozen=True)
class Folds:
    """Shared folds.

    Attributes
    ----------
    split : Split
        One repeat for each fold.
    design : str
        How they were made: `CROSS`, `FIXED` or `GIVEN`.
    tests_of_row : int
        In how many folds each row should be tested.
    """

    split: Split
    design: str
    tests_of_row: int


def cross_validation(
    ids: Sequence[str],
    groupings: Mapping[str, Sequence[str]],
    strata: Sequence[Any],
    *,
    folds: int,
    repeats: int,
    seed: int,
    meta: Mapping[str, Any],
) -> Folds:
    """Divide rows into folds, in several repeats; each fold is the test part once.

    No group of any grouping stands on two sides. A row whose groups stand on different sides is left out of
    the fold. Of the rows that are not tested, an eighth is for validation.

    Parameters
    ----------
    ids : sequence of str
    groupings : mapping of str to sequence of str
        For each grouping one group a row.
    strata : sequence
        Class of each row; classes are divided evenly.
    folds, repeats, seed : int
    meta : mapping
        JSON values for the header of the split.

    Raises
    ------
    InputError
        If a fold would have no test rows, or nothing to train on.
    """
    columns: dict[str, list[str]] = {}
    for repeat in range(repeats):
        shares = {str(fold): 1 / folds for fold in range(folds)}
        numbers = [
            np.array(assign_parts(groups, strata, shares, [seed, repeat, ROUND])).astype(int)
            for groups in groupings.values()
        ]
        for fold in range(folds):
            inside = [found == fold for found in numbers]
            parts = np.full(len(ids), LEFT_OUT, dtype=object)
            parts[np.logical_and.reduce(inside)] = "test"
            rest = np.flatnonzero(~np.logical_or.reduce(inside))
            parts[rest] = _train_and_valid(groupings, strata, rest, VALID, [seed, repeat, fold])
            columns[f"part_{len(columns)}"] = parts.tolist()
    split = _split(ids, groupings, columns, meta)
    _refuse_empty(split, groupings)
    return Folds(split, CROSS, repeats)


def of_split(given: Split, strata: Sequence[Any], *, draws: int, seed: int, meta: Mapping[str, Any]) -> Folds:
    """Folds of a split that exists: its repeats or, if it has one, its test set with several training sets.

    Parameters
    ----------
    given : Split
    strata : sequence
        Class of each row.
    draws : int
        How many times train and valid are drawn anew if there is one test set. The first draw is that of the
        split itself.
    seed : int
    meta : mapping
    """
    if given.repeats > 1:
        tests = [given.rows("test", repeat) for repeat in range(given.repeats)]
        fixed = all(np.array_equal(test, tests[0]) for test in tests)
        return Folds(given, FIXED, given.repeats) if fixed else Folds(given, GIVEN, 0)
    groupings = {name: given.table[name].tolist() for name in given.groupings}
    own = given.table["part_0"].to_numpy(dtype=object)
    rest = np.flatnonzero(np.isin(own, PARTS[:2]))
    share = float((own[rest] == "valid").mean()) or VALID
    columns = {"part_0": own.tolist()}
    if not (own == "valid").any():  # the epoch must be chosen on something
        columns = {}
    for draw in range(len(columns), draws):
        parts = own.copy()
        parts[rest] = _train_and_valid(groupings, strata, rest, share, [seed, draw, ROUND])
        columns[f"part_{draw}"] = parts.tolist()
    table = given.table.drop(columns="part_0").assign(**columns)
    split = Split(table, {**given.meta, **meta})
    _refuse_empty(split, groupings)
    return Folds(split, FIXED, draws)


def _train_and_valid(
    groupings: Mapping[str, Sequence[str]],
    strata: Sequence[Any],
    rows: np.ndarray,
    valid: float,
    seed: list[int],
) -> list[str]:
    mine = {name: [groups[i] for i in rows] for name, groups in groupings.items()}
    return assign_all(mine, [strata[i] for i in rows], {"train": 1 - valid, "valid": valid}, seed)


def _split(
    ids: Sequence[str],
    groupings: Mapping[str, Sequence[str]],
    columns: Mapping[str, list[str]],
    meta: Mapping[str, Any],
) -> Split:
    table = {"id": list(ids), "group": join_labels(groupings)}
    if len(groupings) > 1:
        table |= {f"group_{name}": list(groups) for name, groups in groupings.items()}
    return Split(pd.DataFrame({**table, **columns}), dict(meta))


def _refuse_empty(split: Split, groupings: Mapping[str, Sequence[str]]) -> None:
    for fold in range(split.repeats):
        for part in PARTS:
            if not len(split.rows(part, fold)):
                counts = ", ".join(f"{len({*groups})} groups of {name}" for name, groups in groupings.items())
                raise InputError(f"no rows are left for {part} of fold {fold}", found=counts,
                                 hint="Use fewer folds, a finer grouping or more data.")  # fmt: skip
