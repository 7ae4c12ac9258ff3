"""A graph of rules as SVG. GitHub draws the Mermaid text itself; a site without network cannot."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from html import escape
from itertools import pairwise

ARROW = re.compile(r"^\s*(\w+) --> (\w+)$", re.MULTILINE)
WIDE, HIGH, ACROSS, DOWN, EDGE = 132, 32, 22, 40, 20
HEAD = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h}" width="{w}" height="{h}" role="img" '
    'aria-label="{label}" font-family="Helvetica, Arial, sans-serif" font-size="14">\n'
    '<defs><marker id="a" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" '
    'orient="auto"><path d="M0 0L10 5L0 10z" fill="#57606a"/></marker></defs>\n'
    '<rect x="1" y="1" width="{x}" height="{y}" rx="12" fill="#ffffff" stroke="#d0d7de"/>\n'
)
NARROW = 20  # room for an arrow that passes a row
SWEEPS = 8
Way = tuple[str, ...]  # the names and the rows that an arrow passes, first and last are names
Place = tuple[float, float]


def drawn(text: str) -> str:
    """The graph of a Mermaid flow chart, whose lines are ``a --> b``."""
    arrows = ARROW.findall(text)
    row = _rows(arrows)
    ways = [_way(before, after, row) for before, after in arrows]
    layers = _ordered(row, ways)
    width = max(map(_width, layers)) + 2 * EDGE
    height = len(layers) * (HIGH + DOWN) - DOWN + 2 * EDGE
    places = {name: place for i, layer in enumerate(layers) for name, place in _placed(layer, i, width)}
    label = escape("Rules and the order they run in: " + ", ".join(f"{a} before {b}" for a, b in arrows))
    head = HEAD.format(w=f"{width:g}", h=height, x=f"{width - 2:g}", y=height - 2, label=label)
    lines = [_line([places[name] for name in way]) for way in ways]
    return head + "\n".join([*lines, *(_box(name, *places[name]) for name in row), "</svg>\n"])


def _rows(arrows: list[tuple[str, str]]) -> dict[str, int]:
    """The row of each name: the length of the longest way to it."""
    row: dict[str, int] = defaultdict(int)
    for _ in arrows:
        for before, after in arrows:
            row[after] = max(row[after], row[before] + 1)
    return dict(row)


def _way(before: str, after: str, row: dict[str, int]) -> Way:
    between = (f"{before}>{after}>{i}" for i in range(row[before] + 1, row[after]))
    return before, *between, after


def _ordered(row: dict[str, int], ways: list[Way]) -> list[list[str]]:
    """What stands or passes in each row, in an order with few crossings: near to what it is joined with."""
    layers: list[list[str]] = [[] for _ in range(max(row.values()) + 1)]
    joined: dict[str, set[str]] = defaultdict(set)
    for name in sorted(row):
        layers[row[name]].append(name)
    for way in ways:
        for i, (above, below) in enumerate(pairwise(way)):
            joined[above].add(below)
            joined[below].add(above)
            if i:
                layers[row[way[0]] + i].append(above)
    place = {name: _share(layer, name) for layer in layers for name in layer}
    for sweep in range(SWEEPS):
        order = layers if sweep % 2 == 0 else layers[::-1]
        for before, layer in pairwise(order):
            near = {name: [place[other] for other in joined[name] if other in before] for name in layer}
            layer.sort(key=lambda name: sum(near[name]) / len(near[name]) if near[name] else place[name])
            place |= {name: _share(layer, name) for name in layer}
    return layers


def _share(layer: list[str], name: str) -> float:
    return (layer.index(name) + 1) / (len(layer) + 1)


def _room(name: str) -> int:
    return NARROW if ">" in name else WIDE


def _width(layer: list[str]) -> float:
    return sum(map(_room, layer)) + ACROSS * (len(layer) - 1)


def _placed(layer: list[str], row: int, width: float) -> Iterator[tuple[str, Place]]:
    """Each name with its middle and its upper edge."""
    left = (width - _width(layer)) / 2
    for name in layer:
        yield name, (left + _room(name) / 2, EDGE + row * (HIGH + DOWN))
        left += _room(name) + ACROSS


def _line(places: list[Place]) -> str:
    """An arrow from the lower edge of the first place, straight down through those between, to the last."""
    x, y = places[0]
    path = f"M{x:g} {y + HIGH:g}"
    for (x, y), (u, v) in pairwise(places):
        bend = DOWN * 0.6
        end = v - 1 if (u, v) == places[-1] else v
        path += f"C{x:g} {y + HIGH + bend:g} {u:g} {v - bend:g} {u:g} {end:g}"
        path += "" if (u, v) == places[-1] else f"V{v + HIGH:g}"
    return f'<path d="{path}" fill="none" stroke="#57606a" stroke-width="1.5" marker-end="url(#a)"/>'


def _box(name: str, x: float, y: float) -> str:
    left = x - WIDE / 2
    return (
        f'<rect x="{left:g}" y="{y:g}" width="{WIDE}" height="{HIGH}" rx="7" fill="#fff3dc" '
        'stroke="#a86a12"/>'
        f'<text x="{x:g}" y="{y + 21:g}" text-anchor="middle" fill="#1f2933">{escape(name)}</text>'
    )
