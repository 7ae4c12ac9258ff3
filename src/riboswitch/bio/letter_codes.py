"""Sequences as small integers: 0 is padding, 1 is any letter that is not in the alphabet.

The letters of an alphabet have the codes from 2 on, in the order of `ALPHABETS`; codons have 2 to 65.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from riboswitch.bio import codons
from riboswitch.errors import UsageError
from riboswitch.numeric.offsets import offsets_of

ALPHABETS = {"protein": "ACDEFGHIKLMNPQRSTVWY", "dna": "ACGT", "rna": "ACGU"}
CODON = "codon"  # DNA read in threes from its first base
CODONS = 64
PADDING, UNKNOWN, FIRST = 0, 1, 2


def alphabet_size(alphabet: str) -> int:
    """How many letters an alphabet has; 64 for codons.

    Raises
    ------
    UsageError
        If there is no such alphabet.
    """
    if alphabet == CODON:
        return CODONS
    if alphabet not in ALPHABETS:
        hint = f"Choose one of: {', '.join([*ALPHABETS, CODON])}."
        raise UsageError("no such alphabet", found=alphabet, hint=hint)
    return len(ALPHABETS[alphabet])


def letter_codes(sequences: Sequence[str], alphabet: str) -> tuple[np.ndarray, np.ndarray]:
    """Codes of sequences, one after the other.

    Parameters
    ----------
    sequences : sequence of str
        Lower-case letters count as upper-case ones.
    alphabet : {"protein", "dna", "rna", "codon"}
        ``codon`` is DNA in frame; one or two bases at the end are left out.

    Returns
    -------
    codes : ndarray
        uint8, shape (letters or codons of all sequences,).
    offsets : ndarray
        int64, shape (sequences + 1,): where each sequence begins.
    """
    if alphabet == CODON:
        return _codon_codes(sequences)
    table = np.full(256, UNKNOWN, np.uint8)
    for code, letter in enumerate(ALPHABETS[alphabet], start=FIRST):
        table[[ord(letter), ord(letter.lower())]] = code
    texts = [s.encode("latin-1", "replace") for s in sequences]
    return table[np.frombuffer(b"".join(texts), np.uint8)], offsets_of([len(t) for t in texts])


def _codon_codes(sequences: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    in_frame = [codons.codon_codes(codons.base_codes(s))[::3] for s in sequences]
    codes = np.concatenate([np.empty(0, np.uint8), *in_frame])
    known = np.where(codes == codons.UNKNOWN, UNKNOWN, codes + FIRST)
    return known.astype(np.uint8), offsets_of([len(c) for c in in_frame])
