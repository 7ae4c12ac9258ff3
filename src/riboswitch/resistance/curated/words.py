"""Words of six residues that reference proteins share with the six reading frames of a genome.

A table of all words of the references is searched for each word of a frame. A bit map of the possible words
(8 MB) turns most of them away at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from riboswitch.numeric.compiled import compiled

LETTERS, K = 20, 6
WORDS = LETTERS**K
NONE = 255
_CODES = np.full(256, NONE, np.uint8)
for _number, _letter in enumerate("ACDEFGHIKLMNPQRSTVWY"):
    _CODES[ord(_letter)] = _number


def codes_of(protein: str) -> np.ndarray:
    """Residues as numbers from 0 to 19; 255 for a stop or an unknown residue."""
    return _CODES[np.frombuffer(protein.encode("ascii"), np.uint8)]


@compiled
def _words(codes: np.ndarray) -> np.ndarray:
    """The word that begins at each residue, -1 if it has an unknown one."""
    words = np.full(codes.size, -1, np.int32)
    word, known = 0, 0
    for i in range(codes.size):
        if codes[i] == NONE:
            known = 0
            word = 0
        else:
            word = (word * LETTERS + codes[i]) % WORDS
            known += 1
            if known >= K:
                words[i - K + 1] = word
    return words


@compiled
def _known_words(words: np.ndarray, bits: np.ndarray, table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Positions of the words that are in the table, and their rows in it."""
    positions, rows = np.empty(words.size, np.int32), np.empty(words.size, np.int32)
    many = 0
    for i in range(words.size):
        word = words[i]
        if word >= 0 and (bits[word >> 3] >> (word & 7)) & 1:
            positions[many] = i
            rows[many] = np.searchsorted(table, word)
            many += 1
    return positions[:many].copy(), rows[:many].copy()


@compiled
def _pairs(
    positions: np.ndarray, rows: np.ndarray, starts: np.ndarray, owners: np.ndarray, places: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """For each shared word and each reference that has it: the reference, and the diagonal."""
    many = 0
    for i in range(rows.size):
        many += starts[rows[i] + 1] - starts[rows[i]]
    references, diagonals = np.empty(many, np.int32), np.empty(many, np.int32)
    at = 0
    for i in range(rows.size):
        for j in range(starts[rows[i]], starts[rows[i] + 1]):
            references[at] = owners[j]
            diagonals[at] = positions[i] - places[j]
            at += 1
    return references, diagonals


@dataclass(frozen=True)
class WordTable:
    """All words of the references.

    Attributes
    ----------
    table : ndarray
        int32, shape (different words,): sorted.
    starts : ndarray
        int64, shape (different words + 1,): where the places of each word begin.
    owners, places : ndarray
        int32, shape (places,): the reference, and the residue at which the word begins.
    bits : ndarray
        uint8: one bit for each possible word.
    lengths : ndarray
        int64, shape (references,).
    """

    table: np.ndarray
    starts: np.ndarray
    owners: np.ndarray
    places: np.ndarray
    bits: np.ndarray
    lengths: np.ndarray

    @classmethod
    def of(cls, proteins: Sequence[str]) -> WordTable:
        """The table of some proteins."""
        found = [_words(codes_of(protein)) for protein in proteins]
        lengths = np.array([len(words) for words in found], np.int64)
        words = np.concatenate([np.empty(0, np.int32), *found])
        owners = np.repeat(np.arange(len(found), dtype=np.int32), lengths)
        places = np.concatenate([np.empty(0, np.int32), *(np.arange(n, dtype=np.int32) for n in lengths)])
        order = np.argsort(words, kind="stable")
        order = order[np.searchsorted(words[order], 0) :]  # unknown words are -1
        table, first = np.unique(words[order], return_index=True)
        bits = np.zeros(WORDS // 8, np.uint8)
        np.bitwise_or.at(bits, table >> 3, (1 << (table & 7)).astype(np.uint8))
        starts = np.append(first, len(order)).astype(np.int64)
        return cls(table, starts, owners[order], places[order], bits, lengths)

    def shared(self, codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The words that a frame shares with references.

        Parameters
        ----------
        codes : ndarray
            uint8, shape (residues,), of `codes_of`.

        Returns
        -------
        references, diagonals : ndarray
            int32, shape (shared words,): the reference, and the position in the frame less that in the
            reference.
        """
        positions, rows = _known_words(_words(codes), self.bits, self.table)
        return _pairs(positions, rows, self.starts, self.owners, self.places)
