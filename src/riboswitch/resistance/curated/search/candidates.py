"""Where in a sequence a reference may lie: bands of diagonals on which both share enough words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from riboswitch.resistance.curated.search.words import Words, WordTable

BAND = 24
"""Neighbouring diagonals that are further apart are of different places: longer gaps are rare in a gene."""

FEWEST = 4
SHARE = 0.05
TILE, BEST = 40, 40
MARGIN = 30

_MIDDLE = 1 << 31  # makes every diagonal a number above zero


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


def fewest_shared(kind: Words, lengths: np.ndarray, identities: Sequence[float]) -> np.ndarray:
    """Least number of shared words for each reference, by its length and the lowest identity it may have.

    A word of k letters survives with the k-th power of the identity. A twentieth of the expected number is
    asked, because mutations come in clusters and genes may be partial.
    """
    expected = np.asarray(identities) ** kind.k * lengths
    return np.maximum(FEWEST, SHARE * expected)


def _bands(
    references: np.ndarray, diagonals: np.ndarray, fewest: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Runs of diagonals of one reference: reference, first and last diagonal, words; sorted by the first two.

    Parameters
    ----------
    references, diagonals : ndarray
        int32, shape (shared words,).
    fewest : ndarray
        Shape (references,): runs of fewer words do not count.
    """
    both = references.astype(np.int64) << 32 | (diagonals.astype(np.int64) + _MIDDLE)
    both.sort()
    of, place = (both >> 32).astype(np.int32), ((both & 0xFFFFFFFF) - _MIDDLE).astype(np.int32)
    apart = (of[1:] != of[:-1]) | (place[1:] - place[:-1] > BAND)
    begins = np.flatnonzero(np.append(True, apart)[: len(of)])
    ends = np.append(begins[1:], len(of))
    enough = ends - begins >= fewest[of[begins]]
    begins, ends = begins[enough], ends[enough]
    return of[begins], place[begins], place[ends - 1], ends - begins


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
    of, first, last, many = _bands(references, diagonals, fewest)
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
