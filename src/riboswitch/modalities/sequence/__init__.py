"""Sequences: genes, proteins and windows of a genome, read with all their annotation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from riboswitch.modalities.base import Modality

MODALITY = Modality(
    name="sequence",
    package=__name__,
    components=("sequence",),
    parts={
        "reader": ".read",
        "grouper": ".group",
        "encoder": ".encode",
        "network": ".network",
        "baselines": ".baselines",
        "stack": ".stack",
        "explainer": ".explain",
        "pretext": ".pretext",
        "genome": ".genome",
    },
    packages=("biopython",),
)

if TYPE_CHECKING:  # mypy checks that the modules keep the contract
    from riboswitch.modalities import base
    from riboswitch.modalities.sequence import (
        baselines,
        encode,
        explain,
        genome,
        group,
        network,
        pretext,
        read,
        stack,
    )

    _reader: base.Reader = read
    _grouper: base.Grouper = group
    _encoder: base.Encoder = encode
    _network: base.NetworkPart = network
    _baselines: base.Baselines = baselines
    _stack: base.StackPart = stack
    _explainer: base.Explainer = explain
    _pretext: base.Pretext = pretext
    _genome: base.GenomeSource = genome
