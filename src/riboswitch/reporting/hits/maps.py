"""Maps of hits and of called genes: a table of `explain`, read for the report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from riboswitch.data.calls import Calls
from riboswitch.errors import InputError
from riboswitch.io.cells import number
from riboswitch.io.parquet import read_parquet
from riboswitch.io.table_writer import read_written

NEEDED = ("id", "status", "reason", "input", "of", "prediction", "stability", "control", "number", "score")
NUMBERS = ("prediction", "stability", "control", "number", "score")
NOT_SHOWN = ("unstable", "TOO_LONG", "NOT_PREDICTED", "BROKEN_GENE")
"""States of an input that has no map to show, but a reason."""
AGAIN = "riboswitch explain writes it."
FULL, LEVELS = 98, 9
"""The percentile of absolute scores that has the full colour, and the steps up to it."""


@dataclass(frozen=True)
class Explained:
    """The map of one input.

    Attributes
    ----------
    input : str
        What was explained.
    of : str
        The target or class that the scores are of; empty if there are none.
    reason : str
        Why the map is not shown; empty if it can be trusted.
    prediction, stability, control : float
        The model's prediction; the correlation between the maps of two networks, and the same without
        learning. NaN where they were not computed.
    levels : tuple of int
        For each part the score, from -`LEVELS` to `LEVELS`; empty if the map is not shown.
    scores : tuple of float
        For each part the score as a share of the full one, from -1 to 1; empty if the map is not shown.
    """

    input: str
    of: str
    reason: str
    prediction: float
    stability: float
    control: float
    scores: tuple[float, ...]

    @property
    def levels(self) -> tuple[int, ...]:
        return tuple(int(level) for level in np.rint(np.array(self.scores) * LEVELS))

    @property
    def agreement(self) -> str:
        """How far the networks agree, in words."""
        return (
            f"The networks agree with a correlation of {self.stability:.2f}; networks that learned nothing "
            f"reach {self.control:.2f}."
        )


def read_maps(path: Path) -> dict[str, Explained]:
    """The maps in a table of `explain`, by the id of the input; inputs that could not be read have none.

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
    table = table[table["status"].isin(["ok", *NOT_SHOWN])]
    try:
        numbers = {name: table[name].map(_number) for name in NUMBERS}
    except ValueError as error:
        raise InputError("not a table of maps", where=str(path), found=error, hint=AGAIN) from error
    table = table.assign(**numbers)
    trusted = table.loc[table["status"] == "ok", "score"].abs()
    full = float(np.percentile(trusted, FULL)) if len(trusted) else 0.0
    return {str(name): _explained(rows, full) for name, rows in table.groupby("id", sort=False)}


def maps_of_hits(path: Path, hits: pd.DataFrame) -> dict[str, Explained]:
    """The maps in a table, each of the structure that was ranked."""
    maps = read_maps(path)
    structures: Mapping[str, str] = dict(zip(hits["id"], hits["smiles"], strict=True))
    for name, found in maps.items():
        if structures.get(name, found.input) != found.input:
            raise InputError("the map is of another structure than the hit", where=str(path), found=name,
                             hint="Explain hits.csv of this ranking.")  # fmt: skip
    return maps


def maps_of_calls(path: Path, calls: Calls) -> dict[str, Explained]:
    """The maps in a table, each of a called gene."""
    maps, known = read_maps(path), {*calls.confident["orf_id"]}
    if strange := next((name for name in maps if name not in known), None):
        raise InputError("the map is of no call of this genome", where=str(path), found=strange,
                         hint="riboswitch explain-calls writes it: explain these calls.")  # fmt: skip
    return maps


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
    scores: tuple[float, ...] = ()
    if first["status"] == "ok" and full > 0:
        shares = np.clip(rows.sort_values("number")["score"].to_numpy() / full, -1, 1)
        scores = tuple(np.round(shares, 4).tolist())
    return Explained(
        input=_text(first["input"]),
        of=_text(first["of"]),
        reason=_text(first["reason"]),
        prediction=float(first["prediction"]),
        stability=float(first["stability"]),
        control=float(first["control"]),
        scores=scores,
    )


def _text(cell: object) -> str:
    return "" if cell is None or cell is pd.NA or cell != cell else str(cell)
