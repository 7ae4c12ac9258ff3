"""Fit base learners beside the networks. Validation rows decide the weight of each."""

from __future__ import annotations

__all__ = ["stack"]
__verb__ = ("Learn", 80)

from pathlib import Path

import numpy as np

from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.bounds.columns import bounds_of
from riboswitch.data.model import FORMAT, Model
from riboswitch.data.predictions import Predictions
from riboswitch.data.records import Records
from riboswitch.data.splits import Split
from riboswitch.io.log.progress import tracked
from riboswitch.learning.stack_fitting import StackFit
from riboswitch.learning.stacking import NETWORK, Blend, offered, packed
from riboswitch.learning.training_job import records_digest
from riboswitch.modalities import find
from riboswitch.modalities.features import load_features
from riboswitch.steps.arguments import FeaturesFile, GroupPower, RecordsFile, SplitFile, Threads


def stack(
    records: Records,
    features: RaggedArrays,
    split: Split,
    networks: Predictions,
    *,
    group_power: float = 0.5,
    threads: int = 1,
) -> tuple[Predictions, Model]:
    """Fit the base learners on each repeat, and choose their weights on its validation rows.

    Parameters
    ----------
    records, features, split
        The same rows in the same order.
    networks : Predictions
        From `held_out`: predictions of each repeat's network for its validation and test rows.
    group_power : float
        Weights of rows in large groups, as in `TrainSettings`.
    threads : int
        Threads to fit with; the result does not depend on them.

    Returns
    -------
    predictions : Predictions
        Method ``stack``, for the test rows of every repeat; the chosen weights are in ``meta``.
    model : Model
        The median of the weights of all repeats, and the base learners with a weight above 0, fitted on all
        rows. It has no networks; `ensemble` joins it with them.

    Raises
    ------
    UsageError
        If the modality has no base learners for such networks.
    InputError
        If records, features, split and networks do not belong together, or a target has no label.
    """
    split.require_ids(records.ids)
    split.require_ids(features.ids, "features")
    task = networks.task
    modality = find(features.meta["modality"])
    kinds = offered(task, modality, features.meta)
    weights = split.weights(group_power)
    start = modality.required("stack", modality.stack).starting_weights(task, features.meta)
    fitting = StackFit(
        task, features, kinds, task.labels(records.table), weights, split, networks, threads, start,
        bounds_of(records, task.targets),
    )  # fmt: skip
    repeats = tracked(range(split.repeats), "stack", "repeats", split.repeats)
    parts, blends, cuts = zip(*(fitting.repeat(r) for r in repeats), strict=True)
    blend = Blend.middle(blends)
    base_learners = fitting.fit(np.arange(len(records)), seed=0, names=fitting.used(blend))
    chosen = {NETWORK: blend.weight} | {name: fitting.named(blend)[name] for name in base_learners}
    header = {
        "format": FORMAT,
        "modality": modality.name,
        "components": [*modality.components],
        "task": task.to_dict(),
        "encoder": features.meta,
        "stack": {"weights": chosen, "temperature": blend.temperature,
                  "thresholds": np.round(np.median(cuts, axis=0), 6).tolist(),
                  "repeats": [fitting.choice(b) for b in blends]},
        "training": {"records": records_digest(records), "split": split.digest},
        "members": [],
    }  # fmt: skip
    tensors = {
        k: v for name, base_learner in base_learners.items() for k, v in packed(name, base_learner).items()
    }
    return Predictions.concat(parts), Model(header, tensors)


def command(
    records: RecordsFile,
    features: FeaturesFile,
    split: SplitFile,
    networks: Path,
    /,
    *,
    output: Path,
    base_learners: Path,
    group_power: GroupPower = 0.5,
    threads: Threads = 1,
) -> None:
    """Fit base learners on files.

    Parameters
    ----------
    networks : Path
        Predictions of the networks for the held-out rows (.parquet), from riboswitch predict --split.
    output : Path
        Where the predictions of the test rows go (.parquet).
    base_learners : Path
        Where the base learners go that were fitted on all rows (.safetensors), for riboswitch ensemble.
    """
    made, model = stack(Records.load(records), load_features(features), Split.load(split),
                        Predictions.load(networks), group_power=group_power, threads=threads)  # fmt: skip
    made.save(output)
    model.save(base_learners)
