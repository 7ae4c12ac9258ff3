"""Local alignment of two proteins by Biopython: score, identity and coverage.

For many pairs at once see `smith_waterman`, which gives the same scores.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from Bio.Align import PairwiseAligner, substitution_matrices


@dataclass(frozen=True)
class Alignment:
    """Identity over the aligned columns, and the fractions of reference and query that are aligned."""

    identity: float
    coverage: float
    query_coverage: float
    length: int


@cache
def _aligner() -> PairwiseAligner:
    aligner = PairwiseAligner(mode="local", open_gap_score=-11, extend_gap_score=-1)
    aligner.substitution_matrix = substitution_matrices.load("BLOSUM62")
    return aligner


@cache
def _foreign() -> re.Pattern[str]:
    return re.compile(f"[^{re.escape(_aligner().substitution_matrix.alphabet)}]")


def _clean(protein: str) -> str:
    return _foreign().sub("X", protein)


@cache
def _with_itself() -> dict[str, float]:
    matrix = _aligner().substitution_matrix
    return {letter: float(matrix[letter, letter]) for letter in matrix.alphabet}


def score(query: str, reference: str) -> float:
    """Smith-Waterman score (BLOSUM62, gaps 11/1 as in BLASTP)."""
    return float(_aligner().score(_clean(query), _clean(reference)))


def self_score(protein: str) -> float:
    """The score of a protein with itself: the largest that any other can reach."""
    points = _with_itself()
    return float(sum(points[letter] for letter in _clean(protein)))


def align(query: str, reference: str) -> Alignment:
    """Align two proteins locally, as `score` does, and count identities."""
    query, reference = _clean(query), _clean(reference)
    hits = _aligner().align(query, reference)
    if hits.score <= 0:
        return Alignment(0.0, 0.0, 0.0, 0)
    best = hits[0]
    spans_q, spans_r = best.aligned
    same = sum(
        a == b
        for (q0, q1), (r0, r1) in zip(spans_q, spans_r, strict=True)
        for a, b in zip(query[q0:q1], reference[r0:r1], strict=True)
    )
    covered, of_query = ((spans[-1][1] - spans[0][0]) for spans in (spans_r, spans_q))
    return Alignment(same / best.length, covered / len(reference), of_query / len(query), int(best.length))
