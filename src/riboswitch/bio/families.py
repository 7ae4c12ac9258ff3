"""Families by shared k-mers: the connected components of sequences that resemble each other.

The result is exact: every pair that shares a k-mer is counted, none is sampled. It is fast because sequences
are processed from few k-mers to many: each pair is seen once, from its smaller member, and one comparison
excludes pairs whose sizes differ too much. Components are kept but no pairs, so that memory grows with the
letters alone (25 to 45 bytes each, depending on k).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from riboswitch.bio.alphabet import NUCLEOTIDES
from riboswitch.bio.kmers import kmers
from riboswitch.numeric.compiled import compiled
from riboswitch.numeric.offsets import offsets_of

# Proteins of 65 % identity share a tenth of their 4-mers. Two genes share most of the 256 4-mers of DNA; of
# the million 10-mers they share almost none by chance, and a tenth at 84 % identity.
DEFAULT_K = {"protein": 4, "nucleic": 10}
CHUNK = 4096  # sequences whose k-mers are numbered at a time


def kind_of(sequences: Sequence[str]) -> str:
    """``"nucleic"`` if nine letters in ten of all sequences are A, C, G, T, U or N, else ``"protein"``."""
    total = sum(map(len, sequences))
    foreign = sum(len(s.encode("ascii", "replace").upper().translate(None, NUCLEOTIDES)) for s in sequences)
    return "nucleic" if total and foreign <= total / 10 else "protein"


def families(sequences: Sequence[str], k: int, cutoff: float) -> np.ndarray:
    """Find the connected components of the graph that joins relatives.

    Parameters
    ----------
    sequences : sequence of str
    k : int
        Length of the k-mers.
    cutoff : float
        Two sequences are relatives if they share a k-mer and the Jaccard index of their k-mer sets is at
        least this.

    Returns
    -------
    ndarray
        int64, shape (sequences,): all members of a component have the number of one of them.
    """
    sets = _KmerSets.number(sequences, k)
    sizes = np.diff(sets.start)
    least = _least_shared(int(sizes.max(initial=0)), cutoff)
    # A small set has too few k-mers to share enough of them with a very large one.
    reach = np.searchsorted(least, sizes, side="right") - 1 - sizes
    end = np.searchsorted(sizes, reach, side="right")
    parent = _components(sets.kmer, sets.start, sets.distinct, sizes, least, end)
    component = np.empty(len(sizes), np.int64)
    component[sets.order] = sets.order[parent]
    return component


@dataclass
class _KmerSets:
    """K-mers of all sequences as numbers below ``distinct``, the sequence with fewest first.

    Those of the sequence at ``order[i]`` are ``kmer[start[i] : start[i + 1]]``.
    """

    order: np.ndarray
    kmer: np.ndarray
    start: np.ndarray
    distinct: int

    @classmethod
    def number(cls, sequences: Sequence[str], k: int) -> _KmerSets:
        narrow = np.uint32 if k <= 6 else np.uint64  # a letter takes five bits
        sets = [kmers(s, k).astype(narrow) for s in sequences]
        sizes = np.array([len(s) for s in sets], np.int64)
        order = np.argsort(sizes, kind="stable")
        start = offsets_of(sizes[order])
        words = np.concatenate([np.empty(0, narrow), *(sets[i] for i in order)])
        sets.clear()
        distinct = np.unique(words)
        kmer = np.empty(len(words), np.int32)
        for a, b in zip(start[:-1:CHUNK], [*start[CHUNK::CHUNK], start[-1]], strict=False):
            kmer[a:b] = np.searchsorted(distinct, words[a:b])
        return cls(order, kmer, start, len(distinct))


def _least_shared(largest: int, cutoff: float) -> np.ndarray:
    """At index ``t``: the fewest shared k-mers of two relatives that have ``t`` k-mers together.

    Jaccard >= cutoff  <=>  shared * (1 + cutoff) >= cutoff * t
    """
    total = np.arange(2 * largest + 1)
    shared = np.maximum(1, np.floor(cutoff * total / (1 + cutoff)).astype(np.int64) - 1)
    for _ in range(3):  # rounding may move the division by a bit; the comparison decides
        shared += shared * (1 + cutoff) < cutoff * total
    return shared


@compiled
def _components(
    kmer: np.ndarray, start: np.ndarray, distinct: int, sizes: np.ndarray, least: np.ndarray, end: np.ndarray
) -> np.ndarray:
    n = len(sizes)
    owner, head, tail = _owners(kmer, start, distinct)
    parent = np.arange(n)
    left = n
    shared = np.zeros(n, np.int32)
    found = np.empty(n, np.int64)
    for i in range(n):
        enough = least[2 * sizes[i]]  # later sequences are no smaller
        count = 0
        for word in kmer[start[i] : start[i + 1]]:
            head[word] += 1  # skip i itself; earlier sequences are skipped already
            for at in range(head[word], tail[word]):
                j = owner[at]
                if j >= end[i]:
                    break
                shared[j] += 1
                if shared[j] == enough:
                    found[count] = j
                    count += 1
        for j in found[:count]:
            if shared[j] >= least[sizes[i] + sizes[j]]:
                left -= _unite(parent, i, j)
        if left == 1:
            break
        shared[i:] = 0
    for i in range(n):
        parent[i] = _root(parent, i)
    return parent


@compiled
def _owners(kmer: np.ndarray, start: np.ndarray, distinct: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sequences that have each k-mer, ascending, and where those of each k-mer begin and end."""
    tail = np.zeros(distinct + 1, np.int64)
    for word in kmer:
        tail[word + 1] += 1
    for word in range(distinct):
        tail[word + 1] += tail[word]
    head = tail[:-1].copy()
    owner = np.empty(len(kmer), np.int32)
    for i in range(len(start) - 1):
        for word in kmer[start[i] : start[i + 1]]:
            owner[tail[word]] = i
            tail[word] += 1
    return owner, head, tail[:-1]


@compiled
def _root(parent: np.ndarray, i: int) -> int:
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i


@compiled
def _unite(parent: np.ndarray, i: int, j: int) -> int:
    """Join the components of two sequences; 1 if they were different, else 0."""
    a, b = _root(parent, i), _root(parent, j)
    parent[max(a, b)] = min(a, b)
    return 1 if a != b else 0
