"""K-mers of letter codes as hashes: all of them, or of every window the smallest (its minimiser).

Two sequences that share ``window + k - 1`` letters in a row share a hash, whatever stands around them.

References
----------
Roberts et al., Bioinformatics 2004, 20, 3363 (minimisers). The order of k-mers is that of a hash, so that
repeats of one letter are not preferred.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from riboswitch.numeric.compiled import compiled
from riboswitch.numeric.offsets import offsets_of


class Letters(NamedTuple):
    """Sequences as codes from 0, one after the other; a code of ``size`` or more is no letter.

    Attributes
    ----------
    codes : ndarray
        uint8, shape (letters,).
    offsets : ndarray
        int64, shape (sequences + 1,).
    size : int
        Number of letters of the alphabet.
    two_strands : bool
        Whether a sequence and its reverse complement are one: the complement of code c is 3 - c.
    """

    codes: np.ndarray
    offsets: np.ndarray
    size: int
    two_strands: bool = False

    @property
    def lengths(self) -> np.ndarray:
        return np.diff(self.offsets)


class Hashes(NamedTuple):
    """The distinct hashes of each sequence, ascending.

    Attributes
    ----------
    values : ndarray
        uint64, shape (hashes,).
    offsets : ndarray
        int64, shape (sequences + 1,).
    """

    values: np.ndarray
    offsets: np.ndarray

    @property
    def sizes(self) -> np.ndarray:
        return np.diff(self.offsets)


def hashes(letters: Letters, k: int, window: int = 1) -> Hashes:
    """Hash the k-mers of every sequence, or with ``window`` above 1 its minimisers.

    Parameters
    ----------
    letters : Letters
    k : int
        ``size ** k`` must be below 2**63. K-mers with an unknown letter are left out.
    window : int
        Number of k-mers in a row of which the smallest hash is kept.
    """
    values = np.empty(max(len(letters.codes), 1), np.uint64)
    sizes = _fill(letters.codes, letters.offsets, letters.size, letters.two_strands, k, window, values)
    return Hashes(values[: sizes.sum()].copy(), offsets_of(sizes))


@compiled
def _mixed(value: np.uint64) -> np.uint64:
    """A one-to-one hash of 64 bits (the finaliser of SplitMix64)."""
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


@compiled
def _fill(
    codes: np.ndarray, offsets: np.ndarray, size: int, two_strands: bool, k: int, window: int,
    values: np.ndarray,
) -> np.ndarray:  # fmt: skip
    """Write the distinct hashes of all sequences one after the other; returns how many each has."""
    sizes = np.zeros(len(offsets) - 1, np.int64)
    longest = 0
    for i in range(len(sizes)):
        longest = max(longest, offsets[i + 1] - offsets[i])
    own, known = np.empty(max(longest, 1), np.uint64), np.empty(max(longest, 1), np.bool_)
    end = 0
    for i in range(len(sizes)):
        sequence = codes[offsets[i] : offsets[i + 1]]
        count = _each_hash(sequence, size, two_strands, k, own, known)
        start = end
        for first in range(max(count - window + 1, min(count, 1))):
            smallest, found = np.uint64(0), False
            for at in range(first, min(first + window, count)):
                if known[at] and (not found or own[at] < smallest):
                    smallest, found = own[at], True
            if found and (end == start or values[end - 1] != smallest):
                values[end] = smallest
                end += 1
        end = start + _distinct(values[start:end])
        sizes[i] = end - start
    return sizes


@compiled
def _each_hash(
    sequence: np.ndarray, size: int, two_strands: bool, k: int, own: np.ndarray, known: np.ndarray
) -> int:
    """The hash of the k-mer that begins at each letter; returns their number."""
    count = max(len(sequence) - k + 1, 0)
    base = np.uint64(size)
    highest = np.uint64(1)
    for _ in range(k - 1):
        highest *= base
    forward, backward, run = np.uint64(0), np.uint64(0), 0
    for at in range(len(sequence)):
        code = np.uint64(sequence[at])
        if code >= base:
            forward, backward, run = np.uint64(0), np.uint64(0), 0
        else:
            forward = (forward % highest) * base + code
            if two_strands:
                backward = backward // base + (np.uint64(3) - code) * highest
            run += 1
        if at >= k - 1:
            known[at - k + 1] = run >= k
            own[at - k + 1] = _mixed(min(forward, backward) if two_strands else forward)
    return count


@compiled
def _distinct(values: np.ndarray) -> int:
    """Sort and move the distinct values to the front; returns their number."""
    values.sort()
    count = 0
    for at in range(len(values)):
        if at == 0 or values[at] != values[count - 1]:
            values[count] = values[at]
            count += 1
    return count
