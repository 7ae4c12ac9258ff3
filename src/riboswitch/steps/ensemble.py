"""Join trained networks into one bundle that tests itself when it is loaded."""

from __future__ import annotations

__all__ = ["ensemble"]
__verb__ = ("Learn", 90)

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from riboswitch.data.model import Model
from riboswitch.data.records import Records
from riboswitch.errors import InputError, UsageError
from riboswitch.learning.inference import Predictor, golden_inputs
from riboswitch.learning.training_job import records_digest
from riboswitch.modalities import find


def ensemble(models: Sequence[Model], records: Records) -> Model:
    """Join trained networks into one bundle.

    Parameters
    ----------
    models : sequence of Model
        Networks trained with the same settings, and the base learners of `stack` if any.
    records : Records
        Their training records. The bundle keeps their keys, to recognise a known compound, and eight of them
        with their predictions, to detect a machine that predicts other values.

    Returns
    -------
    Model

    Raises
    ------
    InputError
        If the models differ in their settings, or were not trained on these records.
    """
    stacks = [m for m in models if "stack" in m.header]
    models = [m for m in models if "stack" not in m.header]
    if not models or len(stacks) > 1:
        raise UsageError("an ensemble needs at least one network and at most one file of base learners",
                         found=f"{len(models)} networks, {len(stacks)} of base learners")  # fmt: skip
    first = models[0]
    digest = records_digest(records)
    if any(m.header["training"].get("records") != digest for m in (first, *stacks)):
        raise InputError("the models were not trained on these records", found=f"{len(records)} records",
                         hint="Give the records that train read.")  # fmt: skip
    for number, other in enumerate(models[1:], 2):
        _require_alike(first, other, f"model {number}", ("network", "training"))
    members = [m for model in models for m in model.members]
    tensors: dict[str, np.ndarray] = {}
    for model in models:
        for i in range(len(model.members)):
            number = len({k.split(".")[0] for k in tensors})
            tensors |= {f"{number}.{k}": v for k, v in model.parameters(i).items()}
    joined = Model({**first.header, "members": members}, tensors)  # its golden answers are replaced below
    for stack in stacks:
        _require_alike(first, stack, "the stack")
        joined.header["stack"] = stack.header["stack"]
        joined.tensors |= stack.tensors
    modality = find(first.modality)
    joined.pack_texts("training.ids", records.ids)
    joined.pack_inputs("training.inputs", records.inputs)
    joined.pack_texts("training.keys", [modality.reader.identity(c) for c in records.each_input()])
    joined.pack_texts("training.labels", _labels(records, joined.task.targets))
    Predictor(joined, modality).add_golden(golden_inputs(records.inputs))
    return joined


def _require_alike(first: Model, other: Model, name: str, keys: tuple[str, ...] = ()) -> None:
    for key in ("modality", "task", "encoder", *keys):
        if other.header[key] != first.header[key]:
            raise InputError(f"{name} differs from the first in its {key}", found=other.header[key],
                             hint="An ensemble needs models with the same settings.")  # fmt: skip


def _labels(records: Records, targets: Sequence[str]) -> list[str]:
    """Labels as one text for each row; of several targets the known labels, as ``target=label``."""
    if len(targets) == 1:
        return records.table[targets[0]].astype("str").fillna("").tolist()
    lines = records.table[list(targets)].to_dict("records")
    return [" ".join(f"{t}={v}" for t, v in line.items() if v == v) for line in lines]


def command(models: list[Path], /, *, records: Path, output: Path) -> None:
    """Join bundles in files.

    Parameters
    ----------
    models : list of Path
        Bundles of one network each, and the base learners of riboswitch stack if any (.safetensors).
    records : Path
        The records they were trained on (.parquet).
    output : Path
        Where the bundle goes (.safetensors).
    """
    ensemble([Model.load(m, base_learners=True) for m in models], Records.load(records)).save(output)
