"""K-mers of sequences, and an index of which sequences share them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from riboswitch.bio import letter_codes
from riboswitch.bio.letter_codes import ALPHABETS, FIRST
from riboswitch.errors import UsageError

LONGEST_K = 12  # a letter takes five bits of a 64-bit number
LONGEST_SEARCHED = 5  # `bio.search` numbers all possible k-mers
LETTERS = len(ALPHABETS["protein"])
UNKNOWN = 31
_CODES = np.full(256, UNKNOWN, np.uint64)
for _number, _letter in enumerate(ALPHABETS["protein"]):
    _CODES[ord(_letter)] = _number


def kmers(sequence: str, k: int) -> np.ndarray:
    """The distinct k-mers of a sequence as integers, sorted; k-mers with an unknown letter are left out.

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
        known &= letters != UNKNOWN
    return np.unique(numbers[known])


def kmer_numbers(letters: np.ndarray, k: int) -> np.ndarray:
    """Number of the k-mer that starts at each letter of encoded proteins, -1 if it has an unknown letter.

    int32 if that can hold all numbers, else int64.
    """
    count = max(len(letters) - k + 1, 0)
    codes = letters.astype(np.int32 if k <= LONGEST_SEARCHED else np.int64) - FIRST
    numbers = np.zeros(count, codes.dtype)
    for i in range(k):
        numbers *= LETTERS
        numbers += codes[i : i + count]
    unknown = np.flatnonzero(letters <= letter_codes.UNKNOWN)
    for i in range(k):
        at = unknown - i
        numbers[at[(at >= 0) & (at < count)]] = -1
    return numbers


@dataclass
class KmerIndex:
    """Which sequences have which k-mer.

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
        """The distinct k-mers, and the offsets of the pairs of each."""
        distinct, starts = np.unique(self.keys, return_index=True)
        return distinct, np.append(starts, len(self.keys))

    def shared(self, sequence: str) -> tuple[np.ndarray, int]:
        """How many k-mers ``sequence`` shares with each indexed sequence.

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
        """Numbers of at most ``most`` sequences that share at least ``least`` k-mers.

        They are in the order of shared k-mers divided by the square root of their own k-mers.
        """
        counts, _ = self.shared(sequence)
        sharing = np.flatnonzero(counts >= least)
        rank = counts[sharing] / np.sqrt(self.sizes[sharing])
        return sharing[np.argsort(-rank, kind="stable")[:most]]
