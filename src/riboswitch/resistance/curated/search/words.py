"""Short words that references share with a genome: six residues of a frame, or twelve bases of a strand.

Of the millions of words of the references a genome has a tenth, most of them by chance. Therefore the words
of the genome are marked first, and only the words of the references that are marked are sorted into a table:
that takes a tenth of the time and memory of a table of all. In the table, a bit map of the possible words
turns most words of a sequence away at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

NONE = 255
BLOCK = 1 << 18  # letters that are read at once: what is made on the way stays small beside a genome
SEPARATOR = "*"
"""Stands between references that are read as one text: no word has it."""


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

    def no_bits(self) -> np.ndarray:
        """A map with one bit for each possible word, none of them marked."""
        return np.zeros(self.possible // 8 + 1, np.uint8)

    @cached_property
    def _numbers(self) -> bytes:
        """The number of each letter, by its code; `NONE` for a letter outside the alphabet."""
        return bytes(self.letters.find(chr(code)) % 256 for code in range(256))

    def of(self, sequence: str) -> np.ndarray:
        """The word that begins at each letter, int32; -1 where there is none."""
        codes = np.frombuffer(sequence.encode("ascii").translate(self._numbers), np.uint8)
        words = np.full(codes.size, -1, np.int32)
        for begin in range(0, codes.size - self.k + 1, BLOCK):
            block = codes[begin : begin + BLOCK + self.k - 1]
            numbers = _joined(block.astype(np.int32), len(self.letters), self.k)
            words[begin : begin + numbers.size] = np.where(_any_of(block == NONE, self.k), -1, numbers)
        return words


PROTEIN = Words("ACDEFGHIKLMNPQRSTVWY", 6)
DNA = Words("ACGT", 12)


def _joined(codes: np.ndarray, letters: int, k: int) -> np.ndarray:
    """The number of ``k`` letters from each position on: of two halves, and each of these of two."""
    if k == 1:
        return codes
    first, second = k // 2, k - k // 2
    short = _joined(codes, letters, first)
    long = short if first == second else _joined(codes, letters, second)
    count = codes.size - k + 1
    return short[:count] * np.int32(letters**second) + long[first : first + count]


def _any_of(unknown: np.ndarray, k: int) -> np.ndarray:
    """Whether one of ``k`` letters from each position on is unknown."""
    found = unknown[: unknown.size - k + 1].copy()
    for i in range(1, k):
        found |= unknown[i : unknown.size - k + 1 + i]
    return found


def _mark(bits: np.ndarray, words: np.ndarray) -> None:
    np.bitwise_or.at(bits, words >> 3, np.uint8(1) << (words & 7).astype(np.uint8))


def _marked(bits: np.ndarray, words: np.ndarray) -> np.ndarray:
    """Of each word whether it is marked; -1 never is."""
    marked = np.empty(words.size, bool)
    for begin in range(0, words.size, BLOCK):
        block = words[begin : begin + BLOCK]
        known = (bits[block >> 3] >> (block & 7).astype(np.uint8)) & 1
        marked[begin : begin + BLOCK] = (known == 1) & (block >= 0)
    return marked


@dataclass(frozen=True)
class ReferenceWords:
    """The words of references in the order in which they stand there.

    Attributes
    ----------
    kind : Words
    words : ndarray
        int32, shape (letters and separators,): the word that begins at each letter, -1 where there is none.
    lengths : ndarray
        int64, shape (references,).
    """

    kind: Words
    words: np.ndarray
    lengths: np.ndarray

    @classmethod
    def of(cls, sequences: Sequence[str], kind: Words = PROTEIN) -> ReferenceWords:
        """The words of some sequences."""
        lengths = np.array([len(sequence) for sequence in sequences], np.int64)
        return cls(kind, kind.of(SEPARATOR.join(sequences)), lengths)

    def table(self) -> WordTable:
        """All words, sorted."""
        return self._sorted(np.flatnonzero(self.words >= 0))

    def shared_with(self, sequences: Iterable[str]) -> WordTable:
        """The words that some sequences have, sorted; for these, it answers as the table of all words."""
        bits = self.kind.no_bits()
        for sequence in sequences:
            words = self.kind.of(sequence)
            _mark(bits, words[words >= 0])
        return self._sorted(np.flatnonzero(_marked(bits, self.words)))

    def _sorted(self, positions: np.ndarray) -> WordTable:
        """The words at some positions, sorted by word, then by position."""
        numbered = self.words[positions].astype(np.int64) << 32 | positions
        numbered.sort()
        words, positions = (numbered >> 32).astype(np.int32), (numbered & 0xFFFFFFFF).astype(np.int32)
        first = np.flatnonzero(np.append(True, words[1:] != words[:-1])[: len(words)])
        table, starts = words[first], np.append(first, len(words)).astype(np.int32)
        bits = self.kind.no_bits()
        _mark(bits, table)
        begins = (np.cumsum(self.lengths + 1) - self.lengths - 1).astype(np.int32)
        owners = (np.searchsorted(begins, positions, "right") - 1).astype(np.int32)
        places = positions - begins[owners] if len(begins) else positions
        return WordTable(self.kind, table, starts, owners, places, bits, self.lengths)


@dataclass(frozen=True)
class WordTable:
    """Words of references, ready to be looked for.

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
        int64, shape (references,): of the references, in letters.
    """

    kind: Words
    table: np.ndarray
    starts: np.ndarray
    owners: np.ndarray
    places: np.ndarray
    bits: np.ndarray
    lengths: np.ndarray

    def shared(self, sequence: str) -> tuple[np.ndarray, np.ndarray]:
        """The words that a sequence shares with references.

        Returns
        -------
        references, diagonals : ndarray
            int32, shape (shared words,): the reference, and the position in the sequence less that in the
            reference.
        """
        words = self.kind.of(sequence)
        positions = np.flatnonzero(_marked(self.bits, words)).astype(np.int32)
        rows = np.searchsorted(self.table, words[positions])
        begins, many = self.starts[rows], self.starts[rows + 1] - self.starts[rows]
        offsets = np.arange(many.sum(), dtype=np.int32) - np.repeat(np.cumsum(many) - many, many)
        at = np.repeat(begins, many) + offsets
        return self.owners[at], np.repeat(positions, many) - self.places[at]
