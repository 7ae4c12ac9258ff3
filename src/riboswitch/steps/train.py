"""Train one network, on one repeat of a split or, with --like, on all rows.

Training on a repeat needs --kind and --target. Training on all rows takes its settings, except the epochs,
from the networks of --like.
"""

from __future__ import annotations

__all__ = ["refit", "train"]
__verb__ = ("Learn", 70)

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from cyclopts import Parameter

from riboswitch.config.schemas import SECTION, mismatch, record
from riboswitch.config.setting_options import NO_SETTINGS, Json, Setting
from riboswitch.config.settings import positive_int
from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.model import Model
from riboswitch.data.records import Records
from riboswitch.data.splits import Split
from riboswitch.data.task import Kind, Task
from riboswitch.errors import InputError, UsageError
from riboswitch.io.strict_json import read_json
from riboswitch.learning.checkpoint import MINUTES, write_trained
from riboswitch.learning.settings import TrainSettings
from riboswitch.learning.training_job import Job
from riboswitch.modalities import find
from riboswitch.modalities.features import load_features
from riboswitch.steps.arguments import (
    KIND,
    TARGETS,
    CheckpointMinutes,
    Device,
    FeaturesFile,
    RecordsFile,
    SplitFile,
)
from riboswitch.steps.modality_settings import NETWORK, training

TUNED = record({"settings": SECTION, "network": SECTION, "facts": SECTION})
"""JSON Schema of the file of `tune`."""
ORDER = 0
"""Seed of the order of shuffled labels: networks with other seeds learn the same wrong labels."""


def train(
    records: Records,
    features: RaggedArrays,
    split: Split,
    *,
    kind: Kind,
    targets: list[str],
    repeat: int = 0,
    seed: int | None = None,
    settings: Mapping[str, Any] | None = None,
    network: Mapping[str, Any] | None = None,
    device: str = "cpu",
    init: Model | None = None,
    frozen: bool = False,
    shuffled: bool = False,
    checkpoint: Path | None = None,
    checkpoint_minutes: float = MINUTES,
) -> Model:
    """Train one network on one repeat of a split.

    The epoch is chosen, and probabilities and cut-offs are calibrated, on validation rows only.

    Parameters
    ----------
    records, features, split
        The same rows in the same order.
    kind : {"regression", "binary", "multiclass", "per_position"}
    targets : list of str
        Label columns of the records.
    repeat, seed : int, optional
        Number of the repeat; seed of weights and shuffling, by default the same number.
    settings, network : mapping, optional
        Fields of `TrainSettings` and of the modality's NetworkSettings.
    device : {"cpu", "cuda", "auto"}
        The same seed gives the same bytes on one kind of device, but not on another.
    init, frozen : Model and bool, optional
        The network starts from the layers below the head of this one: see `learning.starting`. Frozen layers
        stay as they are; only the head learns.
    shuffled : bool
        Labels stand in random order, the same for every seed: nothing true is learned (a control).
    checkpoint : Path, optional
        A file that is written during the training. If this call is killed, the same call continues from it,
        and the model is the same to the byte. The file stays after the training; remove it when the model is
        saved. During the training SIGTERM writes the file and raises `Stopped`. Between two writes are at
        least ``checkpoint_minutes``.

    Returns
    -------
    Model
        With one member.

    Raises
    ------
    UsageError, InputError, LeakError
        If a setting does not exist or is out of range, records, features and split do not belong together,
        or no training row has a label.
    Stopped
        With a checkpoint, if the process received SIGTERM.
    """
    split.require_repeat(repeat)
    task = Task.infer(kind, targets, records.table)
    modality = find(features.meta["modality"])
    job = Job.make(records, features, split, task, settings, network, modality, init, frozen=frozen)
    rows = {part: job.labelled(split.rows(part, repeat)) for part in ("train", "valid")}
    seed = repeat if seed is None else seed
    positive_int("seed", seed, least=0)
    job = job.shuffled(rows, ORDER) if shuffled else job
    net, fitted = job.run(rows, seed, f"train repeat {repeat}", device, checkpoint, checkpoint_minutes)
    about = {"repeat": repeat, **job.calibrate(net, fitted, rows["valid"])}
    return job.bundle(net, fitted, seed, rows, about)


