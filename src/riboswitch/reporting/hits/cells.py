"""Cells of the short-list: of which kind each column is, and how its values are shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from riboswitch.reporting.findings import Findings, Ranking
from riboswitch.reporting.hits.glossary import Column, described

COMPOUND = ("name", "id", "evidence")
"""Columns that stand together in the cell of the compound."""
DIGITS = 3
MOST_ISOLATES = 6
"""With so many isolates each has a column from the start."""


@dataclass(frozen=True)
class Shown:
    """A column of the table.

    Attributes
    ----------
    column : Column
    label : str
        Heading.
    kind : str
        ``number``, ``whole``, ``truth`` or ``text``.
    shown : bool
        Whether it is there before the reader chooses columns.
    values : list
        One a hit; None for a gap.
    """

    column: Column
    label: str
    kind: str
    shown: bool
    values: list[Any]

    def text(self, number: int) -> str:
        """A value as it is shown."""
        value = self.values[number]
        if value is None or value == "":
            return "–"
        if self.kind == "truth":
            return "yes" if value else "no"
        return f"{value:.{DIGITS}f}" if self.kind == "number" else str(value)


def columns(findings: Findings, ranking: Ranking, rows: Sequence[dict[str, Any]]) -> list[Shown]:
    """All columns of ``hits.csv`` that the ranking has, in their order; made once."""
    if "columns" not in ranking.memory:
        ranking.memory["columns"] = _columns(findings, ranking, rows)
    found: list[Shown] = ranking.memory["columns"]
    return found


def _columns(findings: Findings, ranking: Ranking, rows: Sequence[dict[str, Any]]) -> list[Shown]:
    first = _first(ranking)
    return [
        Shown(column, _label(column.name), _kind(values := _values(rows, column.name)),
              column.name in first and any(value not in (None, "") for value in values), values)
        for column in described(ranking, findings.tasks)
        if column.name in ranking.hits
    ]  # fmt: skip


def _first(ranking: Ranking) -> set[str]:
    """Columns that stand in the table from the start."""
    names = {"rank", "name", "score", "known_class", "compromised_by", "plate", "well", "fdr",
             f"{ranking.shown_task}.similarity", f"{ranking.shown_task}.in_domain"}  # fmt: skip
    if ranking.isolates:
        names |= {"defeated_in", "not_seen_in"}
        if len(ranking.isolates) <= MOST_ISOLATES:
            names |= {f"isolate:{name}" for name in ranking.isolates}
    if ranking.class_task:
        names |= {"predicted_class", "class_probability"}
    others = [name for name in ranking.tasks if name not in (ranking.class_task, ranking.shown_task)]
    return names | {
        c for name in others for c in ranking.hits if c.startswith(f"{name}.") and f"{c}_sd" in ranking.hits
    }


def _label(name: str) -> str:
    return name.replace(".p_", ": ").replace(".", ": ").replace("isolate:", "").replace("_", " ")


def _values(rows: Sequence[dict[str, Any]], name: str) -> list[Any]:
    return [_plain(row[name]) for row in rows]


def _plain(value: Any) -> Any:
    """A value that JSON has; None for a gap."""
    if type(value) in (str, int, bool):  # most are
        return value
    if isinstance(value, np.bool_ | bool):
        return bool(value)
    if value is None or value is pd.NA or value != value:
        return None
    if isinstance(value, np.integer | int):
        return int(value)
    return float(value) if isinstance(value, np.floating | float) else str(value)


def _kind(values: Sequence[Any]) -> str:
    kinds = {type(value) for value in values if value is not None}
    if kinds == {bool}:
        return "truth"
    if kinds == {int}:
        return "whole"
    return "number" if kinds and kinds <= {int, float} else "text"
