"""Linear maps of genes and tracks: how much of each stretch of a contig they cover, one lane each."""

from __future__ import annotations

import numpy as np
from markupsafe import Markup

from riboswitch.drawing.charts import chart
from riboswitch.drawing.numbers import bases, ticks
from riboswitch.drawing.svg import line, path, text
from riboswitch.reporting.genome.circular import Band, circular_map
from riboswitch.reporting.genome.features import Annotated, Features

WIDTH, LEFT, RIGHT, LANE, HALF = 940, 270, 20, 30, 12
BIN = 2.0
"""Pixels of a bar."""
AROUND = 240
"""Bars around a ring."""
MOST_CONTIGS = 8
KINDS = ("genes", "track1", "track2", "track3")


def kind_of(number: int) -> str:
    """The class that colours a lane; more tracks than colours share them."""
    return KINDS[0] if number == 0 else KINDS[1 + (number - 1) % (len(KINDS) - 1)]


def lanes_map(genome: str, annotated: Annotated) -> Markup:
    """The longest contigs on one scale: bars up for the forward strand, down for the reverse."""
    shown = longest(annotated)
    scale = (WIDTH - LEFT - RIGHT) / max((annotated.lengths[c] for c in shown), default=1)
    parts, y = [], 4.0
    for contig in shown:
        drawn, y = _contig(contig, annotated, scale, y)
        parts += drawn
    if shown:
        drawn, y = _axis(annotated.lengths[shown[0]], scale, y)
        parts += drawn
    if rest := [length for name, length in annotated.lengths.items() if name not in shown]:
        parts.append(
            text(
                0, y + 14, f"Not drawn: {len(rest)} shorter contigs, {bases(sum(rest))} in all.", kind="tick"
            )
        )
        y += 18
    names = ", ".join(each.name for each in annotated.features)
    return chart(WIDTH, y + 4, f"linear map of {genome}: {names}", parts, "map")


def rings(annotated: Annotated) -> list[Markup]:
    """A circular map of each circular contig that is drawn."""
    return [
        circular_map(contig, annotated.lengths[contig], [], _bands(annotated, contig))
        for contig in longest(annotated)
        if contig in annotated.circular
    ]


def longest(annotated: Annotated) -> list[str]:
    """The contigs that are drawn, longest first."""
    ordered = sorted(annotated.lengths, key=lambda name: (-annotated.lengths[name], name))
    return ordered[:MOST_CONTIGS]


def _bands(annotated: Annotated, contig: str) -> list[Band]:
    length = annotated.lengths[contig]
    return [
        Band(each.name, kind_of(number), shares(each, contig, "+.", length, AROUND),
             shares(each, contig, "-", length, AROUND))
        for number, each in enumerate(annotated.features)
    ]  # fmt: skip


def shares(features: Features, contig: str, strands: str, length: int, bins: int) -> np.ndarray:
    """The share of each part that features on these strands cover; ``.`` stands for no strand."""
    each = [features.cover(contig, strand, length, bins) for strand in strands]
    return np.asarray(np.max(each, axis=0))


def _contig(name: str, annotated: Annotated, scale: float, y: float) -> tuple[list[Markup], float]:
    length = annotated.lengths[name]
    bins = max(1, round(length * scale / BIN))
    short = name if len(name) <= 22 else f"{name[:21]}…"
    parts = [text(0, y + 12, short, kind="label"), text(0, y + 26, bases(length), kind="tick")]
    for number, each in enumerate(annotated.features):
        zero = y + HALF + LANE * number
        parts += [text(LEFT - 10, zero + 4, each.name[:16], kind="tick", text_anchor="end"),
                  line(LEFT, zero, LEFT + length * scale, zero, kind="rail")]  # fmt: skip
        parts += _bars(each, name, length, bins, zero, length * scale / bins, kind_of(number))
    return parts, y + LANE * max(len(annotated.features), 1) + 8


def _bars(
    features: Features, contig: str, length: int, bins: int, zero: float, step: float, kind: str
) -> list[Markup]:
    outline = "".join(
        f"M{LEFT + step * (i + 0.5):.1f} {zero:.0f}v{-way * HALF * height:.1f}"
        for strands, way in (("+.", 1), ("-", -1))
        for i, height in enumerate(shares(features, contig, strands, length, bins))
        if height >= 0.04
    )
    return [path(outline, kind=f"bars {kind}", stroke_width=f"{step:.2f}")] if outline else []


def _axis(length: int, scale: float, y: float) -> tuple[list[Markup], float]:
    parts = [line(LEFT, y, LEFT + length * scale, y, kind="axis")]
    for tick in ticks(0, length, 6):
        x = LEFT + tick * scale
        parts += [line(x, y, x, y + 4, kind="axis"),
                  text(x, y + 16, bases(tick), kind="tick", text_anchor="middle")]  # fmt: skip
    return parts, y + 20
