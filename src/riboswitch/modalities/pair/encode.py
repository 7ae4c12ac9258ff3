"""Pairs as arrays: each distinct input of a side once, encoded by its own modality, and its number a pair."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from riboswitch.config.settings import known_names
from riboswitch.data.arrays import Ragged, RaggedArrays, distinct
from riboswitch.errors import Problem, UsageError
from riboswitch.modalities.pair.sides import Pair, Side, own_settings
from riboswitch.modalities.parts import Inputs

AMOUNTS = "amounts"
"""The field of an item with counts of its parts; see `riboswitch.modalities.pair_parts.AmountsPart`."""
VECTORS = "vectors"
"""The field of an item with its features; see `riboswitch.modalities.pair_parts.VectorsPart`."""


@dataclass(frozen=True)
class EncoderSettings:
    """Settings of the encoder.

    Attributes
    ----------
    left : mapping, optional
        Settings of the encoder of the left side.
    right : mapping, optional
        Settings of the encoder of the right side.
    vectors : bool
        Each input has the features that its modality describes it by, beside what its network reads.
    """

    left: Mapping[str, Any] | None = None
    right: Mapping[str, Any] | None = None
    vectors: bool = True


class PairEncoder:
    """The encoder of pairs; see `riboswitch.modalities.parts.Encoder`."""

    EncoderSettings = EncoderSettings

    def __init__(self, pair: Pair):
        self.pair = pair

    def problem(self, components: Mapping[str, Any], settings: Mapping[str, Any]) -> Problem | None:
        """Return why a pair cannot be encoded: the problem of the first side that has one."""
        for side in self.pair.sides:
            own = own_settings(settings, side, "encoder")
            found = side.modality.encoder.problem(side.of(components), own)
            if found is not None:
                return found._replace(reason=f"{side.component}: {found.reason}")
        return None

    def encode(
        self, inputs: Inputs, ids: Sequence[str], settings: Mapping[str, Any] | None = None
    ) -> RaggedArrays:
        """Encode pairs.

        Parameters
        ----------
        inputs : mapping
            The values of both components.
        ids : sequence of str
        settings : mapping, optional
            Fields of `EncoderSettings`. The meta of earlier arrays is accepted.

        Returns
        -------
        RaggedArrays
            For each component the fields of its own encoder, and ``vectors`` (1, features) if wanted.

        Raises
        ------
        UsageError, InputError
            As the encoders of the sides.
        """
        given = dict(settings or {})
        known_names(given, ["left", "right", VECTORS, "modality"], "encoder")
        if given.get("modality", self.pair.name) != self.pair.name:
            raise UsageError("arrays of other pairs", where="encoder", found=given["modality"],
                             hint=f"These are {self.pair.name}.")  # fmt: skip
        meta: dict[str, Any] = {"modality": self.pair.name}
        components, index, sizes = {}, {}, {}
        for side in self.pair.sides:
            items, index[side.component], meta[side.name] = _encoded(side, inputs, ids, given)
            if wants_vectors(given, side):
                items = with_vectors(items, side, distinct(inputs[side.component])[0])
                sizes[side.name] = items.only.values[VECTORS].shape[1]
            components[side.component] = items.only
        meta |= {VECTORS: sizes} if sizes else {VECTORS: False}
        return RaggedArrays(list(ids), components, index, meta)

    def of_reading(self, reading: Mapping[str, Any]) -> dict[str, Any]:
        """Return for each side the settings that follow from how its inputs were read."""
        own = {
            side.name: side.modality.encoder.of_reading(own_settings(reading, side, "reading"))
            for side in self.pair.sides
        }
        return {name: settings for name, settings in own.items() if settings}

    def serves(self, encoding: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
        """Return whether both sides of arrays hold all that a model reads."""
        pairs = encoding.get("modality") == wanted.get("modality") == self.pair.name
        return pairs and encoding.get(VECTORS) == wanted.get(VECTORS) and all(
            side.modality.encoder.serves(encoding[side.name], wanted[side.name]) for side in self.pair.sides
        )  # fmt: skip

    def for_networks(self, encoding: Mapping[str, Any]) -> dict[str, Any]:
        """Return the meta of arrays without what only base learners of the sides read."""
        own = {s.name: s.modality.encoder.for_networks(encoding[s.name]) for s in self.pair.sides}
        return {**encoding, **own}


def make(pair: Pair) -> PairEncoder:
    """Make the encoder of these pairs."""
    return PairEncoder(pair)


def _encoded(
    side: Side, inputs: Inputs, ids: Sequence[str], settings: Mapping[str, Any]
) -> tuple[RaggedArrays, np.ndarray, dict[str, Any]]:
    """The distinct items of one side, the item of each pair, and the meta of the side's encoder."""
    values, index = distinct(inputs[side.component])
    if len(index) != len(ids):
        raise ValueError(f"{len(ids)} ids for {len(index)} inputs")
    first = [ids[row] for row in np.unique(index, return_index=True)[1]]
    own = own_settings(settings, side, "encoder")
    made = side.modality.encoder.encode({side.modality.component: values}, first, own)
    return made, made.items()[index] if len(index) else index, made.meta


def wants_vectors(settings: Mapping[str, Any], side: Side) -> bool:
    """Whether items of this side have vectors, by settings or the meta of earlier arrays."""
    wanted = settings.get(VECTORS, EncoderSettings.vectors)
    if isinstance(wanted, Mapping):
        return side.name in wanted
    if not isinstance(wanted, bool):
        raise UsageError("vectors must be true or false", where="encoder", found=wanted)
    return wanted and side.modality.vectors is not None


def with_vectors(arrays: RaggedArrays, side: Side, values: Sequence[Any]) -> RaggedArrays:
    """Arrays of inputs of a side, one item an input, each with its features and the counts of its parts."""
    added = {VECTORS: side.vectors(values, arrays.meta, arrays)}
    items, each = arrays.only, np.arange(len(values) + 1)
    if side.modality.amounts is not None:
        added[AMOUNTS] = side.modality.amounts.amounts({side.modality.component: values})
    items = Ragged({**items.values, **added}, {**items.offsets, **dict.fromkeys(added, each)})
    return RaggedArrays(arrays.ids, {side.modality.component: items}, arrays.index, arrays.meta)
