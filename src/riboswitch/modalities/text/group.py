"""Groups of texts that belong in one part of a split: equal ones, and those with many words in common."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from riboswitch.config.settings import FRACTION, Limits, check_values, one_of
from riboswitch.modalities.parts import Inputs
from riboswitch.modalities.text.tokens import normal, tokens
from riboswitch.numeric.components import components

METHODS = ("shingles", "random")
RELATIVES: str | None = "shingles"
LIMITS = {"words": Limits(True, 1, at_most=50), "cutoff": FRACTION}
ROWS_AT_ONCE = 512


def group(inputs: Inputs, method: str = "shingles", *, words: int = 3, cutoff: float = 0.5) -> list[str]:
    """Label each text with its group.

    Groups by document, patient or author are those of a column: ``split --method column``.

    Parameters
    ----------
    inputs : mapping
        ``{"text": text of each record}``.
    method : {"shingles", "random"}
        ``shingles``: components of the graph that joins two texts if the Jaccard index of their sets of
        shingles, runs of so many ``words``, reaches ``cutoff``. No two texts of different groups are
        that alike.
        ``random``: each text is a group of its own; equal texts are together.
    words : int
        Words of a shingle. A shorter text is one shingle.
    cutoff : float
        Jaccard index that makes two texts relatives.

    Returns
    -------
    list of str
        One label for each text, which names the group's first member in sorted order; the order of the inputs
        does not matter.
    """
    settle(inputs, method, words=words, cutoff=cutoff)
    keys = [" ".join(map(normal, tokens(text))) for text in inputs["text"]]
    unique = sorted(set(keys))
    numbers = _components(unique, words, cutoff) if method == "shingles" else np.arange(len(unique))
    first: dict[int, int] = {}
    for place, number in enumerate(numbers.tolist()):
        first.setdefault(number, place)
    label = {key: f"t{first[number]}" for key, number in zip(unique, numbers.tolist(), strict=True)}
    return [label[key] for key in keys]


def settle(
    inputs: Inputs, method: str = "shingles", *, words: int = 3, cutoff: float = 0.5
) -> dict[str, Any]:
    """The options that `group` uses; `UsageError` for an unknown method or a value out of range."""
    one_of("way to group texts", method, METHODS)
    check_values(LIMITS, words=words, cutoff=cutoff)
    return {"words": words, "cutoff": cutoff} if method == "shingles" else {}


def size(inputs: Inputs) -> int:
    """Letters of all texts."""
    return sum(map(len, inputs["text"]))


def _components(keys: list[str], words: int, cutoff: float) -> np.ndarray:
    """The number of the component of each text."""
    table = _shingles(keys, words)
    sizes = np.asarray(table.sum(1)).ravel()
    both = table.T.tocsr()
    one, other = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for start in range(0, len(keys), ROWS_AT_ONCE):
        common = (table[start : start + ROWS_AT_ONCE] @ both).tocoo()
        rows = common.row + start
        alike = common.data >= cutoff * (sizes[rows] + sizes[common.col] - common.data)
        one.append(rows[alike])
        other.append(common.col[alike])
    return components(np.concatenate(one), np.concatenate(other), len(keys))


def _shingles(keys: list[str], words: int) -> csr_matrix:
    """Which shingles each text has, 0 or 1, shape (texts, shingles)."""
    number: dict[tuple[str, ...], int] = {}
    columns, lengths = [], [0]
    for key in keys:
        parts = key.split(" ")
        runs = {tuple(parts[i : i + words]) for i in range(max(1, len(parts) - words + 1))}
        columns += [number.setdefault(run, len(number)) for run in runs]
        lengths.append(len(columns))
    shape = (len(keys), max(len(number), 1))
    return csr_matrix((np.ones(len(columns), np.float64), np.array(columns, np.int64), lengths), shape=shape)
