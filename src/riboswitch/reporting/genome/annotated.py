"""Genes and tracks of each genome: maps of its contigs, and how much of it they cover."""

from __future__ import annotations

from typing import Any

from riboswitch.drawing.numbers import bases
from riboswitch.reporting.genome.features import Annotated, Features, covered_shares
from riboswitch.reporting.genome.lanes import lanes_map, rings
from riboswitch.reporting.phrases import count


def genes_and_tracks(name: str, annotated: Annotated) -> dict[str, Any]:
    """What the template shows of a genome."""
    total = sum(annotated.lengths.values())
    return {
        "name": name,
        "size": f"{bases(total)} on {count(len(annotated.lengths), 'contig')}",
        "map": lanes_map(name, annotated),
        "rings": rings(annotated),
        "rows": [_row(each, annotated, total) for each in annotated.features],
        "tracks": annotated.tracks,
    }


def _row(features: Features, annotated: Annotated, total: int) -> dict[str, Any]:
    """Number, bases and share of the genome of one kind of features, by strand."""
    number, covered = {"+": 0, "-": 0, ".": 0}, 0.0
    for (contig, strand), spans in features.spans.items():
        length = annotated.lengths[contig]
        number[strand] += len(spans.starts)
        covered += covered_shares(spans, length, 1)[0] * length
    return {
        "name": features.name,
        "number": len(features),
        "forward": number["+"],
        "reverse": number["-"],
        "bases": round(covered),
        "share": covered / max(total, 1),
        "mean": covered / max(len(features), 1),
    }
