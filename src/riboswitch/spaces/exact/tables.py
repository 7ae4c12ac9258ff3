"""Tables of a network for the synthons of one class, joined to those of another.

With c the atom at the open end, the sum over the atom states of a product is
``F(a) + F(b) + J(a, b)``. F adds up the atoms of a side but c; it depends on the other side only through
its class, and only its atoms near c do (`near`). J are the two atoms c: each is the activation of what its
own side brings and one message from the other.
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
from riboswitch.spaces.exact.near import Balls, far_from
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


class Piece(NamedTuple):
    """Balls of synthons, given the class of their partner, and a stub of that class."""

    balls: Balls
    stub: Stub


class JoinedGraphs(NamedTuple):
    """Balls joined to a stub each, as one graph."""

    atoms: np.ndarray
    bonds: np.ndarray
    ends: np.ndarray
    offsets: np.ndarray  # first atom of each, which is the one at the open end
    near: np.ndarray  # bool, by atom: of the ball, and not at the open end; its state depends on the stub
    owner: np.ndarray  # by bond: the ball; the new bonds are the last, one for each


def with_stubs(pieces: Sequence[Piece]) -> JoinedGraphs:
    """Join the balls of each piece to its stub; those of all pieces one after the other."""
    balls, stubs = [piece.balls for piece in pieces], [piece.stub for piece in pieces]
    which = np.repeat(np.arange(len(pieces)), [len(each.n_atoms) for each in balls])
    n, n_bonds = (np.concatenate(each) for each in zip(*((b.n_atoms, b.n_bonds) for b in balls), strict=True))
    size = np.array([len(stub.atoms) for stub in stubs], np.int64)[which]
    offsets, own, numbers = offsets_of(n + size), offsets_of(n), np.arange(len(n))
    place = np.arange(own[-1]) + np.repeat(offsets[:-1] - own[:-1], n)
    stub_atom, of_stub = gather_index(offsets_of([len(stub.atoms) for stub in stubs]), which)
    stub_bond, bonds_of_stub = gather_index(offsets_of([len(stub.bonds) for stub in stubs]), which)
    stub_bonds, stub_first = np.diff(bonds_of_stub), offsets[1:] - size
    atoms, near = np.empty(offsets[-1], np.int64), np.zeros(offsets[-1], bool)
    atoms[place] = np.concatenate([each.atoms for each in balls])
    near[place] = np.concatenate([each.sees for each in balls])
    stub_place = np.arange(len(stub_atom)) + np.repeat(stub_first - of_stub[:-1], size)
    atoms[stub_place] = np.concatenate([stub.atoms for stub in stubs])[stub_atom]
    ends = np.concatenate([
        np.concatenate([each.ends for each in balls]) + np.repeat(offsets[:-1], n_bonds)[:, None],
        np.concatenate([stub.ends for stub in stubs])[stub_bond] + np.repeat(stub_first, stub_bonds)[:, None],
        np.stack([offsets[:-1], stub_first], 1),
    ])  # fmt: skip
    bonds = np.concatenate([
        *(each.bonds for each in balls),
        np.concatenate([stub.bonds for stub in stubs]).astype(np.int64)[stub_bond],
        *(each.junction for each in balls),
    ])  # fmt: skip
    owner = np.concatenate([np.repeat(numbers, n_bonds), np.repeat(numbers, stub_bonds), numbers])
    return JoinedGraphs(atoms, bonds, ends, offsets, near, owner)


class Part(NamedTuple):
    """One side of the products of two classes, for one network.

    Attributes
    ----------
    inner : ndarray
        float32, shape (synthons, hidden): F; or (balls, hidden): what the atoms near the open end add to it.
        In a block it is multiplied by a head of two layers.
    kind : ndarray
        int32, shape (synthons,) or (balls,): which of the ends below one has.
    own : ndarray
        float32, shape (ends, hidden): what the own side brings to the atom at the open end.
    message : ndarray
        float32, shape (ends, hidden): what the other side's atom gets from it.
    """

    inner: np.ndarray
    kind: np.ndarray
    own: np.ndarray
    message: np.ndarray


def parts_of(pieces: Sequence[Piece], networks: Sequence[DMPNN], reach: Reach) -> list[Part]:
    """Compute the balls of some pieces for each network."""
    graphs = with_stubs(pieces)
    found = Environments.of(graphs.atoms & reach.atom_mask, graphs.bonds & reach.bond_mask, graphs.ends,
                            graphs.offsets, reach.depth)  # fmt: skip
    near = _some(found, graphs.near, graphs.offsets)
    # The new bond is no part of its atom's state, but of what the other side gets.
    many = len(graphs.offsets) - 1
    sent = found.last[len(graphs.bonds) - many + np.arange(many)]
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
                add_rows(None, states, near).numpy(), kind.ravel().astype(np.int32),
                add_rows(*terms, own).numpy(), terms[1].numpy()[message],
            ))  # fmt: skip
    return made


def far_sums(
    side: Side, given: Given, rows: np.ndarray, networks: Sequence[DMPNN], reach: Reach
) -> list[np.ndarray]:
    """What the atoms that see no partner add to F, for each network; float32 of shape (synthons, hidden)."""
    index, first = gather_index(side.first_atom, rows)
    bond_index, first_bond = gather_index(side.first_bond, rows)
    ends = side.ends[bond_index]
    far = far_from(ends, first, first_bond, side.connector[rows], reach.depth)
    owner = np.repeat(np.arange(len(rows)), side.n_bonds[rows])
    found = Environments.of(
        given.atoms[index] & reach.atom_mask, given.bonds[bond_index].astype(np.int64) & reach.bond_mask,
        ends + first[owner][:, None], first, reach.depth,
    )  # fmt: skip
    sums, made = _some(found, far, first), []
    with torch.no_grad():
        for network in networks:
            states = network.act(add_rows(*network.terms(found), found.atom_level))
            made.append(add_rows(None, states, sums).numpy())
    return made


def _some(found: Environments, chosen: np.ndarray, offsets: np.ndarray) -> Sums:
    """Sums over some of the atoms of each graph."""
    return Sums(found.molecules.rows[chosen], running_sums(chosen)[offsets].astype(np.int32))


def _ends(graphs: JoinedGraphs, found: Environments) -> np.ndarray:
    """For each synthon the rows that add up to its atom at the open end without the new bond; -1 fills."""
    many, bonds = len(graphs.offsets) - 1, len(graphs.bonds)
    own = slice(0, bonds - many)
    at = graphs.offsets[graphs.owner[own]]
    there, back = np.flatnonzero(graphs.ends[own, 1] == at), np.flatnonzero(graphs.ends[own, 0] == at)
    owner = graphs.owner[np.concatenate([there, back])]
    rows = found.last[np.concatenate([there, back + bonds])].astype(np.int64) + len(found.atoms)
    order = np.lexsort((rows, owner))
    owner, rows = owner[order], rows[order]
    counts = np.bincount(owner, minlength=many)
    table = np.full((many, 1 + counts.max(initial=0)), -1, np.int64)
    table[:, 0] = found.atom_kind[graphs.offsets[:-1]]
    table[owner, 1 + np.arange(len(owner)) - offsets_of(counts)[owner]] = rows
    return table
