"""Short words that references share with a genome: six residues of a frame, or twelve bases of a strand.

A table of all words of the references is searched for each word of the genome. A bit map of the possible
words (8 MB for proteins) turns most of them away at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from riboswitch.numeric.compiled import compiled

NONE = 255


@dataclass(frozen=True)
class Words:
    """A kind of words.

    Attributes
    ----------
    letters : str
        The alphabet; a word with another letter does not count.
    k : int
        Letters of a word.
    """

    letters: str
    k: int

    @property
    def possible(self) -> int:
        """How many different words there can be."""
        return int(len(self.letters) ** self.k)

    def codes(self, sequence: str) -> np.ndarray:
        """Letters as numbers from 0; 255 for a letter outside the alphabet."""
        codes = np.full(256, NONE, np.uint8)
        for number, letter in enumerate(self.letters):
            codes[ord(letter)] = number
        return codes[np.frombuffer(sequence.encode("ascii"), np.uint8)]

    def of(self, sequence: str) -> np.ndarray:
        """The word that begins at each letter, int32; -1 where there is none."""
        return _words(self.codes(sequence), len(self.letters), self.k)


PROTEIN = Words("ACDEFGHIKLMNPQRSTVWY", 6)
DNA = Words("ACGT", 12)


@compiled
def _words(codes: np.ndarray, letters: int, k: int) -> np.ndarray:
    """The word that begins at each letter, -1 if it has an unknown one."""
    words = np.full(codes.size, -1, np.int32)
    possible = letters**k
    word, known = 0, 0
    for i in range(codes.size):
        if codes[i] == NONE:
            known = 0
            word = 0
        else:
            word = (word * letters + codes[i]) % possible
            known += 1
            if known >= k:
                words[i - k + 1] = word
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
    kind : Words
    table : ndarray
        int32, shape (different words,): sorted.
    starts : ndarray
        int32, shape (different words + 1,): where the places of each word begin.
    owners, places : ndarray
        int32, shape (places,): the reference, and the residue at which the word begins.
    bits : ndarray
        uint8: one bit for each possible word.
    lengths : ndarray
        int64, shape (references,).
    """

    kind: Words
    table: np.ndarray
    starts: np.ndarray
    owners: np.ndarray
    places: np.ndarray
    bits: np.ndarray
    lengths: np.ndarray

    @classmethod
    def of(cls, sequences: Sequence[str], kind: Words = PROTEIN) -> WordTable:
        """The table of some sequences."""
        found = [kind.of(sequence) for sequence in sequences]
        lengths = np.array([len(words) for words in found], np.int64)
        words = np.concatenate([np.empty(0, np.int32), *found])
        numbered = words.astype(np.int64) << 32 | np.arange(len(words))  # sorted by word, then by place
        numbered = numbered[words >= 0]
        numbered.sort()
        words, order = (numbered >> 32).astype(np.int32), (numbered & 0xFFFFFFFF).astype(np.int32)
        del numbered
        first = np.flatnonzero(np.append(True, words[1:] != words[:-1])[: len(words)])
        table, starts = words[first], np.append(first, len(words)).astype(np.int32)
        bits = np.zeros(kind.possible // 8 + 1, np.uint8)
        np.bitwise_or.at(bits, table >> 3, (1 << (table & 7)).astype(np.uint8))
        begins = (np.cumsum(lengths) - lengths).astype(np.int32)
        owners = np.repeat(np.arange(len(found), dtype=np.int32), lengths)[order]
        return cls(kind, table, starts, owners, order - begins[owners], bits, lengths)

    def shared(self, sequence: str) -> tuple[np.ndarray, np.ndarray]:
        """The words that a sequence shares with references.

        Returns
        -------
        references, diagonals : ndarray
            int32, shape (shared words,): the reference, and the position in the sequence less that in the
            reference.
        """
        positions, rows = _known_words(self.kind.of(sequence), self.bits, self.table)
        return _pairs(positions, rows, self.starts, self.owners, self.places)
