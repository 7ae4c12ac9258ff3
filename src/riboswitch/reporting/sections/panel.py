"""The panel of isolates: what each does to each hit, or that nobody looked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from riboswitch.reporting.findings import Findings, Ranking
from riboswitch.reporting.sections import Section

COLUMNS = 6
"""So many isolates stand beside each other: a page of paper is no wider."""

MOST = 100
"""So many hits are in the matrix; the table of the short-list has a column for each isolate."""

STATES = {
    "defeated": "defeated",
    "reduced": "reduced",
    "not_seen": "not seen",
    "not_looked_at": "not looked at",
}
"""States of a cell, and how they are called."""

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Line:
    """A hit.

    Attributes
    ----------
    rank : int
    name : str
    works_on : int
        Isolates, of the whole panel, in which nothing was seen that defeats it.
    cells : list of mapping
        One for each isolate of the block: ``state``, ``cell`` and ``evidence``.
    """

    rank: int
    name: str
    works_on: int
    cells: list[Row]


@dataclass(frozen=True)
class Block:
    """Some isolates beside each other, with all hits.

    Attributes
    ----------
    isolates : list of str
    lines : list of Line
    totals : list of str
        Of each isolate, how many hits are in which state.
    """

    isolates: list[str]
    lines: list[Line]
    totals: list[str]


def contents(findings: Findings) -> dict[str, Any] | None:
    """Blocks of the matrix; None without a panel."""
    ranking = findings.ranking
    if ranking is None or not ranking.isolates:
        return None
    shown = min(MOST, len(ranking.hits), MOST if ranking.shown is None else ranking.shown)
    return {
        "blocks": [*_blocks(ranking, shown)],
        "hits": len(ranking.hits),
        "shown": shown,
        "panel": len(ranking.isolates),
    }


SECTION = Section("The panel of isolates", 35, contents)


def _blocks(ranking: Ranking, shown: int) -> Iterator[Block]:
    hits = ranking.hits.iloc[:shown]
    cells = {(row["rank"], row["isolate"]): row for row in ranking.panel.to_dict("records")}
    names = {
        row["rank"]: row["name"] or row.get("recognised_as") or row["id"] for row in hits.to_dict("records")
    }
    works = Counter(rank for (rank, _), row in cells.items() if row["state"] == "not_seen")
    ranks = ranking.hits["rank"].tolist()
    for first in range(0, len(ranking.isolates), COLUMNS):
        isolates = ranking.isolates[first : first + COLUMNS]
        lines = [
            Line(rank, name, works[rank], [_cell(cells[rank, isolate]) for isolate in isolates])
            for rank, name in names.items()
        ]
        yield Block(isolates, lines, [_total(cells, ranks, isolate) for isolate in isolates])


def _cell(row: Row) -> Row:
    evidence = "; ".join(row[name] for name in ("gene_class", "locus", "recognised") if row[name])
    return {"state": row["state"], "cell": row["cell"], "evidence": evidence}


def _total(cells: Mapping[tuple[int, str], Row], ranks: list[int], isolate: str) -> str:
    states = Counter(cells[rank, isolate]["state"] for rank in ranks)
    return ", ".join(f"{states[state]} {word}" for state, word in STATES.items() if states[state])
