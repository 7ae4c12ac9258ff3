"""Molecules: SMILES in tables or structures in SD files, read and standardised with RDKit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from riboswitch.modalities.base import Modality

MODALITY = Modality(
    name="molecule",
    package=__name__,
    components=("molecule",),
    parts={
        "reader": ".read",
        "grouper": ".group",
        "encoder": ".encode",
        "network": ".network",
        "baselines": ".baselines",
        "stack": ".stack",
        "explainer": ".explain",
        "library": ".library",
        "similarity": ".similarity",
        "drawer": "riboswitch.chem.drawing",
    },
    packages=("rdkit",),
)

if TYPE_CHECKING:  # mypy checks that the modules keep the contract
    from riboswitch.chem import drawing
    from riboswitch.modalities import base
    from riboswitch.modalities.molecule import (
        baselines,
        encode,
        explain,
        group,
        library,
        network,
        read,
        similarity,
        stack,
    )

    _reader: base.Reader = read
    _grouper: base.Grouper = group
    _encoder: base.Encoder = encode
    _network: base.NetworkPart = network
    _baselines: base.Baselines = baselines
    _stack: base.StackPart = stack
    _explainer: base.Explainer = explain
    _library: base.LibraryPart = library
    _similarity: base.Similarity = similarity
    _drawer: base.Drawer = drawing
