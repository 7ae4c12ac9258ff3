"""Genome map: the calls and candidates on the contigs of a genome, drawn to scale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from markupsafe import Markup

from riboswitch.data.calls import Calls
from riboswitch.drawing.charts import chart
from riboswitch.drawing.numbers import bases, ticks
from riboswitch.drawing.svg import line, polygon, text

WIDTH, LEFT, RIGHT = 940, 190, 20
LANE, LEAST_ARROW, LETTER = 15, 9, 6.4
MOST_CONTIGS = 8

Gene = dict[str, Any]


def genome_map(calls: Calls) -> Markup:
    """Contigs with a call or candidate, on one scale. Genes are arrows; calls are filled and labelled.

    Contigs with calls come first, then those with candidates only, longest first. A line below sums up
    the contigs that are not drawn.
    """
    lengths: Mapping[str, int] = calls.meta["contigs"]
    shown = _chosen(calls.table, lengths)
    longest = max((lengths[c] for c in shown), default=1)
    scale = (WIDTH - LEFT - RIGHT) / longest
    parts, y = [], 6.0
    for contig in shown:
        genes = calls.table[calls.table["contig"] == contig].sort_values("start").to_dict("records")
        drawn, y = _contig(contig, lengths[contig], genes, scale, y)
        parts += drawn
    if shown:
        drawn, y = _axis(longest, scale, y)
        parts += drawn
    parts.append(text(0, y + 14, _rest(shown, lengths, set(calls.table["contig"]) - {""}), kind="tick"))
    return chart(WIDTH, y + 22, f"map of {calls.meta['genome']}", parts, "map")


def _chosen(table: pd.DataFrame, lengths: Mapping[str, int]) -> list[str]:
    with_calls = set(table.loc[table["status"] == "call", "contig"])
    ordered = sorted(set(table["contig"]) - {""}, key=lambda c: (c not in with_calls, -lengths[c], c))
    return ordered[: max(MOST_CONTIGS, len(with_calls))]


def _contig(
    name: str, length: int, genes: Sequence[Gene], scale: float, y: float
) -> tuple[list[Markup], float]:
    """A contig as a bar with its genes and labels; also the ``y`` below it."""
    labels, lanes = _labels(genes, scale)
    bar = y + LANE * lanes + 10
    short = name if len(name) <= 24 else f"{name[:23]}…"
    parts = [
        text(LEFT - 12, bar + 1, short, kind="label", text_anchor="end"),
        text(LEFT - 12, bar + 14, bases(length), kind="tick", text_anchor="end"),
        line(LEFT, bar, LEFT + max(2, length * scale), bar, kind="contig"),
    ]
    parts += [text(x, bar - 12 - LANE * lane, words, kind="gene") for x, lane, words in labels]
    candidates_first = sorted(genes, key=lambda g: g["status"] == "call")
    parts += [
        _arrow(g, LEFT + g["start"] * scale, (g["end"] - g["start"] + 1) * scale, bar)
        for g in candidates_first
    ]
    return parts, bar + 26


def _labels(genes: Sequence[Gene], scale: float) -> tuple[list[tuple[float, int, str]], int]:
    """``x``, lane and words of the label of each call, and how many lanes keep them apart."""
    labels, ends = [], [0.0]  # where the last label of each lane ends
    for gene in genes:
        if gene["status"] == "call":
            words = f"{gene['nearest_gene']} ({gene['drug_class']})"
            x = min(LEFT + gene["start"] * scale, WIDTH - LETTER * len(words))
            lane = next((i for i, end in enumerate(ends) if x >= end), len(ends))
            ends[lane : lane + 1] = [x + LETTER * len(words) + 8]
            labels.append((x, lane, words))
    return labels, len(ends)


def _arrow(gene: Gene, x: float, width: float, y: float) -> Markup:
    width = max(width, LEAST_ARROW)
    head = min(width, 8)
    tail, tip = (x, x + width) if gene["strand"] == "+" else (x + width, x)
    neck = tip - head if gene["strand"] == "+" else tip + head
    corners = [(tail, y - 5), (neck, y - 5), (tip, y), (neck, y + 5), (tail, y + 5)]
    what = f"{gene['status']}: {gene['orf_id']}, {gene['drug_class']} {gene['probability']:.2f}"
    return polygon(corners, f"{what}, {gene['why']}", kind=gene["status"])


def _axis(longest: int, scale: float, y: float) -> tuple[list[Markup], float]:
    parts = [line(LEFT, y, LEFT + longest * scale, y, kind="axis")]
    for tick in ticks(0, longest, 6):
        x = LEFT + tick * scale
        parts.append(line(x, y, x, y + 4, kind="axis"))
        parts.append(text(x, y + 16, bases(tick), kind="tick", text_anchor="middle"))
    return parts, y + 20


def _rest(shown: Sequence[str], lengths: Mapping[str, int], with_genes: set[str]) -> str:
    others = [length for contig, length in lengths.items() if contig not in shown]
    if not others:
        return "All contigs are drawn."
    noun = "contig" if len(others) == 1 else "contigs"
    if not shown:
        return f"No call and no candidate on {len(others)} {noun}, {bases(sum(others))} in all."
    with_candidates = len(with_genes - set(shown))
    return (
        f"Not drawn: {len(others)} other {noun}, {bases(sum(others))} in all, "
        f"{with_candidates or 'none'} of them with candidates."
    )
