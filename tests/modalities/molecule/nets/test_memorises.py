"""A network that cannot learn eight molecules by heart cannot learn anything."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from riboswitch.modalities.molecule.encode import encode
from riboswitch.modalities.molecule.network import Network, NetworkSettings, batches, collate

SMILES = [
    "CC(=O)Oc1ccccc1C(=O)O", "CN1C=NC2=C1C(=O)N(C(=O)N2C)C", "CC(C)Cc1ccc(cc1)C(C)C(=O)O", "C[C@H](N)C(=O)O",
    "C[C@@H](N)C(=O)O", "C/C=C/C", "C/C=C\\C", "O",
]  # fmt: skip


def train(labels: np.ndarray, loss: nn.Module, steps: int = 200) -> float:
    arrays, rows = encode({"molecule": SMILES}, SMILES), np.arange(len(SMILES))
    torch.manual_seed(0)
    network, rng = Network(NetworkSettings(), 1, arrays.meta), np.random.default_rng(0)
    network.fit_scalers(arrays, rows)
    optimizer = torch.optim.Adam(network.parameters(), lr=2e-3)
    target = torch.tensor(labels, dtype=torch.float32)[:, None]
    for _ in range(steps):
        for batch in batches(arrays, rows, 4, rng):
            optimizer.zero_grad()
            loss(network(collate(arrays, batch)), target[batch]).backward()
            optimizer.step()
    with torch.inference_mode():
        return loss(network(collate(arrays, rows)), target).item()


@pytest.mark.parametrize("seed", [0, 1])
def test_memorises_classes(seed: int) -> None:
    labels = np.random.default_rng(seed).permutation([0, 0, 0, 0, 1, 1, 1, 1])
    assert train(labels, nn.BCEWithLogitsLoss()) < 0.05


def test_memorises_values() -> None:
    assert train(np.random.default_rng(0).normal(size=8), nn.MSELoss()) < 0.05
