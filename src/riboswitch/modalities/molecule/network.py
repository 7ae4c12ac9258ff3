"""The network part of the molecule modality."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from riboswitch.modalities.defaults import IN_PAIRS as IN_PAIRS
from riboswitch.modalities.defaults import PER_POSITION as PER_POSITION
from riboswitch.modalities.defaults import positions as positions
from riboswitch.modalities.defaults import suited as suited
from riboswitch.modalities.molecule.nets.batch import Batch, batches, collate
from riboswitch.modalities.molecule.nets.molecule_network import MoleculeNetwork
from riboswitch.modalities.molecule.nets.settings import NetworkSettings

__all__ = [
    "INFERENCE_ROWS", "IN_PAIRS", "PER_POSITION", "TRAINING", "TRUNK", "TRUNK_SETTINGS", "Batch", "Network",
    "NetworkSettings", "batches", "collate", "positions", "suited",
]  # fmt: skip

# Chosen by validation loss on ESOL, Lipophilicity and BBBP, the same for every task.
# The last epoch, not the best: where actives are rare, which epoch is best on few validation rows is chance.
TRAINING: Mapping[str, Any] = {"epochs": 60, "learning_rate": 4e-3, "keep": "last"}
INFERENCE_ROWS = 8192  # in larger batches more environments repeat, but they exceed the processor's caches
TRUNK: tuple[str, ...] = ("input", "message", "atom")  # of the D-MPNN
TRUNK_SETTINGS: tuple[str, ...] = (
    "kind", "features", "hidden", "depth", "activation", "bias", "aggregation", "norm"
)  # fmt: skip


def Network(settings: NetworkSettings, n_outputs: int, meta: Mapping[str, Any]) -> MoleculeNetwork:
    """Make an untrained network.

    Parameters
    ----------
    settings : NetworkSettings
    n_outputs : int
    meta : mapping
        The meta of the encoded arrays: ``globals`` names the properties.
    """
    if settings.kind == "dmpnn":
        from riboswitch.modalities.molecule.nets.dmpnn import DMPNN

        return DMPNN(settings, n_outputs, meta)
    from riboswitch.modalities.molecule.nets import pyg  # importing torch-geometric takes seconds

    return pyg.NETWORKS[settings.kind](settings, n_outputs, meta)
