"""Which known proteins resemble a protein: shared words name the candidates, alignment decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from riboswitch.bio.alignment import LANES, align_lanes, substitutions
from riboswitch.config.settings import positive_int
from riboswitch.errors import UsageError
from riboswitch.modalities.sequence.encode import encode
from riboswitch.numeric.compiled import compiled
from riboswitch.numeric.offsets import running_sums

LETTERS = 20
LONGEST_WORD = 5


@dataclass(frozen=True)
class Search:
    """References, ready to be searched.

    Attributes
    ----------
    letters : ndarray
        uint8, as `encode` makes of proteins: all references one after the other.
    offsets : ndarray
        int64, shape (references + 1,).
    word : int
        Residues of a word.
    least : int
        Words that a reference must share to be aligned; of more than `LANES` the most similar are.
    """

    letters: np.ndarray
    offsets: np.ndarray
    word: int = 4
    least: int = 1

    def __post_init__(self) -> None:
        positive_int("min_shared", self.least)
        positive_int("k", self.word)
        if self.word > LONGEST_WORD:
            raise UsageError(f"k must be no more than {LONGEST_WORD}", found=self.word)

    @classmethod
    def of(cls, proteins: Sequence[str], word: int = 4, least: int = 1) -> Search:
        """Proteins as text."""
        arrays = encode(proteins, [""] * len(proteins))
        return cls(arrays.values["letters"], arrays.offsets["letters"], word, least)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def lengths(self) -> np.ndarray:
        return np.diff(self.offsets)

    @cached_property
    def own(self) -> np.ndarray:
        """Score of every reference with itself, float64, shape (references,)."""
        points = running_sums(substitutions().diagonal()[self.letters], np.float64)
        return points[self.offsets[1:]] - points[self.offsets[:-1]]

    @cached_property
    def _index(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """References of each word, where those of each word begin, and words of each reference."""
        words, owner = _words(self.letters, self.word), np.repeat(np.arange(len(self)), self.lengths)
        known = (words >= 0) & (owner[: len(words)] == owner[self.word - 1 :])  # within one reference
        pairs = np.sort(words[known] * len(self) + owner[: len(words)][known])
        words, owners = np.divmod(pairs[np.append(True, np.diff(pairs) > 0)[: len(pairs)]], len(self))
        starts = np.searchsorted(words, np.arange(LETTERS**self.word + 1))
        return owners.astype(np.int32), starts, np.bincount(owners, minlength=len(self))

    def __call__(self, letters: np.ndarray, offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The most similar references of every query.

        Returns
        -------
        numbers, scores : ndarray
            int32 and float32, shape (queries, LANES): references, most words shared first, and their
            Smith-Waterman scores; -1 and 0 where there are no more.
        """
        queries = len(offsets) - 1
        numbers = np.full((queries, LANES), -1, np.int32)
        scores = np.zeros((queries, LANES), np.float32)
        if len(self):
            _search(letters, offsets, self.letters, self.offsets, *self._index, self.word, self.least,
                    substitutions(), numbers, scores)  # fmt: skip
        return numbers, scores


def _words(letters: np.ndarray, size: int) -> np.ndarray:
    """Number of the word that starts at each letter, -1 if there is an unknown letter in it."""
    count = max(len(letters) - size + 1, 0)
    words, known = np.zeros(count, np.int64), np.ones(count, bool)
    for i in range(size):
        part = letters[i : i + count].astype(np.int64)
        words = words * LETTERS + (part - 2)
        known &= part > 1
    return np.where(known, words, -1)


@compiled
def _search(
    queries: np.ndarray,
    query_offsets: np.ndarray,
    letters: np.ndarray,
    offsets: np.ndarray,
    owners: np.ndarray,
    starts: np.ndarray,
    sizes: np.ndarray,
    size: int,
    least: int,
    table: np.ndarray,
    numbers: np.ndarray,
    scores: np.ndarray,
) -> None:
    shared = np.zeros(len(sizes), np.int32)
    seen = np.full(len(starts) - 1, -1, np.int32)
    for row in range(len(numbers)):
        query = queries[query_offsets[row] : query_offsets[row + 1]]
        shared[:] = 0
        for place in range(len(query) - size + 1):
            word = np.int64(0)
            for i in range(size):
                letter = np.int64(query[place + i])
                word = word * LETTERS + (letter - 2) if letter > 1 and word >= 0 else np.int64(-1)
            if word >= 0 and seen[word] != row:
                seen[word] = row
                for at in range(starts[word], starts[word + 1]):
                    shared[owners[at]] += 1
        near = np.flatnonzero(shared >= least)
        if len(near):
            rank = -shared[near] / np.sqrt(sizes[near])
            chosen = near[np.argsort(rank, kind="mergesort")[:LANES]]
            numbers[row, : len(chosen)] = chosen
            align_lanes(query, letters, offsets, chosen, table, scores[row])
