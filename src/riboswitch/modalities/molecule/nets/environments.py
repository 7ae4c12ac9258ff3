"""Distinct atom environments of a batch of molecules. A message passing network computes each of them once.

The state of a directed bond after ``t`` messages depends only on the atoms and bonds within ``t`` bonds
behind it. Most such environments occur many times in a batch, and even more often in a library. Here every
bond and atom gets the number of its environment, level by level. At each level two environments are equal if
their own atom and bond are equal and their incoming environments (of the level below) are equal.

Equal environments are found with a hash table. Their contents are compared too, so a hash collision costs
time but never changes a result.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from riboswitch.numeric.compiled import compiled

_EMPTY = -1
_FIRST_SLOTS = 1024  # a power of two; the table grows when half full


class Sums(NamedTuple):
    """Several sums of rows of a table.

    Attributes
    ----------
    rows : ndarray
        int32: numbers of the rows to add up, one sum after the other.
    offsets : ndarray
        int32, shape (sums + 1,): begin of each sum in ``rows``.
    """

    rows: np.ndarray
    offsets: np.ndarray

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def transposed(self, n_rows: int) -> Sums:
        """For each of ``n_rows`` rows the numbers of the sums that contain it."""
        return Sums(*_transposed(self.rows, self.offsets, n_rows))


@dataclass
class Environments:
    """A batch of molecules as distinct environments.

    Attributes
    ----------
    atoms, bonds : ndarray
        int64: the distinct masked codes.
    source, bond : ndarray
        int32, shape (first environments,): for a directed bond before any message, the atom that it leaves
        and the bond, as indices of ``atoms`` and ``bonds``.
    levels : list of Sums
        Environments of directed bonds after 1, 2, ... messages. Each adds up its own first environment
        (always the first of its rows) and its incoming environments. Rows are numbered through the first
        environments, then those of the level below.
    atom_level : Sums
        Environments of atoms. Each adds up its own atom and its incoming environments. Rows are numbered
        through ``atoms``, then the last level.
    molecules : Sums
        For each molecule the environments of its atoms, as numbers of ``atom_level``.
    atom_kind : ndarray
        int32, shape (atoms of the batch,): the index of each atom's code in ``atoms``.
    last : ndarray
        int32, shape (2 bonds of the batch,): the environment of the last level of each directed bond, first
        all bonds from the first of their ``ends`` to the second, then all of them reversed.
    """

    atoms: np.ndarray
    bonds: np.ndarray
    source: np.ndarray
    bond: np.ndarray
    levels: list[Sums]
    atom_level: Sums
    molecules: Sums
    atom_kind: np.ndarray
    last: np.ndarray

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
            int64 of shapes (atoms,) and (bonds,): masked codes; equal codes have equal features.
        ends : ndarray
            int64, shape (bonds, 2): the atoms that each bond joins.
        offsets : ndarray
            int64, shape (molecules + 1,): first atom of each molecule.
        depth : int
            Bonds that a message travels, at least 1.
        hash_bits : int
            Bits of a hash that are used; fewer give the same result, but slower (tests check this).
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
        own_atom = np.arange(len(atoms), dtype=np.int32)
        members, *found = _distinct(atom_kind, len(kinds), own_atom, False, state, *into, bits)
        molecules = Sums(members, offsets.astype(np.int32))
        return cls(
            kinds, bond_kinds, source, bond, levels, Sums(*found), molecules, atom_kind, state
        )  # fmt: skip


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
    """Distinct values in order of first occurrence, and for each value the index of its distinct value."""
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
    """Atoms that directed bonds leave and reach; the second half of the bonds is the first half reversed."""
    n = len(ends)
    leaves, reaches = np.empty(2 * n, np.int32), np.empty(2 * n, np.int32)
    for b in range(n):
        leaves[b] = reaches[n + b] = ends[b, 0]
        reaches[b] = leaves[n + b] = ends[b, 1]
    return leaves, reaches


@compiled
def _incoming(reaches: np.ndarray, n_atoms: int) -> tuple[np.ndarray, np.ndarray]:
    """Directed bonds that reach each atom, one atom after the other, and the offsets of each atom."""
    offsets = np.zeros(n_atoms + 1, np.int32)
    for e in range(len(reaches)):
        offsets[reaches[e] + 1] += 1
    for v in range(n_atoms):
        offsets[v + 1] += offsets[v]
    into, next_slot = np.empty(len(reaches), np.int32), offsets[:-1].copy()
    for e in range(len(reaches)):
        into[next_slot[reaches[e]]] = e
        next_slot[reaches[e]] += 1
    return into, offsets


@compiled
def _first(
    atom_kind: np.ndarray, bond_kind: np.ndarray, leaves: np.ndarray, n_kinds: int, n_bond_kinds: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Environments of directed bonds before any message: the atom that they leave, and the bond."""
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
def _collect(
    below: np.ndarray, into: np.ndarray, first: int, stop: int, skip: int, base: int, out: np.ndarray
) -> tuple[int, np.uint64]:
    """Write the rows of one environment: after ``out[0]``, its incoming environments in ascending order.

    These are ``base`` plus the environments ``below`` of the bonds ``into[first:stop]``, without the bond
    ``skip``. Returns the number of rows in ``out`` and a hash of them.
    """
    size, key = 1, _mix(~np.int64(out[0]))
    for k in range(first, stop):
        if into[k] == skip:
            continue
        value = base + below[into[k]]
        key += _mix(np.int64(value))
        slot = size
        while slot > 1 and out[slot - 1] > value:
            out[slot] = out[slot - 1]
            slot -= 1
        out[slot] = value
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
    skip_reverse: bool,
    below: np.ndarray,
    into: np.ndarray,
    into_offsets: np.ndarray,
    bits: np.uint64,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Number the distinct environments of receivers: directed bonds, or atoms.

    Two receivers have the same environment if ``own`` and their incoming environments are equal.

    Parameters
    ----------
    own, at : ndarray
        Shape (receivers,): code of a receiver, a number below ``base``, and the atom at which it receives.
    skip_reverse : bool
        Receivers are directed bonds, and a bond receives nothing from its own reverse.
    below : ndarray
        Environment of each directed bond one level below.
    into, into_offsets : ndarray
        From `_incoming`.
    bits : int
        Mask of the hash.

    Returns
    -------
    which, rows, offsets : ndarray
        The number of the environment of each receiver, and these environments as `Sums`.
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
        skip = (i + half if i < half else i - half) if skip_reverse else _EMPTY
        size, key = _collect(below, into, first, stop, skip, base, mine)
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
    sums, next_slot = np.empty(len(rows), np.int32), begins[:-1].copy()
    for s in range(len(offsets) - 1):
        for k in range(offsets[s], offsets[s + 1]):
            sums[next_slot[rows[k]]] = s
            next_slot[rows[k]] += 1
    return sums, begins
