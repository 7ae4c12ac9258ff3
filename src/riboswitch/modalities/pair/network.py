"""The network part of pairs: the networks of both sides, joined."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.task import Level
from riboswitch.modalities.pair.nets.batch import PairBatch, SideArrays, by_block
from riboswitch.modalities.pair.nets.pair_network import PairNetwork
from riboswitch.modalities.pair.nets.settings import PairSettings, settings_class
from riboswitch.modalities.pair.sides import Pair


class PairNetworkPart:
    """See `riboswitch.modalities.parts.NetworkPart`."""

    TRAINING: Mapping[str, Any] = {"epochs": 12, "batch_size": 512, "learning_rate": 3e-3, "group_power": 0.0}
    INFERENCE_ROWS = 4096
    TRUNK: tuple[str, ...] = ("left", "right", "left_layer", "right_layer")
    TRUNK_SETTINGS: tuple[str, ...] = ("left", "right", "sides", "hidden")
    PER_POSITION: Mapping[str, Any] = {}
    IN_PAIRS: Mapping[str, Any] = {}  # there are no pairs of pairs

    def __init__(self, pair: Pair):
        self.pair, self.NetworkSettings = pair, settings_class(pair)

    def Network(self, settings: PairSettings, n_outputs: int, meta: Mapping[str, Any]) -> PairNetwork:
        """Make an untrained network.

        Parameters
        ----------
        settings : PairSettings
        n_outputs : int
        meta : mapping
            The meta of the encoded arrays.
        """
        return PairNetwork(self.pair, settings, n_outputs, meta)

    def collate(self, arrays: RaggedArrays, rows: np.ndarray) -> PairBatch:
        """Join rows into one batch, in which each distinct input stands once."""
        return PairBatch(*(SideArrays.of(side, arrays).collate(rows) for side in self.pair.sides))

    def batches(
        self, arrays: RaggedArrays, rows: np.ndarray, batch_size: int, rng: np.random.Generator | None = None
    ) -> Iterator[np.ndarray]:
        """Cut rows into batches in which inputs repeat, so that few must be computed; see `by_block`."""
        ordered = by_block([SideArrays.of(side, arrays) for side in self.pair.sides], rows, batch_size, rng)
        starts = np.arange(0, len(ordered), batch_size)
        for start in starts if rng is None else rng.permutation(starts):
            yield ordered[start : start + batch_size]

    def suited(self, level: Level, meta: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the settings that suit the arrays of each side, where that is not what it does anyway."""
        own = {s.name: dict(s.modality.network.suited("record", meta[s.name])) for s in self.pair.sides}
        return {name: settings for name, settings in own.items() if settings}

    def positions(self, arrays: RaggedArrays) -> np.ndarray | None:
        """Return None: a pair has no positions to label."""
        return None


def make(pair: Pair) -> PairNetworkPart:
    """Make the network part of these pairs."""
    return PairNetworkPart(pair)
