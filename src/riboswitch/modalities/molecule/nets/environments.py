"""Distinct atom environments: what of a batch of molecules a message passing network need compute only once.

The state of a directed bond after ``t`` messages depends on nothing but the bonds and atoms within ``t``
bonds behind it, and most such environments occur again and again, in a batch and all the more in a library.
Here every bond and atom gets the number of its environment, level by level: at each level two environments
are the same if their own atom and bond are and what they hear (environments of the level below) is.

Numbers are found with a hash table, but two environments are taken for the same only after what they are
made of was compared, so a collision of hashes costs time and never an answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from riboswitch.numeric.compiled import compiled

_EMPTY = -1
_FIRST_SLOTS = 1024  # a power of two; the table grows when half full


class Sums(NamedTuple):
    """Which rows of a table to add up, for each of several sums.

    Attributes
    ----------
    rows : ndarray
        int32: numbers of rows, one sum after the other.
    offsets : ndarray
        int32, shape (sums + 1,): where those of each begin.
    """

    rows: np.ndarray
    offsets: np.ndarray

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def transposed(self, n_rows: int) -> Sums:
        """For each of so many rows, the numbers of the sums it takes part in."""
        return Sums(*_transposed(self.rows, self.offsets, n_rows))


@dataclass
class Environments:
    """A batch of molecules as distinct environments.

    Attributes
    ----------
    atoms, bonds : ndarray
        int64: the distinct masked facts.
    source, bond : ndarray
        int32, shape (first environments,): the atom a directed bond leaves, and the bond; numbers of the
        distinct ones.
    levels : list of Sums
        Directed bonds after 1, 2, ... messages: each adds up its own first environment (always the first
        of its rows) and what it hears; rows count the first environments, then those of the level below.
    tops : Sums
        Atoms: each adds up itself and what it hears; rows count the distinct atoms, then the last level.
    molecules : Sums
        For each molecule the environments of its atoms; rows count ``tops``.
    """

    atoms: np.ndarray
    bonds: np.ndarray
    source: np.ndarray
    bond: np.ndarray
    levels: list[Sums]
    tops: Sums
    molecules: Sums

    @classmethod
    def of(
        cls,
        atoms: np.ndarray,
        bonds: np.ndarray,
        ends: np.ndarray,
        offsets: np.ndarray,
        depth: int,
        hash_bits: int = 64,
    ) -> Environments:
        """Find the distinct environments of a batch.

        Parameters
        ----------
        atoms, bonds : ndarray
            int64 of shapes (atoms,) and (bonds,): what tells them apart.
        ends : ndarray
            int64, shape (bonds, 2): the atoms that each bond joins.
        offsets : ndarray
            int64, shape (molecules + 1,): where each molecule's atoms begin.
        depth : int
            Bonds that a message travels, at least 1.
        hash_bits : int
            Bits of a hash that are used; fewer give the same answer, slower (which the tests show).
        """
        bits = np.uint64((1 << hash_bits) - 1)
        kinds, atom_kind = _distinct_values(atoms, bits)
        bond_kinds, bond_kind = _distinct_values(bonds, bits)
        leaves, reaches = _directed(ends)
        into = _incoming(reaches, len(atoms))
        first, source, bond = _first(atom_kind, bond_kind, leaves, len(kinds), len(bond_kinds))
        state, levels = first, []
        for _ in range(depth - 1):
            state, *found = _distinct(first, len(source), leaves, True, state, *into, bits)
            levels.append(Sums(*found))
        places = np.arange(len(atoms), dtype=np.int32)
        members, *found = _distinct(atom_kind, len(kinds), places, False, state, *into, bits)
        molecules = Sums(members, offsets.astype(np.int32))
        return cls(kinds, bond_kinds, source, bond, levels, Sums(*found), molecules)


@compiled
def _mix(value: np.int64) -> np.uint64:
    """A scrambled 64-bit number (the finaliser of splitmix64, Steele et al. 2014)."""
    x = np.uint64(value) + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


@compiled
def _grown(table: np.ndarray, hashes: np.ndarray, count: int) -> np.ndarray:
    """A hash table twice as large with the same ``count`` entries."""
    larger = np.full(2 * len(table), _EMPTY, np.int32)
    last = np.uint64(len(larger) - 1)
    for entry in range(count):
        slot = hashes[entry] & last
        while larger[slot] != _EMPTY:
            slot = (slot + np.uint64(1)) & last
        larger[slot] = entry
    return larger


@compiled
def _doubled(values: np.ndarray) -> np.ndarray:
    larger = np.empty(2 * len(values), values.dtype)
    larger[: len(values)] = values
    return larger


@compiled
def _distinct_values(values: np.ndarray, bits: np.uint64) -> tuple[np.ndarray, np.ndarray]:
    """Distinct values in order of first occurrence, and which of them each value is."""
    table = np.full(_FIRST_SLOTS, _EMPTY, np.int32)
    hashes, found = np.empty(_FIRST_SLOTS, np.uint64), np.empty(_FIRST_SLOTS, np.int64)
    which, count = np.empty(len(values), np.int32), 0
    for i in range(len(values)):
        key = _mix(values[i]) & bits
        last = np.uint64(len(table) - 1)
        slot = key & last
        while table[slot] != _EMPTY and found[table[slot]] != values[i]:
            slot = (slot + np.uint64(1)) & last
        if table[slot] == _EMPTY:
            table[slot], hashes[count], found[count] = count, key, values[i]
            count += 1
            if 2 * count > len(table):
                which[i] = count - 1
                table, hashes, found = _grown(table, hashes, count), _doubled(hashes), _doubled(found)
                continue
        which[i] = table[slot]
    return found[:count].copy(), which


@compiled
def _directed(ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Atoms that directed bonds leave and reach; the second half are the first half reversed."""
    n = len(ends)
    leaves, reaches = np.empty(2 * n, np.int32), np.empty(2 * n, np.int32)
    for b in range(n):
        leaves[b] = reaches[n + b] = ends[b, 0]
        reaches[b] = leaves[n + b] = ends[b, 1]
    return leaves, reaches


