"""Local alignments of one stretch of protein with many references (Smith-Waterman, BLOSUM62, gaps 11 + 1).

Opal computes them with SIMD instructions (Šošić, github.com/Martinsos/opal; pyopal).
"""

from __future__ import annotations

import string
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np
import pyopal
from scoring_matrices import ScoringMatrix

OPEN, EXTEND = 12, 1
"""Cost of the first residue of a gap and of each further one; BLAST writes it 11 + 1."""

MATCH, MISMATCH, DNA_OPEN, DNA_EXTEND = 2, -3, 5, 2

_STOP = str.maketrans("*", "O")  # Opal refuses a stop; O is a letter of its alphabet that no protein here has
_BASES = str.maketrans({c: "N" for c in string.printable if c not in "ACGT"})
_ALPHABET = set("ARNDCQEGHILKMFPSTWYVBZXOUJ")


@dataclass(frozen=True, slots=True)
class Alignment:
    """An alignment of a stretch of a frame with a reference.

    Attributes
    ----------
    start, end : int
        Residues of the frame, from 0, end exclusive.
    ref_start, ref_end : int
        Residues of the reference, from 0, end exclusive.
    score, identities, columns : int
    steps : str
        One letter a column: ``M`` the same residue, ``X`` another, ``D`` a residue of the frame alone,
        ``I`` one of the reference alone.
    """

    start: int
    end: int
    ref_start: int
    ref_end: int
    score: int
    identities: int
    columns: int
    steps: str

    @property
    def identity(self) -> float:
        """Identical columns, in percent."""
        return 100.0 * self.identities / self.columns

    def identities_from(self, start: int) -> int:
        """Identical columns from this residue of the frame on."""
        same = np.frombuffer(self.steps.encode(), np.uint8) == ord("M")
        return int((same & (self.pairs()[0] >= start)).sum())

    def pairs(self) -> tuple[np.ndarray, np.ndarray]:
        """For each column the residue of the frame and of the reference; -1 in a gap."""
        steps = np.frombuffer(self.steps.encode(), np.uint8)
        in_frame, in_reference = steps != ord("I"), steps != ord("D")
        frame = np.where(in_frame, self.start + np.cumsum(in_frame) - 1, -1)
        reference = np.where(in_reference, self.ref_start + np.cumsum(in_reference) - 1, -1)
        return frame, reference


def trimmed(alignment: Alignment, first: int, last: int) -> Alignment:
    """The columns of an alignment from residue ``first`` of the reference up to ``last``, exclusive."""
    frame, reference = alignment.pairs()
    inside = np.flatnonzero((reference >= first) & (reference < last))
    begin, end = (int(inside[0]), int(inside[-1]) + 1) if len(inside) else (0, 0)
    steps = alignment.steps[begin:end]
    start = alignment.start + int((frame[:begin] >= 0).sum())
    return Alignment(
        start, start + len(steps) - steps.count("I"), first, first + len(steps) - steps.count("D"),
        alignment.score, steps.count("M"), len(steps), steps,
    )  # fmt: skip


def kept_by_cut(one: Alignment, other: Alignment) -> float:
    """The share of their identical residues that two alignments of a reference keep if neither overlaps."""
    if one.ref_end <= other.ref_start:
        return 1.0
    cut = best_cut(one, other)
    kept = int((_same(one) < cut).sum() + (_same(other) >= cut).sum())
    return kept / (one.identities + other.identities)


def best_cut(one: Alignment, other: Alignment) -> int:
    """Where one alignment of a reference ends and the next begins, so that most residues are the same."""
    cuts = np.arange(other.ref_start, one.ref_end + 1)
    left = np.bincount(_same(one), minlength=one.ref_end + 1).cumsum()
    right = np.bincount(_same(other), minlength=other.ref_end + 1)[::-1].cumsum()[::-1]
    before = np.where(cuts > 0, left[np.maximum(cuts - 1, 0)], 0)
    same = before + right[cuts]
    return int(cuts[np.flatnonzero(same == same.max())[-1]])  # the last: HGVS names changes as late as it can


def _same(alignment: Alignment) -> np.ndarray:
    """Residues of the reference that stand in the frame, too."""
    steps = np.frombuffer(alignment.steps.encode(), np.uint8)
    return alignment.pairs()[1][steps == ord("M")]


class _Aligner(NamedTuple):
    """Opal with a table of scores, and the score of two letters by their codes: int32, shape (128, 128)."""

    opal: pyopal.Aligner
    scores: np.ndarray

    @classmethod
    def of(cls, opal: pyopal.Aligner) -> _Aligner:
        """With the table of scores that Opal has."""
        letters = opal.scoring_matrix.alphabet
        rows = np.full(128, len(letters) - 1)  # Opal reads every other letter as the last
        rows[[ord(c) for c in letters]] = np.arange(len(letters))
        return cls(opal, np.asarray(opal.scoring_matrix).astype(np.int32)[rows[:, None], rows])


