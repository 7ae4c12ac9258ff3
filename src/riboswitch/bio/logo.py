"""Logos: a sequence whose letters are as high as what they do to an answer.

A letter stands on the line if it raises the answer and hangs below it if it lowers it. Direction and height
carry the meaning; the colours (Okabe and Ito's, for people with any colour vision) only help to tell letters.
"""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from riboswitch.bio.alphabet import guess
from riboswitch.bio.glyphs import BOX, GLYPHS

A_ROW = 60  # letters
CELL, GAP = 14.0, 1.0
LEFT, RIGHT = 62.0, 8.0
HALF = 42.0  # height of the largest score
TEXT, TICK = 13.0, 13.0  # lines for the sequence itself and for positions
SPACE = 12.0
LEAST = 0.35  # what would be lower cannot be seen
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
    """A logo as SVG that needs nothing around it, in rows of 60 letters.

    Parameters
    ----------
    sequence : str
    scores : sequence of float or None
        One a letter. None: there is nothing to be shown, and the letters stand in grey.
    largest : float
        The score, up or down, that has the full height; above it nothing gets higher.
    name : str
        Told to those who cannot see the drawing.

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
    head = Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w:.0f} {h:.0f}" width="{w:.0f}" '
        'height="{h:.0f}" role="img" aria-label="{label}" font-family="monospace" font-size="11" '
        'text-anchor="middle">'
    )
    head = head.format(w=width, h=y, label=f"logo of {name}")
    return head + Markup("\n").join(parts) + Markup("</svg>")


def _height(score: float, largest: float) -> float:
    fraction = min(1.0, abs(score) / largest) if largest > 0 else 0.0
    return HALF * fraction * (1 if score > 0 else -1)


def _letters(letters: str, heights: Sequence[float], line: float, colours: dict[str, str]) -> list[Markup]:
    drawn = []
    for place, (letter, height) in enumerate(zip(letters, heights, strict=False)):
        if abs(height) < LEAST:
            continue
        drawn.append(
            Markup(
                '<path transform="translate({x:.1f} {y:.2f}) scale({sx:.3f} {sy:.4f})" fill="{fill}" '
                'd="{d}"/>'
            ).format(
                x=LEFT + CELL * place + GAP / 2,
                y=line - max(height, 0.0),
                sx=(CELL - GAP) / BOX,
                sy=abs(height) / BOX,
                fill=colours.get(letter, UNKNOWN),
                d=GLYPHS.get(letter, f"M0 0H{BOX}V{BOX}H0Z"),
            )
        )
    return drawn


def _axis(y: float, many: int, largest: float) -> list[Markup]:
    """The zero line, and at its left the scale."""
    line, right = y + HALF, LEFT + CELL * many
    drawn = [_line(LEFT, line, right), _line(LEFT - 4, y, LEFT), _line(LEFT - 4, y + 2 * HALF, LEFT)]
    drawn.append(
        Markup('<path d="M{x:.1f} {a:.1f}V{b:.1f}" stroke="{c}"/>').format(
            x=LEFT, a=y, b=y + 2 * HALF, c=AXIS
        )
    )
    labels = ((f"+{largest:.3g}", y + 8), ("0", line + 4), (f"−{largest:.3g}", y + 2 * HALF))
    return drawn + [_text(LEFT - 7, at, label, AXIS, "end") for label, at in labels]


def _positions(letters: str, start: int, y: float) -> list[Markup]:
    """The sequence itself, and the position of its first and of every tenth letter."""
    drawn = [_text(LEFT + CELL * (i + 0.5), y + TEXT - 2, letter, PLAIN) for i, letter in enumerate(letters)]
    for i in range(len(letters)):
        position = start + i + 1
        if i == 0 or position % EVERY == 0:
            x = LEFT + CELL * (i + 0.5)
            drawn.append(
                Markup('<path d="M{x:.1f} {y:.1f}v3" stroke="{c}"/>').format(x=x, y=y + TEXT, c=AXIS)
            )
            drawn.append(_text(x, y + TEXT + TICK, str(position), AXIS))
    return drawn


def _line(x: float, y: float, to: float) -> Markup:
    return Markup('<path d="M{x:.1f} {y:.1f}H{to:.1f}" stroke="{c}"/>').format(x=x, y=y, to=to, c=AXIS)


def _text(x: float, y: float, words: str, fill: str, anchor: str = "") -> Markup:
    placed = Markup(' text-anchor="{}"').format(anchor) if anchor else Markup("")
    return Markup('<text x="{x:.1f}" y="{y:.1f}" fill="{fill}"{placed}>{words}</text>').format(
        x=x, y=y, fill=fill, placed=placed, words=words
    )
