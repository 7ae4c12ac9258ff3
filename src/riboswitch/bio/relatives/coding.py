"""The protein that a stretch of DNA most likely codes for, on either strand.

A whole gene says so itself: it begins with a start codon and has no stop before its end. Of any other stretch
it is the longest part without a stop in six frames. For whole genes that is not enough: with much G and C the
strand opposite to a gene often has no stop either.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from riboswitch.bio.codons import base_codes, genetic_code
from riboswitch.numeric.compiled import compiled

LEAST_RESIDUES = 30
LEAST_SHARE = 0.6  # of the letters: with less, the rest is not part of a gene
CODON = 3


def likely_proteins(sequences: Sequence[str], table: int = 11) -> list[str | None]:
    """Translate the gene that each sequence most likely is.

    A start codon at the very beginning is M, as in the protein of a gene. So genes for one protein, in
    whatever codons and on whatever strand they are written, have the same text.

    Returns
    -------
    list of (str or None)
        None if the protein is shorter than `LEAST_RESIDUES`, or its part than `LEAST_SHARE` of the sequence.
    """
    code = genetic_code(table)
    found: list[str | None] = []
    for sequence in sequences:
        protein = _protein(base_codes(sequence), code.residues, code.stops, code.starts)
        enough = len(protein) >= LEAST_RESIDUES and CODON * len(protein) >= LEAST_SHARE * len(sequence)
        found.append(protein.tobytes().decode("ascii") if enough else None)
    return found


@compiled
def _protein(bases: np.ndarray, residues: np.ndarray, stops: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Residues of the gene; of those that are equally likely the one on + and in the first frame."""
    other = np.empty_like(bases)
    for at in range(len(bases)):
        base = bases[len(bases) - 1 - at]
        other[at] = 3 - base if base < 4 else base
    for stopped in (True, False):
        if _is_gene(bases, stops, starts, stopped):
            return _translated(bases, 0, len(bases) // 3 - stopped, residues, starts)
        if _is_gene(other, stops, starts, stopped):
            return _translated(other, 0, len(other) // 3 - stopped, residues, starts)
    first, number = _longest(bases, stops)
    first_other, number_other = _longest(other, stops)
    if number_other > number:
        return _translated(other, first_other, number_other, residues, starts)
    return _translated(bases, first, number, residues, starts)


@compiled
def _is_gene(letters: np.ndarray, stops: np.ndarray, starts: np.ndarray, stopped: bool) -> bool:
    """Whether codons begin with a start and have no stop, or if ``stopped`` the last one alone is a stop."""
    if len(letters) % 3 or len(letters) < 6 or not starts[_codon(letters, 0)]:
        return False
    if stops[_codon(letters, len(letters) - 3)] != stopped:
        return False
    at = 0
    while at < len(letters) - 3 and not stops[_codon(letters, at)]:
        at += 3
    return at == len(letters) - 3


@compiled
def _longest(letters: np.ndarray, stops: np.ndarray) -> tuple[int, int]:
    """Where the longest part without a stop begins, in three frames, and its number of codons."""
    first, number = 0, 0
    for frame in range(3):
        begin = frame
        for at in range(frame, len(letters) - 2, 3):
            if stops[_codon(letters, at)]:
                begin = at + 3
            elif (at + 3 - begin) // 3 > number:
                first, number = begin, (at + 3 - begin) // 3
    return first, number


@compiled
def _translated(
    letters: np.ndarray, first: int, number: int, residues: np.ndarray, starts: np.ndarray
) -> np.ndarray:
    """Residues of some codons."""
    protein = np.empty(number, np.uint8)
    for codon in range(number):
        protein[codon] = residues[_codon(letters, first + 3 * codon)]
    if number and first == 0 and starts[_codon(letters, 0)]:
        protein[0] = ord("M")
    return protein


@compiled
def _codon(letters: np.ndarray, at: int) -> int:
    """Number of the codon at a position; 64 with an unknown base."""
    if max(letters[at], letters[at + 1], letters[at + 2]) > 3:
        return 64
    number: Any = 16 * np.int64(letters[at]) + 4 * np.int64(letters[at + 1]) + np.int64(letters[at + 2])
    return number
