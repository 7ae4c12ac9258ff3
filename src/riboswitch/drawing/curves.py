"""Curves: positives found against rows looked at, one line a method."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from riboswitch.drawing.charts import chart
from riboswitch.drawing.numbers import ticks
from riboswitch.drawing.svg import element, line, text

WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 430, 250, 46, 28, 130, 40

Curve = tuple[Sequence[float], Sequence[float]]


def curves(title: str, across: str, up: str, lines: Mapping[str, Curve], main: str) -> Markup:
    """Draw curves that start at 0, and the diagonal, which is a random order.

    Parameters
    ----------
    title, across, up : str
        The title, and what the axes show.
    lines : mapping of str to pair of sequences
        For each method the values across and up, of equal length.
    main : str
        The method that is emphasised.
    """
    most = (
        max(max(x, default=1) for x, _ in lines.values()),
        max(max(y, default=1) for _, y in lines.values()),
    )

    def at(x: float, y: float) -> tuple[float, float]:
        return LEFT + WIDTH * x / max(most[0], 1), TOP + HEIGHT * (1 - y / max(most[1], 1))

    parts = [text(0, 14, title, kind="title"), line(*at(0, 0), *at(*most), kind="diagonal")]
    for tick in ticks(0, most[0]):
        parts.append(line(*at(tick, 0), *at(tick, most[1]), kind="grid"))
        parts.append(text(at(tick, 0)[0], TOP + HEIGHT + 15, f"{tick:g}", kind="tick", text_anchor="middle"))
    for tick in ticks(0, most[1]):
        parts.append(line(*at(0, tick), *at(most[0], tick), kind="grid"))
        parts.append(text(LEFT - 6, at(0, tick)[1] + 4, f"{tick:g}", kind="tick", text_anchor="end"))
    for number, (name, (x, y)) in enumerate(lines.items()):
        kind = "main" if name == main else f"other{number % 4}"
        points = " ".join("{:.1f},{:.1f}".format(*at(*point)) for point in zip(x, y, strict=True))
        parts.append(element("polyline", points=points, kind=f"curve {kind}"))
        parts += _key(name, kind, TOP + 14 + 18 * number)
    parts.append(text(LEFT + WIDTH / 2, TOP + HEIGHT + 32, across, kind="tick", text_anchor="middle"))
    turned = f"translate(12 {TOP + HEIGHT / 2}) rotate(-90)"
    parts.append(element("g", text(0, 0, up, kind="tick", text_anchor="middle"), transform=turned))
    return chart(LEFT + WIDTH + RIGHT, TOP + HEIGHT + BOTTOM, title, parts, "curves")


def _key(name: str, kind: str, y: float) -> list[Markup]:
    """The entry of a method in the key of the drawing."""
    x = LEFT + WIDTH + 12
    return [line(x, y, x + 20, y, kind=f"curve {kind}"), text(x + 26, y + 4, name, kind="value")]
