"""Which known proteins resemble a protein.

Proteins that share k-mers with it are candidates; their alignment scores decide. `Search` takes many queries
at once, `References` takes one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from pyopal import Database

from riboswitch.bio.kmers import LETTERS, LONGEST_SEARCHED, KmerIndex, kmer_numbers
from riboswitch.bio.letter_codes import FIRST, UNKNOWN, letter_codes
from riboswitch.bio.smith_waterman import MOST_ALIGNED, database, local_scores, own_scores
from riboswitch.config.settings import positive_int
from riboswitch.errors import InputError, UsageError
from riboswitch.numeric.compiled import compiled


@dataclass(frozen=True)
class Search:
    """Known proteins, ready to be searched.

    Attributes
    ----------
    letters : ndarray
        uint8 letter codes: all known proteins one after the other.
    offsets : ndarray
        int64, shape (known + 1,).
    k : int
        Residues of a k-mer.
    min_shared : int
        A known protein is aligned only if it shares so many k-mers. Of more than
        `MOST_ALIGNED` those are aligned that share most.
    """

    letters: np.ndarray
    offsets: np.ndarray
    k: int = 4
    min_shared: int = 1

    def __post_init__(self) -> None:
        positive_int("min_shared", self.min_shared)
        positive_int("k", self.k)
        if self.k > LONGEST_SEARCHED:
            raise UsageError(f"k must be no more than {LONGEST_SEARCHED}", found=self.k)

    @classmethod
    def of(cls, proteins: Sequence[str], k: int = 4, min_shared: int = 1) -> Search:
        """From proteins as text."""
        return cls(*letter_codes(proteins, "protein"), k, min_shared)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def lengths(self) -> np.ndarray:
        return np.diff(self.offsets)

    @cached_property
    def own(self) -> np.ndarray:
        """Score of every known protein with itself, float64, shape (known,)."""
        return own_scores(self.letters, self.offsets)

    @cached_property
    def _index(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The proteins of each k-mer with their offsets, and how many k-mers each protein has."""
        numbers = kmer_numbers(self.letters, self.k).astype(np.int64)
        owner = np.repeat(np.arange(len(self)), self.lengths)
        known = (numbers >= 0) & (owner[: len(numbers)] == owner[self.k - 1 :])  # within one protein
        pairs = np.sort(numbers[known] * len(self) + owner[: len(numbers)][known])
        numbers, owners = np.divmod(pairs[np.append(True, np.diff(pairs) > 0)[: len(pairs)]], len(self))
        starts = np.searchsorted(numbers, np.arange(LETTERS**self.k + 1))
        return owners.astype(np.int32), starts, np.bincount(owners, minlength=len(self))

    @cached_property
    def _database(self) -> Any:
        return database(self.letters, self.offsets)

    def __call__(self, letters: np.ndarray, offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The most similar known proteins of every query.

        Parameters
        ----------
        letters, offsets : ndarray
            The queries, encoded as the known proteins are.

        Returns
        -------
        numbers, scores : ndarray
            int32 and float32, shape (queries, MOST_ALIGNED): known proteins, most k-mers shared first,
            and their Smith-Waterman scores; -1 and 0 where there are no more.

        Raises
        ------
        InputError
            If a query has a letter code that there is not.
        """
        if letters.max(initial=FIRST) > LETTERS + UNKNOWN:  # compiled code takes letters as indices
            raise InputError("a letter code that no residue has", found=int(letters.max()))
        queries = len(offsets) - 1
        numbers = np.full((queries, MOST_ALIGNED), -1, np.int32)
        scores = np.zeros((queries, MOST_ALIGNED), np.float32)
        if len(self):
            _most_shared(letters, offsets, *self._index, self.k, self.min_shared, numbers)
        for row in np.flatnonzero(numbers[:, 0] >= 0).tolist():
            chosen, query = numbers[row][numbers[row] >= 0], letters[offsets[row] : offsets[row + 1]]
            scores[row, : len(chosen)] = local_scores(query, self._database, chosen)
        return numbers, scores


@compiled
def _most_shared(
    queries: np.ndarray,
    query_offsets: np.ndarray,
    owners: np.ndarray,
    starts: np.ndarray,
    sizes: np.ndarray,
    k: int,
    min_shared: int,
    numbers: np.ndarray,
) -> None:
    """Fill in the known proteins that share most k-mers with each query."""
    shared = np.zeros(len(sizes), np.int32)
    seen = np.full(len(starts) - 1, -1, np.int32)
    for row in range(len(numbers)):
        query = queries[query_offsets[row] : query_offsets[row + 1]]
        shared[:] = 0
        for first in range(len(query) - k + 1):
            kmer = np.int64(0)
            for i in range(k):
                letter = np.int64(query[first + i])
                kmer = kmer * LETTERS + (letter - FIRST) if letter > UNKNOWN and kmer >= 0 else np.int64(-1)
            if kmer >= 0 and seen[kmer] != row:
                seen[kmer] = row
                for at in range(starts[kmer], starts[kmer + 1]):
                    shared[owners[at]] += 1
        sharing = np.flatnonzero(shared >= min_shared)
        if len(sharing):
            rank = -shared[sharing] / np.sqrt(sizes[sharing])
            chosen = sharing[np.argsort(rank, kind="mergesort")[:MOST_ALIGNED]]
            numbers[row, : len(chosen)] = chosen


@dataclass
class References:
    """Known proteins for one query at a time.

    Attributes
    ----------
    prepared : pyopal.Database
        The proteins, ready to be aligned. Letters other than those of the 20 amino acids count as X.
    index : KmerIndex
    most, least : int
        At most ``most`` proteins are aligned, each with at least ``least`` shared k-mers.
    """

    prepared: Database
    index: KmerIndex
    most: int = 4
    least: int = 1

    @classmethod
    def build(cls, proteins: Sequence[str], k: int, most: int = 4, least: int = 1) -> References:
        return cls(database(*letter_codes(proteins, "protein")), KmerIndex.build(proteins, k), most, least)

    def nearest(self, query: str) -> tuple[int, float]:
        """Number and Smith-Waterman score of the best protein; (-1, 0.0) if none shares enough k-mers."""
        candidates = np.asarray(self.index.top(query, self.most, self.least))
        if not len(candidates):
            return -1, 0.0
        scores = local_scores(letter_codes([query], "protein")[0], self.prepared, candidates)
        winner = int(np.argmax(scores))
        return int(candidates[winner]), float(scores[winner])
