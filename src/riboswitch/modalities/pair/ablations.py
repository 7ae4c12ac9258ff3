"""Networks that see one side of a pair alone: what they get right needs no pair."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from riboswitch.modalities.pair.sides import Pair


class PairAblations:
    """See `riboswitch.modalities.optional_parts.AblationsPart`."""

    def __init__(self, pair: Pair):
        self.ABLATIONS: Mapping[str, Mapping[str, Any]] = {
            f"network_{side.name}": {"sides": side.name} for side in pair.sides
        }


def make(pair: Pair) -> PairAblations:
    """Make the ablations of these pairs."""
    return PairAblations(pair)
