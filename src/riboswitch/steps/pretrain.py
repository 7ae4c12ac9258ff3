"""Train a network on unlabelled sequences, as a start for riboswitch train --init.

Letters are hidden, and the network learns to guess them from their neighbours. This is training with a label
for each position.
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
from riboswitch.config.settings import fraction
from riboswitch.data.model import Model
from riboswitch.data.records import Records
from riboswitch.data.splits import without_test
from riboswitch.errors import InputError
from riboswitch.learning.checkpoint import MINUTES, write_trained
from riboswitch.learning.settings import TrainSettings
from riboswitch.modalities import find
from riboswitch.steps.arguments import CheckpointMinutes, Device
from riboswitch.steps.featurize import featurize
from riboswitch.steps.modality_settings import NETWORK, training
from riboswitch.steps.train import train

TARGET = "hidden_letter"


def pretrain(
    records: Records,
    *,
    alphabet: str = "protein",
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
    """Train a network to guess hidden letters.

    Parameters
    ----------
    records : Records
        Sequences; labels are not used.
    alphabet : {"protein", "dna", "rna"}
    copies, masked : int, float
        Copies of each sequence, and the fraction of letters hidden in each; every copy hides others.
    valid : float
        Fraction of the sequences whose hidden letters choose the epoch; all copies of one are in one part.
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
        If the modality has no letters to hide, or a setting is out of range.
    """
    fraction("valid", valid)
    modality = find(records.meta["modality"])
    pretext = modality.required("pretext", modality.pretext)
    if len(records) < 2:
        raise InputError("too few records to pre-train on", found=len(records))
    inputs, labels = pretext.corrupt(
        records.inputs, alphabet=alphabet, copies=copies, hidden=masked, seed=seed
    )
    ids = [f"{i}#{n}" for i in records.ids for n in range(copies)]
    table = pd.DataFrame({"source": "pretrain", "row": range(1, len(ids) + 1), "id": ids, **inputs})
    copied = Records(table.assign(**{TARGET: labels}), records.rejected.iloc[:0], len(ids),
                     {"modality": modality.name, "components": records.components})  # fmt: skip
    features = featurize(copied, {"alphabet": alphabet})
    parts = without_test(ids, [i for i in records.ids for _ in range(copies)], valid, seed, "pretrain")
    return train(copied, features, parts, kind="per_position",
                 targets=[TARGET], settings={"group_power": 0.0, "class_power": 0.0} | dict(settings or {}),
                 network=network, device=device, checkpoint=checkpoint,
                 checkpoint_minutes=checkpoint_minutes)  # fmt: skip


def command(
    records: Path,
    /,
    *,
    output: Path,
    settings: Annotated[Json, training(TrainSettings)] = NO_SETTINGS,
    network: Annotated[Json, NETWORK] = NO_SETTINGS,
    alphabet: str = "protein",
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
        Sequences (.parquet); labels are not used.
    output : Path
        Where the network goes (.safetensors).
    alphabet : str
        protein, dna or rna.
    copies : int
        Copies of each sequence, each with other letters hidden.
    masked : float
        Fraction of the letters that is hidden.
    seed : int
        Seed of hidden letters, weights and shuffling.
    """
    training = partial(
        pretrain, Records.load(records), alphabet=alphabet, copies=copies, masked=masked, seed=seed,
        settings=settings, network=network, device=device,
    )  # fmt: skip
    write_trained(output, checkpoint_minutes, training)
