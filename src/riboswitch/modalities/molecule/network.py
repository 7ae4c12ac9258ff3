"""The molecule network: directed message passing over bonds (D-MPNN), each distinct environment once.

Nothing an atom's state depends on reaches beyond its own environment: there is no node-level dropout and
no normalisation over atoms. So outputs do not depend on what else is in the batch, and environments that
occur again, in a molecule, a batch or a block of a library, need not be computed again (`environments.py`).
`Network.plain` computes every one of them: slow, and the oracle of the fast path.

References
----------
Yang et al., J. Chem. Inf. Model. 2019, 59, 3370.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from riboswitch.arrays import RaggedArrays, gather_index
from riboswitch.errors import UsageError
from riboswitch.modalities.molecule.environments import Environments, Sums
from riboswitch.modalities.molecule.features import FEATURES
from riboswitch.settings import one_of, positive, positive_int, share

KINDS = ("dmpnn", "gine", "attentivefp")
AGGREGATIONS = ("mean", "sum", "norm")
ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {  # in place: a new table is dearer than its values
    "relu": torch.relu_,
    "leakyrelu": nn.functional.leaky_relu_,
    "tanh": torch.tanh_,
    "selu": torch.selu_,
    "elu": nn.functional.elu_,
}
# Chosen by validation loss on ESOL, Lipophilicity and BBBP, the same for every task.
TRAINING = {"epochs": 60, "learning_rate": 4e-3}
INFERENCE_ROWS = 8192  # larger batches share more environments, but leave the processor's caches
MASSES = (119, 1024)  # shape of a table of atomic masses: element, isotope


@dataclass(frozen=True)
class NetworkSettings:
    """Kind and sizes of the network.

    Attributes
    ----------
    kind : {"dmpnn", "gine", "attentivefp"}
        The last two are PyTorch Geometric's, without the fast path (see `pyg.py`).
    features : str
        What the network sees of atoms and bonds, a name in `features.FEATURES`.
    hidden : int
        Width of the state of a directed bond, and of an atom.
    depth : int
        Bonds that a message travels, the first one included; 1 sees only direct neighbours.
    activation : {"relu", "leakyrelu", "tanh", "selu", "elu"}
    bias : bool
        Whether the layers that make and pass messages have one.
    dropout : float
        In the head only.
    aggregation : {"mean", "sum", "norm"}
        How atoms become a molecule; ``norm`` is the sum divided by the number of that name.
    norm : float
    batch_norm : bool
        Of the pooled vector, over the molecules of a batch while training.
    ffn_hidden, ffn_layers : int
        Width of the head's hidden layers, and number of its linear layers.
    properties : bool
        Whether the properties of a molecule (`encode.GLOBALS`) join its vector before the head.
    """

    kind: str = "dmpnn"
    features: str = "riboswitch"
    hidden: int = 128
    depth: int = 3
    activation: str = "relu"
    bias: bool = False
    dropout: float = 0.0
    aggregation: str = "mean"
    norm: float = 100.0
    batch_norm: bool = False
    ffn_hidden: int = 128
    ffn_layers: int = 2
    properties: bool = True

    def __post_init__(self) -> None:
        one_of("kind", self.kind, KINDS)
        one_of("features", self.features, tuple(FEATURES))
        one_of("activation", self.activation, tuple(ACTIVATIONS))
        one_of("aggregation", self.aggregation, AGGREGATIONS)
        for name in ("hidden", "depth", "ffn_hidden", "ffn_layers"):
            positive_int(name, getattr(self, name))
        share("dropout", self.dropout)
        positive("norm", self.norm)


class Batch(NamedTuple):
    """Several molecules as one graph that falls apart into them; all tensors on the CPU."""

    atoms: Tensor  # (atoms,) int64, packed as `facts.ATOM_FIELDS`
    bonds: Tensor  # (bonds,) int64, packed as `facts.BOND_FIELDS`, every bond once
    ends: Tensor  # (bonds, 2) int64: numbers of the atoms a bond joins
    offsets: Tensor  # (n + 1,) int64: where the atoms of each molecule begin
    globals: Tensor  # (n, properties) float32

    @property
    def n(self) -> int:
        return len(self.offsets) - 1

    def molecule(self) -> Tensor:
        """The molecule that each atom belongs to, shape (atoms,)."""
        return torch.repeat_interleave(self.offsets.diff())


def collate(arrays: RaggedArrays, rows: np.ndarray) -> Batch:
    """Join the molecules at ``rows`` into one batch, in that order."""
    values, offsets = arrays.values, arrays.offsets
    atom_index, atom_offsets = gather_index(offsets["atoms"], rows)
    bond_index, bond_offsets = gather_index(offsets["bonds"], rows)
    first_atom = np.repeat(atom_offsets[:-1], np.diff(bond_offsets))  # of the molecule a bond belongs to
    return Batch(
        atoms=torch.from_numpy(values["atoms"][atom_index]),
        bonds=torch.from_numpy(values["bonds"][bond_index].astype(np.int64)),
        ends=torch.from_numpy(values["ends"][bond_index] + first_atom[:, None]),
        offsets=torch.from_numpy(atom_offsets),
        globals=torch.from_numpy(values["globals"][rows]),
    )


def batches(
    arrays: RaggedArrays, rows: np.ndarray, batch_size: int, rng: np.random.Generator | None = None
) -> Iterator[np.ndarray]:
    """Cut ``rows`` into batches, every row once; shuffled if ``rng`` is given, else in their order.

    A shuffled last batch of one molecule is joined to the one before: its gradient would be mostly noise.
    """
    ordered = rows if rng is None else rng.permutation(rows)
    cuts = [*range(0, len(ordered), batch_size), len(ordered)]
    if rng is not None and len(cuts) > 2 and cuts[-1] - cuts[-2] == 1:
        del cuts[-2]
    for start, stop in pairwise(cuts):
        yield ordered[start:stop]


def Network(settings: NetworkSettings, n_outputs: int, meta: dict[str, Any]) -> nn.Module:
    """The network that the settings ask for, untrained.

    Parameters
    ----------
    settings : NetworkSettings
    n_outputs : int
    meta : dict
        The meta of the encoded arrays: ``globals`` names the properties.
    """
    if settings.kind == "dmpnn":
        return DMPNN(settings, n_outputs, meta)
    from riboswitch.modalities.molecule import pyg  # importing torch-geometric takes seconds

    return pyg.NETWORKS[settings.kind](settings, n_outputs, meta)


class MoleculeNetwork(nn.Module):
    """What all molecule networks share: features of atoms and bonds before, pooling and head behind.

    Parameters
    ----------
    settings, n_outputs, meta
        As for `Network`.
    """

    globals_mean: Tensor
    globals_sd: Tensor
    masses: Tensor

    def __init__(self, settings: NetworkSettings, n_outputs: int, meta: dict[str, Any]):
        super().__init__()
        self.settings, self.features = settings, FEATURES[settings.features]
        properties = len(meta["globals"]) if settings.properties else 0
        if self.features.mass:
            self.register_buffer("masses", torch.zeros(MASSES))
        self.register_buffer("globals_mean", torch.zeros(properties))
        self.register_buffer("globals_sd", torch.ones(properties))
        self.act = ACTIVATIONS[settings.activation]
        self.norm = nn.BatchNorm1d(settings.hidden) if settings.batch_norm else nn.Identity()
        self.head = _head(settings.hidden + properties, settings, n_outputs)

    def fit_scalers(self, arrays: RaggedArrays, rows: np.ndarray) -> None:
        """Take mean and standard deviation of the properties from the (training) molecules at ``rows``.

        Raises
        ------
        UsageError
            If the network would be trained on masses that it was not given.
        """
        if self.features.mass and not self.masses.any():
            raise UsageError("these features are for imported models only", found=self.settings.features,
                             hint="Train with the features riboswitch.")  # fmt: skip
        if not self.settings.properties:
            return
        values = arrays.values["globals"][rows].astype(np.float64)
        sd = values.std(0)
        self.globals_mean.copy_(torch.from_numpy(values.mean(0)))
        self.globals_sd.copy_(torch.from_numpy(np.where(sd > 0, sd, 1.0)))

    def see_atoms(self, codes: np.ndarray) -> Tensor:
        """Features of packed atoms (n,), shape (n, features)."""
        masses = self.masses.cpu().numpy() if self.features.mass else None
        return torch.from_numpy(self.features.of_atoms(codes, masses)).to(self.globals_mean.device)

    def see_bonds(self, codes: np.ndarray) -> Tensor:
        """Features of packed bonds (n,), shape (n, features)."""
        return torch.from_numpy(self.features.of_bonds(codes)).to(self.globals_mean.device)

    def aggregate(self, summed: Tensor, sizes: Tensor) -> Tensor:
        """From the sum over the atoms of each molecule (n, hidden), and their number (n,), to one vector."""
        if self.settings.aggregation == "mean":
            return summed / sizes.clamp(min=1).to(summed.device)[:, None]
        return summed / self.settings.norm if self.settings.aggregation == "norm" else summed

    def finish(self, pooled: Tensor, properties: Tensor) -> Tensor:
        """Outputs (n, n_outputs) from one vector a molecule (n, hidden) and its properties, not scaled."""
        pooled = self.norm(pooled)
        if self.settings.properties:
            scaled = (properties.to(pooled.device) - self.globals_mean) / self.globals_sd
            pooled = torch.cat([pooled, scaled], dim=1)
        return self.head(pooled)


class DMPNN(MoleculeNetwork):
    """Directed message passing with a few molecular properties joined in before the head.

    Notes
    -----
    Shapes: ``forward`` takes a Batch of n molecules and returns (n, n_outputs).

    A message is a sum of states times a matrix. Taken the other way round, as the sum of states that were
    each multiplied before, it needs one product a distinct environment of the level below, of which there
    are far fewer.
    """

    def __init__(self, settings: NetworkSettings, n_outputs: int, meta: dict[str, Any]):
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

    def forward(self, batch: Batch) -> Tensor:
        return self._answer(self.sum_atoms(self.environments(batch)), batch)

    def _answer(self, summed: Tensor, batch: Batch) -> Tensor:
        return self.finish(self.aggregate(summed, batch.offsets.diff()), batch.globals)

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
        return self._answer(add_up(tops, batch.molecule(), batch.n), batch)


def add_up(rows: Tensor, owner: Tensor, n_owners: int) -> Tensor:
    """Sum the rows (rows, width) that have the same owner (rows,) into shape (n_owners, width)."""
    return rows.new_zeros(n_owners, rows.shape[1]).index_add_(0, owner, rows)


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


class Activation(nn.Module):
    """An activation as a layer."""

    def __init__(self, name: str):
        super().__init__()
        self.act = ACTIVATIONS[name]

    def forward(self, rows: Tensor) -> Tensor:
        return self.act(rows)


def _head(width: int, settings: NetworkSettings, n_outputs: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for _ in range(settings.ffn_layers - 1):
        layers += [nn.Dropout(settings.dropout), nn.Linear(width, settings.ffn_hidden)]
        layers += [Activation(settings.activation)]
        width = settings.ffn_hidden
    return nn.Sequential(*layers, nn.Dropout(settings.dropout), nn.Linear(width, n_outputs))
