"""Circular maps: a contig without ends as a ring, with what was called, and with genes and tracks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from markupsafe import Markup

from riboswitch.drawing.charts import chart
from riboswitch.drawing.numbers import bases, ticks
from riboswitch.drawing.svg import disc, element, line, path, text

WIDTH, RADIUS, ARC = 520, 96, 9
RING = 13
"""Room of a band of genes or of a track."""
LABEL, LETTER, MOST_LETTERS = 14, 6.4, 22
LEAST, LEAST_BAR = 1.2, 0.05
"""Degrees that an arc has at least, so that it can be seen; lower bars are not drawn."""


class Mark(NamedTuple):
    """What is marked on a ring.

    Attributes
    ----------
    start, end : int
        From 1, inclusive; past the origin they go on counting.
    strand : str
        ``+`` is drawn outside the ring, ``-`` inside, all else on it.
    kind : str
        ``call``, ``candidate`` or ``mutation``: how it is drawn.
    label : str
        Stands beside it; empty for none.
    title : str
        Shown when the pointer is over it.
    """

    start: int
    end: int
    strand: str
    kind: str
    label: str
    title: str


class Band(NamedTuple):
    """A ring of bars, one for each equal part of the contig.

    Attributes
    ----------
    name, kind : str
        What it shows, and the class that colours it.
    outward, inward : ndarray, shape (bars,)
        Heights from 0 to 1, of the forward and of the reverse strand.
    """

    name: str
    kind: str
    outward: np.ndarray
    inward: np.ndarray


def circular_map(name: str, length: int, marks: Sequence[Mark], bands: Sequence[Band] = ()) -> Markup:
    """A ring to scale. Bases count clockwise from the top; bands stand outside the marks."""
    reach = RADIUS + ARC + RING * 2 * len(bands)
    left, right = _labels(marks, length)
    height = max(2 * reach + 50, LABEL * (max(len(left), len(right)) + 1))
    x, y = WIDTH / 2, height / 2
    parts = [disc(x, y, RADIUS, kind="ring")]
    parts += [_tick(x, y, tick, length) for tick in ticks(0, length, 8) if 0 < tick < length or tick == 0]
    for number, band in enumerate(bands):
        parts += _band(x, y, RADIUS + ARC + RING * (2 * number + 1), band)
    for mark in sorted(marks, key=lambda mark: mark.kind != "candidate"):
        parts.append(_mark(x, y, mark, length))
    for side, labels in ((-1, left), (1, right)):
        parts += _beside(x, y, reach, height, side, labels)
    short = name if len(name) <= MOST_LETTERS else f"{name[: MOST_LETTERS - 1]}…"
    parts += [text(x, y, short, kind="label", text_anchor="middle"),
              text(x, y + 16, bases(length), kind="tick", text_anchor="middle")]  # fmt: skip
    return chart(WIDTH, height, _spoken(name, length, marks, bands), parts, "ring")


def _spoken(name: str, length: int, marks: Sequence[Mark], bands: Sequence[Band]) -> str:
    """The label for screen readers: what is on the ring, and where."""
    found = [f"{mark.label} at {bases(mark.start)}" for mark in marks if mark.label]
    said = "; ".join([*found, *(band.name for band in bands)]) or "nothing marked"
    return f"circular map of {name}, {bases(length)}: {said}"


def _at(x: float, y: float, radius: float, turn: float) -> tuple[float, float]:
    """A point at a share of a turn from the top, clockwise."""
    return x + radius * math.sin(2 * math.pi * turn), y - radius * math.cos(2 * math.pi * turn)


def _tick(x: float, y: float, place: float, length: int) -> Markup:
    turn = place / length
    words = text(
        *_at(x, y + 3, RADIUS - 22, turn), bases(place) if place else "1", kind="tick", text_anchor="middle"
    )
    return element("g", line(*_at(x, y, RADIUS - 5, turn), *_at(x, y, RADIUS, turn), kind="axis"), words)


def _mark(x: float, y: float, mark: Mark, length: int) -> Markup:
    first, last = (mark.start - 1) / length, mark.end / length
    middle, short = (first + last) / 2, LEAST / 360
    if mark.kind == "mutation":
        return disc(*_at(x, y, RADIUS, middle), 3.5, mark.title, kind="mutation")
    if last - first < short:
        first, last = middle - short / 2, middle + short / 2
    radius = RADIUS + {"+": ARC / 2, "-": -ARC / 2}.get(mark.strand, 0)
    large = int(last - first > 0.5)
    start, end = _at(x, y, radius, first), _at(x, y, radius, min(last, first + 0.9999))
    outline = "M{:.1f} {:.1f}A{r:.1f} {r:.1f} 0 {} 1 {:.1f} {:.1f}".format(*start, large, *end, r=radius)
    return element("path", element("title", mark.title), kind=f"arc {mark.kind}", d=outline)


def _band(x: float, y: float, radius: float, band: Band) -> list[Markup]:
    parts = [disc(x, y, radius, kind="rail")]
    for heights, way in ((band.outward, 1), (band.inward, -1)):
        outline = ""
        for number, height in enumerate(heights):
            if height >= LEAST_BAR:
                turn, outer = (number + 0.5) / len(heights), radius + way * RING * 0.8 * height
                ends = *_at(x, y, radius, turn), *_at(x, y, outer, turn)
                outline += "M{:.1f} {:.1f}L{:.1f} {:.1f}".format(*ends)
        if outline:
            wide = 2 * math.pi * radius / len(heights)
            parts.append(path(outline, kind=f"bars {band.kind}", stroke_width=f"{max(wide - 0.3, 0.7):.2f}"))
    return parts


Labels = list[tuple[float, str, str]]


def _labels(marks: Sequence[Mark], length: int) -> tuple[Labels, Labels]:
    """Turn, words and kind of each label: those of the left half and of the right, from the top down."""
    turns = [
        ((mark.start + mark.end) / 2 / length % 1, mark.label, mark.kind) for mark in marks if mark.label
    ]
    left = sorted((t for t in turns if t[0] > 0.5), key=lambda t: -t[0])
    return left, sorted(t for t in turns if t[0] <= 0.5)


def _beside(x: float, y: float, reach: float, height: float, side: int, labels: Labels) -> list[Markup]:
    """Labels in a column at one side, each tied to its place, none over another."""
    wanted = [y - (reach + 14) * math.cos(2 * math.pi * turn) for turn, _, _ in labels]
    parts, column = [], x + side * (reach + 26)
    for (turn, words, kind), line_y in zip(labels, spread(wanted, LABEL, 12, height - 4), strict=True):
        short = words if len(words) <= MOST_LETTERS else f"{words[: MOST_LETTERS - 1]}…"
        corner = _at(x, y, reach + 6, turn)
        points = " ".join(f"{a:.1f},{b:.1f}" for a, b in (_at(x, y, RADIUS + ARC, turn), corner,
                                                          (column - side * 4, line_y - 4)))  # fmt: skip
        anchor = "end" if side < 0 else "start"
        parts += [element("polyline", points=points, kind="leader"),
                  text(column, line_y, short, kind=f"gene {kind}", text_anchor=anchor)]  # fmt: skip
    return parts


def spread(wanted: Sequence[float], room: float, low: float, high: float) -> list[float]:
    """Ascending places near those that are wanted, ``room`` apart, and between the limits if they fit."""
    placed: list[float] = []
    for place in wanted:
        placed.append(max(place, low if not placed else placed[-1] + room))
    limit = high
    for i in reversed(range(len(placed))):
        placed[i] = min(placed[i], limit)
        limit = placed[i] - room
    return placed
