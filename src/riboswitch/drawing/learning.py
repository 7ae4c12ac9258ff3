"""Learning curves: the loss of a network after each epoch, on training and on validation rows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup

from riboswitch.drawing.charts import chart
from riboswitch.drawing.numbers import ticks
from riboswitch.drawing.svg import disc, element, line, text

WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 230, 150, 46, 26, 12, 56

Losses = Sequence[float | None]


class Learned(NamedTuple):
    """How one network learned.

    Attributes
    ----------
    name : str
        As ``repeat 0``.
    train, valid : sequence of float or None
        Loss after each epoch; None where there is none.
    epoch : int or None
        The epoch that was kept, from 1.
    """

    name: str
    train: Losses
    valid: Losses
    epoch: int | None


def learning_chart(title: str, runs: Sequence[Learned]) -> Markup:
    """All networks of a task: training rows in grey, validation rows in colour, the kept epoch as a dot."""
    values = [v for run in runs for losses in (run.train, run.valid) for _, v in _known(losses)]
    epochs = max((len(run.train) for run in runs), default=1)
    low, high = min(values, default=0.0), max(values, default=1.0)
    room = 0.05 * max(high - low, 1e-6)
    low, high = (0.0 if 0 <= low < high / 3 else low - room), high + room

    def at(epoch: float, value: float) -> tuple[float, float]:
        across = (epoch - 1) / max(epochs - 1, 1)
        return LEFT + WIDTH * across, TOP + HEIGHT * (high - value) / (high - low)

    parts = [text(0, 14, title, kind="title")]
    for tick in ticks(low, high):
        y = at(1, tick)[1]
        parts.append(line(LEFT, y, LEFT + WIDTH, y, kind="grid"))
        parts.append(text(LEFT - 6, y + 4, f"{tick:g}", kind="tick", text_anchor="end"))
    for tick in dict.fromkeys([1, *(t for t in ticks(1, epochs) if t == int(t))]):
        x, y = at(tick, low)[0], TOP + HEIGHT + 15
        parts.append(text(x, y, f"{tick:g}", kind="tick", text_anchor="middle"))
    parts.append(text(LEFT + WIDTH / 2, TOP + HEIGHT + 30, "epoch", kind="tick", text_anchor="middle"))
    for kind, chosen in (("train", [run.train for run in runs]), ("valid", [run.valid for run in runs])):
        for losses in chosen:
            points = [at(*point) for point in _known(losses)]
            drawn = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
            parts += [element("polyline", points=drawn, kind=f"learned {kind}")] if points else []
    for run in runs:
        if (kept := dict(_known(run.valid)).get(run.epoch or 0)) is not None:
            words = f"{run.name}: epoch {run.epoch} is kept"
            parts.append(disc(*at(run.epoch or 0, kept), 3.5, words, kind="main"))
    y = TOP + HEIGHT + 46
    for x, kind, words in ((LEFT, "train", "training rows"), (LEFT + 112, "valid", "validation rows")):
        parts.append(line(x, y - 4, x + 18, y - 4, kind=f"learned {kind}"))
        parts.append(text(x + 23, y, words, kind="tick"))
    label = f"{title}, networks: {len(runs)}"
    return chart(LEFT + WIDTH + RIGHT, TOP + HEIGHT + BOTTOM, label, parts, "learning")


def _known(losses: Losses) -> list[tuple[int, float]]:
    """Epochs, from 1, and their losses, where there are some."""
    return [(epoch, v) for epoch, v in enumerate(losses, 1) if v is not None and math.isfinite(v)]
