"""A network that cannot learn eight sequences by heart has a fault somewhere."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from riboswitch.data.task import Task
from riboswitch.learning.device import deterministic
from riboswitch.learning.loop import Data, fit, infer
from riboswitch.learning.loss import Loss
from riboswitch.learning.prediction_units import PredictionUnits
from riboswitch.learning.settings import TrainSettings
from riboswitch.modalities.sequence import network
from riboswitch.modalities.sequence.encode import encode

CLASSES = Task("multiclass", ("y",), ("a", "b", "c"))
TASKS = {
    "multiclass": CLASSES,
    "binary": Task("binary", ("y", "z")),
    "regression": Task("regression", ("y",)),
    "per_position": Task("multiclass", ("y",), ("a", "b", "c"), "position"),
}


def labels_of(kind, lengths, rng):
    if kind == "multiclass":
        return rng.permutation([0.0, 0, 0, 1, 1, 1, 2, 2])[:, None]
    if kind == "binary":
        both = np.stack([rng.permutation([0.0, 0, 0, 0, 1, 1, 1, 1]) for _ in range(2)], axis=1)
        both[0, 1] = np.nan  # a gap
        return both
    if kind == "regression":
        return rng.normal(size=(8, 1)) * 5 + 30
    return np.repeat(rng.integers(0, 3, lengths.sum() // 5 + 1), 5)[: lengths.sum(), None].astype(float)


@pytest.mark.parametrize(
    ("kind", "alphabet", "shape"),
    [
        ("multiclass", "protein", {}),
        ("multiclass", "dna", {"head": "aligned", "pool": 2, "normalization": "batch"}),
        ("multiclass", "dna", {"strands": "average", "recurrent": "gru"}),
        ("multiclass", "codon", {"recurrent": "mingru"}),
        ("binary", "rna", {}),
        ("regression", "dna", {"strands": "augment"}),
        ("per_position", "dna", {"head": "per_position", "pool": 2}),
    ],
)
def test_eight_random_sequences_are_learned_by_heart(kind, alphabet, shape):
    rng = np.random.default_rng(1)
    window = 45 if shape.get("head") == "aligned" else 0
    letters = {"protein": "ACDEFGHIKLMNPQRSTVWY", "rna": "ACGU"}.get(alphabet, "ACGT")
    inputs = ["".join(rng.choice(list(letters), window or rng.integers(40, 90))) for _ in range(8)]
    arrays, task = (
        encode({"sequence": inputs}, list("abcdefgh"), {"alphabet": alphabet, "window": window}),
        TASKS[kind],
    )
    cells, rows = PredictionUnits.of(task, network, arrays), np.arange(8)
    labels = labels_of(kind, arrays.lengths("letters"), rng)
    how = TrainSettings(epochs=80, batch_size=4, learning_rate=0.02, weight_decay=0.0, class_power=0.0)
    with deterministic(0):
        net = network.Network(
            network.NetworkSettings(hidden=24, dropout=0.0, **shape), len(task.outputs), arrays.meta
        )
        data = Data(network, task, arrays, cells, labels, np.ones(len(labels)), rows, rows)
        fitted = fit(data, net, how, 0)
        outputs = infer(network, fitted.network, arrays, rows, cells)
    goal = torch.tensor(fitted.scale.apply(labels), dtype=torch.float32)
    loss = Loss(task, None)(torch.tensor(outputs), goal, torch.ones(len(labels)))
    assert loss.item() < 0.05
    if kind == "multiclass":
        assert outputs.argmax(1).tolist() == labels[:, 0].tolist()
