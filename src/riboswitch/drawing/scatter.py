"""Scatter: thousands of points as one path for each group, so that the page stays small."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from riboswitch.drawing.charts import chart
from riboswitch.drawing.svg import path, text

WIDTH, HEIGHT, KEY, MARGIN = 620, 440, 24, 8
"""Of the plot, and the height of the key above it; points keep the margin."""

Point = tuple[int, int]


def scatter(title: str, groups: Mapping[str, Sequence[Point]]) -> Markup:
    """Draw groups of points; later groups lie above earlier ones.

    Parameters
    ----------
    title : str
    groups : mapping of str to sequence of (int, int)
        By the name of the group, which is also its class in the style sheet; from 0 to `WIDTH` and `HEIGHT`.
    """
    parts, x = [], MARGIN
    for name, points in groups.items():
        parts.append(path(dots([(x + 4, 10)]), kind=f"dots key {name}"))
        words = f"{name} ({len(points):,})"
        parts.append(text(x + 14, 14, words, kind="value"))
        x += 40 + 7 * len(words)
    parts += [path(dots([(px, py + KEY) for px, py in points]), kind=f"dots {name}")
              for name, points in groups.items() if points]  # fmt: skip
    return chart(WIDTH, HEIGHT + KEY, title, parts, "space")


def dots(points: Sequence[Point]) -> str:
    """A path with a stroke of no length at each point: round ends make it a dot."""
    return "".join(f"M{x} {y}h0" for x, y in points)
