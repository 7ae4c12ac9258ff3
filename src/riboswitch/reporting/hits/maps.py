"""Atom maps of the hits: a table of `explain`, read for the report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from riboswitch.errors import InputError
from riboswitch.io.cells import number
from riboswitch.io.parquet import read_parquet
from riboswitch.io.table_writer import read_written

NEEDED = ("id", "status", "reason", "input", "of", "stability", "control", "number", "score")
AGAIN = "riboswitch explain writes it."
FULL, LEVELS = 98, 9
"""The percentile of absolute scores that has the full colour, and the steps up to it."""


@dataclass(frozen=True)
class Explained:
    """The map of one hit.

    Attributes
    ----------
    input : str
        What was explained.
    of : str
        The target or class that the scores are of.
    reason : str
        Why the map is not shown; empty if it can be trusted.
    stability, control : float
        Correlation between the maps of two networks, and the same without learning.
    levels : tuple of int
        For each part the score, from -`LEVELS` to `LEVELS`; empty if the map is not shown.
    """

    input: str
    of: str
    reason: str
    stability: float
    control: float
    levels: tuple[int, ...]


def read_maps(path: Path) -> dict[str, Explained]:
    """The maps in a table of `explain`, by the id of the input.

    Raises
    ------
    InputError
        If the file is no such table.
    """
    table = _table(path)
    if missing := [name for name in NEEDED if name not in table]:
        raise InputError(
            "not a table of maps", where=str(path), found=f"no column {missing[0]!r}", hint=AGAIN
        )
    table = table[table["status"].isin(["ok", "unstable"])]
    try:
        numbers = {name: table[name].map(_number) for name in ("stability", "control", "number", "score")}
    except ValueError as error:
        raise InputError("not a table of maps", where=str(path), found=error, hint=AGAIN) from error
    table = table.assign(**numbers)
    trusted = table.loc[table["status"] == "ok", "score"].abs()
    full = float(np.percentile(trusted, FULL)) if len(trusted) else 0.0
    return {str(name): _explained(rows, full) for name, rows in table.groupby("id", sort=False)}


def check_maps(maps: Mapping[str, Explained], structures: Mapping[str, str], where: str) -> None:
    """Refuse maps of other structures than those that are ranked."""
    for name, found in maps.items():
        if name in structures and structures[name] != found.input:
            raise InputError("the map is of another structure than the hit", where=where, found=name,
                             hint="Explain hits.csv of this ranking.")  # fmt: skip


def _table(path: Path) -> pd.DataFrame:
    try:
        if path.suffix == ".parquet":
            return read_parquet(path)[0]
        return read_written(path, "\t" if path.suffix == ".tsv" else ",")
    except FileNotFoundError as error:
        raise InputError("no such file", where=str(path), hint=AGAIN) from error
    except ValueError as error:
        raise InputError("not a table of maps", where=str(path), found=error, hint=AGAIN) from error


def _number(cell: object) -> float:
    if cell is None or cell is pd.NA or cell == "":
        return float("nan")
    return number(cell) if isinstance(cell, str) else float(str(cell))


def _explained(rows: pd.DataFrame, full: float) -> Explained:
    first = rows.iloc[0]
    levels: tuple[int, ...] = ()
    if first["status"] == "ok" and full > 0:
        scores = rows.sort_values("number")["score"].to_numpy()
        levels = tuple(int(level) for level in np.rint(np.clip(scores / full, -1, 1) * LEVELS))
    reason, stability, control = str(first["reason"] or ""), first["stability"], first["control"]
    return Explained(str(first["input"]), str(first["of"]), reason, float(stability), float(control), levels)
