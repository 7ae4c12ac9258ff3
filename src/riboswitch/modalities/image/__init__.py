"""Images: 2-D, of any size, with one or several channels; a label for each image or for each place in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from riboswitch.modalities.base import Modality

MODALITY = Modality(
    name="image",
    package=__name__,
    components=("image",),
    parts={
        "reader": ".read",
        "grouper": ".group",
        "encoder": ".encode",
        "network": ".network",
        "baselines": ".baselines",
        "stack": ".stack",
        "explainer": ".explain",
        "drawer": ".draw",
        "vectors": ".baselines",
    },
    packages=("pillow",),
)

if TYPE_CHECKING:  # mypy checks that the modules keep the contract
    from riboswitch.modalities import optional_parts, pair_parts, parts, stack_part
    from riboswitch.modalities.image import baselines, draw, encode, explain, group, network, read, stack

    _reader: parts.Reader = read
    _grouper: parts.Grouper = group
    _encoder: parts.Encoder = encode
    _network: parts.NetworkPart = network
    _baselines: parts.Baselines = baselines
    _stack: stack_part.StackPart = stack
    _explainer: optional_parts.Explainer = explain
    _drawer: optional_parts.Drawer = draw
    _vectors: pair_parts.VectorsPart = baselines
