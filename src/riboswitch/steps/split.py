"""split: records -> a split that keeps relatives together."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from riboswitch.errors import InputError, UsageError
from riboswitch.modalities import load
from riboswitch.records import Records
from riboswitch.settings import keywords, positive_int
from riboswitch.splits import PARTS, Split, assign

FRACTIONS = {"train": 0.65, "valid": 0.1, "test": 0.25}


def split(
    records: Records,
    method: str = "random",
    *,
    target: str | None = None,
    fractions: Mapping[str, float] = FRACTIONS,
    repeats: int = 3,
    seed: int = 0,
    column: str | None = None,
    options: Mapping[str, Any] | None = None,
) -> Split:
    """Divide records into train, valid and test, several times over.

    Parameters
    ----------
    records : Records
    method : str
        ``"random"``, ``"predefined"``, or a way of grouping that the modality offers
        (molecules: scaffold, cluster, scaffold+cluster; sequences: family).
    target : str, optional
        Class column whose values are shared out evenly over the parts.
    fractions : mapping
        Shares of train, valid and test; they sum to 1.
    repeats, seed : int
        How many divisions, and where they start.
    column : str, optional
        For ``"predefined"``: the column that holds train, valid or test.
    options : mapping, optional
        Passed on to the modality's grouping (as ``k`` and ``cutoff``).

    Returns
    -------
    Split

    Raises
    ------
    UsageError, InputError
        For fractions that do not sum to 1, an unknown method, a part that would be empty.
    """
    positive_int("repeats", repeats)
    positive_int("seed", seed, least=0)
    name = f"{method}-r{repeats}-s{seed}"
    meta = {"name": name, "method": method, "seed": seed, "options": dict(options or {})}
    table = records.table[["id"]].copy()
    if method == "predefined":
        parts = _predefined(records.table, column)
        table["group"] = [f"row{i}" for i in range(len(table))]
        for repeat in range(repeats):
            table[f"part_{repeat}"] = parts
        return Split(table, meta | {"column": column})
    _check_fractions(fractions)
    grouping = load(records.meta["modality"], "group").group
    table["group"] = grouping(records.inputs, method, **keywords(grouping, options, "split options"))
    strata = _strata(records.table, target)
    for repeat in range(repeats):
        table[f"part_{repeat}"] = assign(table["group"], strata, dict(fractions), seed + repeat)
        _refuse_empty(table[f"part_{repeat}"], fractions, table["group"].nunique())
    return Split(table, meta | {"fractions": dict(fractions)})


def _strata(table: pd.DataFrame, target: str | None) -> list[Any]:
    if target is None:
        return ["all"] * len(table)
    if target not in table:
        raise InputError("no such column", found=target, hint=f"Columns: {', '.join(table.columns)}.")
    return ["?" if pd.isna(value) else value for value in table[target]]


def _predefined(table: pd.DataFrame, column: str | None) -> pd.Series:
    if column is None or column not in table:
        raise UsageError("a predefined split needs a column that holds train, valid or test", found=column,
                         hint=f"Columns: {', '.join(table.columns)}.")  # fmt: skip
    parts = table[column].astype(str).str.strip().str.lower()
    bad = ~parts.isin(PARTS)
    if bad.any():
        raise InputError(f"column {column!r} must hold train, valid or test",
                         where=f"record {table['id'][bad].iloc[0]}", found=parts[bad].iloc[0])  # fmt: skip
    return parts


def _check_fractions(fractions: Mapping[str, float]) -> None:
    unknown = set(fractions) - set(PARTS)
    sums_to_1 = abs(sum(fractions.values()) - 1) <= 1e-9  # false for NaN, too
    if unknown or not sums_to_1 or min(fractions.values()) < 0:
        raise UsageError("fractions of train, valid and test must sum to 1", found=dict(fractions))


def _refuse_empty(parts: pd.Series, fractions: Mapping[str, float], groups: int) -> None:
    for part, wanted in fractions.items():
        if wanted > 0 and not (parts == part).any():
            raise InputError(f"no rows are left for {part}", found=f"{groups} groups",
                             hint="Use a finer grouping or more data.")  # fmt: skip


def command(
    records: Path,
    /,
    *,
    output: Path,
    method: str = "random",
    target: str | None = None,
    train: float = FRACTIONS["train"],
    valid: float = FRACTIONS["valid"],
    test: float = FRACTIONS["test"],
    repeats: int = 3,
    seed: int = 0,
    column: str | None = None,
    options: str = "{}",
) -> None:
    """Divide records into train, valid and test; relatives stay on one side.

    Parameters
    ----------
    records : Path
        Records to divide (.parquet).
    output : Path
        Where the split goes (.parquet).
    method : str
        random, predefined, or a grouping of the modality (scaffold, cluster, scaffold+cluster; family).
    target : str
        Class column to share out evenly.
    train, valid, test : float
        Shares; they sum to 1.
    repeats : int
        How many divisions.
    seed : int
        Where they start.
    column : str
        For predefined: the column that holds train, valid or test.
    options : str
        JSON passed to the grouping, as '{"cutoff": 0.1}'.
    """
    from riboswitch.cli import json_option

    made = split(
        Records.load(records),
        method,
        target=target,
        fractions={"train": train, "valid": valid, "test": test},
        repeats=repeats,
        seed=seed,
        column=column,
        options=json_option("options", options),
    )
    made.save(output)
