"""Directed message passing over bonds (D-MPNN). Each distinct atom environment is computed once.

The state of an atom depends only on its own environment: there is no dropout of atoms and no normalisation
over atoms. So an environment that occurs several times in a batch is computed once (`environments.py`).
`DMPNN.plain` computes every occurrence. It is slow, and the tests compare the fast path with it.

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
    """Directed message passing; molecular properties are appended before the head.

    Notes
    -----
    Shapes: ``forward`` takes a Batch of n molecules and returns (n, n_outputs).

    A message is a matrix times a sum of states. Here each state is multiplied first and the products are
    added. This takes one product for each distinct environment of the level below, and these are far fewer
    than the messages.
    """

    def __init__(self, settings: NetworkSettings, n_outputs: int, meta: Mapping[str, Any]):
        super().__init__(settings, n_outputs, meta)
        width, atoms, bonds = settings.hidden, self.features.atom_width, self.features.bond_width
        self.precision = torch.float32  # of the last level and the pooling, which have the most rows
        self.input = nn.Linear(atoms + bonds, width, bias=settings.bias)
        self.message = nn.Linear(width, width, bias=settings.bias)
        self.atom = nn.Linear(atoms + width, width)
        # One feature of each column is 1, all others are 0. With this scale initial states are near 1.
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
        """Find the environments of a batch that differ in the features of this network."""
        return Environments.of(
            (batch.atoms & self.features.atom_mask).numpy(),
            (batch.bonds & self.features.bond_mask).numpy(),
            batch.ends.numpy(),
            batch.offsets.numpy(),
            self.settings.depth,
        )

    def sum_atoms(self, found: Environments) -> Tensor:
        """Sum over the atom states of each molecule, shape (n, hidden)."""
        states = self.act(add_rows(*self.terms(found), found.atom_level))  # (atom environments, hidden)
        return add_rows(None, states, found.molecules).float()

    def terms(self, found: Environments) -> tuple[Tensor, Tensor]:
        """What adds up to the state of an atom before its activation.

        Returns
        -------
        own : Tensor
            Of the atom itself, shape (distinct atoms, hidden).
        incoming : Tensor
            Of each bond that reaches it, shape (environments of the last level, hidden).
        """
        atoms, bonds = self.atom_features(found.atoms), self.bond_features(found.bonds)
        source, bond = (torch.from_numpy(i).to(atoms.device) for i in (found.source, found.bond))
        of_atom, of_bond = self.input.weight.split([atoms.shape[1], bonds.shape[1]], dim=1)
        first = (atoms @ of_atom.T).index_select(0, source) + (bonds @ of_bond.T).index_select(0, bond)
        first = first if self.input.bias is None else first + self.input.bias
        state = self.act(first.clone())  # (first environments, hidden)
        constant = first if self.message.bias is None else first + self.message.bias
        for level in found.levels:
            messages = state @ self.message.weight.T
            state = self.act(add_rows(constant, messages, level))  # (environments, hidden)
        own, incoming = self.atom.weight.split([atoms.shape[1], state.shape[1]], dim=1)
        own_part = (atoms @ own.T + self.atom.bias).to(self.precision)
        return own_part, state.to(self.precision) @ incoming.T.to(self.precision)

    def plain(self, batch: Batch) -> Tensor:
        """Compute the same outputs, with every occurrence of an environment computed separately."""
        begin, end = batch.ends.T
        src, dst = torch.cat([begin, end]), torch.cat([end, begin])
        reverse = torch.arange(len(src)).roll(-len(begin))
        atoms, bonds = self.atom_features(batch.atoms.numpy()), self.bond_features(batch.bonds.numpy())
        first = self.input(torch.cat([atoms[src], torch.cat([bonds, bonds])], dim=1))  # (directed, hidden)
        state = self.act(first.clone())
        for _ in range(self.settings.depth - 1):
            incoming = add_up(state, dst, len(atoms))[src] - state[reverse]
            state = self.act(first + self.message(incoming))
        states = self.act(self.atom(torch.cat([atoms, add_up(state, dst, len(atoms))], dim=1)))
        return self.head(self._joined(add_up(states, batch.molecule(), batch.n), batch))


def add_rows(first: Tensor | None, then: Tensor, sums: Sums) -> Tensor:
    """Add up rows of two tables, the second numbered after the first, into shape (sums, width)."""
    table = then if first is None else torch.cat([first, then])
    if not len(table):
        return table.sum(0).repeat(len(sums), 1)  # zeros that gradients flow through
    if table.is_cuda:
        index, offsets = (torch.from_numpy(part).to(table.device) for part in sums)
        return nn.functional.embedding_bag(index, table, offsets, mode="sum", include_last_offset=True)
    return _AddRows.apply(table, sums)


class _AddRows(torch.autograd.Function):
    """`embedding_bag`, forward and backward: its own backward pass scatters and is several times slower."""

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
