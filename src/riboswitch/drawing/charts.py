"""Charts: numbers as SVG. A report with them needs no script and no plotting library."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from riboswitch.drawing.numbers import number, ticks
from riboswitch.drawing.svg import disc, drawing, element, line, polygon, text

ROW, LABEL, PLOT, VALUE = 30, 104, 190, 178  # height of a row; widths of the columns


@dataclass(frozen=True)
class Bar:
    """One row of a dot chart.

    Attributes
    ----------
    label : str
    mean : float
    low, high : float or None
        Ends of the confidence interval, if there is one.
    each : tuple of float
        One value a repeat.
    main : bool
        Whether the row is emphasised.
    """

    label: str
    mean: float
    low: float | None
    high: float | None
    each: tuple[float, ...] = ()
    main: bool = False


def chart(width: float, height: float, label: str, parts: Iterable[Markup], kind: str) -> Markup:
    """Make a drawing that shrinks on a narrow page and never gets wider than its own width."""
    return drawing(width, height, label, parts, kind=kind, style=f"max-width:{width:.0f}px")


def dot_chart(title: str, bars: Sequence[Bar]) -> Markup:
    """Draw one row a method: the mean as a dot, its interval as a line, the repeats as ticks."""
    values = [v for b in bars for v in (b.mean, b.low, b.high, *b.each) if v is not None]
    low, high = _limits(values)
    bottom = 30 + ROW * len(bars)

    def x_of(value: float) -> float:
        return LABEL + PLOT * (value - low) / (high - low)

    parts = [text(0, 14, title, kind="title")]
    for tick in ticks(low, high):
        parts.append(line(x_of(tick), 24, x_of(tick), bottom, kind="grid"))
        parts.append(text(x_of(tick), bottom + 14, f"{tick:g}", kind="tick", text_anchor="middle"))
    for i, bar in enumerate(bars):
        parts += _dot_row(bar, 30 + ROW * (i + 0.5), x_of)
    return chart(LABEL + PLOT + VALUE, bottom + 20, f"{title} by method", parts, "dots")


def _dot_row(bar: Bar, y: float, x_of: Callable[[float], float]) -> list[Markup]:
    kind = "main" if bar.main else "other"
    parts = [text(LABEL - 12, y + 4, bar.label, kind=f"label {kind}", text_anchor="end")]
    parts += [line(x_of(v), y - 5, x_of(v), y + 5, kind="repeat") for v in bar.each]
    value = number(bar.mean)
    if bar.low is not None and bar.high is not None:
        parts.append(line(x_of(bar.low), y, x_of(bar.high), y, kind=f"interval {kind}"))
        value += f" ({number(bar.low)} to {number(bar.high)})"
    parts.append(disc(x_of(bar.mean), y, 4.5, value, kind=kind))
    return [*parts, text(LABEL + PLOT + 10, y + 4, value, kind="value")]


def _limits(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    if low >= 0 and high <= 1:
        return 0.0, 1.0
    # Equal values get a margin too, so the axis never has length zero.
    margin = 0.08 * max(high - low, 0.01 * max(abs(low), abs(high)), 1e-6)
    return (0.0 if 0 <= low < 0.7 * high else low - margin), high + margin


def calibration_chart(title: str, bins: Sequence[dict[str, float]]) -> Markup:
    """Draw observed fraction against predicted probability, one disc a bin; its area shows the rows."""
    size, left, top = 200, 44, 26
    most = max((b["count"] for b in bins), default=1)

    def at(x: float, y: float) -> tuple[float, float]:
        return left + size * x, top + size * (1 - y)

    parts = [text(0, 14, title, kind="title"), line(*at(0, 0), *at(1, 1), kind="diagonal")]
    for tick in (0.0, 0.5, 1.0):
        parts += [
            line(*at(tick, 0), *at(tick, 1), kind="grid"),
            line(*at(0, tick), *at(1, tick), kind="grid"),
        ]
        parts.append(_tick(at(tick, 0)[0], top + size + 15, f"{tick:g}"))
        parts.append(text(left - 6, at(0, tick)[1] + 4, f"{tick:g}", kind="tick", text_anchor="end"))
    for row in bins:
        if "observed" in row:
            shown = f"{row['count']} rows, predicted {row['predicted']:.2f}, observed {row['observed']:.2f}"
            radius = 2.5 + 9 * (row["count"] / most) ** 0.5
            parts.append(disc(*at(row["predicted"], row["observed"]), radius, shown, kind="bin"))
    parts.append(_tick(left + size / 2, top + size + 32, "predicted probability"))
    turned = f"translate(12 {top + size / 2}) rotate(-90)"
    parts.append(element("g", _tick(0, 0, "observed"), transform=turned))
    return chart(left + size + 12, top + size + 38, f"calibration, {title}", parts, "calibration")


def _tick(x: float, y: float, words: str) -> Markup:
    return text(x, y, words, kind="tick", text_anchor="middle")


def histogram(title: str, counts: Sequence[int]) -> Markup:
    """Draw counts of bins of equal width from 0 to 1 as bars; the pointer shows each number."""
    width, height, left, top = 320, 110, 44, 26
    most, step = max([*counts, 1]), width / max(len(counts), 1)
    parts = [
        text(0, 14, title, kind="title"),
        line(left, top + height, left + width, top + height, kind="axis"),
    ]
    for number_of_bin, count in enumerate(counts):
        low, high = number_of_bin / len(counts), (number_of_bin + 1) / len(counts)
        x, y = left + step * number_of_bin, top + height * (1 - count / most)
        corners = [(x + 1, top + height), (x + 1, y), (x + step - 1, y), (x + step - 1, top + height)]
        parts.append(polygon(corners, f"{low:g} to {high:g}: {count:,} rows", kind="bar"))
    parts += [_tick(left + width * tick, top + height + 15, f"{tick:g}") for tick in (0.0, 0.5, 1.0)]
    parts += [
        text(left - 6, top + height * (1 - share) + 4, f"{most * share:,.0f}", kind="tick", text_anchor="end")
        for share in (0, 1)
    ]
    return chart(left + width + 12, top + height + 22, f"histogram, {title}", parts, "histogram")
