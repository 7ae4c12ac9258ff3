"""Texts: titles, abstracts, sentences and notes, with a class for each or for each token."""

from __future__ import annotations

from typing import TYPE_CHECKING

from riboswitch.modalities.base import Modality

MODALITY = Modality(
    name="text",
    package=__name__,
    components=("text",),
    parts={
        "reader": ".read",
        "grouper": ".group",
        "encoder": ".encode",
        "network": ".network",
        "baselines": ".baselines",
        "stack": ".stack",
        "explainer": ".explain",
        "inventor": ".inventor",
    },
)

if TYPE_CHECKING:  # mypy checks that the modules keep the contract
    from riboswitch.modalities import optional_parts, parts, stack_part
    from riboswitch.modalities.text import baselines, encode, explain, group, inventor, network, read, stack

    _reader: parts.Reader = read
    _grouper: parts.Grouper = group
    _encoder: parts.Encoder = encode
    _network: parts.NetworkPart = network
    _baselines: parts.Baselines = baselines
    _stack: stack_part.StackPart = stack
    _explainer: optional_parts.Explainer = explain
    _inventor: optional_parts.Inventor = inventor
