"""Sketches: a drawing as a few hundred characters, so that thousands of them fit into one page.

A sketch has stroked lines, filled shapes and labels, all in whole numbers. `Sketch.svg` writes it as SVG, and
`Sketch.packed` as a list that the script of a page draws the same way.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from markupsafe import Markup

from riboswitch.drawing.svg import disc, drawing, element, path

FONT = 22
"""Height of the letters, in units of the drawing."""
SMALL = 15
"""Height of raised and lowered letters."""
DROP, RAISE = 7, -9
"""How far such letters stand below or above the line."""
PIECES = re.compile(r"[_^][0-9+−•]+|[^_^]+")

Point = tuple[int, int]
Line = tuple[Point, Point]


class Label(NamedTuple):
    """Letters of a sketch.

    Attributes
    ----------
    x, y : int
        Where the base line starts, or ends.
    ends : bool
        Whether the letters end there.
    kind : str
        Class of the style sheet: a letter, or empty.
    text : str
        ``_`` lowers the digits that follow, ``^`` raises digits and signs.
    """

    x: int
    y: int
    ends: bool
    kind: str
    text: str


@dataclass(frozen=True)
class Sketch:
    """A drawing.

    Attributes
    ----------
    width, height : int
    lines : str
        A path to stroke, in the path language of SVG.
    shapes : str
        A path to fill.
    labels : tuple of Label
    spots : tuple of (int, int)
        Places of the parts of what is drawn, in the order of the input; for maps.
    """

    width: int
    height: int
    lines: str
    shapes: str
    labels: tuple[Label, ...]
    spots: tuple[Point, ...] = ()

    def packed(self) -> list[int | str]:
        """Width, height, lines, shapes, and all labels as one text, without the spots."""
        labels = "|".join(f"{x} {y} {int(ends)}{kind} {text}" for x, y, ends, kind, text in self.labels)
        return [self.width, self.height, self.lines, self.shapes, labels]

    def svg(self, name: str, scale: float, width: float, height: float) -> Markup:
        """The sketch as inline SVG, labelled ``name``.

        It is ``scale`` pixels a unit large, or as large as ``width`` and ``height`` allow.
        """
        shown = shrunk(self, scale, width, height)
        parts = [path(self.lines, kind="bonds")] if self.lines else []
        parts += [path(self.shapes, kind="wedges")] if self.shapes else []
        parts += [_text(label) for label in self.labels]
        size = {"width": str(round(self.width * shown)), "height": str(round(self.height * shown))}
        return drawing(self.width, self.height, name, parts, kind="sketch", **size)


def shrunk(sketch: Sketch, scale: float, width: float, height: float) -> float:
    """Pixels a unit: ``scale``, or less where the sketch is too large for that."""
    return min(scale, width / sketch.width, height / sketch.height)


def spots(places: Sequence[Point], colours: Sequence[str], radius: float) -> list[Markup]:
    """A disc on each place."""
    return [disc(x, y, radius, fill=colour) for (x, y), colour in zip(places, colours, strict=True)]


def _text(label: Label) -> Markup:
    """Letters; those that are raised or lowered are smaller."""
    pieces, level = [], 0
    for piece in PIECES.findall(label.text):
        wanted = {"_": DROP, "^": RAISE}.get(piece[0], 0)
        words = piece[1:] if wanted else piece
        moved = {"dy": str(wanted - level)} if wanted != level else {}
        size = {"font_size": str(SMALL)} if wanted else {}
        pieces.append(
            element("tspan", words, **moved, **size) if moved or size else Markup("{}").format(words)
        )
        level = wanted
    kind = f"e{label.kind}" if label.kind else ""
    return element("text", Markup("").join(pieces), x=str(label.x), y=str(label.y), kind=kind,
                   text_anchor="end" if label.ends else "")  # fmt: skip


def stroked(lines: Iterable[Line]) -> str:
    """A path of these lines; lines that touch follow each other, which makes the text short."""
    left = list(dict.fromkeys(lines))
    at: defaultdict[Point, list[Line]] = defaultdict(list)
    for line in left:
        at[line[0]].append(line)
        at[line[1]].append(line)
    used: set[Line] = set()
    written, here = [], (0, 0)
    for line in sorted(left, key=lambda line: len(at[line[0]]) != 1 and len(at[line[1]]) != 1):
        if line in used:
            continue
        used.add(line)
        start, point = line if len(at[line[0]]) <= len(at[line[1]]) else line[::-1]
        run = [start, point]
        while (onward := next((other for other in at[point] if other not in used), None)) is not None:
            used.add(onward)
            point = onward[1] if onward[0] == point else onward[0]
            run.append(point)
        written.append(_moves(here, run))
        here = point
    return "".join(written)


def _moves(here: Point, run: Sequence[Point]) -> str:
    """One stroke, in steps from each point to the next."""
    parts = []
    for x, y in run:
        parts += [x - here[0], y - here[1]]
        here = (x, y)
    return f"m{joined(parts)}"


def joined(numbers: Iterable[int]) -> str:
    """Numbers of a path: a minus parts them as well as a space does."""
    return " ".join(map(str, numbers)).replace(" -", "-")


def filled(corners: Sequence[Point]) -> str:
    """A path of one filled shape."""
    return f"M{joined(value for corner in corners for value in corner)}z"
