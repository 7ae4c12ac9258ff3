"""Turn checkpoints of chemprop 2 into a bundle that gives the same predictions."""

from __future__ import annotations

__all__ = ["import_chemprop"]
__verb__ = ("Learn", 110)

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

import numpy as np
from rdkit import Chem

from riboswitch.config.settings import build
from riboswitch.data.model import FORMAT, Model
from riboswitch.data.task import Task
from riboswitch.errors import BundleError, UsageError
from riboswitch.io.files import sha256
from riboswitch.learning.inference import Predictor
from riboswitch.learning.job import versions
from riboswitch.modalities.molecule import MODALITY
from riboswitch.modalities.molecule.encode import encode
from riboswitch.modalities.molecule.nets import chemprop
from riboswitch.modalities.molecule.nets.molecule_network import MASSES
from riboswitch.modalities.molecule.nets.settings import NetworkSettings

GOLDEN = (
    "C", "CCO", "F/C=C/Cl", "C[N+](C)(C)CC([O-])=O", "C[C@H](N)C(=O)O", "[2H]C(Cl)(Cl)Cl",
    "CC(=O)Oc1ccccc1C(=O)O", "Cn1c(=O)c2c(ncn2C)n(C)c1=O",
)  # fmt: skip
"""Inputs whose answers are kept, so that a machine that answers otherwise is noticed."""

READING: dict[str, bool | str] = {"none": "none", "canonical": False, "full": True}
"""Ways to read molecules: how the command line names them, and how `molecule.read` does."""


def import_chemprop(
    paths: str | Path | Sequence[str | Path],
    *,
    targets: Sequence[str] | None = None,
    classes: Sequence[str] | None = None,
    standardize: bool | str = "none",
) -> Model:
    """Turn checkpoints of chemprop 2.x into one bundle.

    Parameters
    ----------
    paths : path or sequence of path
        Checkpoints (.pt, .ckpt) of networks for molecules; several become an ensemble, whose answer is the
        mean of theirs, as it is in chemprop.
    targets : sequence of str, optional
        Names of the targets; by default those in the checkpoint, else target_0, target_1, ...
    classes : sequence of str, optional
        Of a multi-class task: names of the classes, from class 0 on; by default their numbers.
    standardize : {"none", False, True}
        How molecules will be read, as in `molecule.read`. ``"none"``: as they are written, which is what
        chemprop does; where there is stereochemistry, its features depend on the order of the atoms.

    Returns
    -------
    Model
        Directed message passing over bonds, with a head for regression, binary or multi-class tasks.

    Raises
    ------
    BundleError
        If a file is no such checkpoint, names something that is not chemprop's, has a part that our network
        has not (the message names it), or if the files do not belong together.
    UsageError
        If the number of names is not that of the targets or classes.

    Notes
    -----
    A checkpoint does not tell whether its network was trained with hydrogens kept or added (``--keep-h``,
    ``--add-h``), or with other features of the usual widths. Such a network answers wrongly here.
    """
    files = [Path(p) for p in ([paths] if isinstance(paths, str | Path) else paths)]
    if not files:
        raise UsageError("no checkpoint to import")
    _check_reading(standardize)
    found = [chemprop.load(file) for file in files]
    _require_alike(found, files)
    settings = build(NetworkSettings, found[0].network, "checkpoint")
    named = next((checkpoint for checkpoint in found if checkpoint.targets), found[0])
    task = _task(named, targets, classes)
    model = _bundle(found, task, settings)
    model.header["reading"] = {"standardize": standardize}
    model.header["training"] = _origin(files)
    _add_golden(model)
    return model


def _origin(files: Sequence[Path]) -> dict[str, Any]:
    """What there is to say where else settings, records and split of the training stand."""
    return {
        "source": "chemprop 2",
        "files": [{"name": file.name, "sha256": sha256(file)} for file in files],
        "settings": {},
        "records": None,
        "split": None,
        "split_name": None,
        "versions": versions(),
    }


