"""Sequence logos: each letter is as high as its score.

A letter stands on the zero line if it raises the answer and hangs below it if it lowers it. Direction and
height carry the meaning. The colours (Okabe and Ito's, for people with any colour vision) only help to tell
letters apart.
"""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from riboswitch.bio.alphabet import guess
from riboswitch.drawing.glyphs import BOX, GLYPHS
from riboswitch.drawing.svg import drawing, file_attributes, path, text

A_ROW = 60  # letters
CELL, GAP = 14.0, 1.0
LEFT, RIGHT = 62.0, 8.0
HALF = 42.0  # height of the largest score
TEXT, TICK = 13.0, 13.0  # heights of the lines for the letters and for the positions
SPACE = 12.0
LEAST = 0.35  # a lower letter cannot be seen
EVERY = 10  # letters between ticks
AXIS, PLAIN, UNKNOWN = "#8c8c8c", "#595959", "#8c8c8c"
NUCLEOTIDES = {"A": "#009e73", "C": "#0072b2", "G": "#c98a00", "T": "#d55e00", "U": "#d55e00"}
RESIDUES = {
    **dict.fromkeys("avlimfwc".upper(), "#404040"),  # hydrophobic
    **dict.fromkeys("stnqyhgp".upper(), "#009e73"),  # polar or small
    **dict.fromkeys("kr".upper(), "#0072b2"),  # basic
    **dict.fromkeys("de".upper(), "#d55e00"),  # acidic
}


def draw(sequence: str, scores: Sequence[float] | None, largest: float, name: str) -> Markup:
    """A logo as SVG that can stand alone, in rows of 60 letters.

    Parameters
    ----------
    sequence : str
    scores : sequence of float or None
        One a letter. None: the plain letters are drawn in grey.
    largest : float
        The score, positive or negative, that has the full height. Larger scores are drawn no higher.
    name : str
        Label for screen readers.

    Returns
    -------
    Markup
        Equal arguments give equal text.
    """
    colours = RESIDUES if guess(sequence) == "protein" else NUCLEOTIDES
    parts, y = [], 2.0
    for start in range(0, len(sequence), A_ROW):
        letters = sequence[start : start + A_ROW]
        if scores is not None:
            heights = [_height(score, largest) for score in scores[start : start + A_ROW]]
            parts += _axis(y, len(letters), largest)
            parts += _letters(letters, heights, y + HALF, colours)
            y += 2 * HALF + 2
        parts += _positions(letters, start, y)
        y += TEXT + TICK + SPACE
    width = LEFT + CELL * A_ROW + RIGHT
    font = {"font_family": "monospace", "font_size": "11", "text_anchor": "middle"}
    return drawing(width, y, f"logo of {name}", parts, **file_attributes(width, y), **font)


def _height(score: float, largest: float) -> float:
    fraction = min(1.0, abs(score) / largest) if largest > 0 else 0.0
    return HALF * fraction * (1 if score > 0 else -1)


def _letters(letters: str, heights: Sequence[float], zero: float, colours: dict[str, str]) -> list[Markup]:
    return [
        _letter(letter, LEFT + CELL * i + GAP / 2, zero, height, colours.get(letter, UNKNOWN))
        for i, (letter, height) in enumerate(zip(letters, heights, strict=False))
        if abs(height) >= LEAST
    ]


def _letter(letter: str, x: float, zero: float, height: float, fill: str) -> Markup:
    place = f"translate({x:.1f} {zero - max(height, 0.0):.2f})"
    size = f"scale({(CELL - GAP) / BOX:.3f} {abs(height) / BOX:.4f})"
    return path(GLYPHS.get(letter, f"M0 0H{BOX}V{BOX}H0Z"), transform=f"{place} {size}", fill=fill)


def _axis(y: float, letters: int, largest: float) -> list[Markup]:
    """The zero line, and the scale at its left."""
    zero, bottom, right = y + HALF, y + 2 * HALF, LEFT + CELL * letters
    lines = [
        path(f"M{x:.1f} {at:.1f}H{end:.1f}", stroke=AXIS)
        for x, at, end in ((LEFT, zero, right), (LEFT - 4, y, LEFT), (LEFT - 4, bottom, LEFT))
    ]
    lines.append(path(f"M{LEFT:.1f} {y:.1f}V{bottom:.1f}", stroke=AXIS))
    labels = ((f"+{largest:.3g}", y + 8), ("0", zero + 4), (f"−{largest:.3g}", bottom))
    return lines + [text(LEFT - 7, at, label, fill=AXIS, text_anchor="end") for label, at in labels]


def _positions(letters: str, start: int, y: float) -> list[Markup]:
    """The sequence itself, and the positions of its first and of every tenth letter."""
    parts = [text(_centre(i), y + TEXT - 2, letter, fill=PLAIN) for i, letter in enumerate(letters)]
    for i in range(len(letters)):
        position = start + i + 1
        if i == 0 or position % EVERY == 0:
            parts.append(path(f"M{_centre(i):.1f} {y + TEXT:.1f}v3", stroke=AXIS))
            parts.append(text(_centre(i), y + TEXT + TICK, str(position), fill=AXIS))
    return parts


def _centre(i: int) -> float:
    return LEFT + CELL * (i + 0.5)
