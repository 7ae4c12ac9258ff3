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
        "reuse": ".baselines",
        "stack": ".stack",
        "explainer": ".explain",
        "pretext": ".starts.pretext",
        "starts": ".starts.files",
        "library": ".library",
        "similarity": ".similarity",
        "forms": ".forms",
        "inventor": ".invented.inventor",
        "drawer": "riboswitch.chem.sketch",
        "assessor": ".medchem.assessor",
        "auditor": ".audit",
        "vectors": ".baselines",
        "amounts": ".baselines",
    },
    packages=("rdkit",),
)

if TYPE_CHECKING:  # mypy checks the modules against the contract
    from riboswitch.chem import sketch
    from riboswitch.modalities import optional_parts, pair_parts, parts, stack_part
    from riboswitch.modalities.molecule import (
        audit,
        baselines,
        encode,
        explain,
        forms,
        group,
        library,
        network,
        read,
        similarity,
        stack,
    )
    from riboswitch.modalities.molecule.invented import inventor
    from riboswitch.modalities.molecule.medchem import assessor
    from riboswitch.modalities.molecule.starts import files, pretext

    _reader: parts.Reader = read
    _grouper: parts.Grouper = group
    _encoder: parts.Encoder = encode
    _network: parts.NetworkPart = network
    _baselines: parts.Baselines = baselines
    _reuse: optional_parts.ReusePart = baselines
    _stack: stack_part.StackPart = stack
    _explainer: optional_parts.Explainer = explain
    _pretext: optional_parts.Pretext = pretext
    _starts: optional_parts.StartFiles = files
    _library: optional_parts.LibraryPart = library
    _similarity: optional_parts.Similarity = similarity
    _forms: optional_parts.FormsPart = forms
    _inventor: optional_parts.Inventor = inventor
    _drawer: optional_parts.Drawer = sketch
    _assessor: optional_parts.Assessor = assessor
    _auditor: optional_parts.Auditor = audit
    _vectors: pair_parts.VectorsPart = baselines
    _amounts: pair_parts.AmountsPart = baselines
