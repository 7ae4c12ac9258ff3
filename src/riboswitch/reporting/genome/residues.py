"""A called gene residue by residue: how much each raises or lowers the probability of its class."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup

from riboswitch.drawing.charts import chart
from riboswitch.drawing.numbers import ticks
from riboswitch.drawing.svg import line, path, text

WIDTH, LEFT, RIGHT, HALF, TOP = 940, 70, 10, 34, 8
MOST_BARS = 300
"""A longer protein has bars of several residues: each is as high as the strongest of them."""
NAMED = 8


def residue_map(scores: Sequence[float], name: str) -> Markup:
    """Bars along a protein: up where a residue raises the prediction, down where it lowers it.

    Parameters
    ----------
    scores : sequence of float
        One a residue, from -1 to 1.
    name : str
        Label for screen readers.
    """
    values = np.asarray(scores, float)
    each = -(-len(values) // MOST_BARS)
    bars = strongest_of(values, each)
    step = (WIDTH - LEFT - RIGHT) * each / len(values)
    zero, right = TOP + HALF, WIDTH - RIGHT
    parts = [line(LEFT, zero, right, zero, kind="axis")]
    for kind, chosen in (("raises", bars > 0), ("lowers", bars < 0)):
        outline = "".join(
            f"M{LEFT + step * (i + 0.5):.1f} {zero}v{-HALF * bars[i]:.1f}" for i in np.flatnonzero(chosen)
        )
        if outline:
            parts.append(path(outline, kind=f"bars {kind}", stroke_width=f"{max(step - 0.4, 0.8):.2f}"))
    parts += [text(LEFT - 8, TOP + 8, "raises", kind="tick", text_anchor="end"),
              text(LEFT - 8, zero + HALF, "lowers", kind="tick", text_anchor="end")]  # fmt: skip
    y = TOP + 2 * HALF
    for tick in [1, *ticks(1, len(values), 8)]:
        x = LEFT + (WIDTH - LEFT - RIGHT) * (tick - 0.5) / len(values)
        parts += [line(x, y, x, y + 4, kind="axis"),
                  text(x, y + 16, f"{tick:g}", kind="tick", text_anchor="middle")]  # fmt: skip
    return chart(WIDTH, y + 22, f"map of the residues of {name}", parts, "residues")


def strongest_of(values: np.ndarray, each: int) -> np.ndarray:
    """Of each run of so many values that with the largest size; the last run may be shorter."""
    runs = np.append(values, np.zeros(-len(values) % each)).reshape(-1, each)
    return runs[np.arange(len(runs)), np.abs(runs).argmax(1)]


def strongest(sequence: str, scores: Sequence[float], most: int = NAMED) -> list[str]:
    """The residues that raise the prediction most, as ``S403``, along the sequence."""
    values = np.asarray(scores, float)
    best = [int(i) for i in np.argsort(-values, kind="stable")[:most] if values[i] > 0]
    return [f"{sequence[i]}{i + 1}" for i in sorted(best)]
