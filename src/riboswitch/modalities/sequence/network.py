"""The network part of the sequence modality."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.task import Level
from riboswitch.modalities.sequence.nets.batch import Batch, batches, collate
from riboswitch.modalities.sequence.nets.sequence_network import Network
from riboswitch.modalities.sequence.nets.settings import NetworkSettings
from riboswitch.numeric.offsets import offsets_of

__all__ = [
    "INFERENCE_ROWS", "IN_PAIRS", "PER_POSITION", "TRAINING", "TRUNK", "TRUNK_SETTINGS", "Batch", "Network",
    "NetworkSettings", "batches", "collate", "positions", "suited",
]  # fmt: skip

TRAINING: Mapping[str, Any] = {"epochs": 20, "learning_rate": 3e-3, "label_smoothing": 0.05}
INFERENCE_ROWS = 128
IN_PAIRS: Mapping[str, Any] = {"pool": 16}  # a protein is met in many batches
TRUNK: tuple[str, ...] = ("embedding", "conv", "conv_norm", "mix", "mix_norm", "forth", "back")
TRUNK_SETTINGS: tuple[str, ...] = ("embedding", "hidden", "kernel", "pool", "recurrent", "normalization")
PER_POSITION: Mapping[str, Any] = {"head": "per_position"}


def suited(level: Level, meta: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return settings for these labels and arrays.

    A label for each position needs the head ``per_position``. Windows of one length are aligned to each
    other, and get the head ``aligned``.
    """
    if level == "position":
        return PER_POSITION
    return {"head": "aligned"} if meta.get("window") else {}


def positions(arrays: RaggedArrays) -> np.ndarray | None:
    """Return the offsets of the letters of each row, shape (rows + 1,)."""
    return offsets_of(arrays.lengths("letters"))
