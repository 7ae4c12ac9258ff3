"""Directed message passing over bonds (D-MPNN), each distinct environment once.

Nothing an atom's state depends on reaches beyond its own environment: there is no node-level dropout and
no normalisation over atoms. So environments that occur again, in a molecule, a batch or a block of a
library, need not be computed again (`environments.py`). `DMPNN.plain` computes every one of them: slow, and
the oracle of the fast path.

References
----------
Yang et al., J. Chem. Inf. Model. 2019, 59, 3370.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from riboswitch.modalities.molecule.nets.batch import Batch
from riboswitch.modalities.molecule.nets.environments import Environments, Sums
from riboswitch.modalities.molecule.nets.molecule_network import MoleculeNetwork, add_up
from riboswitch.modalities.molecule.nets.settings import NetworkSettings


class DMPNN(MoleculeNetwork):
    """Directed message passing with a few molecular properties joined in before the head.

    Notes
    -----
    Shapes: ``forward`` takes a Batch of n molecules and returns (n, n_outputs).

    A message is a sum of states times a matrix. Taken the other way round, as the sum of states that were
    each multiplied before, it needs one product a distinct environment of the level below, of which there
    are far fewer.
    """

    def __init__(self, settings: NetworkSettings, n_outputs: int, meta: Mapping[str, Any]):
        super().__init__(settings, n_outputs, meta)
        width, atoms, bonds = settings.hidden, self.features.atom_width, self.features.bond_width
        self.precision = torch.float32  # of the last level and the pooling: there the rows are many
        self.input = nn.Linear(atoms + bonds, width, bias=settings.bias)
        self.message = nn.Linear(width, width, bias=settings.bias)
        self.atom = nn.Linear(atoms + width, width)
        # A handful of features are 1 and all others 0: scaled for those few, states begin near 1.
        for weight, columns in (
            (self.input.weight, [*self.features.atoms, *self.features.bonds]),
            (self.atom.weight[:, :atoms], self.features.atoms),
        ):
            nn.init.normal_(weight.data, std=len(columns) ** -0.5)

    def embed(self, batch: Batch) -> Tensor:
        return self._joined(self.sum_atoms(self.environments(batch)), batch)

    def _joined(self, summed: Tensor, batch: Batch) -> Tensor:
        return self.join(self.aggregate(summed, batch.offsets.diff()), batch.globals)

    def environments(self, batch: Batch) -> Environments:
        """The distinct environments of a batch, as far as these features tell them apart."""
        return Environments.of(
            (batch.atoms & self.features.atom_mask).numpy(),
            (batch.bonds & self.features.bond_mask).numpy(),
            batch.ends.numpy(),
            batch.offsets.numpy(),
            self.settings.depth,
        )

    def sum_atoms(self, found: Environments) -> Tensor:
        """Sum over the atom states of each molecule, shape (n, hidden)."""
        atoms, bonds = self.see_atoms(found.atoms), self.see_bonds(found.bonds)
        source, bond = (torch.from_numpy(i).to(atoms.device) for i in (found.source, found.bond))
        of_atom, of_bond = self.input.weight.split([atoms.shape[1], bonds.shape[1]], dim=1)
        first = (atoms @ of_atom.T).index_select(0, source) + (bonds @ of_bond.T).index_select(0, bond)
        first = first if self.input.bias is None else first + self.input.bias
        state = self.act(first.clone())  # (first environments, hidden)
        again = first if self.message.bias is None else first + self.message.bias
        for level in found.levels:
            state = self.act(add_rows(again, state @ self.message.weight.T, level))  # (environments, hidden)
        own, heard = self.atom.weight.split([atoms.shape[1], state.shape[1]], dim=1)
        own_part = (atoms @ own.T + self.atom.bias).to(self.precision)
        heard_part = state.to(self.precision) @ heard.T.to(self.precision)
        tops = self.act(add_rows(own_part, heard_part, found.tops))  # (environments of atoms, hidden)
        return add_rows(None, tops, found.molecules).float()

    def plain(self, batch: Batch) -> Tensor:
        """The same outputs with every environment of every molecule computed by itself."""
        begin, end = batch.ends.T
        src, dst = torch.cat([begin, end]), torch.cat([end, begin])
        reverse = torch.arange(len(src)).roll(-len(begin))
        atoms, bonds = self.see_atoms(batch.atoms.numpy()), self.see_bonds(batch.bonds.numpy())
        first = self.input(torch.cat([atoms[src], torch.cat([bonds, bonds])], dim=1))  # (directed, hidden)
        state = self.act(first.clone())
        for _ in range(self.settings.depth - 1):
            heard = add_up(state, dst, len(atoms))[src] - state[reverse]
            state = self.act(first + self.message(heard))
        tops = self.act(self.atom(torch.cat([atoms, add_up(state, dst, len(atoms))], dim=1)))
        return self.head(self._joined(add_up(tops, batch.molecule(), batch.n), batch))


def add_rows(first: Tensor | None, then: Tensor, sums: Sums) -> Tensor:
    """Add up rows of two tables, counted one after the other, into shape (sums, width)."""
    table = then if first is None else torch.cat([first, then])
    if not len(table):
        return table.sum(0).repeat(len(sums), 1)  # zeros that gradients flow through
    if table.is_cuda:
        index, offsets = (torch.from_numpy(part).to(table.device) for part in sums)
        return nn.functional.embedding_bag(index, table, offsets, mode="sum", include_last_offset=True)
    return _AddRows.apply(table, sums)


class _AddRows(torch.autograd.Function):
    """`embedding_bag` both ways: its own way back scatters into a table, which is several times slower."""

    @staticmethod
    def forward(ctx: Any, table: Tensor, sums: Sums) -> Tensor:
        ctx.sums, ctx.rows = sums, len(table)
        return _bag(table, sums)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None]:
        return _bag(grads[0].contiguous(), ctx.sums.transposed(ctx.rows)), None


def _bag(table: Tensor, sums: Sums) -> Tensor:
    index, offsets = (torch.from_numpy(part) for part in sums)
    return nn.functional.embedding_bag(index, table, offsets, mode="sum", include_last_offset=True)
