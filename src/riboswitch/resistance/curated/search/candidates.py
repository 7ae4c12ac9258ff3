"""Where in a sequence a reference may lie: bands of diagonals on which both share enough words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from riboswitch.numeric.compiled import compiled
from riboswitch.resistance.curated.search.words import WordTable

BAND = 24
"""Neighbouring diagonals that are further apart are of different places: longer gaps are rare in a gene."""

FEWEST = 4
SHARE = 0.05
TILE, BEST = 40, 40
MARGIN = 30


@dataclass(frozen=True, slots=True)
class Candidate:
    """A reference and the stretch of a frame that it may cover.

    Attributes
    ----------
    reference : int
    start, end : int
        Residues of the frame, from 0, end exclusive, before anything is cut off at the ends of the frame.
    shared : int
        Words in common.
    """

    reference: int
    start: int
    end: int
    shared: int


def fewest_shared(table: WordTable, identities: Sequence[float]) -> np.ndarray:
    """Least number of shared words for each reference, by its length and the lowest identity it may have.

    A word of k letters survives with the k-th power of the identity. A twentieth of the expected number is
    asked, because mutations come in clusters and genes may be partial.
    """
    expected = np.asarray(identities) ** table.kind.k * table.lengths
    return np.maximum(FEWEST, SHARE * expected)


@compiled
def _bands(
    references: np.ndarray, diagonals: np.ndarray, fewest: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Runs of diagonals of one reference, sorted by both: reference, first and last diagonal, words."""
    n = references.size
    of, first, last, many = (
        np.empty(n, np.int32),
        np.empty(n, np.int32),
        np.empty(n, np.int32),
        np.empty(n, np.int32),
    )
    found, begin = 0, 0
    for i in range(1, n + 1):
        if i == n or references[i] != references[begin] or diagonals[i] - diagonals[i - 1] > BAND:
            if i - begin >= fewest[references[begin]]:
                of[found], first[found] = references[begin], diagonals[begin]
                last[found], many[found] = diagonals[i - 1], i - begin
                found += 1
            begin = i
    return of[:found].copy(), first[:found].copy(), last[:found].copy(), many[:found].copy()


def candidates(sequence: str, table: WordTable, fewest: np.ndarray, always: np.ndarray) -> list[Candidate]:
    """The references that may lie in a sequence, best first.

    Parameters
    ----------
    sequence : str
        A frame, or a strand.
    table : WordTable
    fewest : ndarray
        Shape (references,): `fewest_shared`.
    always : ndarray
        bool, shape (references,): references that are kept even where many others share more words.
    """
    references, diagonals = table.shared(sequence)
    order = np.lexsort((diagonals, references))
    of, first, last, many = _bands(references[order], diagonals[order], fewest)
    found = [
        Candidate(int(r), int(a), int(b + table.lengths[r]), int(n))
        for r, a, b, n in zip(of, first, last, many, strict=True)
    ]
    found.sort(key=lambda c: (-c.shared, c.reference, c.start))
    return _best(found, always)


def _best(found: Sequence[Candidate], always: np.ndarray) -> list[Candidate]:
    """Candidates that are among the best of one of their tiles."""
    taken: dict[int, int] = {}
    kept = []
    for candidate in found:
        tiles = range(candidate.start // TILE, candidate.end // TILE + 1)
        if always[candidate.reference] or any(taken.get(t, 0) < BEST for t in tiles):
            kept.append(candidate)
            for tile in tiles:
                taken[tile] = taken.get(tile, 0) + 1
    return kept
