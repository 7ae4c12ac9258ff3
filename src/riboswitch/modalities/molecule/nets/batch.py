"""Batches of molecules: several graphs joined into one."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from riboswitch.data.arrays import RaggedArrays
from riboswitch.modalities.molecule.bounds import bonded_atoms
from riboswitch.numeric.offsets import gather_index


class Batch(NamedTuple):
    """Several molecules as one graph, without bonds between them; all tensors are on the CPU."""

    atoms: Tensor  # (atoms,) int64, packed as `packing.ATOM_FIELDS`
    bonds: Tensor  # (bonds,) int64, packed as `packing.BOND_FIELDS`, every bond once
    ends: Tensor  # (bonds, 2) int64: numbers of the atoms that a bond joins
    offsets: Tensor  # (n + 1,) int64: first atom of each molecule
    globals: Tensor  # (n, properties) float32

    @property
    def n(self) -> int:
        """Number of molecules."""
        return len(self.offsets) - 1

    def molecule(self) -> Tensor:
        """The molecule of each atom, int64 of shape (atoms,)."""
        return torch.repeat_interleave(self.offsets.diff())


def collate(arrays: RaggedArrays, rows: np.ndarray) -> Batch:
    """Join the molecules at ``rows`` into one batch, in that order.

    Raises
    ------
    InputError
        If a bond joins an atom that its molecule does not have.
    """
    values, offsets, items = arrays.only.values, arrays.only.offsets, arrays.items(rows)
    atom_index, atom_offsets = gather_index(offsets["atoms"], items)
    bond_index, bond_offsets = gather_index(offsets["bonds"], items)
    ends = bonded_atoms(arrays.only, bond_index, atom_offsets, bond_offsets)
    first_atom = np.repeat(
        atom_offsets[:-1], np.diff(bond_offsets)
    )  # first atom of the molecule of each bond
    return Batch(
        atoms=torch.from_numpy(values["atoms"][atom_index]),
        bonds=torch.from_numpy(values["bonds"][bond_index].astype(np.int64)),
        ends=torch.from_numpy(ends + first_atom[:, None]),
        offsets=torch.from_numpy(atom_offsets),
        globals=torch.from_numpy(values["globals"][items]),
    )


def batches(
    arrays: RaggedArrays, rows: np.ndarray, batch_size: int, rng: np.random.Generator | None = None
) -> Iterator[np.ndarray]:
    """Cut ``rows`` into batches, every row once; shuffled if ``rng`` is given, else in order.

    If the last shuffled batch holds one molecule, it is joined to the batch before: the gradient of one
    molecule is mostly noise.
    """
    ordered = rows if rng is None else rng.permutation(rows)
    cuts = [*range(0, len(ordered), batch_size), len(ordered)]
    if rng is not None and len(cuts) > 2 and cuts[-1] - cuts[-2] == 1:
        del cuts[-2]
    for start, stop in pairwise(cuts):
        yield ordered[start:stop]
