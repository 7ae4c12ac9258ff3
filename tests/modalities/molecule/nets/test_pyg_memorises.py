"""PyTorch Geometric's networks, too, can learn eight molecules by heart."""

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


@pytest.mark.parametrize("kind", ["gine", "attentivefp"])
def test_memorises_values(kind):
    arrays, rows = encode({"molecule": SMILES}, SMILES), np.arange(len(SMILES))
    torch.manual_seed(0)
    network = Network(NetworkSettings(kind=kind, hidden=32), 1, arrays.meta)
    network.fit_scalers(arrays, rows)
    optimizer, rng = torch.optim.Adam(network.parameters(), lr=4e-3), np.random.default_rng(0)
    target = torch.tensor(rng.normal(size=8), dtype=torch.float32)[:, None]
    loss = nn.MSELoss()
    for _ in range(150):
        for batch in batches(arrays, rows, 4, rng):
            optimizer.zero_grad()
            loss(network(collate(arrays, batch)), target[batch]).backward()
            optimizer.step()
    with torch.inference_mode():
        assert loss(network(collate(arrays, rows)), target).item() < 0.05
