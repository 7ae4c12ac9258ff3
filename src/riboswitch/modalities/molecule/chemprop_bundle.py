"""A bundle from checkpoints of chemprop 2."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from rdkit import Chem

from riboswitch.config.settings import build
from riboswitch.data.bundles.versions import versions
from riboswitch.data.model import FORMAT, Model
from riboswitch.data.task import Task
from riboswitch.errors import BundleError, UsageError
from riboswitch.io.atomic_files import sha256
from riboswitch.learning.inference import Predictor
from riboswitch.modalities.molecule import MODALITY
from riboswitch.modalities.molecule.encode import encode
from riboswitch.modalities.molecule.nets import chemprop
from riboswitch.modalities.molecule.nets.molecule_network import MASSES
from riboswitch.modalities.molecule.nets.settings import NetworkSettings

GOLDEN = (
    "C", "CCO", "F/C=C/Cl", "C[N+](C)(C)CC([O-])=O", "C[C@H](N)C(=O)O", "[2H]C(Cl)(Cl)Cl",
    "CC(=O)Oc1ccccc1C(=O)O", "Cn1c(=O)c2c(ncn2C)n(C)c1=O",
)  # fmt: skip
"""Inputs whose predictions are stored: a machine that predicts other values is noticed."""


def chemprop_bundle(
    files: Sequence[Path],
    targets: Sequence[str] | None,
    classes: Sequence[str] | None,
    standardize: bool | str,
) -> Model:
    """Turn checkpoints into one bundle; see `riboswitch.import_chemprop`."""
    checkpoints = [chemprop.load(file) for file in files]
    _require_alike(checkpoints, files)
    settings = build(NetworkSettings, checkpoints[0].network, "checkpoint")
    named = next((checkpoint for checkpoint in checkpoints if checkpoint.targets), checkpoints[0])
    task = _task(named, targets, classes)
    model = _bundle(checkpoints, task, settings)
    model.header["reading"] = {"standardize": standardize}
    model.header["training"] = origin_of(files)
    Predictor(model, MODALITY).add_golden({"molecule": GOLDEN})
    return model


def origin_of(files: Sequence[Path]) -> dict[str, Any]:
    """The header entry of the training; its settings, records and split are not known."""
    return {
        "source": "chemprop 2",
        "files": [{"name": file.name, "sha256": sha256(file)} for file in files],
        "settings": {},
        "records": None,
        "split": None,
        "split_name": None,
        "versions": versions(),
    }


def _bundle(
    checkpoints: Sequence[chemprop.ChempropCheckpoint], task: Task, settings: NetworkSettings
) -> Model:
    """A bundle of the networks, without reading settings, training and golden predictions."""
    header = {
        "format": FORMAT,
        "modality": MODALITY.name,
        "components": [*MODALITY.components],
        "task": task.to_dict(),
        "encoder": encode({"molecule": []}, [], {"descriptors": "none"}).meta,
        "network": asdict(settings),
        "members": [_member(checkpoint, task) for checkpoint in checkpoints],
    }
    extra = {
        "masses": masses(),
        "globals_mean": np.zeros(0, np.float32),
        "globals_sd": np.ones(0, np.float32),
    }
    tensors = {
        f"{i}.{name}": values
        for i, checkpoint in enumerate(checkpoints)
        for name, values in (checkpoint.parameters | extra).items()
    }
    return Model(header, tensors)


def _require_alike(checkpoints: Sequence[chemprop.ChempropCheckpoint], files: Sequence[Path]) -> None:
    """Raise unless all have the same kind and shape; a .ckpt may have no names of targets."""
    for key in ("kind", "outputs", "network", "targets"):
        pairs = zip(checkpoints, files, strict=True)
        values = [(getattr(c, key), file) for c, file in pairs if getattr(c, key)]
        for value, file in values[1:]:
            if value != values[0][0]:
                raise BundleError(
                    f"differs from {values[0][1].name} in its {key}",
                    where=str(file),
                    found=value,
                    hint="An ensemble needs networks with the same settings; import the others apart.",
                )


def _task(
    checkpoint: chemprop.ChempropCheckpoint, targets: Sequence[str] | None, classes: Sequence[str] | None
) -> Task:
    n_targets = 1 if checkpoint.kind == "multiclass" else checkpoint.outputs
    if classes and checkpoint.kind != "multiclass":
        raise UsageError("only a multi-class task has names of classes", found=checkpoint.kind)
    names = targets or checkpoint.targets or [f"target_{i}" for i in range(n_targets)]
    _require_names("target", names, n_targets)
    if checkpoint.kind != "multiclass":
        return Task(checkpoint.kind, tuple(names))
    classes = classes or [str(i) for i in range(checkpoint.outputs)]
    _require_names("class", classes, checkpoint.outputs)
    return Task(checkpoint.kind, tuple(names), tuple(classes))


def _require_names(what: str, names: Sequence[str], wanted: int) -> None:
    if len(names) != wanted or len(set(names)) != wanted:
        raise UsageError(f"the checkpoint needs {wanted} different {what} names", found=list(names))


def _member(checkpoint: chemprop.ChempropCheckpoint, task: Task) -> dict[str, Any]:
    return {
        "repeat": None,
        "seed": None,
        "epoch": None,
        "history": [],
        "temperature": 1.0,
        "thresholds": [0.5] * len(task.targets) if task.kind == "binary" else [],
        "label_mean": list(checkpoint.label_mean),
        "label_sd": list(checkpoint.label_sd),
        "rows": {},
    }


def masses() -> np.ndarray:
    """Masses (Da) of RDKit by element and isotope, float32 of shape (119, 1024).

    Isotope 0 is the natural mixture. The mass of an isotope that RDKit does not know is its mass number.
    """
    table = np.zeros(MASSES, np.float32)
    for element, row in enumerate(table):
        atom = Chem.Atom(element)
        for isotope in range(len(row)):
            atom.SetIsotope(isotope)
            row[isotope] = atom.GetMass()
    return table
