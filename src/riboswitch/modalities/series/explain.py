"""The effect of each channel in each stretch of time on a prediction: its values there are made gaps.

A gap holds the last value, which fades to the mean of the training rows, so a score says what the values of
the stretch add to what was known before. Maps are compared with those of networks that learned shuffled
labels.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup

from riboswitch.data.arrays import Ragged, RaggedArrays
from riboswitch.drawing.svg import drawing, element, file_attributes, text
from riboswitch.evaluation.maps import Rules
from riboswitch.modalities.optional_parts import Changes
from riboswitch.modalities.series.encode import decoded

__all__ = ["COLOURS", "PART", "answers", "changes", "draw", "parts", "rules", "without_each"]

PART = "stretch"
RAISES, LOWERS, LINE = "#2687cc", "#ed8221", "#404040"
COLOURS: tuple[str, ...] = (LOWERS, "#ffffff", RAISES)
# Few of many stretches matter, so maps are compared by value, as those of sequences are.
rules = Rules(ranked=False, least_stability=0.4, most_parts=2_000)
answers = None
STRETCHES = 8  # of equal length in time
SHOWN, HEIGHT, LEFT, WIDTH = 12, 34.0, 96.0, 480.0


def _stretches(series: np.ndarray) -> np.ndarray:
    """Number of the stretch of each step; fewer stretches if the series has fewer steps."""
    many = min(STRETCHES, len(series))
    span = float(series[-1, 0]) or 1.0
    return np.minimum((series[:, 0] / span * many).astype(np.int64), many - 1)


def _parts(series: np.ndarray) -> list[tuple[int, int]]:
    """Channel and stretch of each part that has a value, channel by channel."""
    number, known = _stretches(series), ~np.isnan(series[:, 1:])
    return [
        (channel, stretch)
        for channel in range(known.shape[1])
        for stretch in np.unique(number[known[:, channel]]).tolist()
    ]


def parts(arrays: RaggedArrays, row: int) -> list[str]:
    """Names of the stretches, as ``pulse 0-6``: the channel, and the times of the first and last step."""
    series = decoded(arrays.item(row))
    number, names = _stretches(series), arrays.meta["channels"]
    found = []
    for channel, stretch in _parts(series):
        times = series[number == stretch, 0]
        found.append(f"{names[channel]} {times[0]:.4g}-{times[-1]:.4g}")
    return found


def changes(arrays: RaggedArrays, row: int) -> Changes:
    """Leave each stretch of each channel out once."""
    many = len(_parts(decoded(arrays.item(row))))
    return Changes(np.arange(many), [""] * many)


def without_each(arrays: RaggedArrays, row: int) -> RaggedArrays:
    """The series, and then the same without its first stretch of the first channel, and so on."""
    item = {name: np.asarray(value) for name, value in arrays.item(row).items()}
    series = decoded(item)
    number, each = _stretches(series), _parts(series)
    known = np.repeat(item["known"][None], len(each) + 1, axis=0)
    for place, (channel, stretch) in enumerate(each, 1):
        known[place, number == stretch, channel] = 0
    values = np.where(known > 0, item["values"], np.float32(0)).astype(np.float32)
    copies, steps = len(known), len(series)
    fields = {"time": np.tile(item["time"], copies), "values": values.reshape(copies * steps, -1),
              "known": known.reshape(copies * steps, -1)}  # fmt: skip
    offsets = np.arange(copies + 1, dtype=np.int64) * steps
    changed = Ragged(fields, dict.fromkeys(fields, offsets))
    return RaggedArrays.of_items("series", [str(n) for n in range(copies)], changed, arrays.meta)


def draw(series: np.ndarray, scores: Sequence[float] | None, largest: float, name: str) -> Markup:
    """Each channel as a line, its stretches coloured by their scores, as SVG.

    Parameters
    ----------
    series : ndarray
        As the reader gives it.
    scores : sequence of float or None
        One a part. None: there is no map.
    largest : float
        Absolute value of the score that gets the full colour.
    name : str
        Label for screen readers.
    """
    series = np.asarray(series)
    each, number = _parts(series), _stretches(series)
    strength = np.zeros(series.shape[1] - 1)
    for (channel, _), score in zip(each, scores or [], strict=False):
        strength[channel] = max(strength[channel], abs(score))
    shown = np.sort(np.argsort(-strength, kind="stable")[:SHOWN]).tolist()
    span = float(series[-1, 0]) or 1.0
    body: list[Markup] = []
    for line, channel in enumerate(shown):
        top = HEIGHT * line
        for (own, stretch), score in zip(each, scores or [], strict=False):
            if own == channel:
                at = LEFT + WIDTH * series[number == stretch, 0][[0, -1]] / span
                share = min(1.0, abs(score) / largest) if largest > 0 else 0.0
                body.append(element("rect", x=float(at[0]) - 1, y=top + 2, width=float(at[1] - at[0]) + 2,
                                    height=HEIGHT - 4, fill=RAISES if score > 0 else LOWERS,
                                    fill_opacity=f"{0.8 * share:.2f}"))  # fmt: skip
        body.append(text(6.0, top + HEIGHT / 2 + 4, f"channel {channel + 1}", fill=LINE))
        body.append(_curve(series[:, 0] / span, series[:, channel + 1], top))
    total = HEIGHT * len(shown) + 4
    font = {"font_family": "sans-serif", "font_size": "11"}
    width = LEFT + WIDTH + 8
    return drawing(width, total, f"series {name}", body, **file_attributes(width, total), **font)


def _curve(time: np.ndarray, values: np.ndarray, top: float) -> Markup:
    """The known values of a channel as a line, or as a dot if there is one."""
    known = ~np.isnan(values)
    at, found = time[known], values[known].astype(np.float64)
    low, high = (float(found.min()), float(found.max())) if len(found) else (0.0, 0.0)
    y = top + HEIGHT - 6 - (HEIGHT - 12) * ((found - low) / (high - low) if high > low else 0.5 + 0 * found)
    points = list(zip((LEFT + WIDTH * at).tolist(), y.tolist(), strict=True))
    if len(points) == 1:
        return element("circle", cx=points[0][0], cy=points[0][1], r=1.5, fill=LINE)
    path = " ".join(f"{a:.1f},{b:.1f}" for a, b in points)
    return element("polyline", points=path, fill="none", stroke=LINE, stroke_width=1)
