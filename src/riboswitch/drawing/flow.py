"""Flow: what becomes of the rows of a file, as bands whose height is their number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from riboswitch.drawing.charts import chart
from riboswitch.drawing.svg import polygon, text

STEP, BAR, HEIGHT, TOP, LEAST = 190, 12, 150, 34, 2.0
WIDTH_OF_LETTER = 6.2


@dataclass(frozen=True)
class Stage:
    """One stage of the flow.

    Attributes
    ----------
    name : str
    rows : int
    lost : str
        What leaves here, before the next stage; empty if nothing does.
    """

    name: str
    rows: int
    lost: str = ""


def flow(title: str, stages: Sequence[Stage]) -> Markup:
    """Draw the stages from left to right. What a stage has more than the next one falls away below."""
    most = max((stage.rows for stage in stages), default=0)
    parts = [text(0, 14, title, kind="title")]
    for number, stage in enumerate(stages):
        x, height = number * STEP, _height(stage.rows, most)
        says = f"{stage.rows:,} {stage.name}"
        parts.append(polygon(_box(x, TOP, BAR, height), says, kind="stage"))
        parts.append(text(x + BAR + 6, TOP + 12, f"{stage.rows:,}", kind="value"))
        parts.append(text(x + BAR + 6, TOP + 27, stage.name, kind="tick"))
        if number + 1 < len(stages):
            onward = min(_height(stages[number + 1].rows, most), height)
            parts.append(polygon(_box(x + BAR, TOP, STEP - BAR, onward), says, kind="onward"))
            if height - onward > 0 and stage.rows > stages[number + 1].rows:
                fall = [(x + BAR, TOP + onward), (x + BAR + 34, TOP + onward + 14),
                        (x + BAR + 34, TOP + height + 14), (x + BAR, TOP + height)]  # fmt: skip
                parts.append(polygon(fall, stage.lost, kind="lost"))
                parts.append(text(x + BAR + 40, TOP + height + 14, stage.lost, kind="tick"))
    last = len(stages[-1].name) * WIDTH_OF_LETTER if stages else 0
    return chart(STEP * max(len(stages) - 1, 0) + BAR + 10 + last, TOP + HEIGHT + 30, title, parts, "flow")


def _height(rows: int, most: int) -> float:
    return max(HEIGHT * rows / most, LEAST) if rows else 0.0


def _box(x: float, y: float, width: float, height: float) -> list[tuple[float, float]]:
    return [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
