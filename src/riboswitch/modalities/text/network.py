"""The network part of the text modality."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.task import Level
from riboswitch.modalities.defaults import IN_PAIRS as IN_PAIRS
from riboswitch.modalities.text.nets.batch import Batch, batches, collate
from riboswitch.modalities.text.nets.settings import NetworkSettings
from riboswitch.modalities.text.nets.text_network import Network
from riboswitch.numeric.offsets import offsets_of

__all__ = [
    "INFERENCE_ROWS", "IN_PAIRS", "PER_POSITION", "TRAINING", "TRUNK", "TRUNK_SETTINGS", "Batch", "Network",
    "NetworkSettings", "batches", "collate", "positions", "suited",
]  # fmt: skip

TRAINING: Mapping[str, Any] = {"epochs": 15, "batch_size": 32, "learning_rate": 3e-3, "group_power": 0.0}
INFERENCE_ROWS = 128
TRUNK: tuple[str, ...] = ("words", "affixes", "letters", "spelling", "conv", "conv_norm", "mix", "mix_norm",
                          "forth", "back")  # fmt: skip
TRUNK_SETTINGS: tuple[str, ...] = ("slots", "words", "affixes", "spelling", "hidden", "kernel", "pool",
                                   "recurrent", "normalization")  # fmt: skip
PER_POSITION: Mapping[str, Any] = {"head": "per_position"}


def suited(level: Level, meta: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return settings for these labels: a label for each token needs the head ``per_position``."""
    return PER_POSITION if level == "position" else {}


def positions(arrays: RaggedArrays) -> np.ndarray | None:
    """Return the offsets of the tokens of each row, shape (rows + 1,)."""
    return offsets_of(arrays.lengths("word"))
