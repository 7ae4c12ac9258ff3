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
    values = [v for run in runs for losses in (run.train, run.valid) for v in losses if _known(v)]
    epochs = max((len(run.train) for run in runs), default=1)
    low, high = min(values, default=0.0), max(values, default=1.0)
    room = 0.05 * max(high - low, 1e-6)
    low, high = (0.0 if 0 <= low < high / 3 else low - room), high + room

    def at(epoch: float, value: float) -> tuple[float, float]:
        across = (epoch - 1) / max(epochs - 1, 1)
        return LEFT + WIDTH * across, TOP + HEIGHT * (high - value) / (high - low)

    parts = [text(0, 14, title, kind="title")]
    for tick in ticks(low, high):
        parts += [line(*at(1, tick), LEFT + WIDTH, at(1, tick)[1], kind="grid"),
                  text(LEFT - 6, at(1, tick)[1] + 4, f"{tick:g}", kind="tick", text_anchor="end")]  # fmt: skip
    for tick in dict.fromkeys([1, *(t for t in ticks(1, epochs) if t == int(t))]):
        parts.append(
            text(at(tick, low)[0], TOP + HEIGHT + 15, f"{tick:g}", kind="tick", text_anchor="middle")
        )
    parts.append(text(LEFT + WIDTH / 2, TOP + HEIGHT + 30, "epoch", kind="tick", text_anchor="middle"))
    for kind, chosen in (("train", [run.train for run in runs]), ("valid", [run.valid for run in runs])):
        for losses in chosen:
            points = [at(epoch, v) for epoch, v in enumerate(losses, 1) if v is not None and _known(v)]
            drawn = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
            parts += [element("polyline", points=drawn, kind=f"learned {kind}")] if points else []
    for run in runs:
        kept = run.valid[run.epoch - 1] if run.epoch and run.epoch <= len(run.valid) else None
        if run.epoch and kept is not None and _known(kept):
            parts.append(
                disc(*at(run.epoch, kept), 3.5, f"{run.name}: epoch {run.epoch} is kept", kind="main")
            )
    y = TOP + HEIGHT + 46
    for x, kind, words in ((LEFT, "train", "training rows"), (LEFT + 112, "valid", "validation rows")):
        parts.append(line(x, y - 4, x + 18, y - 4, kind=f"learned {kind}"))
        parts.append(text(x + 23, y, words, kind="tick"))
    label = f"loss by epoch, {title}, {len(runs)} networks"
    return chart(LEFT + WIDTH + RIGHT, TOP + HEIGHT + BOTTOM, label, parts, "learning")


def _known(value: float | None) -> bool:
    return value is not None and math.isfinite(value)
