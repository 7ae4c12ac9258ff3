"""First occurrences of texts, in hash tables of 16-byte digests: millions of texts fit into memory."""

from __future__ import annotations

import hashlib
import struct

import numpy as np
import pyarrow as pa

from riboswitch.numeric.compiled import compiled

FIRST_SLOTS = 1 << 12
_TWO_INTEGERS = struct.Struct("<qq")
FULL = 2 / 3  # fraction of the slots in use at which the table doubles


class FirstSeen:
    """Texts, each with the number it was first given.

    A text takes 36 to 72 bytes, whatever its length: 24 bytes a slot, and 1.5 to 3 slots a text. Two texts
    are equal if their 128-bit BLAKE2b digests are. The chance of one error among 10^9 texts is 1e-21.
    """

    def __init__(self) -> None:
        self._digests, self._numbers = _empty(FIRST_SLOTS)
        self._used = 0

    def __len__(self) -> int:
        return self._used

    def get(self, text: str) -> int | None:
        """The number of a text, or None."""
        number = _number(self._digests, self._numbers, *_digest(text))
        return None if number < 0 else number

    def claim(self, text: str, number: int) -> int | None:
        """Give a text a number (0 or more). If it has one already, return that and change nothing."""
        before = _claim(self._digests, self._numbers, *_digest(text), number)
        if before >= 0:
            return before
        self._used += 1
        if self._used > FULL * len(self._numbers):
            digests, numbers = _empty(2 * len(self._numbers))
            _move(self._digests, self._numbers, digests, numbers)
            self._digests, self._numbers = digests, numbers
        return None


def _empty(slots: int) -> tuple[np.ndarray, np.ndarray]:
    return np.zeros((slots, 2), np.int64), np.full(slots, -1, np.int64)


def _digest(text: str) -> tuple[int, int]:
    one, other = _TWO_INTEGERS.unpack(hashlib.blake2b(text.encode(), digest_size=16).digest())
    return one, other


@compiled
def _slot(digests: np.ndarray, numbers: np.ndarray, one: int, other: int) -> int:
    """The slot of a digest, or the free slot where it belongs."""
    last = len(numbers) - 1
    slot = one & last
    while numbers[slot] >= 0 and (digests[slot, 0] != one or digests[slot, 1] != other):
        slot = (slot + 1) & last
    return slot


@compiled
def _number(digests: np.ndarray, numbers: np.ndarray, one: int, other: int) -> int:
    return numbers[_slot(digests, numbers, one, other)]


@compiled
def _claim(digests: np.ndarray, numbers: np.ndarray, one: int, other: int, number: int) -> int:
    slot = _slot(digests, numbers, one, other)
    before = numbers[slot]
    if before < 0:
        digests[slot, 0], digests[slot, 1], numbers[slot] = one, other, number
    return before


@compiled
def _move(digests: np.ndarray, numbers: np.ndarray, to: np.ndarray, to_numbers: np.ndarray) -> None:
    for old in range(len(numbers)):
        if numbers[old] >= 0:
            _claim(to, to_numbers, digests[old, 0], digests[old, 1], numbers[old])


class FirstRows:
    """Row and id of every accepted row, by its number. Each takes 12 bytes and the characters of the id."""

    PAGE = 65_536

    def __init__(self) -> None:
        self._pages: list[tuple[np.ndarray, pa.Array]] = []
        self._rows: list[int] = []
        self._ids: list[str] = []

    def __len__(self) -> int:
        return len(self._pages) * self.PAGE + len(self._rows)

    def append(self, row: int, id: str) -> None:
        """Add the next row."""
        self._rows.append(row)
        self._ids.append(id)
        if len(self._rows) == self.PAGE:
            self._pages.append((np.array(self._rows), pa.array(self._ids, pa.string())))
            self._rows, self._ids = [], []

    def __getitem__(self, number: int) -> tuple[int, str]:
        page, index = divmod(number, self.PAGE)
        if page == len(self._pages):
            return self._rows[index], self._ids[index]
        rows, ids = self._pages[page]
        return int(rows[index]), ids[index].as_py()
