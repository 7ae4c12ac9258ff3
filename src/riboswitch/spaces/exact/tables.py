"""Tables of a network for the synthons of one class, joined to those of another.

With c the atom at the open end, the sum over the atom states of a product is
``F(a) + F(b) + J(a, b)``. F adds up the atoms of a side but c; it depends on the other side only through
its class. J are the two atoms c: each is the activation of what its own side brings and one message from the
other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch

from riboswitch.modalities.molecule.nets.dmpnn import DMPNN, add_rows
from riboswitch.modalities.molecule.nets.environments import Environments, Sums
from riboswitch.numeric.offsets import gather_index, offsets_of
from riboswitch.spaces.exact.classes import Reach
from riboswitch.spaces.exact.facts import Given
from riboswitch.spaces.exact.side import Side


class Stub(NamedTuple):
    """The part of a partner that a side can see: the atom at its open end first."""

    atoms: np.ndarray
    bonds: np.ndarray
    ends: np.ndarray

    @classmethod
    def of(cls, side: Side, given: Given, row: int, reach: Reach) -> Stub:
        """That of a synthon."""
        near = side.near(row, reach.radius)
        number = np.full(int(side.n_atoms[row]), -1, np.int64)
        number[near] = np.arange(len(near))
        ends = number[side.ends[side.bonds_of(row)]]
        inside = (ends >= 0).all(1)
        return cls(
            given.atoms[side.atoms_of(row)][near], given.bonds[side.bonds_of(row)][inside], ends[inside]
        )


class JoinedGraphs(NamedTuple):
    """Synthons joined to a stub each, as one graph."""

    atoms: np.ndarray
    bonds: np.ndarray
    ends: np.ndarray
    offsets: np.ndarray  # first atom of each
    inner: np.ndarray  # bool, by atom: of the synthon, and not at the open end
    connector: np.ndarray  # by synthon: its atom at the open end
    owner: np.ndarray  # by bond: the synthon; the new bonds are the last, one for each


def with_stub(side: Side, given: Given, rows: np.ndarray, stub: Stub) -> JoinedGraphs:
    """Join synthons to a stub."""
    own, own_offsets = gather_index(side.first_atom, rows)
    own_bonds, _ = gather_index(side.first_bond, rows)
    n, many, size = side.n_atoms[rows], len(rows), len(stub.atoms)
    offsets = offsets_of(n + size)
    place = np.arange(len(own)) + np.repeat(offsets[:-1] - own_offsets[:-1], n)
    stub_place = (offsets[1:] - size)[:, None] + np.arange(size)
    atoms = np.empty(offsets[-1], np.int64)
    atoms[place], atoms[stub_place] = given.atoms[own], stub.atoms
    inner = np.zeros(len(atoms), bool)
    inner[place] = True
    connector = offsets[:-1] + side.connector[rows]
    inner[connector] = False
    numbers = np.arange(many)
    owner = np.concatenate(
        [np.repeat(numbers, side.n_bonds[rows]), np.repeat(numbers, len(stub.bonds)), numbers]
    )
    ends = np.concatenate([
        side.ends[own_bonds] + np.repeat(offsets[:-1], side.n_bonds[rows])[:, None],
        ((offsets[1:] - size)[:, None, None] + stub.ends).reshape(-1, 2),
        np.stack([connector, offsets[1:] - size], 1),
    ])  # fmt: skip
    bonds = np.concatenate([given.bonds[own_bonds], np.tile(stub.bonds, many), given.junction[rows]])
    return JoinedGraphs(atoms, bonds.astype(np.int64), ends, offsets, inner, connector, owner)


@dataclass(frozen=True)
class Part:
    """One side of the products of two classes, for one network.

    Attributes
    ----------
    inner : ndarray
        float32, shape (synthons, hidden): F.
    kind : ndarray
        int32, shape (synthons,): which of the ends below a synthon has.
    own : ndarray
        float32, shape (ends, hidden): what the own side brings to the atom at the open end.
    message : ndarray
        float32, shape (ends, hidden): what the other side's atom gets from it.
    """

    inner: np.ndarray
    kind: np.ndarray
    own: np.ndarray
    message: np.ndarray


def parts_of(graphs: JoinedGraphs, networks: Sequence[DMPNN], reach: Reach) -> list[Part]:
    """Compute one side for each network."""
    found = Environments.of(graphs.atoms & reach.atom_mask, graphs.bonds & reach.bond_mask, graphs.ends,
                            graphs.offsets, reach.depth)  # fmt: skip
    inner = Sums(found.molecules.rows[graphs.inner], offsets_of(
        np.bincount(np.repeat(np.arange(len(graphs.connector)), np.diff(graphs.offsets))[graphs.inner],
                    minlength=len(graphs.connector))).astype(np.int32))  # fmt: skip
    ends = _ends(graphs, found)
    kinds, first, kind = np.unique(ends, axis=0, return_index=True, return_inverse=True)
    used = kinds >= 0
    own = Sums(kinds[used].astype(np.int32), offsets_of(used.sum(1)).astype(np.int32))
    message = found.last[len(graphs.bonds) - len(graphs.connector) + first]
    made = []
    with torch.no_grad():
        for network in networks:
            terms = network.terms(found)
            states = network.act(add_rows(*terms, found.atom_level))
            made.append(Part(
                add_rows(None, states, inner).numpy(), kind.ravel().astype(np.int32),
                add_rows(*terms, own).numpy(), terms[1].numpy()[message],
            ))  # fmt: skip
    return made


def _ends(graphs: JoinedGraphs, found: Environments) -> np.ndarray:
    """For each synthon the rows that add up to its atom at the open end without the new bond; -1 fills."""
    many, bonds = len(graphs.connector), len(graphs.bonds)
    own = slice(0, bonds - many)
    at = graphs.connector[graphs.owner[own]]
    there, back = np.flatnonzero(graphs.ends[own, 1] == at), np.flatnonzero(graphs.ends[own, 0] == at)
    owner = graphs.owner[np.concatenate([there, back])]
    rows = found.last[np.concatenate([there, back + bonds])].astype(np.int64) + len(found.atoms)
    order = np.lexsort((rows, owner))
    owner, rows = owner[order], rows[order]
    counts = np.bincount(owner, minlength=many)
    table = np.full((many, 1 + counts.max(initial=0)), -1, np.int64)
    table[:, 0] = found.atom_kind[graphs.connector]
    table[owner, 1 + np.arange(len(owner)) - offsets_of(counts)[owner]] = rows
    return table
