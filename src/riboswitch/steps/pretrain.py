"""Train a network on unlabelled inputs, as a start for riboswitch train --init.

Of sequences letters are hidden, and the network guesses them from their neighbours. Of molecules atoms are
hidden, and the network guesses RDKit's descriptors and the elements that are missing.
"""

from __future__ import annotations

__all__ = ["pretrain"]
__verb__ = ("Learn", 60)

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import pandas as pd

from riboswitch.config.setting_options import NO_SETTINGS, Json
from riboswitch.config.settings import fraction, keywords
from riboswitch.data.model import Model
from riboswitch.data.records import Records
from riboswitch.data.splits import without_test
from riboswitch.errors import InputError
from riboswitch.io.log.progress import INPUTS, Progress
from riboswitch.learning.checkpoint import MINUTES, write_trained
from riboswitch.learning.settings import TrainSettings
from riboswitch.modalities import find
from riboswitch.steps.arguments import CheckpointMinutes, Device
from riboswitch.steps.modality_settings import NETWORK, training
from riboswitch.steps.train import train


def pretrain(
    records: Records,
    *,
    alphabet: str | None = None,
    copies: int = 4,
    masked: float = 0.15,
    valid: float = 0.05,
    seed: int = 0,
    settings: Mapping[str, Any] | None = None,
    network: Mapping[str, Any] | None = None,
    device: str = "cpu",
    checkpoint: Path | None = None,
    checkpoint_minutes: float = MINUTES,
) -> Model:
    """Train a network on a task that needs no labels.

    Parameters
    ----------
    records : Records
        Sequences or molecules; labels are not used.
    alphabet : {"protein", "dna", "rna"}, optional
        Of sequences; by default protein.
    copies, masked : int, float
        Copies of each input, and the fraction of letters or atoms hidden in each; every copy hides others.
    valid : float
        Fraction of the inputs that choose the epoch; all copies of one are in one part.
    seed : int
    settings, network, device
        As for `train`. Below the head the settings must be those of the network that starts from it.
    checkpoint, checkpoint_minutes
        As for `train`.

    Returns
    -------
    Model
        For the argument ``init`` of `train`.

    Raises
    ------
    UsageError
        If inputs of the modality cannot be pre-trained on, or a setting is out of range.
    InputError
        If there are fewer than two records.
    """
    fraction("valid", valid)
    modality = find(records.meta["modality"])
    pretext = modality.required("pretext", modality.pretext)
    if len(records) < 2:
        raise InputError("too few records to pre-train on", found=len(records))
    options: dict[str, Any] = {"copies": copies, "hidden": masked, "seed": seed}
    options |= {} if alphabet is None else {"alphabet": alphabet}
    options = keywords(pretext.exercise, options, "pretrain")
    with Progress("pretrain", INPUTS, len(records)):
        made = pretext.exercise(records.inputs, records.ids, **options)
    ids = made.arrays.ids
    table = pd.DataFrame(
        {"source": "pretrain", "row": range(1, len(ids) + 1), "id": ids, **made.inputs, **made.labels}
    )
    copied = Records(table, records.rejected.iloc[:0], len(ids),
                     {"modality": modality.name, "components": records.components})  # fmt: skip
    parts = without_test(ids, [i for i in records.ids for _ in range(copies)], valid, seed, "pretrain")
    return train(copied, made.arrays, parts, kind=pretext.KIND, targets=[*made.labels],
                 settings={"group_power": 0.0, "class_power": 0.0} | dict(settings or {}),
                 network=dict(pretext.NETWORK) | dict(network or {}), device=device, checkpoint=checkpoint,
                 checkpoint_minutes=checkpoint_minutes)  # fmt: skip


def command(
    records: Path,
    /,
    *,
    output: Path,
    settings: Annotated[Json, training(TrainSettings)] = NO_SETTINGS,
    network: Annotated[Json, NETWORK] = NO_SETTINGS,
    alphabet: str | None = None,
    copies: int = 4,
    masked: float = 0.15,
    seed: int = 0,
    device: Device = "cpu",
    checkpoint_minutes: CheckpointMinutes = MINUTES,
) -> None:
    """Pretrain on the records of a file.

    Parameters
    ----------
    records : Path
        Sequences or molecules (.parquet); labels are not used.
    output : Path
        Where the network goes (.safetensors).
    alphabet : str
        Of sequences: protein (the default), dna or rna.
    copies : int
        Copies of each input, each with other letters or atoms hidden.
    masked : float
        Fraction of the letters or atoms that is hidden.
    seed : int
        Seed of what is hidden, weights and shuffling.
    """
    training = partial(
        pretrain, Records.load(records), alphabet=alphabet, copies=copies, masked=masked, seed=seed,
        settings=settings, network=network, device=device,
    )  # fmt: skip
    write_trained(output, checkpoint_minutes, training)
