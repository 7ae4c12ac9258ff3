"""The molecule networks: what they are asked for, the batches they take, and what they all share.

Nothing an atom's state depends on reaches beyond its own molecule: no normalisation over atoms. So outputs
do not depend on what else is in the batch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from riboswitch.config.settings import fraction, one_of, positive, positive_int
from riboswitch.data.arrays import RaggedArrays
from riboswitch.errors import UsageError
from riboswitch.modalities.molecule.nets.features import FEATURES
from riboswitch.numeric.offsets import gather_index

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
        fraction("dropout", self.dropout)
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
        from riboswitch.modalities.molecule.nets.dmpnn import DMPNN

        return DMPNN(settings, n_outputs, meta)
    from riboswitch.modalities.molecule.nets import pyg  # importing torch-geometric takes seconds

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


def add_up(rows: Tensor, owner: Tensor, n_owners: int) -> Tensor:
    """Sum the rows (rows, width) that have the same owner (rows,) into shape (n_owners, width)."""
    return rows.new_zeros(n_owners, rows.shape[1]).index_add_(0, owner, rows)


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
