"""Which text came first: a hash table of 16-byte digests, so that millions of keys fit into memory."""

from __future__ import annotations

import hashlib

import numpy as np
import pyarrow as pa

from riboswitch.compiled import compiled

LEAST = 1 << 12
FULL = 2 / 3  # share of the slots in use from which on the table doubles


class FirstSeen:
    """Texts, each with the number it was first given.

    24 bytes a slot, and between 1.5 and 3 slots a text: 36 to 72 bytes, whatever the text's length. Texts are
    told apart by 128 bits of BLAKE2b: among a thousand million texts the chance of one mistake is 1e-21.
    """

    def __init__(self) -> None:
        self._digests, self._numbers = _empty(LEAST)
        self._used = 0

    def __len__(self) -> int:
        return self._used

    def get(self, text: str) -> int | None:
        """The number of a text, if it has one."""
        number = int(self._numbers[_slot(self._digests, self._numbers, _digest(text))])
        return None if number < 0 else number

    def add(self, text: str, number: int) -> None:
        """Give a text its number (0 or more), if it has none yet."""
        digest = _digest(text)
        slot = _slot(self._digests, self._numbers, digest)
        if self._numbers[slot] >= 0:
            return
        self._digests[slot], self._numbers[slot] = digest, number
        self._used += 1
        if self._used > FULL * len(self._numbers):
            digests, numbers = _empty(2 * len(self._numbers))
            _move(self._digests, self._numbers, digests, numbers)
            self._digests, self._numbers = digests, numbers


def _empty(slots: int) -> tuple[np.ndarray, np.ndarray]:
    return np.zeros((slots, 2), np.uint64), np.full(slots, -1, np.int64)


def _digest(text: str) -> np.ndarray:
    return np.frombuffer(hashlib.blake2b(text.encode(), digest_size=16).digest(), np.uint64)


@compiled
def _slot(digests: np.ndarray, numbers: np.ndarray, digest: np.ndarray) -> int:
    """Where a digest stands, or else would stand."""
    last = np.uint64(len(numbers) - 1)
    slot = digest[0] & last
    while numbers[slot] >= 0 and (digests[slot, 0] != digest[0] or digests[slot, 1] != digest[1]):
        slot = (slot + np.uint64(1)) & last
    return slot


@compiled
def _move(digests: np.ndarray, numbers: np.ndarray, to: np.ndarray, to_numbers: np.ndarray) -> None:
    for old in range(len(numbers)):
        if numbers[old] >= 0:
            slot = _slot(to, to_numbers, digests[old])
            to[slot, 0], to[slot, 1] = digests[old, 0], digests[old, 1]
            to_numbers[slot] = numbers[old]


class Firsts:
    """Row and id of every accepted row by its number, packed: 12 bytes and the id's characters each."""

    PAGE = 65_536

    def __init__(self) -> None:
        self._pages: list[tuple[np.ndarray, pa.Array]] = []
        self._rows: list[int] = []
        self._ids: list[str] = []

    def __len__(self) -> int:
        return len(self._pages) * self.PAGE + len(self._rows)

    def append(self, row: int, id: str) -> None:
        """The next row."""
        self._rows.append(row)
        self._ids.append(id)
        if len(self._rows) == self.PAGE:
            self._pages.append((np.array(self._rows), pa.array(self._ids, pa.string())))
            self._rows, self._ids = [], []

    def __getitem__(self, number: int) -> tuple[int, str]:
        page, place = divmod(number, self.PAGE)
        if page == len(self._pages):
            return self._rows[place], self._ids[place]
        rows, ids = self._pages[page]
        return int(rows[place]), ids[place].as_py()
