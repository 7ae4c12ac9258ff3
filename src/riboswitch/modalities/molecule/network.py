"""The molecule network: directed message passing over bonds (D-MPNN).

Nothing an atom's state depends on reaches beyond its own environment: there is no node-level dropout and
no normalisation over atoms or molecules. So outputs do not depend on what else is in the batch.

References
----------
Yang et al., J. Chem. Inf. Model. 2019, 59, 3370.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from riboswitch.arrays import RaggedArrays, gather_index
from riboswitch.settings import one_of, positive_int, share

AGGREGATIONS = ("mean", "sum", "norm")
NORM = 100.0


@dataclass(frozen=True)
class NetworkSettings:
    """Sizes of the network.

    Attributes
    ----------
    hidden : int
        Width of the state of a directed bond, and of an atom.
    depth : int
        Bonds that a message travels, the first one included; 1 sees only direct neighbours.
    dropout : float
        In the head only.
    ffn_hidden, ffn_layers : int
        Width of the head's hidden layers, and number of its linear layers.
    aggregation : {"mean", "sum", "norm"}
        How atoms become a molecule; ``norm`` is the sum divided by 100.
    """

    hidden: int = 128
    depth: int = 3
    dropout: float = 0.0
    ffn_hidden: int = 128
    ffn_layers: int = 2
    aggregation: str = "mean"

    def __post_init__(self) -> None:
        for name in ("hidden", "depth", "ffn_hidden", "ffn_layers"):
            positive_int(name, getattr(self, name))
        share("dropout", self.dropout)
        one_of("aggregation", self.aggregation, AGGREGATIONS)


class Batch(NamedTuple):
    """Several molecules as one graph that falls apart into them.

    Directed bond ``e`` runs from atom ``src[e]`` to atom ``dst[e]``, and ``reverse[e]`` runs back.
    """

    atoms: Tensor  # (atoms, atom columns) int64 codes
    bonds: Tensor  # (directed bonds, bond columns) int64 codes
    src: Tensor  # (directed bonds,) int64
    dst: Tensor  # (directed bonds,) int64
    reverse: Tensor  # (directed bonds,) int64
    molecule: Tensor  # (atoms,) int64: the molecule an atom belongs to
    globals: Tensor  # (n, properties) float32
    n: int


def collate(arrays: RaggedArrays, rows: np.ndarray) -> Batch:
    """Join the molecules at ``rows`` into one batch, in that order."""
    values, offsets = arrays.values, arrays.offsets
    atom_index, atom_offsets = gather_index(offsets["atoms"], rows)
    bond_index, bond_offsets = gather_index(offsets["bonds"], rows)
    first_atom = np.repeat(atom_offsets[:-1], np.diff(bond_offsets))  # of the molecule a bond belongs to
    begin, end = (values["ends"][bond_index] + first_atom[:, None]).T
    bonds, edges = values["bonds"][bond_index], np.arange(2 * len(bond_index))
    return Batch(
        atoms=torch.from_numpy(values["atoms"][atom_index].astype(np.int64)),
        bonds=torch.from_numpy(np.concatenate([bonds, bonds]).astype(np.int64)),
        src=torch.from_numpy(np.concatenate([begin, end])),
        dst=torch.from_numpy(np.concatenate([end, begin])),
        reverse=torch.from_numpy(np.roll(edges, -len(bond_index))),
        molecule=torch.from_numpy(np.repeat(np.arange(len(rows)), np.diff(atom_offsets))),
        globals=torch.from_numpy(values["globals"][rows]),
        n=len(rows),
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


class Codes(nn.Module):
    """A linear layer on the one-hot vectors of several columns of codes, kept as a table.

    Notes
    -----
    Shapes: (rows, columns) int64 -> (rows, width).
    """

    offsets: Tensor

    def __init__(self, sizes: Sequence[int], width: int):
        super().__init__()
        self.table = nn.Embedding(sum(sizes), width)
        nn.init.normal_(self.table.weight, std=len(sizes) ** -0.5)
        self.register_buffer("offsets", torch.tensor([0, *np.cumsum(sizes[:-1])]), persistent=False)

    def forward(self, codes: Tensor) -> Tensor:
        return self.table(codes + self.offsets).sum(1)


class Network(nn.Module):
    """D-MPNN with a few molecular properties joined in before the head.

    Parameters
    ----------
    settings : NetworkSettings
    n_outputs : int
    meta : dict
        The meta of the encoded arrays: ``atom_sizes``, ``bond_sizes`` (codes of every column), ``globals``.

    Notes
    -----
    Shapes: ``forward`` takes a Batch of n molecules and returns (n, n_outputs).
    """

    globals_mean: Tensor
    globals_sd: Tensor

    def __init__(self, settings: NetworkSettings, n_outputs: int, meta: dict[str, Any]):
        super().__init__()
        width, properties = settings.hidden, len(meta["globals"])
        self.depth, self.aggregation = settings.depth, settings.aggregation
        self.source = Codes(meta["atom_sizes"], width)
        self.bond = Codes(meta["bond_sizes"], width)
        self.message = nn.Linear(width, width, bias=False)
        self.atom = Codes(meta["atom_sizes"], width)
        self.gather = nn.Linear(width, width)
        self.head = _head(width + properties, settings, n_outputs)
        self.register_buffer("globals_mean", torch.zeros(properties))
        self.register_buffer("globals_sd", torch.ones(properties))

    def fit_scalers(self, arrays: RaggedArrays, rows: np.ndarray) -> None:
        """Take mean and standard deviation of the properties from the (training) molecules at ``rows``."""
        values = arrays.values["globals"][rows].astype(np.float64)
        sd = values.std(0)
        self.globals_mean.copy_(torch.from_numpy(values.mean(0)))
        self.globals_sd.copy_(torch.from_numpy(np.where(sd > 0, sd, 1.0)))

    def forward(self, batch: Batch) -> Tensor:
        state = self.pass_messages(batch)  # (directed bonds, hidden)
        incoming = self._into_atoms(state, batch)  # (atoms, hidden)
        atoms = torch.relu(self.atom(batch.atoms) + self.gather(incoming))
        pooled = self.pool(atoms, batch)  # (n, hidden)
        properties = (batch.globals - self.globals_mean) / self.globals_sd
        return self.head(torch.cat([pooled, properties], dim=1))

    def pass_messages(self, batch: Batch) -> Tensor:
        """States of the directed bonds after ``depth`` steps; none listens to its own reverse."""
        first = self.source(batch.atoms).index_select(0, batch.src) + self.bond(batch.bonds)
        state = torch.relu(first)  # (directed bonds, hidden)
        for _ in range(self.depth - 1):
            incoming = self._into_atoms(state, batch)
            heard = incoming.index_select(0, batch.src) - state.index_select(0, batch.reverse)
            state = torch.relu(first + self.message(heard))
        return state

    @staticmethod
    def _into_atoms(state: Tensor, batch: Batch) -> Tensor:
        return add_up(state, batch.dst, len(batch.atoms))

    def pool(self, atoms: Tensor, batch: Batch) -> Tensor:
        """One vector a molecule, shape (n, hidden)."""
        pooled = add_up(atoms, batch.molecule, batch.n)
        if self.aggregation == "mean":
            sizes = torch.bincount(batch.molecule, minlength=batch.n).clamp(min=1)
            return pooled / sizes[:, None]
        return pooled / NORM if self.aggregation == "norm" else pooled


def add_up(rows: Tensor, owner: Tensor, n_owners: int) -> Tensor:
    """Sum the rows (rows, width) that have the same owner (rows,) into shape (n_owners, width)."""
    return rows.new_zeros(n_owners, rows.shape[1]).index_add_(0, owner, rows)


def _head(width: int, settings: NetworkSettings, n_outputs: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for _ in range(settings.ffn_layers - 1):
        layers += [nn.Dropout(settings.dropout), nn.Linear(width, settings.ffn_hidden), nn.ReLU()]
        width = settings.ffn_hidden
    return nn.Sequential(*layers, nn.Dropout(settings.dropout), nn.Linear(width, n_outputs))
