"""Sparse features of encoded texts for linear models: words and their pairs, and what is around a token.

A feature is a number below a size: two of them share one now and then.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_matrix

from riboswitch.data.arrays import RaggedArrays
from riboswitch.modalities.text.forms import KINDS, affixes_of, distinct_tokens, small
from riboswitch.modalities.text.tokens import HIDDEN
from riboswitch.modalities.text.tokens import KINDS as CHARACTER_KINDS
from riboswitch.numeric.offsets import gather_index

WORDS = 2**17
"""Features of a text."""
RUNS = 2**17
"""Features of a text made of runs of characters."""
SHORTEST, LONGEST = 2, 5
TOKENS = 2**19
"""Features of a token."""
_FACTORS = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F], np.uint64)
_NEAR = 2  # tokens to each side whose words are features
_FIRST = 2  # beginnings and ends of fewer characters are no features


def text_counts(arrays: RaggedArrays, rows: np.ndarray, longest: int = 2) -> csr_matrix:
    """Count the runs of up to ``longest`` words of each text; float64, shape (rows, `WORDS`)."""
    index, offsets = gather_index(arrays.only.offsets["word"], arrays.items(rows))
    words = arrays.only.values["word"][index]
    owner = np.repeat(np.arange(len(rows)), np.diff(offsets))
    columns, owners = [], []
    number, there = np.zeros(len(words), np.uint64), np.ones(len(words), bool)
    for size in range(1, longest + 1):
        count = max(len(words) - size + 1, 0)
        number = _mixed(number[:count], words[size - 1 :])
        there = there[:count] & (words[size - 1 :] != HIDDEN) & (owner[:count] == owner[size - 1 :])
        columns.append(number[there] % np.uint64(WORDS))
        owners.append(owner[:count][there])
    row, column = np.concatenate(owners), np.concatenate(columns).astype(np.int64)
    table = csr_matrix((np.ones(len(row)), (row, column)), shape=(len(rows), WORDS))
    table.sum_duplicates()
    return table


def character_counts(arrays: RaggedArrays, rows: np.ndarray) -> csr_matrix:
    """Count the runs of 2 to 5 characters within the tokens of each text, their ends included.

    Returns
    -------
    csr_matrix
        float64, shape (rows, `RUNS`). Characters are small letters, digits are 0.
    """
    index, offsets = gather_index(arrays.only.offsets["word"], arrays.items(rows))
    characters = arrays.only.values["characters"][index]
    _, forms, number = distinct_tokens(np.zeros(len(index), np.int64), characters)
    of_text = csr_matrix((np.ones(len(number)), number, offsets), shape=(len(rows), len(forms)))
    codes = np.pad(small(forms.astype(np.int64)), ((0, 0), (1, 1)))
    length = (forms > 0).sum(1)
    codes[:, 0] = codes[np.arange(len(forms)), length + 1] = CHARACTER_KINDS
    owners, columns = [], []
    for size in range(SHORTEST, LONGEST + 1):
        mixed = np.full((len(forms), codes.shape[1] - size + 1), size, np.uint64)
        for step in range(size):
            mixed = _mixed(mixed, codes[:, step : step + mixed.shape[1]])
        inside = (np.arange(mixed.shape[1]) + size <= length[:, None] + 2) & (length[:, None] > 0)
        owners.append(np.nonzero(inside)[0])
        columns.append((mixed[inside] % np.uint64(RUNS)).astype(np.int64))
    row, column = np.concatenate(owners), np.concatenate(columns)
    of_forms = csr_matrix((np.ones(len(row)), (row, column)), shape=(len(forms), RUNS))
    of_text.sum_duplicates()
    return of_text @ of_forms


def token_features(arrays: RaggedArrays, rows: np.ndarray) -> csr_matrix:
    """What stands at and around each token, ones in float64, shape (tokens of the rows, `TOKENS`).

    The words within two tokens, and the pairs of neighbours; beginnings, ends and shape of the token and of
    the next to each side; and the shapes of three tokens together.
    """
    index, offsets = gather_index(arrays.only.offsets["word"], arrays.items(rows))
    words = arrays.only.values["word"][index]
    forms = affixes_of(arrays.only.values["characters"][index])
    owner = np.repeat(np.arange(len(rows)), np.diff(offsets))
    near = {step: _moved(words, owner, step) for step in range(-_NEAR, _NEAR + 1)}
    shapes = {step: _moved(forms[:, -1], owner, step) for step in (-1, 0, 1)}
    affixes = [c for c in range(KINDS - 1) if c % (KINDS // 2) >= _FIRST - 1]
    parts: list[Sequence[np.ndarray]] = [[near[step]] for step in near]
    parts += [[near[-1], near[0]], [near[0], near[1]], [shapes[-1], shapes[0], shapes[1]]]
    parts += [[forms[:, column]] for column in (*affixes, KINDS - 1)]
    parts += [[_moved(forms[:, column], owner, step)] for step in (-1, 1) for column in (*affixes, KINDS - 1)]
    columns = np.empty((len(words), len(parts) + 1), np.int64)
    columns[:, -1] = 0  # always there
    for kind, together in enumerate(parts):
        number = np.full(len(words), kind + 1, np.uint64)
        for values in together:
            number = _mixed(number, values)
        columns[:, kind] = 1 + (number % np.uint64(TOKENS - 1)).astype(np.int64)
    width = columns.shape[1]
    starts = np.arange(len(words) + 1, dtype=np.int64) * width
    table = csr_matrix((np.ones(columns.size), columns.ravel(), starts), shape=(len(words), TOKENS))
    table.sum_duplicates()
    return table


def _moved(values: np.ndarray, owner: np.ndarray, step: int) -> np.ndarray:
    """For each token the value ``step`` tokens on in its text; -1 beyond it."""
    place = np.arange(len(values)) + step
    there = (place >= 0) & (place < len(values))
    place = np.where(there, place, 0)
    return np.where(there & (owner[place] == owner), values[place], -1) if len(values) else values


def _mixed(number: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Numbers of 64 bits that follow from earlier ones and from further values."""
    added = (number ^ values.astype(np.int64).view(np.uint64)) * _FACTORS[0]
    return (added ^ (added >> np.uint64(29))) * _FACTORS[1]
