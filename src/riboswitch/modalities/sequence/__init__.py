"""Sequences: genes, proteins and windows of a genome, read with their annotation."""

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
        "further_baselines": ".plain.further",
        "stack": ".stack",
        "explainer": ".explain",
        "pretext": ".pretext",
        "genome": ".genome",
        "inventor": ".inventor",
        "auditor": ".audit",
        "vectors": ".baselines",
        "amounts": ".baselines",
    },
    packages=("biopython",),
)

if TYPE_CHECKING:  # mypy checks that the modules keep the contract
    from riboswitch.modalities import optional_parts, pair_parts, parts, stack_part
    from riboswitch.modalities.sequence import (
        audit,
        baselines,
        encode,
        explain,
        genome,
        group,
        inventor,
        network,
        pretext,
        read,
        stack,
    )
    from riboswitch.modalities.sequence.plain import further

    _reader: parts.Reader = read
    _grouper: parts.Grouper = group
    _encoder: parts.Encoder = encode
    _network: parts.NetworkPart = network
    _baselines: parts.Baselines = baselines
    _further: parts.Baselines = further
    _stack: stack_part.StackPart = stack
    _explainer: optional_parts.Explainer = explain
    _pretext: optional_parts.Pretext = pretext
    _genome: optional_parts.GenomeSource = genome
    _inventor: optional_parts.Inventor = inventor
    _auditor: optional_parts.Auditor = audit
    _vectors: pair_parts.VectorsPart = baselines
    _amounts: pair_parts.AmountsPart = baselines
