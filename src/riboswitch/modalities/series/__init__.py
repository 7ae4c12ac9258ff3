"""Series: several channels over time, at irregular times, with gaps: wearables, wards, speech, ECG, EEG."""

from __future__ import annotations

from typing import TYPE_CHECKING

from riboswitch.modalities.base import Modality

MODALITY = Modality(
    name="series",
    package=__name__,
    components=("series",),
    parts={
        "reader": ".read",
        "grouper": ".group",
        "encoder": ".encode",
        "network": ".network",
        "baselines": ".baselines",
        "further_baselines": ".further",
        "stack": ".stack",
        "explainer": ".explain",
        "vectors": ".baselines",
    },
    optional={"wfdb": "WFDB records (pip install wfdb)", "edfio": "EDF files (riboswitch[signals])"},
)

if TYPE_CHECKING:  # mypy checks that the modules keep the contract
    from riboswitch.modalities import optional_parts, pair_parts, parts, stack_part
    from riboswitch.modalities.series import (
        baselines,
        encode,
        explain,
        further,
        group,
        network,
        read,
        stack,
    )

    _reader: parts.Reader = read
    _grouper: parts.Grouper = group
    _encoder: parts.Encoder = encode
    _network: parts.NetworkPart = network
    _baselines: parts.Baselines = baselines
    _further: parts.Baselines = further
    _stack: stack_part.StackPart = stack
    _explainer: optional_parts.Explainer = explain
    _vectors: pair_parts.VectorsPart = baselines
