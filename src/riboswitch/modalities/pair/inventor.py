"""Makes up pairs: one made-up input of each side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from riboswitch.modalities.pair.sides import Pair, own_settings


class PairInventor:
    """See `riboswitch.modalities.optional_parts.Inventor`."""

    def __init__(self, pair: Pair):
        self.pair = pair

    def invent(
        self, number: int, seed: int, reading: Mapping[str, Any], encoder: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        """Return pairs; the seeds of the sides differ, so that inputs of one modality do, too."""
        made = {}
        for shift, side in enumerate(self.pair.sides):
            part = side.modality.required("inventor", side.modality.inventor)
            own = own_settings(reading, side, "reading"), own_settings(encoder, side, "encoder")
            made[side.component] = part.invent(number, 2 * seed + shift, *own)
        return [dict(zip(made, values, strict=True)) for values in zip(*made.values(), strict=True)]


def make(pair: Pair) -> PairInventor:
    """Make the inventor of these pairs."""
    return PairInventor(pair)
