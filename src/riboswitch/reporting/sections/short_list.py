"""The short-list: every kept compound with its structure, its evidence and its flags.

The page holds all lines as data, from which a script makes a table to sort, filter and search. The first
lines also stand in the page as they are, for readers without JavaScript.
"""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from riboswitch.modalities import find
from riboswitch.reporting.findings import Findings
from riboswitch.reporting.hits.cells import COMPOUND, Shown, columns
from riboswitch.reporting.hits.lines import Hit, Lines, lines
from riboswitch.reporting.hits.packed import for_script, packed
from riboswitch.reporting.hits.space import space
from riboswitch.reporting.sections import Section

FIRST = 50
"""So many lines also stand in the page without JavaScript."""
SCALE, WIDTH, HEIGHT = 0.5, 180, 130
"""Size of a structure in the table: pixels a unit, and the most that it may have."""


def contents(findings: Findings) -> dict[str, Any] | None:
    """The columns, the data of all lines, the first lines, and what their numbers mean."""
    ranking = findings.ranking
    if ranking is None:
        return None
    made = lines(findings, ranking)
    found = columns(findings, ranking, [hit.row for hit in made.hits])
    shown = len(made.hits) if ranking.shown is None else min(ranking.shown, len(made.hits))
    drawn = shown if ranking.drawn is None else min(ranking.drawn, shown)
    similarity, near = find(ranking.modality).similarity, space(findings, ranking)
    places = {"space": near.hits[: 2 * shown]} if near else {}
    return {
        "kept": len(made.hits),
        "shown": shown,
        "drawn": drawn,
        "first": [_line(hit, number, found, made, number < drawn)
                  for number, hit in enumerate(made.hits[: min(FIRST, shown)])],
        "headings": [c for c in found if c.shown and c.column.name not in COMPOUND],
        "columns": [c.column for c in found],
        "data": for_script(packed(made, found, shown, drawn) | places),
        "by_class": bool(ranking.class_task),
        "task": ranking.shown_task,
        "panel": not ranking.genome,
        "maps": bool(ranking.maps),
        "mapped": sum(bool(found.scores) for found in ranking.maps.values()),
        "refused": sum(not found.scores for found in ranking.maps.values()),
        "space": near,
        "similarity": similarity.NAME if similarity else "",
    }  # fmt: skip


SECTION = Section("Short-list", 30, contents)


def _line(hit: Hit, number: int, found: list[Shown], made: Lines, draw: bool) -> dict[str, Any]:
    cells = [(c.kind, c.text(number)) for c in found if c.shown and c.column.name not in COMPOUND]
    return {"hit": hit, "cells": cells, "drawing": _drawing(hit, made) if draw else None}


def _drawing(hit: Hit, made: Lines) -> Markup | None:
    sketch = made.sketches[hit.structure]
    return sketch.svg(f"structure of {hit.name}", SCALE, WIDTH, HEIGHT) if sketch else None
