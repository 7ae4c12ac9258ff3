"""Atoms of synthons near their open end: only their states depend on the partner.

An atom of a synthon sees the partner if it is less than ``depth`` bonds away from the open end. What else it
sees lies within ``2 depth - 1`` bonds. So this part of a synthon, its ball, gives all that a partner changes.
Many synthons have equal balls; tables are computed once for each.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from riboswitch.numeric.compiled import compiled
from riboswitch.numeric.offsets import gather_index, offsets_of
from riboswitch.spaces.exact.facts import Given
from riboswitch.spaces.exact.side import Side


@dataclass(frozen=True)
class Balls:
    """The different balls of some synthons; the atom at the open end is the first of each.

    Attributes
    ----------
    of : ndarray
        int64, shape (synthons,): ball of each.
    atoms, bonds : ndarray
        int64: masked packed facts.
    ends : ndarray
        int64, shape (bonds, 2): numbers of atoms within their ball.
    sees : ndarray
        bool, by atom: whether it sees the partner, and is not at the open end.
    n_atoms, n_bonds, junction : ndarray
        int64, shape (balls,); the last is the masked new bond.
    """

    of: np.ndarray
    atoms: np.ndarray
    bonds: np.ndarray
    ends: np.ndarray
    sees: np.ndarray
    n_atoms: np.ndarray
    n_bonds: np.ndarray
    junction: np.ndarray

    @classmethod
    def find(cls, side: Side, given: Given, rows: np.ndarray, depth: int, masks: tuple[int, int]) -> Balls:
        """Those of some synthons; ``masks`` are the bits of atoms and bonds that a network reads."""
        index, first = gather_index(side.first_atom, rows)
        bond_index, first_bond = gather_index(side.first_bond, rows)
        atoms, bonds = given.atoms[index] & masks[0], given.bonds[bond_index].astype(np.int64) & masks[1]
        ends = side.ends[bond_index]
        kept, n, distance, kept_bonds, m, ends = _cut_out(
            atoms, bonds, ends, first, first_bond, side.connector[rows], 2 * depth - 1
        )
        atoms, bonds, junction = atoms[kept], bonds[kept_bonds], given.junction[rows] & np.int64(masks[1])
        at, bond_at = offsets_of(n), offsets_of(m)
        numbers: dict[tuple[bytes, bytes, bytes, int], int] = {}
        of = np.array([
            numbers.setdefault((atoms[mine].tobytes(), bonds[here].tobytes(), ends[here].tobytes(), int(new)),
                               len(numbers))
            for mine, here, new in zip(map(slice, at[:-1], at[1:]), map(slice, bond_at[:-1], bond_at[1:]),
                                       junction, strict=True)
        ], np.int64)  # fmt: skip
        once = np.unique(of, return_index=True)[1]
        mine, _ = gather_index(at, once)
        my_bonds, _ = gather_index(bond_at, once)
        sees = (distance[mine] > 0) & (distance[mine] < depth)
        return cls(of, atoms[mine], bonds[my_bonds], ends[my_bonds], sees, n[once], m[once], junction[once])

    def take(self, balls: np.ndarray) -> Balls:
        """Some of the balls; ``of`` is empty."""
        index, _ = gather_index(offsets_of(self.n_atoms), balls)
        bonds, _ = gather_index(offsets_of(self.n_bonds), balls)
        return Balls(
            np.empty(0, np.int64), self.atoms[index], self.bonds[bonds], self.ends[bonds], self.sees[index],
            self.n_atoms[balls], self.n_bonds[balls], self.junction[balls],
        )  # fmt: skip


@compiled
def _distances(ends: np.ndarray, start: int, n: int, most: int) -> np.ndarray:
    """Bonds between each atom and one of them; ``most`` + 1 for those farther away."""
    found = np.full(n, most + 1, np.int64)
    found[start] = 0
    for step in range(most):
        for b in range(len(ends)):
            one, other = ends[b]
            if found[one] == step and found[other] > step + 1:
                found[other] = step + 1
            if found[other] == step and found[one] > step + 1:
                found[one] = step + 1
    return found


@compiled
def _mixed(value: np.int64) -> np.int64:
    x = value * np.int64(-7046029254386353131)
    x ^= x >> np.int64(29)
    return x * np.int64(-4658895280553007687)


@compiled
def _order(
    atoms: np.ndarray, bonds: np.ndarray, ends: np.ndarray, distance: np.ndarray, most: int
) -> np.ndarray:
    """Atoms of a ball by distance, then by their surroundings, so that equal balls look equal."""
    colour = np.empty(len(atoms), np.int64)
    for a in range(len(atoms)):
        colour[a] = _mixed(atoms[a] ^ distance[a])
    for _ in range(3):
        new = colour.copy()
        for b in range(len(ends)):
            one, other = ends[b]
            if distance[one] <= most and distance[other] <= most:
                new[one] += _mixed(colour[other] ^ bonds[b])
                new[other] += _mixed(colour[one] ^ bonds[b])
        for a in range(len(atoms)):
            colour[a] = _mixed(new[a])
    order = np.argsort(colour, kind="mergesort")
    return order[np.argsort(distance[order], kind="mergesort")]


@compiled
def _cut_out(
    atoms: np.ndarray, bonds: np.ndarray, ends: np.ndarray, first: np.ndarray, first_bond: np.ndarray,
    connector: np.ndarray, most: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """Balls of all synthons: kept atoms, their number, distances, kept bonds, their number, new ends."""
    kept, distances = np.empty(len(atoms), np.int64), np.empty(len(atoms), np.int64)
    kept_bonds, new_ends = np.empty(len(bonds), np.int64), np.empty((len(bonds), 2), np.int64)
    n, m = np.zeros(len(connector), np.int64), np.zeros(len(connector), np.int64)
    count = bond_count = 0
    for i in range(len(connector)):
        a, b = slice(first[i], first[i + 1]), slice(first_bond[i], first_bond[i + 1])
        size, mine = first[i + 1] - first[i], ends[b]
        distance = _distances(mine, connector[i], size, most)
        order = _order(atoms[a], bonds[b], mine, distance, most)
        place = np.full(size, -1, np.int64)
        for atom in order:
            if distance[atom] <= most:
                place[atom] = n[i]
                kept[count], distances[count] = first[i] + atom, distance[atom]
                count += 1
                n[i] += 1
        codes = np.full(len(mine), -1, np.int64)  # bonds by their ends, those of the rim left out
        for bond in range(len(mine)):
            one, other = place[mine[bond, 0]], place[mine[bond, 1]]
            inside = min(distance[mine[bond, 0]], distance[mine[bond, 1]]) < most
            if one >= 0 and other >= 0 and inside:
                codes[bond] = min(one, other) * size + max(one, other)
        for bond in np.argsort(codes, kind="mergesort"):
            if codes[bond] >= 0:
                kept_bonds[bond_count] = first_bond[i] + bond
                new_ends[bond_count, 0] = codes[bond] // size
                new_ends[bond_count, 1] = codes[bond] % size
                bond_count += 1
                m[i] += 1
    return kept[:count], n, distances[:count], kept_bonds[:bond_count], m, new_ends[:bond_count]


@compiled
def far_from(
    ends: np.ndarray, first: np.ndarray, first_bond: np.ndarray, connector: np.ndarray, depth: int
) -> np.ndarray:
    """Atoms at least ``depth`` bonds away from the open end of their synthon, bool of shape (atoms,)."""
    far = np.empty(first[-1], np.bool_)
    for i in range(len(connector)):
        mine, size = ends[first_bond[i] : first_bond[i + 1]], first[i + 1] - first[i]
        far[first[i] : first[i + 1]] = _distances(mine, connector[i], size, depth) >= depth
    return far