def refit(
    records: Records,
    features: RaggedArrays,
    split: Split,
    models: Sequence[Model],
    *,
    seed: int = 0,
    epochs: int | Literal["chosen", "all"] = "chosen",
    device: str = "cpu",
    init: Model | None = None,
    frozen: bool = False,
    shuffled: bool = False,
    checkpoint: Path | None = None,
    checkpoint_minutes: float = MINUTES,
) -> Model:
    """Train once more, on all rows.

    Models of `train` serve to evaluate the method; the model of `refit` is for use. Temperature and cut-offs
    are the medians of those that ``models`` chose on their validation rows.

    Parameters
    ----------
    records, features, split
        As for `train`.
    models : sequence of Model
        From `train`, one for each repeat, with the same settings.
    seed : int
        Seed of weights and shuffling.
    epochs : int or {"chosen", "all"}
        ``chosen``: the median of the best epochs of the ``models``; the learning-rate schedule has this
        length. ``all``: as many as in the settings. It suits a model that must also recognise known groups:
        validation on new groups stops before they are learned.
    device, init, frozen, shuffled, checkpoint, checkpoint_minutes
        As for `train`.

    Returns
    -------
    Model
        With one member, whose repeat is null.
    """
    positive_int("seed", seed, least=0)
    training, members = models[0].header["training"], [m.members[0] for m in models]
    if "settings" not in training:
        raise InputError("the model was not trained here", found=training.get("source"),
                         hint="Give networks of riboswitch train on the repeats.")  # fmt: skip
    modality = find(features.meta["modality"])
    job = Job.make(records, features, split, models[0].task, training["settings"],
                   models[0].header["network"], modality, init, frozen=frozen)  # fmt: skip
    rows = {"train": job.labelled(np.arange(len(records))), "valid": np.empty(0, np.int64)}
    if epochs == "chosen":
        epochs = int(np.median([m["epoch"] for m in members]))
    if epochs != "all":
        job.settings = replace(job.settings, epochs=epochs)
    job = job.shuffled(rows, ORDER) if shuffled else job
    net, fitted = job.run(rows, seed, f"refit seed {seed}", device, checkpoint, checkpoint_minutes)
    calibration = {
        "repeat": None,
        "temperature": round(float(np.median([m["temperature"] for m in members])), 6),
        "thresholds": np.round(np.median([m["thresholds"] for m in members], axis=0), 6).tolist(),
    }
    return job.bundle(net, fitted, seed, rows, calibration)


EPOCHS = Setting(
    "epochs",
    int | Literal["chosen", "all"],
    help="Passes over the training rows. With --like: a number, chosen (the default: the median of the best "
    "epochs of these networks), or all (as many as their settings say).",
)


def command(
    records: RecordsFile,
    features: FeaturesFile,
    split: SplitFile,
    /,
    *,
    output: Path,
    settings: Annotated[Json, training(TrainSettings, (EPOCHS,))] = NO_SETTINGS,
    network: Annotated[Json, NETWORK] = NO_SETTINGS,
    kind: Annotated[Kind | None, KIND] = None,
    target: Annotated[list[str] | None, TARGETS] = None,
    repeat: int = 0,
    seed: int | None = None,
    like: Annotated[list[Path] | None, Parameter(consume_multiple=True)] = None,
    device: Device = "cpu",
    init: Path | None = None,
    frozen: bool = False,
    shuffled: bool = False,
    tuned: Path | None = None,
    checkpoint_minutes: CheckpointMinutes = MINUTES,
) -> None:
    """Train on files.

    Parameters
    ----------
    output : Path
        Where the bundle goes (.safetensors).
    repeat : int
        Train on this repeat of the split.
    seed : int
        Seed of weights and shuffling; by default the repeat's number.
    like : list of Path
        Train on all rows, with the settings of these networks of the repeats (.safetensors).
    init : Path
        Start from the layers below the head of this network (.safetensors): of riboswitch pretrain,
        import-chemprop, or of another task.
    frozen : bool
        Keep these layers as they are; only the head learns.
    shuffled : bool
        Learn labels in random order, the same for every seed: a control for riboswitch explain.
    tuned : Path
        Settings of riboswitch tune (.json). Those that are given as options go before them.
    """
    if tuned is not None:
        found = _tuned(tuned)
        settings, network = found["settings"] | settings, found["network"] | network
    start = None if init is None else Model.load(init)
    chosen: dict[str, Any] = {"device": device, "init": start, "frozen": frozen,
                              "shuffled": shuffled}  # fmt: skip
    if like:
        chosen |= {"seed": seed or 0, "epochs": _refit_epochs(settings, network, kind, target)}
    elif kind is None or not target:
        raise UsageError("give --kind and --target, or --like")
    else:
        chosen |= {"kind": kind, "targets": target, "repeat": repeat, "seed": seed}
        chosen |= {"settings": settings, "network": network}
    data = Records.load(records), load_features(features), Split.load(split)
    work = partial(refit, *data, [Model.load(m) for m in like]) if like else partial(train, *data)
    write_trained(output, checkpoint_minutes, partial(work, **chosen))


def _tuned(path: Path) -> dict[str, Any]:
    """The settings of training and network in a file of riboswitch tune."""
    value = read_json(path)
    if problem := mismatch(value, TUNED):
        raise InputError("not the settings of a search", where=str(path), found=problem,
                         hint="riboswitch tune writes them.")  # fmt: skip
    return value


def _refit_epochs(
    settings: Json, network: Json, kind: Kind | None, target: list[str] | None
) -> int | Literal["chosen", "all"]:
    """The option --epochs beside --like; no other setting may be given there."""
    if network or kind or target or set(settings) - {"epochs"}:
        raise UsageError("--like takes kind, targets and settings from its networks",
                         hint="Only --epochs can be given beside it.")  # fmt: skip
    epochs: int | Literal["chosen", "all"] = settings.get("epochs", "chosen")
    return epochs
