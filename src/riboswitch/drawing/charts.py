"""Charts: numbers -> SVG drawn by hand, so that a report needs no script and no plotting library.

Every label goes through ``Markup.format``, which escapes it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

ROW, LABEL, PLOT, VALUE = 30, 104, 190, 178


@dataclass(frozen=True)
class Bar:
    """One line of a dot chart: a mean, its interval if there is one, and the value of every repeat."""

    label: str
    mean: float
    low: float | None
    high: float | None
    each: tuple[float, ...] = ()
    main: bool = False


def svg(width: float, height: float, label: str, parts: Iterable[Markup], kind: str) -> Markup:
    """A drawing of a size in pixels, that shrinks where there is less room."""
    return Markup(
        '<svg class="{kind}" viewBox="0 0 {w:.0f} {h:.0f}" style="max-width:{w:.0f}px" role="img" '
        'aria-label="{label}">{body}</svg>'
    ).format(kind=kind, w=width, h=height, label=label, body=Markup("").join(parts))


def text(x: float, y: float, words: object, kind: str = "", anchor: str = "start") -> Markup:
    """Words at a place."""
    return Markup(
        '<text x="{x:.1f}" y="{y:.1f}" class="{kind}" text-anchor="{anchor}">{words}</text>'
    ).format(x=x, y=y, kind=kind, anchor=anchor, words=words)


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> Markup:
    """A straight line."""
    return Markup('<line x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}" class="{}"/>').format(
        x1, y1, x2, y2, kind
    )


def dot(x: float, y: float, radius: float, kind: str, title: str = "") -> Markup:
    """A disc, with words for those who point at it."""
    told = Markup("<title>{}</title>").format(title) if title else ""
    return Markup('<circle cx="{:.1f}" cy="{:.1f}" r="{:.1f}" class="{}">{}</circle>').format(
        x, y, radius, kind, told
    )


def number(value: float) -> str:
    """A number with as many digits as are worth reading."""
    return f"{value:.3f}" if abs(value) < 10 else f"{value:.1f}" if abs(value) < 1000 else f"{value:.3g}"


def ticks(low: float, high: float, wanted: int = 4) -> list[float]:
    """Round numbers from ``low`` to ``high``, about so many as are wanted."""
    span = max(high - low, 1e-9)
    step = 10.0 ** np.floor(np.log10(span / wanted))
    step *= min((m for m in (1, 2, 5, 10) if span / (step * m) <= wanted), default=10)
    first = np.ceil(low / step - 1e-9)
    return [float(round(i * step, 10)) + 0.0 for i in np.arange(first, np.floor(high / step + 1e-9) + 1)]


def dot_chart(title: str, bars: Sequence[Bar]) -> Markup:
    """Means as dots with their intervals as lines and the repeats as ticks, one method a line."""
    values = [v for b in bars for v in (b.mean, b.low, b.high, *b.each) if v is not None]
    low, high = _limits(values)
    bottom = 30 + ROW * len(bars)

    def place(value: float) -> float:
        return LABEL + PLOT * (value - low) / (high - low)

    parts = [text(0, 14, title, "title")]
    for tick in ticks(low, high):
        parts.append(line(place(tick), 24, place(tick), bottom, "grid"))
        parts.append(text(place(tick), bottom + 14, f"{tick:g}", "tick", "middle"))
    for i, bar in enumerate(bars):
        parts += _dot_row(bar, 30 + ROW * (i + 0.5), place)
    return svg(LABEL + PLOT + VALUE, bottom + 20, f"{title} by method", parts, "dots")


def _dot_row(bar: Bar, y: float, place: Callable[[float], float]) -> list[Markup]:
    kind = "main" if bar.main else "other"
    parts = [text(LABEL - 12, y + 4, bar.label, f"label {kind}", "end")]
    parts += [line(place(v), y - 5, place(v), y + 5, "repeat") for v in bar.each]
    told = number(bar.mean)
    if bar.low is not None and bar.high is not None:
        parts.append(line(place(bar.low), y, place(bar.high), y, f"interval {kind}"))
        told += f" ({number(bar.low)} to {number(bar.high)})"
    parts.append(dot(place(bar.mean), y, 4.5, kind, told))
    return [*parts, text(LABEL + PLOT + 10, y + 4, told, "value")]


def _limits(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    if low >= 0 and high <= 1:
        return 0.0, 1.0
    # Values that are all but equal get some room too, so that the axis never has length zero.
    margin = 0.08 * max(high - low, 0.01 * max(abs(low), abs(high)), 1e-6)
    return (0.0 if 0 <= low < 0.7 * high else low - margin), high + margin


def calibration_chart(title: str, bins: Sequence[dict[str, float]]) -> Markup:
    """Observed share against predicted probability, a disc a bin; its area tells the number of rows."""
    size, left, top = 200, 44, 26
    most = max((b["count"] for b in bins), default=1)

    def at(x: float, y: float) -> tuple[float, float]:
        return left + size * x, top + size * (1 - y)

    parts = [text(0, 14, title, "title"), line(*at(0, 0), *at(1, 1), "diagonal")]
    for tick in (0.0, 0.5, 1.0):
        parts += [line(*at(tick, 0), *at(tick, 1), "grid"), line(*at(0, tick), *at(1, tick), "grid")]
        parts.append(text(at(tick, 0)[0], top + size + 15, f"{tick:g}", "tick", "middle"))
        parts.append(text(left - 6, at(0, tick)[1] + 4, f"{tick:g}", "tick", "end"))
    for row in bins:
        if "observed" in row:
            said = f"{row['count']} rows, predicted {row['predicted']:.2f}, observed {row['observed']:.2f}"
            radius = 2.5 + 9 * (row["count"] / most) ** 0.5
            parts.append(dot(*at(row["predicted"], row["observed"]), radius, "bin", said))
    parts.append(text(left + size / 2, top + size + 32, "predicted probability", "tick", "middle"))
    turned = Markup('<g transform="translate(12 {}) rotate(-90)">{}</g>')
    parts.append(turned.format(top + size / 2, text(0, 0, "observed", "tick", "middle")))
    return svg(left + size + 12, top + size + 38, f"calibration, {title}", parts, "calibration")
