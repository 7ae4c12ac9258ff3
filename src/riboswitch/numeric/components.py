"""Connected components of a graph of pairs, and the groups that follow from them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components


def components(one: np.ndarray, other: np.ndarray, size: int) -> np.ndarray:
    """Number of the component of each of ``size`` nodes, if ``one[i]`` and ``other[i]`` are joined."""
    graph = coo_matrix((np.ones(len(one), bool), (one, other)), shape=(size, size))
    numbers: np.ndarray = connected_components(graph, directed=False)[1]
    return numbers


def first_members(names: Sequence[str], numbers: np.ndarray) -> dict[str, str]:
    """The first member, in the order of the names, of each name's component."""
    first: dict[int, str] = {}
    for name, number in zip(names, numbers.tolist(), strict=True):
        first.setdefault(number, name)
    return {name: first[number] for name, number in zip(names, numbers.tolist(), strict=True)}