def _bundle(found: Sequence[chemprop.ChempropCheckpoint], task: Task, settings: NetworkSettings) -> Model:
    """All that the networks need to answer."""
    header = {
        "format": FORMAT,
        "modality": MODALITY.name,
        "components": [*MODALITY.components],
        "task": task.to_dict(),
        "encoder": encode({"molecule": []}, []).meta,
        "network": asdict(settings),
        "members": [_member(checkpoint, task) for checkpoint in found],
    }
    extra = {
        "masses": masses(),
        "globals_mean": np.zeros(0, np.float32),
        "globals_sd": np.ones(0, np.float32),
    }
    tensors = {
        f"{i}.{name}": values
        for i, checkpoint in enumerate(found)
        for name, values in (checkpoint.parameters | extra).items()
    }
    return Model(header, tensors)


def _check_reading(standardize: bool | str) -> None:
    if standardize not in READING.values():
        raise UsageError(
            "no such way to standardise", found=standardize, hint="Choose 'none', False or True."
        )


def _require_alike(found: Sequence[chemprop.ChempropCheckpoint], files: Sequence[Path]) -> None:
    """Raise unless all are of one kind and shape; targets may be unnamed, as they are in a .ckpt."""
    for key in ("kind", "outputs", "network", "targets"):
        values = [(getattr(c, key), file) for c, file in zip(found, files, strict=True) if getattr(c, key)]
        for value, file in values[1:]:
            if value != values[0][0]:
                raise BundleError(
                    f"differs from {values[0][1].name} in its {key}",
                    where=str(file),
                    found=value,
                    hint="An ensemble is of networks trained alike; import the others by themselves.",
                )


def _task(
    found: chemprop.ChempropCheckpoint, targets: Sequence[str] | None, classes: Sequence[str] | None
) -> Task:
    n_targets = 1 if found.kind == "multiclass" else found.outputs
    if classes and found.kind != "multiclass":
        raise UsageError("only a multi-class task has names of classes", found=found.kind)
    names = targets or found.targets or [f"target_{i}" for i in range(n_targets)]
    _require_names("target", names, n_targets)
    if found.kind != "multiclass":
        return Task(found.kind, tuple(names))
    classes = classes or [str(i) for i in range(found.outputs)]
    _require_names("class", classes, found.outputs)
    return Task(found.kind, tuple(names), tuple(classes))


def _require_names(what: str, names: Sequence[str], wanted: int) -> None:
    if len(names) != wanted or len(set(names)) != wanted:
        raise UsageError(f"the checkpoint needs {wanted} different {what} names", found=list(names))


def _member(found: chemprop.ChempropCheckpoint, task: Task) -> dict[str, Any]:
    return {
        "repeat": None,
        "seed": None,
        "epoch": None,
        "history": [],
        "temperature": 1.0,
        "thresholds": [0.5] * len(task.targets) if task.kind == "binary" else [],
        "label_mean": list(found.label_mean),
        "label_sd": list(found.label_sd),
        "rows": {},
    }


def masses() -> np.ndarray:
    """Masses (Da) by element and isotope, as RDKit gives them to an atom, float32 of shape (119, 1024).

    Isotope 0 is the natural mixture; an isotope that RDKit does not know weighs its mass number.
    """
    table = np.zeros(MASSES, np.float32)
    for element, row in enumerate(table):
        atom = Chem.Atom(element)
        for isotope in range(len(row)):
            atom.SetIsotope(isotope)
            row[isotope] = atom.GetMass()
    return table


def _add_golden(model: Model) -> None:
    inputs = {"molecule": GOLDEN}
    arrays = encode(inputs, [str(i) for i in range(len(GOLDEN))], model.header["encoder"])
    model.header["golden"] = np.round(Predictor(model, MODALITY)(arrays)[0], 6).tolist()
    model.pack_inputs("golden", inputs)


def command(
    checkpoints: list[Path],
    /,
    *,
    output: Path,
    target: list[str] | None = None,
    class_name: list[str] | None = None,
    standardize: Literal["none", "canonical", "full"] = "none",
) -> None:
    """Import checkpoints from files.

    Parameters
    ----------
    checkpoints : list of Path
        Networks for molecules (.pt, .ckpt); several become an ensemble.
    output : Path
        Where the bundle goes (.safetensors).
    target : list of str
        Name of a target, if it differs from the checkpoint's. Repeat the option for several.
    class_name : list of str
        Name of a class, if it is not its number. Repeat the option, from class 0 on.
    standardize : str
        How molecules will be read: none (as they are written, as chemprop does), canonical, or full.
    """
    how = READING[standardize]
    import_chemprop(checkpoints, targets=target, classes=class_name, standardize=how).save(output)
