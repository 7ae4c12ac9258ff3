"""Smith-Waterman scores of many pairs at once: exact, compiled, one reference beside the other.

The scores are Biopython's, which is the oracle: BLOSUM62, a gap of n residues costs 10 + n. Up to `LANES`
references are aligned with a query together, so that each step of the recurrence is one vector operation
(the inter-sequence layout of Rognes, BMC Bioinformatics 2011, 12, 221).
"""

from __future__ import annotations

from functools import cache

import numpy as np
from Bio.Align import substitution_matrices

from riboswitch.modalities.sequence.encode import ALPHABETS
from riboswitch.numeric.compiled import compiled

LANES = 32
OPEN, EXTEND = np.float32(11), np.float32(1)
# Karlin and Altschul's parameters for this matrix and these gaps, as BLASTP has them.
LAMBDA, K = 0.267, 0.041
_NEVER = -1000.0


@cache
def substitutions() -> np.ndarray:
    """BLOSUM62 by the numbers that letters are encoded as; what is aligned with padding never scores.

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
    """Minus the logarithm of the number of such scores that chance would bring (the E-value).

    Parameters
    ----------
    scores : ndarray
    queries, references : ndarray
        Lengths in residues; all three broadcast.
    number : int
        References that were searched.
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
    """Best local scores of a query against up to `LANES` references.

    Parameters
    ----------
    query : ndarray
        uint8, encoded residues.
    letters, offsets : ndarray
        All references, one after the other, and where each begins.
    numbers : ndarray
        Which of them.
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
        for place in range(offsets[number + 1] - first):
            for letter in range(len(table)):
                points[letter, place, lane] = table[letter, letters[first + place]]
    above, gap = np.zeros((width, LANES), np.float32), np.zeros((width, LANES), np.float32)
    across, corner = np.zeros(LANES, np.float32), np.zeros(LANES, np.float32)
    left = np.zeros(LANES, np.float32)
    best[:] = 0
    for letter in query:
        across[:] = 0
        corner[:] = 0
        left[:] = 0
        for place in range(width):
            for lane in range(LANES):
                old = above[place, lane]
                down = max(gap[place, lane] - EXTEND, old - OPEN)
                side = max(across[lane] - EXTEND, left[lane] - OPEN)
                match = corner[lane] + points[letter, place, lane]
                now = max(max(match, np.float32(0)), max(down, side))
                gap[place, lane], across[lane] = down, side
                corner[lane], left[lane], above[place, lane] = old, now, now
                best[lane] = max(best[lane], now)
