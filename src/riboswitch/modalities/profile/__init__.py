"""Profiles: numbers with names, such as gene expression, other omics or clinical values; gaps are allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from riboswitch.modalities.base import Modality

MODALITY = Modality(
    name="profile",
    package=__name__,
    components=("profile",),
    parts={
        "reader": ".read",
        "grouper": ".group",
        "encoder": ".encode",
        "network": ".network",
        "baselines": ".baselines",
        "stack": ".stack",
        "explainer": ".explain",
        "vectors": ".baselines",
    },
)

if TYPE_CHECKING:  # mypy checks that the modules keep the contract
    from riboswitch.modalities import optional_parts, pair_parts, parts, stack_part
    from riboswitch.modalities.profile import baselines, encode, explain, group, network, read, stack

    _reader: parts.Reader = read
    _grouper: parts.Grouper = group
    _encoder: parts.Encoder = encode
    _network: parts.NetworkPart = network
    _baselines: parts.Baselines = baselines
    _stack: stack_part.StackPart = stack
    _explainer: optional_parts.Explainer = explain
    _vectors: pair_parts.VectorsPart = baselines
