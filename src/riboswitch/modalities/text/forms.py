"""The form of a token as numbers: how it begins and ends, and its shape.

Unseen names of drugs and diseases are told by these: ``-olol``, ``hyper-``, or a capital with digits.
"""

from __future__ import annotations

import numpy as np

from riboswitch.modalities.text.tokens import LOWER, UPPER
from riboswitch.numeric.offsets import offsets_of

LONGEST = 4
"""Characters of the longest beginning or end."""
SLOTS = *((128, 4096, 4096, 4096) * 2), 512
"""Numbers of each kind, from 0 for none: beginnings and ends of 1 to 4 characters, and shapes."""
KINDS = len(SLOTS)
_FACTOR = 131
_ODD = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93], np.uint64)
_CAPITAL_A, _CAPITAL_Z, _ZERO, _NINE, _SMALL = 33, 58, 16, 25, 32  # codes are those of ASCII less 32


def affixes_of(characters: np.ndarray) -> np.ndarray:
    """Number the beginnings and ends of 1 to 4 characters, in small letters, and the shape.

    Parameters
    ----------
    characters : ndarray
        uint8, shape (tokens, width), see `tokens.character_codes`.

    Returns
    -------
    ndarray
        int64, shape (tokens, 9): beginnings, ends, shape; each from its own
        `SLOTS`, of which the first is none.
    """
    codes = characters.astype(np.int64)
    kind, plain = _kinds(codes), small(codes)
    length = (codes > 0).sum(1)
    columns = []
    for size, slots in enumerate(SLOTS[:LONGEST], 1):
        enough = length >= size
        columns.append(_numbered(plain[:, :size], enough, slots))
        place = np.maximum(length[:, None] - size, 0) + np.arange(size)
        columns.append(_numbered(np.take_along_axis(plain, place, 1), enough, slots))
    columns = [*columns[::2], *columns[1::2], _shape(kind)]
    return np.stack(columns, 1) + offsets_of(np.array(SLOTS))[:-1]


def small(codes: np.ndarray) -> np.ndarray:
    """The codes with capitals as small letters, and every digit as 0."""
    plain = np.where((codes >= _CAPITAL_A) & (codes <= _CAPITAL_Z), codes + _SMALL, codes)
    return np.where((codes >= _ZERO) & (codes <= _NINE), _ZERO, plain)


def distinct_tokens(words: np.ndarray, characters: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The different tokens, each a word and its characters.

    Returns
    -------
    words, characters : ndarray
        Of each different token; the first one is hidden: word 0 without characters.
    number : ndarray
        For each given token its number among them, int64.
    """
    words = np.concatenate([np.zeros(1, np.int64), words])
    every = np.concatenate([np.zeros((1, characters.shape[1]), np.uint8), characters])
    padded = np.pad(every, ((0, 0), (0, -every.shape[1] % 8))).view(np.uint64)
    # A number of 64 bits sorts far sooner than a row. It is 0 for the hidden token.
    mixed = (np.concatenate([words[:, None].view(np.uint64), padded], 1) * _ODD[: 1 + padded.shape[1]]).sum(1)
    mixed ^= mixed >> np.uint64(31)
    _, first, number = np.unique(mixed, return_index=True, return_inverse=True)
    number = number.ravel()
    if (words[first[number]] != words).any() or (every[first[number]] != every).any():  # two had one number
        whole = np.concatenate([words[:, None].view(np.uint8).reshape(len(words), 8), every], 1)
        whole = np.ascontiguousarray(whole).view(np.dtype((np.void, whole.shape[1]))).ravel()
        _, first, number = np.unique(whole, return_index=True, return_inverse=True)
    return words[first], every[first], number.ravel()[1:].astype(np.int64)


def _kinds(codes: np.ndarray) -> np.ndarray:
    """1 for capitals, 2 for small letters, 3 for digits, 4 for all else, 0 for padding."""
    capital = ((codes >= _CAPITAL_A) & (codes <= _CAPITAL_Z)) | (codes == UPPER)
    small = ((codes >= _CAPITAL_A + _SMALL) & (codes <= _CAPITAL_Z + _SMALL)) | (codes == LOWER)
    digit = (codes >= _ZERO) & (codes <= _NINE)
    return np.select([codes == 0, capital, small, digit], [0, 1, 2, 3], 4)


def _numbered(codes: np.ndarray, enough: np.ndarray, slots: int) -> np.ndarray:
    number = np.zeros(len(codes), np.int64)
    for column in codes.T:
        number = number * _FACTOR + column + 1
    return np.where(enough, 1 + number % (slots - 1), 0)


def _shape(kind: np.ndarray) -> np.ndarray:
    """Kinds of characters in their order, repeats left out: ``Abc-12`` is capital, small, other, digit."""
    number, before = np.zeros(len(kind), np.int64), np.zeros(len(kind), np.int64)
    for column in kind.T:
        new = (column > 0) & (column != before)
        number, before = np.where(new, number * 5 + column, number), column
    return np.where(number > 0, 1 + number % (SLOTS[-1] - 1), 0)
