"""Smith-Waterman scores of a protein against many at once: exact, and compiled.

The scores equal Biopython's: BLOSUM62, a gap of n residues costs 10 + n. Up to `LANES` known proteins are
aligned with a query together, so that each step of the recurrence is one vector operation (the inter-sequence
layout of Rognes, BMC Bioinformatics 2011, 12, 221).
"""

from __future__ import annotations

from functools import cache

import numpy as np
from Bio.Align import substitution_matrices

from riboswitch.bio.letter_codes import ALPHABETS
from riboswitch.numeric.compiled import compiled

LANES = 32
OPEN, EXTEND = np.float32(11), np.float32(1)
# Karlin and Altschul's parameters for this matrix and these gaps, as BLASTP has them.
LAMBDA, K = 0.267, 0.041
_NEVER = -1000.0


@cache
def substitutions() -> np.ndarray:
    """BLOSUM62 by letter codes; an alignment with padding never scores.

    Returns
    -------
    ndarray
        float32, shape (22, 22).
    """
    matrix = substitution_matrices.load("BLOSUM62")
    letters = "X" + ALPHABETS["protein"]
    table = np.full((len(letters) + 1,) * 2, _NEVER, np.float32)
    table[1:, 1:] = [[matrix[a, b] for b in letters] for a in letters]
    return table


def neg_log_evalue(
    scores: np.ndarray, queries: np.ndarray, references: np.ndarray, number: int
) -> np.ndarray:
    """Minus the natural logarithm of the E-value: of how many such scores chance would bring.

    Parameters
    ----------
    scores : ndarray
    queries, references : ndarray
        Lengths in residues; all three broadcast.
    number : int
        Known proteins that were searched.
    """
    return LAMBDA * scores - np.log(K * number) - np.log(np.maximum(queries, 1)) - np.log(references)


@compiled
def align_lanes(
    query: np.ndarray,
    letters: np.ndarray,
    offsets: np.ndarray,
    numbers: np.ndarray,
    table: np.ndarray,
    best: np.ndarray,
) -> None:
    """Best local scores of a query against up to `LANES` known proteins.

    Parameters
    ----------
    query : ndarray
        uint8, letter codes.
    letters, offsets : ndarray
        All known proteins, one after the other, and where each begins.
    numbers : ndarray
        Which of them to align.
    table : ndarray
        float32, from `substitutions`.
    best : ndarray
        float32, shape (LANES,): filled in; lanes beyond ``numbers`` get 0.
    """
    width = 0
    for number in numbers:
        width = max(width, offsets[number + 1] - offsets[number])
    points = np.full((len(table), width, LANES), np.float32(-1000))
    for lane, number in enumerate(numbers):
        first = offsets[number]
        for i in range(offsets[number + 1] - first):
            for letter in range(len(table)):
                points[letter, i, lane] = table[letter, letters[first + i]]
    above, gap = np.zeros((width, LANES), np.float32), np.zeros((width, LANES), np.float32)
    across, corner = np.zeros(LANES, np.float32), np.zeros(LANES, np.float32)
    left = np.zeros(LANES, np.float32)
    best[:] = 0
    for letter in query:
        across[:] = 0
        corner[:] = 0
        left[:] = 0
        for i in range(width):
            for lane in range(LANES):
                old = above[i, lane]
                down = max(gap[i, lane] - EXTEND, old - OPEN)
                side = max(across[lane] - EXTEND, left[lane] - OPEN)
                match = corner[lane] + points[letter, i, lane]
                now = max(max(match, np.float32(0)), max(down, side))
                gap[i, lane], across[lane] = down, side
                corner[lane], left[lane], above[i, lane] = old, now, now
                best[lane] = max(best[lane], now)
