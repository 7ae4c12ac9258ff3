"""Smith-Waterman scores of a protein against many at once.

The scores equal Biopython's: BLOSUM62, a gap of n residues costs 10 + n. Opal computes them with SIMD
instructions (Šošić, github.com/Martinsos/opal; pyopal).
"""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import numpy as np
import pyopal
from Bio.Align import substitution_matrices
from scoring_matrices import ScoringMatrix

from riboswitch.bio.letter_codes import ALPHABETS, UNKNOWN
from riboswitch.numeric.offsets import running_sums

MOST_ALIGNED = 32
OPEN, EXTEND = 11, 1
# Karlin and Altschul's parameters for this matrix and these gaps, as BLASTP has them.
LAMBDA, K = 0.267, 0.041
_NEVER = -1000.0
LETTERS = "X" + ALPHABETS["protein"]
"""Residues by their codes, the unknown one first."""


@cache
def substitutions() -> np.ndarray:
    """BLOSUM62 by letter codes; an alignment with padding never scores.

    Returns
    -------
    ndarray
        float32, shape (22, 22).
    """
    matrix = substitution_matrices.load("BLOSUM62")
    table = np.full((len(LETTERS) + 1,) * 2, _NEVER, np.float32)
    table[UNKNOWN:, UNKNOWN:] = [[matrix[a, b] for b in LETTERS] for a in LETTERS]
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


@cache
def _aligner() -> pyopal.Aligner:
    scores = substitutions()[UNKNOWN:, UNKNOWN:].tolist()
    return pyopal.Aligner(ScoringMatrix(scores, LETTERS), gap_open=OPEN, gap_extend=EXTEND)


_AS_TEXT = np.frombuffer(f" {LETTERS}".encode(), np.uint8)


def database(letters: np.ndarray, offsets: np.ndarray) -> pyopal.Database:
    """Proteins, ready to be aligned.

    Parameters
    ----------
    letters : ndarray
        uint8, letter codes: all proteins one after the other.
    offsets : ndarray
        int64, shape (proteins + 1,): where each begins.
    """
    proteins = [_text(letters[a:b]) for a, b in pairwise(offsets.tolist())]
    return pyopal.Database(proteins, alphabet=_aligner().alphabet)


def own_scores(letters: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Score of every protein with itself, float64 of shape (proteins,); arguments as for `database`."""
    points = running_sums(substitutions().diagonal()[letters], np.float64)
    return points[offsets[1:]] - points[offsets[:-1]]


def local_scores(query: np.ndarray, proteins: pyopal.Database, numbers: np.ndarray) -> list[int]:
    """Best local scores of a query, as letter codes, against the proteins with these numbers."""
    chosen = proteins.extract(numbers.tolist())
    return [hit.score for hit in _aligner().align(_text(query), chosen, mode="score", algorithm="sw")]


def _text(codes: np.ndarray) -> str:
    return _AS_TEXT[codes].tobytes().decode("ascii")
