"""A network that cannot learn eight proteins by heart has a fault somewhere."""

from __future__ import annotations

import numpy as np

from riboswitch.learning.loop import TrainSettings, fit, reproducible
from riboswitch.learning.loss import Loss
from riboswitch.modalities.sequence import network
from riboswitch.modalities.sequence.encode import encode
from riboswitch.tasks import Task


def test_eight_random_proteins_are_learned_by_heart():
    rng = np.random.default_rng(1)
    inputs = ["".join(rng.choice(list("ACDEFGHIKLMNPQRSTVWY"), rng.integers(40, 90))) for _ in range(8)]
    labels = rng.permutation([0.0, 0, 0, 1, 1, 1, 2, 2])[:, None]
    task, arrays, rows = (
        Task("multiclass", ("y",), ("a", "b", "c")),
        encode(inputs, list("abcdefgh")),
        np.arange(8),
    )
    how = TrainSettings(epochs=60, batch_size=4, learning_rate=0.01, weight_decay=0.0, class_power=0.0)
    with reproducible(0):
        net = network.Network(network.NetworkSettings(hidden=24, dropout=0.0), 3, arrays.meta)
        fitted = fit(network, net, task, arrays, labels, np.ones(8), {"train": rows, "valid": rows}, how, 0)
        net.eval()
        outputs = fitted.network(network.collate(arrays, rows))
    loss = Loss(task, None)(
        outputs, *(network.torch.tensor(a, dtype=outputs.dtype) for a in (labels, np.ones(8)))
    )
    assert loss.item() < 0.05
    assert outputs.argmax(1).tolist() == labels[:, 0].tolist()
