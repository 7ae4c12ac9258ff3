"""Which known proteins a protein resembles, also where only two residues in five are equal.

Relatives share short words at nearly the same distance from their beginnings: on a band of diagonals. Few
words suffice there, for chance spreads them over all diagonals. The known proteins that share most are
aligned with SIMD instructions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from riboswitch.bio.kmers import LETTERS, kmer_numbers
from riboswitch.bio.letter_codes import letter_codes
from riboswitch.bio.smith_waterman import database, local_scores, own_scores
from riboswitch.numeric.compiled import compiled

K = 4
BAND = 24
"""Neighbouring diagonals that are further apart are not of one alignment: longer gaps are rare in a gene."""

ANY = 1 << 17
"""A band that holds all diagonals: for distant relatives, with gaps in many places."""

FEWEST, RESIDUES_A_WORD = 3, 100
"""Words that must be shared on a band: three, and one for each hundred residues of the known protein.

Of 183 genes with 40 % identity 97 % are aligned with their relative, and all with 50 %; a frame of a genome
is aligned with 5 known proteins of a thousand.
"""

LONGEST = ANY // 2 - 1


@dataclass(frozen=True)
class BandedSearch:
    """Known proteins, ready to be searched.

    Attributes
    ----------
    letters : ndarray
        uint8 letter codes: all known proteins one after the other.
    offsets : ndarray
        int64, shape (known + 1,).
    most : int
        So many known proteins are aligned with a query, those that share most words.
    band : int
        Diagonals further apart than this are not of one alignment.
    """

    letters: np.ndarray
    offsets: np.ndarray
    most: int = 8
    band: int = BAND

    @classmethod
    def of(cls, proteins: Sequence[str], most: int = 8, band: int = BAND) -> BandedSearch:
        """From proteins as text."""
        return cls(*letter_codes(proteins, "protein"), most, band)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @cached_property
    def own(self) -> np.ndarray:
        """Score of every known protein with itself, float64, shape (known,)."""
        return own_scores(self.letters, self.offsets)

    def __call__(self, letters: np.ndarray, offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The most similar known proteins of every query.

        Parameters
        ----------
        letters, offsets : ndarray
            The queries, encoded as the known proteins are. Of one longer than `LONGEST` only so many residues
            are compared.

        Returns
        -------
        numbers, scores : ndarray
            int32 and float32, shape (queries, most): known proteins, most words shared first, and their
            Smith-Waterman scores; -1 and 0 where there are no more.
        """
        numbers = self.nearest(letters, offsets)
        return numbers, self.scores(letters, offsets, numbers)

    def nearest(self, letters: np.ndarray, offsets: np.ndarray) -> np.ndarray:
        """The known proteins that share most words with every query, not yet aligned; as from a call."""
        numbers = np.full((len(offsets) - 1, self.most), -1, np.int32)
        lengths = np.diff(self.offsets)
        least = np.maximum(FEWEST, -(-lengths // RESIDUES_A_WORD))
        if len(self):
            words = kmer_numbers(letters, K)
            _most_shared(words, offsets, *self._words, lengths, least, self.band, numbers)
        return numbers

    @cached_property
    def _words(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The known proteins of each word and its places in them, sorted by word; where each word begins."""
        words, owners, places = _words(self.letters, self.offsets)
        order = np.argsort(words, kind="stable")
        starts = np.searchsorted(words[order], np.arange(LETTERS**K + 1))
        return owners[order].astype(np.int32), places[order].astype(np.int32), starts

    def scores(self, letters: np.ndarray, offsets: np.ndarray, numbers: np.ndarray) -> np.ndarray:
        """Smith-Waterman scores of queries with known proteins, float32 of shape (queries, numbers of each).

        One protein is aligned with many at once: those of the side that has fewer in turn.
        """
        scores = np.zeros(numbers.shape, np.float32)
        queries, columns = np.nonzero(numbers >= 0)
        known = numbers[queries, columns]
        own, others = (self.letters, self.offsets, known), (letters, offsets, queries)
        few, many = (own, others) if len(np.unique(known)) < len(np.unique(queries)) else (others, own)
        scores[queries, columns] = _scores(few, many) if len(queries) else 0
        return scores


Side = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Letters and offsets of proteins, and which of them is in each pair."""


def _scores(few: Side, many: Side) -> np.ndarray:
    """Alignment score of each pair. Proteins of like length at once make the best use of SIMD."""
    prepared = database(*many[:2])
    scores, lengths = np.zeros(len(few[2])), np.diff(many[1])[many[2]]
    order = np.lexsort((lengths, few[2]))
    for group in np.split(order, np.flatnonzero(np.diff(few[2][order])) + 1):
        number = few[2][group[0]]
        protein = few[0][few[1][number] : few[1][number + 1]]
        scores[group] = local_scores(protein, prepared, many[2][group])
    return scores


def _words(letters: np.ndarray, offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The words of proteins: their numbers, the proteins, and where they begin in them; int64."""
    numbers, owners = kmer_numbers(letters, K), np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    places = np.arange(len(letters)) - offsets[owners]
    ends = owners[K - 1 :] if len(letters) >= K else owners[:0]
    within = (numbers >= 0) & (owners[: len(numbers)] == ends) & (places[: len(numbers)] < LONGEST)
    return numbers[within], owners[: len(numbers)][within], places[: len(numbers)][within]


@compiled
def _most_shared(
    words: np.ndarray,
    offsets: np.ndarray,
    owners: np.ndarray,
    places: np.ndarray,
    starts: np.ndarray,
    lengths: np.ndarray,
    least: np.ndarray,
    band: int,
    numbers: np.ndarray,
) -> None:
    """Fill in the known proteins that share most words on a band with each query.

    Few share enough words on all diagonals together: only of these are the diagonals looked at.
    """
    shared = np.zeros(len(lengths), np.int64)
    for query in range(len(numbers)):
        first = offsets[query]
        own = words[first : max(first, min(offsets[query + 1] - K + 1, first + LONGEST))]
        shared[:] = 0
        for at in range(len(own)):
            if own[at] >= 0:
                for place in range(starts[own[at]], starts[own[at] + 1]):
                    shared[owners[place]] += 1
        enough = np.flatnonzero(shared >= least)
        if not len(enough):
            continue
        if band < ANY:
            _on_one_band(own, owners, places, starts, enough, band, shared)
        enough = enough[shared[enough] >= least[enough]]
        rank = -shared[enough] / np.sqrt(lengths[enough])
        chosen = enough[np.argsort(rank, kind="mergesort")[: numbers.shape[1]]]
        numbers[query, : len(chosen)] = chosen


@compiled
def _on_one_band(
    own: np.ndarray,
    owners: np.ndarray,
    places: np.ndarray,
    starts: np.ndarray,
    known: np.ndarray,
    band: int,
    shared: np.ndarray,
) -> None:
    """Of the words that a query shares with some known proteins, keep the most on one band."""
    ends = np.full(len(shared), -1, np.int64)  # of the diagonals that are filled in
    begin = 0
    for number in known:
        ends[number] = begin
        begin += shared[number]
    diagonals = np.empty(begin, np.int32)
    for at in range(len(own)):
        if own[at] >= 0:
            for place in range(starts[own[at]], starts[own[at] + 1]):
                number = owners[place]
                if ends[number] >= 0:
                    diagonals[ends[number]] = at - places[place]
                    ends[number] += 1
    for number in known:
        ordered = np.sort(diagonals[ends[number] - shared[number] : ends[number]])
        run = most = 1
        for i in range(1, len(ordered)):
            run = run + 1 if ordered[i] - ordered[i - 1] <= band else 1
            most = max(most, run)
        shared[number] = most
