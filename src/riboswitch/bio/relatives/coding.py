"""The protein that a stretch of DNA most likely codes for: its longest part without a stop, in six frames."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from riboswitch.bio.codons import base_codes, genetic_code
from riboswitch.numeric.compiled import compiled

LEAST_RESIDUES = 30
LEAST_SHARE = 0.6  # of the letters: with less, the rest is not part of a gene


def likely_proteins(sequences: Sequence[str], table: int = 11) -> list[str | None]:
    """Translate the longest part without a stop of each sequence, on either strand.

    A start codon at the very beginning is M, as in the protein of a gene. So genes for one protein, in
    whatever codons and on whatever strand they are written, have the same text.

    Returns
    -------
    list of (str or None)
        None if the part is shorter than `LEAST_RESIDUES` or than `LEAST_SHARE` of the sequence.
    """
    code = genetic_code(table)
    found: list[str | None] = []
    for sequence in sequences:
        protein = _longest(base_codes(sequence), code.residues, code.stops, code.starts)
        enough = len(protein) >= LEAST_RESIDUES and 3 * len(protein) >= LEAST_SHARE * len(sequence)
        found.append(protein.tobytes().decode("ascii") if enough else None)
    return found


@compiled
def _longest(bases: np.ndarray, residues: np.ndarray, stops: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Residues of the longest part without a stop; on + and in the first frame of equally long ones."""
    other = np.empty_like(bases)
    for at in range(len(bases)):
        base = bases[len(bases) - 1 - at]
        other[at] = 3 - base if base < 4 else base
    best, first, forward = 0, 0, True
    for strand in range(2):
        letters = bases if strand == 0 else other
        for frame in range(3):
            begin = frame
            for at in range(frame, len(letters) - 2, 3):
                if stops[_codon(letters, at)]:
                    begin = at + 3
                elif (at + 3 - begin) // 3 > best:
                    best, first, forward = (at + 3 - begin) // 3, begin, strand == 0
    letters = bases if forward else other
    protein = np.empty(best, np.uint8)
    for number in range(best):
        protein[number] = residues[_codon(letters, first + 3 * number)]
    if best and first == 0 and starts[_codon(letters, 0)]:
        protein[0] = ord("M")
    return protein


@compiled
def _codon(letters: np.ndarray, at: int) -> int:
    """Number of the codon at a position; 64 with an unknown base."""
    if max(letters[at], letters[at + 1], letters[at + 2]) > 3:
        return 64
    return 16 * np.int64(letters[at]) + 4 * np.int64(letters[at + 1]) + np.int64(letters[at + 2])