@cache
def _aligner() -> _Aligner:
    return _Aligner.of(pyopal.Aligner("BLOSUM62", gap_open=OPEN, gap_extend=EXTEND))


@cache
def _dna_aligner() -> _Aligner:
    letters = "ACGTN"
    scores = [[0 if "N" in (a, b) else MATCH if a == b else MISMATCH for b in letters] for a in letters]
    matrix = ScoringMatrix(scores, letters)
    return _Aligner.of(pyopal.Aligner(matrix, gap_open=DNA_OPEN, gap_extend=DNA_EXTEND))


def usable(protein: str) -> str:
    """A protein in the letters that can be aligned."""
    text = protein.translate(_STOP)
    return text if set(text) <= _ALPHABET else "".join(c if c in _ALPHABET else "X" for c in text)


def align(stretch: str, references: Sequence[str], offset: int) -> list[Alignment | None]:
    """Align a stretch with each reference.

    Parameters
    ----------
    stretch : str
        Of a frame; stops as ``*``.
    references : sequence of str
    offset : int
        Where the stretch begins in its frame.

    Returns
    -------
    list of Alignment or None
        None where nothing is alike.
    """
    aligner = _aligner()
    return _aligned(aligner, usable(stretch), [usable(r) for r in references], offset)


def align_dna(stretches: Sequence[str], reference: str, offsets: Sequence[int]) -> list[Alignment | None]:
    """Align stretches of strands with one reference; as `align`, which takes one stretch and many references.

    Opal aligns one sequence with many at once. A genome has several copies of the longest (23S).
    """
    found = _aligned(_dna_aligner(), only_bases(reference), [only_bases(s) for s in stretches], 0)
    return [a and _turned(a, offset) for a, offset in zip(found, offsets, strict=True)]


_SWAPPED = str.maketrans({"D": "I", "I": "D"})


def _turned(alignment: Alignment, offset: int) -> Alignment:
    """The same alignment with stretch and reference exchanged; the stretch begins at an offset."""
    return Alignment(
        offset + alignment.ref_start, offset + alignment.ref_end, alignment.start, alignment.end,
        alignment.score, alignment.identities, alignment.columns, alignment.steps.translate(_SWAPPED),
    )  # fmt: skip


def only_bases(dna: str) -> str:
    """DNA in upper case with N for every letter that is no base."""
    return dna.upper().translate(_BASES)


def _aligned(
    aligner: _Aligner, stretch: str, references: Sequence[str], offset: int
) -> list[Alignment | None]:
    if not stretch:
        return [None] * len(references)
    database = pyopal.Database(references, alphabet=aligner.opal.alphabet)
    best: list[Alignment | None] = [None] * len(references)
    gapped = []
    for hit in aligner.opal.align(stretch, database, mode="end", algorithm="sw"):
        number = hit.target_index
        if hit.score > 0:
            best[number] = _without_gaps(hit, stretch, references[number], aligner.scores, offset)
            gapped += [number] if best[number] is None else []
    if gapped:
        for hit in aligner.opal.align(stretch, database.extract(gapped), mode="full", algorithm="sw"):
            best[gapped[hit.target_index]] = _alignment(hit, offset)
    return best


def _without_gaps(
    hit: pyopal.EndResult, stretch: str, reference: str, scores: np.ndarray, offset: int
) -> Alignment | None:
    """The alignment that ends at a hit if its score needs no gap: to trace gaps takes most of the time."""
    length = min(hit.query_end, hit.target_end) + 1
    first = hit.query_end + 1 - length, hit.target_end + 1 - length
    one, other = (
        np.frombuffer(text[start : start + length].encode("ascii"), np.uint8)
        for text, start in zip((stretch, reference), first, strict=True)
    )
    points = scores[one, other][::-1].cumsum()
    columns = int(points.argmax()) + 1
    if points[columns - 1] != hit.score:
        return None
    steps = (
        np.where(one[-columns:] == other[-columns:], ord("M"), ord("X")).astype(np.uint8).tobytes().decode()
    )
    start, ref_start = hit.query_end + 1 - columns, hit.target_end + 1 - columns
    return Alignment(
        offset + start, offset + start + columns, ref_start, ref_start + columns, hit.score, steps.count("M"),
        columns, steps,
    )  # fmt: skip


def _alignment(hit: pyopal.FullResult, offset: int) -> Alignment:
    steps = hit.alignment
    start, ref_start = hit.query_start, hit.target_start
    end = start + len(steps) - steps.count("I")
    ref_end = ref_start + len(steps) - steps.count("D")
    if (end, ref_end) != (hit.query_end + 1, hit.target_end + 1):
        raise ArithmeticError(f"the alignment's span is not that of its steps: {hit}")
    return Alignment(
        offset + start, offset + end, ref_start, ref_end, hit.score, steps.count("M"), len(steps), steps
    )
