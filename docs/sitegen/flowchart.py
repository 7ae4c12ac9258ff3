"""A graph of rules as SVG. GitHub draws the Mermaid text itself; a site without network cannot."""

from __future__ import annotations

import re
from collections import defaultdict
from html import escape

ARROW = re.compile(r"^\s*(\w+) --> (\w+)$", re.MULTILINE)
WIDE, HIGH, ACROSS, DOWN, EDGE = 132, 32, 22, 40, 20
HEAD = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h}" width="{w}" height="{h}" role="img" '
    'aria-label="{label}" font-family="Helvetica, Arial, sans-serif" font-size="14">\n'
    '<defs><marker id="a" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" '
    'orient="auto"><path d="M0 0L10 5L0 10z" fill="#57606a"/></marker></defs>\n'
    '<rect x="1" y="1" width="{x}" height="{y}" rx="12" fill="#ffffff" stroke="#d0d7de"/>\n'
)
Place = tuple[float, float]


def drawn(text: str) -> str:
    """The graph of a Mermaid flow chart, whose lines are ``a --> b``."""
    arrows = ARROW.findall(text)
    layers = _ordered(_layers(arrows), arrows)
    widest = max(map(len, layers))
    width = widest * (WIDE + ACROSS) - ACROSS + 2 * EDGE
    height = len(layers) * (HIGH + DOWN) - DOWN + 2 * EDGE
    places = {
        name: (width / 2 + (i - (len(layer) - 1) / 2) * (WIDE + ACROSS), EDGE + row * (HIGH + DOWN))
        for row, layer in enumerate(layers)
        for i, name in enumerate(layer)
    }
    label = escape("Rules and the order they run in: " + ", ".join(f"{a} before {b}" for a, b in arrows))
    head = HEAD.format(w=width, h=height, x=width - 2, y=height - 2, label=label)
    lines = [_line(places[before], places[after]) for before, after in arrows]
    return head + "\n".join([*lines, *(_box(name, *place) for name, place in places.items()), "</svg>\n"])


def _layers(arrows: list[tuple[str, str]]) -> list[list[str]]:
    """Names by the length of the longest way to them."""
    depth: dict[str, int] = defaultdict(int)
    for _ in arrows:
        for before, after in arrows:
            depth[after] = max(depth[after], depth[before] + 1)
    layers: list[list[str]] = [[] for _ in range(max(depth.values()) + 1)]
    for name in sorted(depth):
        layers[depth[name]].append(name)
    return layers


def _ordered(layers: list[list[str]], arrows: list[tuple[str, str]]) -> list[list[str]]:
    """Each layer in the order of the mean places of what comes before, so that few arrows cross."""
    place: dict[str, float] = {}
    for layer in layers:
        above = {n: [place[a] for a, b in arrows if b == n and a in place] for n in layer}
        layer.sort(key=lambda n: (sum(above[n]) / len(above[n]) if above[n] else 0.5, n))
        place |= {name: (i + 1) / (len(layer) + 1) for i, name in enumerate(layer)}
    return layers


def _line(start: Place, end: Place) -> str:
    (x, y), (u, v) = (start[0], start[1] + HIGH), end
    bend = min(DOWN, (v - y) / 2)
    path = f"M{x:g} {y:g}C{x:g} {y + bend:g} {u:g} {v - bend:g} {u:g} {v - 1:g}"
    return f'<path d="{path}" fill="none" stroke="#57606a" stroke-width="1.5" marker-end="url(#a)"/>'


def _box(name: str, x: float, y: float) -> str:
    left = x - WIDE / 2
    return (
        f'<rect x="{left:g}" y="{y:g}" width="{WIDE}" height="{HIGH}" rx="7" fill="#fff3dc" '
        'stroke="#a86a12"/>'
        f'<text x="{x:g}" y="{y + 21:g}" text-anchor="middle" fill="#1f2933">{escape(name)}</text>'
    )
