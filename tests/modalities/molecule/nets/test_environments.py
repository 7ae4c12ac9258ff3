"""Laws of distinct environments: exactly those that differ are told apart, whatever the hashes do."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riboswitch.modalities.molecule.nets.environments import Environments, Sums


@st.composite
def graphs(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Several small graphs in one, of few kinds of atoms and bonds, so that much repeats."""
    sizes = draw(st.lists(st.integers(1, 6), min_size=1, max_size=5))
    offsets = np.cumsum([0, *sizes]).tolist()
    pairs = [
        (a, b)
        for first, size in zip(offsets, sizes, strict=False)
        for a in range(first, first + size)
        for b in range(first, a)
        if draw(st.booleans())
    ]
    atoms = draw(st.lists(st.sampled_from([5, 6, 2**40]), min_size=offsets[-1], max_size=offsets[-1]))
    bonds = draw(st.lists(st.sampled_from([1, 2]), min_size=len(pairs), max_size=len(pairs)))
    return (
        np.array(atoms, np.int64),
        np.array(bonds, np.int64),
        np.array(pairs, np.int64).reshape(-1, 2),
        np.array(offsets),
    )


def spelled(atoms: np.ndarray, bonds: np.ndarray, ends: np.ndarray, depth: int) -> list[list[object]]:
    """Each environment as a nested tuple: of directed bonds level by level, then of atoms."""
    edges = {(int(a), int(b)): int(k) for (a, b), k in zip(ends, bonds, strict=True)}
    edges |= {(b, a): k for (a, b), k in edges.items()}
    level: dict[tuple[int, int], object] = {(a, b): (int(atoms[a]), k) for (a, b), k in edges.items()}
    first, told = level, []
    for _ in range(depth - 1):
        level = {
            (a, b): (
                first[a, b],
                tuple(sorted((level[c, d] for c, d in edges if d == a and c != b), key=repr)),
            )
            for a, b in edges
        }
        told.append(list(level.values()))
    heard = [tuple(sorted((level[c, d] for c, d in edges if d == v), key=repr)) for v in range(len(atoms))]
    return [*told, [(int(a), h) for a, h in zip(atoms, heard, strict=True)]]


@settings(max_examples=60, deadline=None)
@given(graph=graphs(), depth=st.integers(1, 4), bits=st.sampled_from([64, 2, 0]))
def test_as_many_as_there_are(graph: tuple[np.ndarray, ...], depth: int, bits: int) -> None:
    found = Environments.of(*graph, depth, hash_bits=bits)
    counts = [len(set(level)) for level in spelled(*graph[:3], depth)]
    assert [len(level) for level in (*found.levels, found.atom_level)] == counts


@settings(max_examples=60, deadline=None)
@given(graph=graphs(), depth=st.integers(1, 4), bits=st.sampled_from([64, 1, 0]))
def test_atoms_that_share_a_number_are_the_same(graph: tuple[np.ndarray, ...], depth: int, bits: int) -> None:
    found = Environments.of(*graph, depth, hash_bits=bits)
    members, spelling = found.molecules.rows, spelled(*graph[:3], depth)[-1]
    assert len(members) == len(graph[0])
    pairs = set(zip(members.tolist(), spelling, strict=True))
    assert len(pairs) == len(set(spelling)) == len(found.atom_level)
    np.testing.assert_array_equal(found.molecules.offsets, graph[3])


@settings(max_examples=60, deadline=None)
@given(graph=graphs(), depth=st.integers(2, 4))
def test_collisions_change_nothing(graph: tuple[np.ndarray, ...], depth: int) -> None:
    exact, colliding = (Environments.of(*graph, depth, hash_bits=bits) for bits in (64, 0))
    levels = ((*found.levels, found.atom_level) for found in (exact, colliding))
    for one, other in zip(*levels, strict=True):
        np.testing.assert_array_equal(one.rows, other.rows)
        np.testing.assert_array_equal(one.offsets, other.offsets)


@settings(max_examples=60, deadline=None)
@given(graph=graphs(), depth=st.integers(1, 3))
def test_rows_exist_and_begin_with_what_is_at_the_centre(graph: tuple[np.ndarray, ...], depth: int) -> None:
    found = Environments.of(*graph, depth)
    below = len(found.source)
    for level in found.levels:
        own = level.rows[level.offsets[:-1]]
        assert (own < len(found.source)).all()
        assert (level.rows < len(found.source) + below).all()
        below = len(level)
    assert (found.atom_level.rows < len(found.atoms) + below).all()


@settings(max_examples=60, deadline=None)
@given(
    lists=st.lists(st.lists(st.integers(0, 6), max_size=5), max_size=8),
)
def test_transposing_twice_is_a_way_back(lists: list[list[int]]) -> None:
    sums = Sums(
        np.array([i for rows in lists for i in rows], np.int32),
        np.cumsum([0, *map(len, lists)]).astype(np.int32),
    )
    again = sums.transposed(7).transposed(len(lists))
    np.testing.assert_array_equal(again.offsets, sums.offsets)
    for expected, first, stop in zip(lists, again.offsets, again.offsets[1:], strict=False):
        assert again.rows[first:stop].tolist() == sorted(expected)


@pytest.mark.parametrize("degree", [3, 63, 64, 200])
def test_an_atom_with_very_many_bonds(degree: int) -> None:
    ends = np.array([(0, i) for i in range(1, degree + 1)])
    found = Environments.of(
        np.arange(degree + 1), np.ones(degree, np.int64), ends, np.array([0, degree + 1]), 2
    )
    hub = found.molecules.rows[0]
    assert found.atom_level.offsets[hub + 1] - found.atom_level.offsets[hub] == degree + 1


def test_tables_grow() -> None:
    n = 5000
    ends = np.stack([np.arange(n - 1), np.arange(1, n)], axis=1)
    found = Environments.of(np.arange(n), np.ones(n - 1, np.int64), ends, np.array([0, n]), 3)
    assert len(found.atom_level) == n
    assert [len(level) for level in found.levels] == [2 * (n - 1), 2 * (n - 1)]
