"""Containment: the share of a sequence's k-mers that stand in another one."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from riboswitch.bio.relatives.minimisers import Hashes
from riboswitch.numeric.compiled import compiled

CANDIDATES = 8  # sequences that are compared letter by letter with each query


class Contained(NamedTuple):
    """What the references have of each query.

    Attributes
    ----------
    share : ndarray
        float64, shape (queries,): the largest share of a query's hashes that one reference has; NaN for a
        query without hashes.
    reference : ndarray
        int64, shape (queries,): the first reference with that share; -1: none has any.
    candidates : ndarray
        int64, shape (queries, CANDIDATES): the references with most hashes, in falling order, the first of
        equal ones first; -1 where there are no more.
    shared : ndarray
        int64, shape (queries, CANDIDATES): how many hashes each candidate has of the query.
    """

    share: np.ndarray
    reference: np.ndarray
    candidates: np.ndarray
    shared: np.ndarray


def contained(queries: Hashes, references: Hashes) -> Contained:
    """Find the references that share most hashes with each query."""
    order = np.argsort(references.values, kind="stable")
    owners = np.repeat(np.arange(len(references.sizes), dtype=np.int32), references.sizes)[order]
    candidates = np.full((len(queries.sizes), CANDIDATES), -1, np.int64)
    numbers = np.zeros_like(candidates)
    _count(queries.values, queries.offsets, references.values[order], owners, len(references.sizes),
           candidates, numbers)  # fmt: skip
    share = np.where(queries.sizes > 0, numbers[:, 0] / np.maximum(queries.sizes, 1), np.nan)
    return Contained(share, candidates[:, 0], candidates, numbers)


@compiled
def _count(
    values: np.ndarray, offsets: np.ndarray, keys: np.ndarray, owners: np.ndarray, references: int,
    candidates: np.ndarray, numbers: np.ndarray,
) -> None:  # fmt: skip
    """Fill in the candidates of each query, and how many hashes each of them shares."""
    shared = np.zeros(references, np.int32)
    touched = np.empty(references, np.int64)
    for query in range(len(offsets) - 1):
        count = 0
        at = 0
        for value in values[offsets[query] : offsets[query + 1]]:
            at += np.searchsorted(keys[at:], value)  # both are ascending
            here = at
            while here < len(keys) and keys[here] == value:
                owner = owners[here]
                if shared[owner] == 0:
                    touched[count] = owner
                    count += 1
                shared[owner] += 1
                here += 1
        _best(touched[:count], shared, candidates[query])
        for place in range(min(count, candidates.shape[1])):
            numbers[query, place] = shared[candidates[query, place]]
        for owner in touched[:count]:
            shared[owner] = 0


@compiled
def _best(touched: np.ndarray, shared: np.ndarray, best: np.ndarray) -> None:
    """Keep the references with most hashes, in order."""
    for owner in touched:
        place = len(best)
        while place > 0 and (
            best[place - 1] < 0
            or shared[owner] > shared[best[place - 1]]
            or (shared[owner] == shared[best[place - 1]] and owner < best[place - 1])
        ):
            place -= 1
        if place < len(best):
            for later in range(len(best) - 1, place, -1):
                best[later] = best[later - 1]
            best[place] = owner
