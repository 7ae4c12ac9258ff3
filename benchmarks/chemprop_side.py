"""Jobs that run in chemprop's own environment."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from chemprop import data, featurizers, models, nn
from chemprop.data.collate import collate_batch
from common import serve

CLIP = 1e-6


def train_rate(smiles: str, molecules: int, batches: int) -> dict[str, Any]:
    """Molecules per CPU second in training: chemprop's modules and defaults (h=300, depth 3), batch 64.

    Featurising is not timed. The time includes making batches, forward and backward passes, and Adam's steps.
    """
    torch.set_num_threads(1)
    lines = Path(smiles).read_text().split()[:molecules]
    points = [data.MoleculeDatapoint.from_smi(line, [0.5]) for line in lines]
    dataset = data.MoleculeDataset(points, featurizers.SimpleMoleculeMolGraphFeaturizer())
    dataset.cache = True
    network = models.MPNN(nn.BondMessagePassing(), nn.NormAggregation(), nn.RegressionFFN())
    optimizer, rng = torch.optim.Adam(network.parameters(), lr=1e-4), np.random.default_rng(0)

    def step() -> None:
        batch = collate_batch([dataset[i] for i in rng.integers(0, molecules, 64)])
        optimizer.zero_grad()
        (network(batch.bmg) - batch.Y).square().mean().backward()
        optimizer.step()

    step()
    start = time.process_time()
    for _ in range(batches):
        step()
    return {"rate": 64 * batches / (time.process_time() - start)}


def platt(known: list[float], labels: list[int], new: list[float]) -> dict[str, Any]:
    """Probabilities by chemprop's Platt scaling, fitted on rows with labels."""
    from chemprop.uncertainty.calibrator import PlattCalibrator

    p, q = (
        torch.tensor(values, dtype=torch.float64).clip(CLIP, 1 - CLIP)[:, None] for values in (known, new)
    )
    truth = torch.tensor(labels, dtype=torch.float64)[:, None]
    calibrator = PlattCalibrator().fit(p, truth, torch.ones_like(truth, dtype=torch.bool))
    return {"p": calibrator.apply(q)[:, 0].tolist()}


if __name__ == "__main__":
    serve({"train_rate": train_rate, "platt": platt})