@compiled
def _incoming(reaches: np.ndarray, n_atoms: int) -> tuple[np.ndarray, np.ndarray]:
    """Directed bonds that reach each atom, one atom after the other, and where each atom's begin."""
    offsets = np.zeros(n_atoms + 1, np.int32)
    for e in range(len(reaches)):
        offsets[reaches[e] + 1] += 1
    for v in range(n_atoms):
        offsets[v + 1] += offsets[v]
    into, place = np.empty(len(reaches), np.int32), offsets[:-1].copy()
    for e in range(len(reaches)):
        into[place[reaches[e]]] = e
        place[reaches[e]] += 1
    return into, offsets


@compiled
def _first(
    atom_kind: np.ndarray, bond_kind: np.ndarray, leaves: np.ndarray, n_kinds: int, n_bond_kinds: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Environments of directed bonds before any message: the atom they leave, and the bond."""
    number = np.full((n_kinds, n_bond_kinds), _EMPTY, np.int32)
    state = np.empty(len(leaves), np.int32)
    source = np.empty(n_kinds * n_bond_kinds, np.int32)
    bond = np.empty(n_kinds * n_bond_kinds, np.int32)
    count, n = 0, len(bond_kind)
    for e in range(len(leaves)):
        a, b = atom_kind[leaves[e]], bond_kind[e if e < n else e - n]
        if number[a, b] == _EMPTY:
            number[a, b], source[count], bond[count] = count, a, b
            count += 1
        state[e] = number[a, b]
    return state, source[:count].copy(), bond[:count].copy()


@compiled
def _hear(
    below: np.ndarray, into: np.ndarray, first: int, stop: int, skip: int, base: int, out: np.ndarray
) -> tuple[int, np.uint64]:
    """Put ``base`` plus what arrives by ``into[first:stop]`` behind ``out[0]``, in ascending order.

    Returns the number of rows in ``out``, and a hash of them.
    """
    size, key = 1, _mix(~np.int64(out[0]))
    for k in range(first, stop):
        if into[k] == skip:
            continue
        value = base + below[into[k]]
        key += _mix(np.int64(value))
        place = size
        while place > 1 and out[place - 1] > value:
            out[place] = out[place - 1]
            place -= 1
        out[place] = value
        size += 1
    return size, key


@compiled
def _equal(rows: np.ndarray, begin: int, stop: int, mine: np.ndarray, size: int) -> bool:
    if stop - begin != size:
        return False
    for j in range(size):  # noqa: SIM110 (numba has no all)
        if rows[begin + j] != mine[j]:
            return False
    return True


@compiled
def _distinct(
    own: np.ndarray,
    base: int,
    at: np.ndarray,
    deaf: bool,
    below: np.ndarray,
    into: np.ndarray,
    into_offsets: np.ndarray,
    bits: np.uint64,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Number listeners that have equal ``own`` and hear equal environments.

    Parameters
    ----------
    own, at : ndarray
        Shape (listeners,): what a listener is, a number below ``base``, and the atom at which it listens.
    deaf : bool
        Whether listener ``e``, a directed bond, does not hear its own reverse.
    below : ndarray
        Environment of each directed bond one level below.
    into, into_offsets : ndarray
        From `_incoming`.
    bits : int
        Mask of the hash.

    Returns
    -------
    which, rows, offsets : ndarray
        The number of each listener's environment, and those environments as `Sums`.
    """
    half, count = len(below) // 2, 0
    table, hashes = np.full(_FIRST_SLOTS, _EMPTY, np.int32), np.empty(_FIRST_SLOTS, np.uint64)
    offsets, rows = np.zeros(_FIRST_SLOTS, np.int32), np.empty(4 * _FIRST_SLOTS, np.int32)
    which, mine = np.empty(len(own), np.int32), np.empty(64, np.int32)
    for i in range(len(own)):
        first, stop = into_offsets[at[i]], into_offsets[at[i] + 1]
        while stop - first >= len(mine):
            mine = _doubled(mine)
        mine[0] = own[i]
        skip = (i + half if i < half else i - half) if deaf else _EMPTY
        size, key = _hear(below, into, first, stop, skip, base, mine)
        last, key = np.uint64(len(table) - 1), key & bits
        slot = key & last
        entry = table[slot]
        while entry != _EMPTY and not (
            hashes[entry] == key and _equal(rows, offsets[entry], offsets[entry + 1], mine, size)
        ):
            slot = (slot + np.uint64(1)) & last
            entry = table[slot]
        if entry != _EMPTY:
            which[i] = entry
            continue
        which[i] = table[slot] = count
        hashes[count] = key
        while offsets[count] + size > len(rows):
            rows = _doubled(rows)
        rows[offsets[count] : offsets[count] + size] = mine[:size]
        offsets[count + 1] = offsets[count] + size
        count += 1
        if 2 * count > len(table):
            table = _grown(table, hashes, count)
            hashes, offsets = _doubled(hashes), _doubled(offsets)
    return which, rows[: offsets[count]].copy(), offsets[: count + 1].copy()


@compiled
def _transposed(rows: np.ndarray, offsets: np.ndarray, n_rows: int) -> tuple[np.ndarray, np.ndarray]:
    begins = np.zeros(n_rows + 1, np.int32)
    for row in rows:
        begins[row + 1] += 1
    for row in range(n_rows):
        begins[row + 1] += begins[row]
    sums, place = np.empty(len(rows), np.int32), begins[:-1].copy()
    for s in range(len(offsets) - 1):
        for k in range(offsets[s], offsets[s + 1]):
            sums[place[rows[k]]] = s
            place[rows[k]] += 1
    return sums, begins
