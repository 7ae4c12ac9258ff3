"""Gene families: sequences that must stand on one side of a split."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from riboswitch.errors import UsageError
from riboswitch.modalities.sequence.similarity import KmerIndex
from riboswitch.settings import positive_int, share

METHODS = ("family", "random")


def group(inputs: Sequence[str], method: str = "family", *, k: int = 4, cutoff: float = 0.1) -> list[str]:
    """Label each sequence with its group.

    Parameters
    ----------
    inputs : sequence of str
        Proteins (or DNA, with a larger ``k``).
    method : {"family", "random"}
        ``family``: connected components of the graph that joins two sequences when the Jaccard index of
        their k-mer sets reaches ``cutoff``; so no two sequences of different groups are that alike.
        ``random``: every sequence for itself, equal ones together.
    k, cutoff : int, float
        Length of the k-mers and the Jaccard index that makes two sequences relatives.

    Returns
    -------
    list of str
        One label a sequence; the label names the smallest member, so it does not depend on the order.
    """
    if method not in METHODS:
        raise UsageError("no such way to group sequences", found=method, hint=f"Choose of {METHODS}.")
    positive_int("k", k)
    share("cutoff", cutoff, below_one=False)
    unique = sorted(set(inputs))
    position = {sequence: i for i, sequence in enumerate(unique)}
    component = _families(unique, k, cutoff) if method == "family" else np.arange(len(unique))
    first: dict[int, int] = {}
    for i, c in enumerate(component):
        first.setdefault(int(c), i)
    return [f"g{first[int(component[position[s]])]}" for s in inputs]


def _families(unique: list[str], k: int, cutoff: float) -> np.ndarray:
    index = KmerIndex.build(unique, k)
    edges_a, edges_b = [], []
    for i, sequence in enumerate(unique):
        counts, size = index.shared(sequence)
        # Jaccard >= cutoff  <=>  shared * (1 + cutoff) >= cutoff * (|A| + |B|)
        near = np.flatnonzero((counts > 0) & (counts * (1 + cutoff) >= cutoff * (index.sizes + size)))
        near = near[near > i]
        edges_a.append(np.full(len(near), i))
        edges_b.append(near)
    none = np.empty(0, np.int64)
    a, b = np.concatenate([none, *edges_a]), np.concatenate([none, *edges_b])
    graph = coo_matrix((np.ones(len(a), bool), (a, b)), shape=(len(unique),) * 2)
    return connected_components(graph, directed=False)[1]
