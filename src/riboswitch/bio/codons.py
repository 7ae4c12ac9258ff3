"""The genetic code as lookup tables over small integers: a genome is translated without a loop.

Bases have the codes 0-3 (A, C, G, T; U counts as T) or 4 (any other letter). Codons have the codes 0-63, or
64 if one of the bases is not known. Codon 64 translates to X and is neither a start nor a stop.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from Bio.Data.CodonTable import unambiguous_dna_by_id

from riboswitch.errors import UsageError

UNKNOWN = 64
# Codons that may both stop and code, by table: the letters alone do not show where such a frame ends.
TWOFOLD = {
    number: sorted(set(t.stop_codons) & set(t.forward_table))
    for number, t in unambiguous_dna_by_id.items()
    if set(t.stop_codons) & set(t.forward_table)
}
TABLES = sorted(unambiguous_dna_by_id.keys() - TWOFOLD.keys())
_BASES = np.full(256, 4, np.uint8)
for _code, _letters in enumerate(["Aa", "Cc", "Gg", "TtUu"]):
    _BASES[[ord(letter) for letter in _letters]] = _code


@dataclass(frozen=True)
class GeneticCode:
    """One of NCBI's translation tables.

    Attributes
    ----------
    residues : ndarray of uint8, shape (65,)
        ASCII of the residue (``*`` for a stop) of each codon code.
    stops, starts : ndarray of bool, shape (65,)
    """

    residues: np.ndarray
    stops: np.ndarray
    starts: np.ndarray


@lru_cache
def genetic_code(table: int = 11) -> GeneticCode:
    """NCBI translation table by number.

    Raises
    ------
    UsageError
        If there is no such table, or a codon of it may both stop and code (27, 28, 31: some ciliates and
        trypanosomes, which stop where the messenger ends).
    """
    if table in TWOFOLD:
        problem = f"in this genetic code a stop is also a residue ({', '.join(TWOFOLD[table])})"
        hint = "Letters alone do not show where frames end: give proteins, or the genetic code of a relative."
        raise UsageError(problem, found=table, hint=hint)
    if table not in TABLES:
        hint = f"Choose one of NCBI's: {', '.join(map(str, TABLES))}; bacteria have 11."
        raise UsageError("no genetic code of that number can be used", found=table, hint=hint)
    source = unambiguous_dna_by_id[table]
    residues = np.full(UNKNOWN + 1, ord("X"), np.uint8)
    for codon, residue in source.forward_table.items():
        residues[codon_codes(base_codes(codon))] = ord(residue)
    stops, starts = mask(source.stop_codons), mask(source.start_codons)
    residues[stops] = ord("*")
    return GeneticCode(residues, stops, starts)


def mask(codons: list[str]) -> np.ndarray:
    """True at the codes of these codons; shape (65,)."""
    chosen = np.zeros(UNKNOWN + 1, bool)
    for codon in codons:
        chosen[codon_codes(base_codes(codon))] = True
    return chosen


def base_codes(sequence: str) -> np.ndarray:
    """Sequence to base codes, uint8 of shape (length,)."""
    return _BASES[np.frombuffer(sequence.encode("ascii", "replace"), np.uint8)]


def complement_codes(bases: np.ndarray) -> np.ndarray:
    """Base codes of the other strand, read in its direction."""
    reverse = bases[::-1]
    return np.where(reverse < 4, 3 - reverse, reverse).astype(np.uint8)


def codon_codes(bases: np.ndarray) -> np.ndarray:
    """Code of the codon that starts at each base, uint8 of shape (max(length - 2, 0),)."""
    first, second, third = bases[:-2], bases[1:-1], bases[2:]
    unknown = (first | second | third) & 4
    return np.where(unknown, UNKNOWN, 16 * first + 4 * second + third).astype(np.uint8)


def translate(sequence: str, table: int = 11) -> str:
    """Translate frame 0: a stop is ``*``, a codon with an unknown base X; extra bases are left out."""
    codons = codon_codes(base_codes(sequence))[::3]
    return genetic_code(table).residues[codons].tobytes().decode("ascii")


def starts_with_start(sequence: str, table: int = 11) -> bool:
    """Whether the first codon is one of the table's start codons."""
    codons = codon_codes(base_codes(sequence[:3]))
    return bool(len(codons) and genetic_code(table).starts[codons[0]])
