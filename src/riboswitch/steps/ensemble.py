"""Join trained networks into one bundle that is calibrated, and tests itself when it is loaded.

Calibration takes predictions of held-out rows, by networks or a stack that saw none of their groups.
"""

from __future__ import annotations

__all__ = ["ensemble"]
__verb__ = ("Learn", 90)

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from riboswitch.data.bounds.columns import KEY, bounds_of, labels_of
from riboswitch.data.model import Model
from riboswitch.data.predictions import Predictions
from riboswitch.data.records import Records
from riboswitch.data.splits import Split
from riboswitch.errors import InputError, UsageError
from riboswitch.io.log.progress import tracked
from riboswitch.io.summary import write_note
from riboswitch.learning.inference import Predictor, golden_inputs
from riboswitch.learning.sharing.card import card_facts
from riboswitch.learning.training_job import records_digest
from riboswitch.learning.trust.calibration import PART, Calibration
from riboswitch.learning.trust.out_of_fold import OutOfFold
from riboswitch.modalities import find
from riboswitch.modalities.base import Modality
from riboswitch.steps.evaluate import evaluate


def ensemble(
    models: Sequence[Model],
    records: Records,
    *,
    held_out: Predictions | None = None,
    split: Split | None = None,
) -> Model:
    """Join trained networks into one bundle.

    Parameters
    ----------
    models : sequence of Model
        Networks trained with the same settings, and the base learners of `stack` if any.
    records : Records
        Their training records. The bundle keeps their keys, to recognise a known compound, and eight of them
        with their predictions, to detect a machine that predicts other values.
    held_out : Predictions, optional
        Predictions for the test rows of every repeat, from `stack`, or from `held_out` if there is no stack.
        They calibrate the probabilities, and say how far an answer may be off. Without them the bundle makes
        no such promise. They are also what `screen` answers for a compound that was in training.
    split : Split, optional
        The split with those repeats. It says how groups are made, and which rows each network was trained on:
        then inputs unlike the training rows are known as such.

    Returns
    -------
    Model

    Raises
    ------
    InputError
        If the models differ in their settings, or were not trained on these records, or the predictions are
        of others.
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
    joined = _of_networks(models)  # its golden answers are replaced below
    for stack in stacks:
        _require_alike(first, stack, "the stack")
        joined.header["stack"] = stack.header["stack"]
        joined.tensors |= stack.tensors
    modality = find(first.modality)
    if joined.network_weight == 1:
        joined.header["encoder"] = modality.encoder.for_networks(joined.header["encoder"])
    joined.pack_texts("training.ids", records.ids)
    joined.pack_inputs("training.inputs", records.inputs)
    joined.pack_texts("training.keys", [modality.reader.identity(c) for c in records.each_input()])
    joined.pack_texts("training.labels", _labels(records, joined.task.targets))
    if held_out is not None:
        _require_rows(held_out, records, joined)
        _calibrate(joined, records, held_out, split, modality)
    joined.header["card"] = card_facts(joined.task, joined.task.labels(records.table), len(records),
                                       None if held_out is None else _metrics(held_out),
                                       bounds_of(records, joined.task.targets))  # fmt: skip
    Predictor(joined, modality).add_golden(golden_inputs(records.inputs))
    return joined


def _calibrate(
    model: Model, records: Records, held_out: Predictions, split: Split | None, modality: Modality
) -> None:
    """Keep in the bundle what held-out predictions say of its answers."""
    if model.task.kind == "survival":  # a log hazard promises nothing to calibrate
        return
    near, sample = _similarity(held_out, records, split, modality), records.meta.get("sample")
    calibration = Calibration.fit(held_out, _grouping(split, modality), near, sample)
    calibration.store(model)
    OutOfFold.fit(held_out, records.ids, calibration).store(model)


def _of_networks(models: Sequence[Model]) -> Model:
    """One bundle of the networks of several."""
    tensors: dict[str, np.ndarray] = {}
    for model in models:
        for i in range(len(model.members)):
            number = len({k.split(".")[0] for k in tensors})
            tensors |= {f"{number}.{k}": v for k, v in model.parameters(i).items()}
    members = [m for model in models for m in model.members]
    return Model({**models[0].header, "members": members}, tensors)


def _metrics(held_out: Predictions) -> dict[str, Any]:
    """The metrics of the only method."""
    return evaluate(held_out, model=held_out.part(PART).methods[0])


def _require_rows(held_out: Predictions, records: Records, model: Model) -> None:
    if held_out.task != model.task:
        raise InputError("the held-out predictions are of another task", where=held_out.source,
                         found=held_out.task.to_dict(), hint="Give those of the same training.")  # fmt: skip
    foreign = sorted({*held_out.table["id"]} - {*records.ids})
    if foreign:
        raise InputError("the held-out predictions are of other records", where=held_out.source,
                         found=foreign[0], hint="Give those of the same training.")  # fmt: skip


def _grouping(split: Split | None, modality: Modality) -> dict[str, Any]:
    """How groups of other inputs are made; empty if only these rows have groups, as those of a column."""
    if split is None or split.meta.get("method") not in modality.grouper.METHODS:
        return {}
    return {"method": split.meta["method"], "options": split.meta.get("grouping", {})}


def _similarity(
    held_out: Predictions, records: Records, split: Split | None, modality: Modality
) -> dict[tuple[str, int], float] | None:
    """How similar each test row is to the nearest training row of its repeat, by id and repeat."""
    if split is None or modality.similarity is None:
        return None
    split.require_ids(records.ids)
    prints = modality.similarity.fingerprints(records.inputs)
    found: dict[tuple[str, int], float] = {}
    repeats = sorted(held_out.table["repeat"].unique().tolist())
    for repeat in tracked(repeats, "ensemble: the nearest training rows", "repeats", len(repeats)):
        test = split.rows("test", repeat)
        near, _ = modality.similarity.nearest(prints[test], prints[split.rows("train", repeat)])
        found |= {(records.ids[row], repeat): float(v) for row, v in zip(test, near, strict=True)}
    return found


def _require_alike(first: Model, other: Model, name: str, keys: tuple[str, ...] = ()) -> None:
    for key in ("modality", "task", "encoder", *keys):
        if other.header[key] != first.header[key]:
            raise InputError(f"{name} differs from the first in its {key}", found=other.header[key],
                             hint="An ensemble needs models with the same settings.")  # fmt: skip


def _labels(records: Records, targets: Sequence[str]) -> list[str]:
    """Labels as one text for each row; of several targets the known labels, as ``target=label``."""
    if len(targets) == 1 and targets[0] not in records.meta.get(KEY, ()):
        return records.table[targets[0]].astype("str").fillna("").tolist()
    columns = {target: labels_of(records, target) for target in targets}
    if len(targets) == 1:
        return ["" if label is None else str(label) for label in columns[targets[0]]]
    lines = [dict(zip(columns, line, strict=True)) for line in zip(*columns.values(), strict=True)]
    return [" ".join(f"{t}={v}" for t, v in line.items() if v is not None) for line in lines]


def command(
    models: list[Path],
    /,
    *,
    records: Path,
    output: Path,
    held_out: Path | None = None,
    split: Path | None = None,
) -> None:
    """Join bundles in files.

    Parameters
    ----------
    models : list of Path
        Bundles of one network each, and the base learners of riboswitch stack if any (.safetensors).
    records : Path
        The records they were trained on (.parquet).
    output : Path
        Where the bundle goes (.safetensors).
    held_out : Path
        Predictions of held-out rows (.parquet) to calibrate with: from riboswitch stack, or from riboswitch
        predict --split if there is no stack.
    split : Path
        The split that held them out (.parquet).
    """
    made = ensemble(
        [Model.load(m, base_learners=True) for m in models],
        Records.load(records),
        held_out=None if held_out is None else Predictions.load(held_out),
        split=None if split is None else Split.load(split),
    )
    for sentence in made.header.get("calibration", {}).get("refused", []):
        write_note(f"calibration: {sentence}")
    made.save(output)
