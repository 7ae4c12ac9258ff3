"""The short-list as data for the page: every text, sentence and sketch stands in it once.

The script ``scripts/hits.js`` reads it. Texts are numbered; a line refers to them.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Sequence
from typing import Any, Generic, TypeVar

from markupsafe import Markup

from riboswitch.reporting.hits.cells import COMPOUND, DIGITS, Shown
from riboswitch.reporting.hits.lines import Hit, Lines

FEW = 0.5
"""A column of texts refers to its texts by number if at most this share of them differ."""
STORED = 6
"""Decimal places of the data, as in ``hits.csv``; the page shows `DIGITS`."""
Key = TypeVar("Key", bound=Hashable)


class Numbered(Generic[Key]):
    """Numbers things in the order in which they come first."""

    def __init__(self) -> None:
        self.numbers: dict[Key, int] = {}

    def __call__(self, thing: Key) -> int:
        return self.numbers.setdefault(thing, len(self.numbers))


def packed(lines: Lines, columns: Sequence[Shown], shown: int, drawn: int) -> dict[str, Any]:
    """The first ``shown`` lines, of which the first ``drawn`` have their structures."""
    texts: Numbered[str] = Numbered()
    templates: Numbered[tuple[str, str]] = Numbered()
    items: Numbered[tuple[int, ...]] = Numbered()
    sketches: Numbered[str] = Numbered()

    def drawing(structure: str, number: int) -> int:
        return sketches(structure) if number < drawn and lines.sketches[structure] is not None else -1

    def line(hit: Hit, number: int) -> list[Any]:
        said = [items((templates((s.about, s.template)), *map(texts, s.values))) for s in hit.evidence]
        near = [[texts(n.task), texts(n.id), n.similarity, texts(n.label), drawing(n.structure, number)]
                for n in hit.nearest]  # fmt: skip
        own = drawing(hit.structure, number)
        return [
            own,
            [texts(flag) for flag in hit.flags],
            said,
            near,
            *([found] if own >= 0 and (found := _map(hit, lines)) else []),
        ]

    hits = [line(hit, number) for number, hit in enumerate(lines.hits[:shown])]
    return {
        "digits": DIGITS,
        "compound": COMPOUND,
        "columns": [_column(column, shown) for column in columns],
        "hits": hits,
        "texts": [*texts.numbers],
        "templates": [*templates.numbers],
        "items": [*items.numbers],
        "drawings": [_drawing(lines, structure) for structure in sketches.numbers],
    }


def _drawing(lines: Lines, structure: str) -> list[int | str]:
    sketch = lines.sketches[structure]
    assert sketch is not None  # only structures that can be drawn have a number
    return sketch.packed()


def _map(hit: Hit, lines: Lines) -> list[list[int]]:
    """Place and level of each atom that has one; empty without a map."""
    sketch = lines.sketches[hit.structure]
    if sketch is None or len(hit.levels) != len(sketch.spots):
        return []
    return [[x, y, level] for (x, y), level in zip(sketch.spots, hit.levels, strict=True) if level]


def _column(column: Shown, shown: int) -> dict[str, Any]:
    """A column: one value for all, numbers of texts, or all values."""
    values = [round(v, STORED) if isinstance(v, float) else v for v in column.values[:shown]]
    about = {"name": column.column.name, "label": column.label, "kind": column.kind, "shown": column.shown,
             "meaning": column.column.meaning}  # fmt: skip
    different = dict.fromkeys(values)
    if len(different) == 1:
        return about | {"all": values[0]}
    if column.kind == "text" and len(different) <= FEW * len(values):
        numbers = {value: number for number, value in enumerate(different)}
        return about | {"texts": [*different], "codes": [numbers[value] for value in values]}
    return about | {"values": values}


def for_script(value: Any) -> Markup:
    """JSON for a script element of a page: no character of it can end the element or begin another."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return Markup(text)
