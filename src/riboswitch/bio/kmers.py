"""How alike sequences are: shared k-mers in pure numpy, and identity by alignment for the few that matter."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from Bio.Align import PairwiseAligner, substitution_matrices

from riboswitch.errors import UsageError

LONGEST_K = 12  # a letter takes five bits of a 64-bit number
_CODES = np.full(256, 31, np.uint64)
for _number, _letter in enumerate("ACDEFGHIKLMNPQRSTVWY"):
    _CODES[ord(_letter)] = _number


def kmers(sequence: str, k: int) -> np.ndarray:
    """The distinct k-mers of a sequence as integers, sorted; those with an unknown letter are left out.

    Returns
    -------
    ndarray
        uint64, shape (distinct k-mers,).
    """
    if not 1 <= k <= LONGEST_K:
        raise UsageError(f"k must lie between 1 and {LONGEST_K}", found=k)
    codes = _CODES[np.frombuffer(sequence.encode("latin-1", "replace"), np.uint8)]
    if len(codes) < k:
        return np.empty(0, np.uint64)
    count = len(codes) - k + 1
    numbers, known = np.zeros(count, np.uint64), np.ones(count, bool)
    for i in range(k):
        letters = codes[i : i + count]
        numbers |= letters << np.uint64(5 * i)
        known &= letters != 31
    return np.unique(numbers[known])


@dataclass
class KmerIndex:
    """Which sequences hold which k-mer.

    Attributes
    ----------
    k : int
    keys, owners : ndarray
        Every (k-mer, sequence number) pair, sorted by k-mer; shape (pairs,).
    sizes : ndarray
        Distinct k-mers of every sequence, shape (sequences,).
    """

    k: int
    keys: np.ndarray
    owners: np.ndarray
    sizes: np.ndarray

    @classmethod
    def build(cls, sequences: Sequence[str], k: int = 6) -> KmerIndex:
        """Index a set of sequences."""
        sets = [kmers(s, k) for s in sequences]
        sizes = np.array([len(s) for s in sets], np.int64)
        keys = np.concatenate(sets) if sets else np.empty(0, np.uint64)
        owners = np.repeat(np.arange(len(sets), dtype=np.int32), sizes)
        order = np.argsort(keys, kind="stable")
        return cls(k, keys[order], owners[order], sizes)

    @cached_property
    def _runs(self) -> tuple[np.ndarray, np.ndarray]:
        """The distinct k-mers, and where the pairs of each begin (one more: where the last ends)."""
        distinct, starts = np.unique(self.keys, return_index=True)
        return distinct, np.append(starts, len(self.keys))

    def shared(self, sequence: str) -> tuple[np.ndarray, int]:
        """K-mers that ``sequence`` shares with every indexed sequence.

        Returns
        -------
        counts : ndarray
            int64, shape (sequences,).
        size : int
            Distinct k-mers of ``sequence`` itself.
        """
        own = kmers(sequence, self.k)
        distinct, starts = self._runs
        at = np.searchsorted(distinct, own)
        at = at[distinct.take(at, mode="clip") == own] if len(distinct) else at[:0]
        spans = [self.owners[a:b] for a, b in zip(starts[at], starts[at + 1], strict=True)]
        found = np.concatenate(spans) if spans else np.empty(0, np.int32)
        return np.bincount(found, minlength=len(self.sizes)), len(own)

    def top(self, sequence: str, most: int, least: int = 1) -> np.ndarray:
        """Numbers of the ``most`` sequences that share most k-mers for their size, at least ``least``."""
        counts, _ = self.shared(sequence)
        near = np.flatnonzero(counts >= least)
        rank = counts[near] / np.sqrt(self.sizes[near])
        return near[np.argsort(-rank, kind="stable")[:most]]


@dataclass(frozen=True)
class Alignment:
    """Identity over the aligned columns, and which shares of reference and query are aligned."""

    identity: float
    coverage: float
    query_coverage: float
    length: int


@cache
def _aligner() -> PairwiseAligner:
    aligner = PairwiseAligner(mode="local", open_gap_score=-11, extend_gap_score=-1)
    aligner.substitution_matrix = substitution_matrices.load("BLOSUM62")
    return aligner


@cache
def _foreign() -> re.Pattern[str]:
    return re.compile(f"[^{re.escape(_aligner().substitution_matrix.alphabet)}]")


def _clean(protein: str) -> str:
    return _foreign().sub("X", protein)


@cache
def _with_itself() -> dict[str, float]:
    matrix = _aligner().substitution_matrix
    return {letter: float(matrix[letter, letter]) for letter in matrix.alphabet}


def score(query: str, reference: str) -> float:
    """Smith-Waterman score (BLOSUM62, gaps 11/1 as in BLASTP)."""
    return float(_aligner().score(_clean(query), _clean(reference)))


def self_score(protein: str) -> float:
    """The score of a protein against itself: the most that any reference can reach."""
    points = _with_itself()
    return float(sum(points[letter] for letter in _clean(protein)))


def align(query: str, reference: str) -> Alignment:
    """Align two proteins locally, as `score` does, and count identities."""
    query, reference = _clean(query), _clean(reference)
    hits = _aligner().align(query, reference)
    if hits.score <= 0:
        return Alignment(0.0, 0.0, 0.0, 0)
    best = hits[0]
    spans_q, spans_r = best.aligned
    same = sum(
        a == b
        for (q0, q1), (r0, r1) in zip(spans_q, spans_r, strict=True)
        for a, b in zip(query[q0:q1], reference[r0:r1], strict=True)
    )
    covered, of_query = ((spans[-1][1] - spans[0][0]) for spans in (spans_r, spans_q))
    return Alignment(same / best.length, covered / len(reference), of_query / len(query), int(best.length))


@dataclass
class References:
    """Known proteins to compare with: k-mers name the candidates, alignment decides.

    Attributes
    ----------
    proteins : list of str
    index : KmerIndex
    most, least : int
        At most so many candidates are aligned, each sharing at least so many k-mers.
    """

    proteins: list[str]
    index: KmerIndex
    most: int = 4
    least: int = 1

    @classmethod
    def build(cls, proteins: Sequence[str], k: int, most: int = 4, least: int = 1) -> References:
        return cls(list(proteins), KmerIndex.build(proteins, k), most, least)

    def nearest(self, query: str) -> tuple[int, float]:
        """Number and score of the best reference; (-1, 0.0) if none shares enough k-mers."""
        candidates = self.index.top(query, self.most, self.least)
        scores = [score(query, self.proteins[c]) for c in candidates]
        if not scores:
            return -1, 0.0
        winner = int(np.argmax(scores))
        return int(candidates[winner]), scores[winner]
