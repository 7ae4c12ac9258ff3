"""Tables of a network for the synthons of one class, joined to those of another.

With c the atom at the open end, the sum over the atom states of a product is
``F(a) + F(b) + J(a, b)``. F adds up the atoms of a side but c; it depends on the other side only through
its class. J are the two atoms c: each is the activation of what its own side brings and one message from the
other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch

from riboswitch.modalities.molecule.nets.dmpnn import DMPNN, add_rows
from riboswitch.modalities.molecule.nets.environments import Environments, Sums
from riboswitch.numeric.offsets import gather_index, offsets_of, running_sums
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


class Piece(NamedTuple):
    """Some synthons of a side, given the class of their partner, and a stub of that class.

    Attributes
    ----------
    rows : ndarray
        int64, shape (synthons,).
    atoms, bonds : ndarray
        Packed facts of all their atoms and bonds, int64.
    junction : ndarray
        int64, shape (synthons,): the new bond.
    stub : Stub
    """

    rows: np.ndarray
    atoms: np.ndarray
    bonds: np.ndarray
    junction: np.ndarray
    stub: Stub

    @classmethod
    def of(cls, side: Side, given: Given, rows: np.ndarray, stub: Stub) -> Piece:
        """That of these synthons."""
        own, _ = gather_index(side.first_atom, rows)
        own_bonds, _ = gather_index(side.first_bond, rows)
        return cls(rows, given.atoms[own], given.bonds[own_bonds].astype(np.int64),
                   given.junction[rows].astype(np.int64), stub)  # fmt: skip


def with_stubs(side: Side, pieces: Sequence[Piece]) -> JoinedGraphs:
    """Join the synthons of each piece to its stub; those of all pieces one after the other."""
    rows = np.concatenate([piece.rows for piece in pieces])
    which = np.repeat(np.arange(len(pieces)), [len(piece.rows) for piece in pieces])
    stubs = [piece.stub for piece in pieces]
    size = np.array([len(stub.atoms) for stub in stubs], np.int64)[which]
    n, n_bonds, numbers = side.n_atoms[rows], side.n_bonds[rows], np.arange(len(rows))
    offsets, own = offsets_of(n + size), offsets_of(n)
    place = np.arange(own[-1]) + np.repeat(offsets[:-1] - own[:-1], n)
    stub_atom, of_stub = gather_index(offsets_of([len(stub.atoms) for stub in stubs]), which)
    stub_bond, bonds_of_stub = gather_index(offsets_of([len(stub.bonds) for stub in stubs]), which)
    stub_bonds, stub_first = np.diff(bonds_of_stub), offsets[1:] - size
    atoms = np.empty(offsets[-1], np.int64)
    atoms[place] = np.concatenate([piece.atoms for piece in pieces])
    stub_place = np.arange(len(stub_atom)) + np.repeat(stub_first - of_stub[:-1], size)
    atoms[stub_place] = np.concatenate([stub.atoms for stub in stubs])[stub_atom]
    inner = np.zeros(len(atoms), bool)
    inner[place] = True
    connector = offsets[:-1] + side.connector[rows]
    inner[connector] = False
    own_bonds, _ = gather_index(side.first_bond, rows)
    ends = np.concatenate([
        side.ends[own_bonds] + np.repeat(offsets[:-1], n_bonds)[:, None],
        np.concatenate([stub.ends for stub in stubs])[stub_bond] + np.repeat(stub_first, stub_bonds)[:, None],
        np.stack([connector, stub_first], 1),
    ])  # fmt: skip
    bonds = np.concatenate([
        *(piece.bonds for piece in pieces),
        np.concatenate([stub.bonds for stub in stubs]).astype(np.int64)[stub_bond],
        *(piece.junction for piece in pieces),
    ])  # fmt: skip
    owner = np.concatenate([np.repeat(numbers, n_bonds), np.repeat(numbers, stub_bonds), numbers])
    return JoinedGraphs(atoms, bonds, ends, offsets, inner, connector, owner)


class Part(NamedTuple):
    """One side of the products of two classes, for one network.

    Attributes
    ----------
    inner : ndarray
        float32, shape (synthons, hidden): F; in a block multiplied by a head of two layers.
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
    inner = Sums(found.molecules.rows[graphs.inner],
                 running_sums(graphs.inner)[graphs.offsets].astype(np.int32))  # fmt: skip
    # The new bond is no part of its atom's state, but of what the other side gets.
    sent = found.last[len(graphs.bonds) - len(graphs.connector) + np.arange(len(graphs.connector))]
    ends = np.concatenate([_ends(graphs, found), sent[:, None]], axis=1)
    kinds, kind = np.unique(ends, axis=0, return_inverse=True)
    kinds, message = kinds[:, :-1], kinds[:, -1]
    used = kinds >= 0
    own = Sums(kinds[used].astype(np.int32), offsets_of(used.sum(1)).astype(np.int32))
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
