"""stack: a forest beside the network, as far as validation rows say that the two know more than one."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from riboswitch.arrays import RaggedArrays
from riboswitch.errors import InputError
from riboswitch.learning.forest import Forest, ForestSettings
from riboswitch.learning.loss import best_thresholds
from riboswitch.learning.stacking import Blend, describer
from riboswitch.model import FORMAT, Model
from riboswitch.predictions import STACK, Predictions
from riboswitch.records import Records
from riboswitch.splits import Split
from riboswitch.steps.train import records_digest
from riboswitch.tasks import Task

# Chosen by validation loss, the same for every task. Leaves of one row would double depth and size.
CLASSES = ForestSettings(trees=100, features="sqrt", leaf=2)
NUMBERS = ForestSettings(trees=100, features=0.1, leaf=2)


def stack(
    records: Records,
    features: RaggedArrays,
    split: Split,
    networks: Predictions,
    *,
    group_power: float = 0.5,
    threads: int = 1,
) -> tuple[Predictions, Model]:
    """Grow a forest on each repeat, and choose on its validation rows how much the forest counts.

    Parameters
    ----------
    records, features, split
        The same rows in the same order.
    networks : Predictions
        From `held_out`: what the network of each repeat says of its validation and test rows.
    group_power : float
        Weights of rows in large groups, as in `TrainSettings`.
    threads : int
        To grow forests with; they do not change the result.

    Returns
    -------
    predictions : Predictions
        Method ``stack``, of the test rows of every repeat; the choices are in ``meta``.
    model : Model
        Without networks, for `ensemble` to join with them: the median of the repeats' choices, and a
        forest grown on all rows, unless that choice is the network alone.

    Raises
    ------
    UsageError
        If the modality has no features for a forest.
    InputError
        If the four do not belong together, or a target has no label to learn from.
    """
    split.require_ids(records.ids)
    split.require_ids(features.ids, "features")
    task = networks.task
    x = describer(features.meta["modality"])(features, None)
    job = _Job(task, x, task.labels(records.table), split.weights(group_power), split, networks, threads)
    parts, blends, cuts = zip(*(job.repeat(r) for r in range(split.repeats)), strict=True)
    blend = Blend.middle(blends)
    everyone = np.arange(len(records))
    forest = {} if blend.weight == 1 else job.grow(everyone, seed=0).tensors("forest.")
    header = {
        "format": FORMAT,
        "modality": features.meta["modality"],
        "task": task.to_dict(),
        "encoder": features.meta,
        "forest": {**asdict(blend), "thresholds": np.round(np.median(cuts, axis=0), 6).tolist(),
                   "repeats": [asdict(b) for b in blends], "settings": asdict(job.how)},
        "training": {"records": records_digest(records), "split": split.digest},
        "members": [],
    }  # fmt: skip
    return Predictions.concat(parts), Model(header, forest)


@dataclass
class _Job:
    """What the repeats share."""

    task: Task
    x: np.ndarray
    labels: np.ndarray
    weights: np.ndarray
    split: Split
    networks: Predictions
    threads: int

    @property
    def how(self) -> ForestSettings:
        return NUMBERS if self.task.kind == "regression" else CLASSES

    def grow(self, rows: np.ndarray, seed: int) -> Forest:
        return Forest.grow(self.x[rows], self.labels[rows], self.task, self.how, seed=seed,
                           weights=self.weights[rows], threads=self.threads)  # fmt: skip

    def repeat(self, repeat: int) -> tuple[Predictions, Blend, list[float]]:
        """Predictions of the test rows, and what was chosen on the validation rows."""
        grown = self.grow(self.split.rows("train", repeat), repeat)
        valid, test = (self.split.rows(part, repeat) for part in ("valid", "test"))
        network, forest = self._said("valid", repeat), grown.predict(self.x[valid])
        blend = Blend.choose(self.task, network, forest, self.labels[valid], self.weights[valid])
        cuts = best_thresholds(self.task, self.labels[valid], blend(self.task, network, forest))
        outputs = blend(self.task, self._said("test", repeat), grown.predict(self.x[test]))
        rows = self.split.table.iloc[test]
        made = Predictions.build(self.task, rows["id"], rows["group"], repeat, "test", STACK,
                                 self.labels[test], outputs, cuts or None)  # fmt: skip
        made.meta["blends"] = {str(repeat): asdict(blend)}
        return made, blend, cuts

    def _said(self, part: str, repeat: int) -> np.ndarray:
        """What the network says of one part, in the order of the split."""
        table = self.networks.table
        table = table[(table["repeat"] == repeat) & (table["part"] == part)].set_index("id")
        ids = self.split.table["id"].iloc[self.split.rows(part, repeat)]
        if sorted(table.index) != sorted(ids):
            raise InputError(f"the network's predictions are not of the {part} rows of repeat {repeat}",
                             where=self.networks.source, found=f"{len(table)} rows for {len(ids)}",
                             hint="riboswitch predict --split makes them.")  # fmt: skip
        return table.loc[ids, self.task.columns].to_numpy(np.float64)


def command(
    records: Path,
    features: Path,
    split: Path,
    networks: Path,
    /,
    *,
    output: Path,
    forest: Path,
    group_power: float = 0.5,
    threads: int = 1,
) -> None:
    """Grow a forest beside the networks, and choose on validation rows how much it counts.

    Parameters
    ----------
    records : Path
        Records with labels (.parquet).
    features : Path
        The same rows encoded (.npz).
    split : Path
        Their split (.parquet).
    networks : Path
        What the networks say of the rows held out (.parquet), from riboswitch predict --split.
    output : Path
        Where the predictions of the test rows go (.parquet).
    forest : Path
        Where the forest goes that was grown on all rows (.safetensors), for riboswitch ensemble.
    group_power : float
        How far rows of large groups are weighed down.
    threads : int
        Processor threads to use.
    """
    made, model = stack(Records.load(records), RaggedArrays.load(features), Split.load(split),
                        Predictions.load(networks), group_power=group_power, threads=threads)  # fmt: skip
    made.save(output)
    model.save(forest)
