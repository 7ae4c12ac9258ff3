"""Which sequences lie within others, or are nearly identical: candidates by k-mers, decided by edits."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from riboswitch.bio.relatives.containment import Contained, contained
from riboswitch.bio.relatives.edits import edits_within
from riboswitch.bio.relatives.minimisers import Letters, hashes
from riboswitch.numeric.compiled import compiled

MOST_HASHES = 24_000_000  # of the references: k-mers of longer sets are thinned out
QUERIES_TOGETHER = 64


class Rules(NamedTuple):
    """When two sequences are alike.

    Attributes
    ----------
    k : int
        Length of the k-mers.
    shortest : int
        Fewest letters of a sequence for which lying within another one is no chance.
    identity : float
        Least identity of sequences that are nearly identical: 1 - edits / letters of the shorter one.
    half, most : float
        Least share of the query that a reference within it must cover; and one that is nearly identical to
        it.
    """

    k: int
    shortest: int
    identity: float
    half: float = 0.5
    most: float = 0.8


class Alike(NamedTuple):
    """The reference that is most alike to each query; -1 and 0.0 where there is none.

    Attributes
    ----------
    within, share : ndarray
        A reference that holds the query, or that the query holds; and the share of the query in common.
    near, identity : ndarray
        A reference that is nearly identical, and the identity.
    contained : Contained
        The shares of k-mers.
    """

    within: np.ndarray
    share: np.ndarray
    near: np.ndarray
    identity: np.ndarray
    contained: Contained


def alike(queries: Letters, references: Letters, rules: Rules, asked: np.ndarray, threads: int) -> Alike:
    """Find for each query the reference that it lies in, or that it nearly equals, on either strand.

    Of all references those are compared that share most k-mers, `containment.CANDIDATES` of them. By the
    q-gram lemma (Jokinen and Ukkonen 1991) a sequence with few edits shares at least a certain number; with
    half of that or less a pair is not compared. Sequences without a k-mer have no candidates.

    Parameters
    ----------
    queries, references : Letters
    rules : Rules
    asked : ndarray of bool
        Queries to compare letter by letter; the others only have their shares of k-mers.
    threads : int
        The result does not depend on it.
    """
    window = max(1, -(-2 * len(references.codes) // MOST_HASHES) - 1)  # minimisers are 2 of window + 1 k-mers
    sides = [hashes(letters, rules.k, window) for letters in (queries, references)]
    found = contained(*sides)
    number = len(asked)
    within, near = (np.full(number, -1, np.int64) for _ in range(2))
    share, identity = np.zeros(number), np.zeros(number)
    rows = np.flatnonzero(asked)

    def some(start: int) -> None:
        _compare(
            rows[start : start + QUERIES_TOGETHER], queries.codes, queries.offsets, sides[0].sizes,
            references.codes, references.offsets, sides[1].sizes, found.candidates, found.shared,
            queries.size, queries.two_strands, tuple(map(float, rules)), within, share, near, identity,
        )  # fmt: skip

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(some, range(0, len(rows), QUERIES_TOGETHER)))
    return Alike(within, share, near, identity, found)


@compiled
def _compare(
    rows: np.ndarray, codes: np.ndarray, offsets: np.ndarray, sizes: np.ndarray,
    other_codes: np.ndarray, other_offsets: np.ndarray, other_sizes: np.ndarray,
    candidates: np.ndarray, shared: np.ndarray, letters: int, two_strands: bool,
    rules: tuple[float, ...], within: np.ndarray, share: np.ndarray, near: np.ndarray, identity: np.ndarray,
) -> None:  # fmt: skip
    k, shortest, least_identity, half, most = rules
    for row in rows:
        query = codes[offsets[row] : offsets[row + 1]]
        for place in range(candidates.shape[1]):
            other = candidates[row, place]
            if other < 0:
                break
            reference = other_codes[other_offsets[other] : other_offsets[other + 1]]
            shorter = min(len(query), len(reference))
            covered = shorter / len(query)
            allowed = np.floor((1 - least_identity) * shorter + 1e-9)
            number = min(sizes[row], other_sizes[other])
            least = 0.5 * number * (1 - k * allowed / max(shorter - k + 1, 1))
            if covered < half or shorter < shortest or shared[row, place] < least:
                continue
            edits = _edits(query, reference, letters, two_strands)
            if edits == 0 and covered > share[row]:
                within[row], share[row] = other, covered
            if edits <= allowed and covered >= most and 1 - edits / shorter > identity[row]:
                near[row], identity[row] = other, 1 - edits / shorter


@compiled
def _edits(query: np.ndarray, reference: np.ndarray, letters: int, two_strands: bool) -> int:
    """Fewest edits that put the shorter sequence, or its reverse complement, into the longer one."""
    pattern, text = (query, reference) if len(query) <= len(reference) else (reference, query)
    edits = edits_within(pattern, text, letters)
    if two_strands and edits > 0:
        turned = np.empty_like(pattern)
        for at in range(len(pattern)):
            code = pattern[len(pattern) - 1 - at]
            turned[at] = 3 - code if code < letters else code
        edits = min(edits, edits_within(turned, text, letters))
    return edits
