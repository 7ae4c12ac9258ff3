"""Fit base learners beside the networks. Validation rows decide the weight of each."""

from __future__ import annotations

__all__ = ["stack"]
__verb__ = ("Learn", 80)

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.model import FORMAT, Model
from riboswitch.data.predictions import STACK, Predictions
from riboswitch.data.records import Records
from riboswitch.data.splits import Split
from riboswitch.data.task import Task
from riboswitch.errors import InputError
from riboswitch.learning.job import records_digest
from riboswitch.learning.loss import best_thresholds
from riboswitch.learning.stacking import NETWORK, Blend, offered, packed
from riboswitch.modalities import find
from riboswitch.modalities.optional_parts import BaseLearner
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
        From `held_out`: what the network of each repeat says of its validation and test rows.
    group_power : float
        Weights of rows in large groups, as in `TrainSettings`.
    threads : int
        To fit with; they do not change the result.

    Returns
    -------
    predictions : Predictions
        Method ``stack``, of the test rows of every repeat; the choices are in ``meta``.
    model : Model
        Without networks, for `ensemble` to join with them: the median of the repeats' choices, and the
        base learners that have a part in it, fitted on all rows.

    Raises
    ------
    UsageError
        If the modality has no base learners for such networks.
    InputError
        If the four do not belong together, or a target has no label to learn from.
    """
    split.require_ids(records.ids)
    split.require_ids(features.ids, "features")
    task = networks.task
    modality = find(features.meta["modality"])
    job = _Job(task, features, offered(task, modality, features.meta), task.labels(records.table),
               split.weights(group_power), split, networks, threads)  # fmt: skip
    parts, blends, cuts = zip(*(job.repeat(r) for r in range(split.repeats)), strict=True)
    blend = Blend.middle(blends)
    base_learners = job.fit(np.arange(len(records)), seed=0, names=job.counting(blend))
    weights = {NETWORK: blend.weight} | {name: job.named(blend)[name] for name in base_learners}
    header = {
        "format": FORMAT,
        "modality": modality.name,
        "components": [*modality.components],
        "task": task.to_dict(),
        "encoder": features.meta,
        "stack": {"weights": weights, "temperature": blend.temperature,
                  "thresholds": np.round(np.median(cuts, axis=0), 6).tolist(),
                  "repeats": [job.facts(b) for b in blends]},
        "training": {"records": records_digest(records), "split": split.digest},
        "members": [],
    }  # fmt: skip
    tensors = {
        k: v for name, base_learner in base_learners.items() for k, v in packed(name, base_learner).items()
    }
    return Predictions.concat(parts), Model(header, tensors)


@dataclass
class _Job:
    """What the repeats share."""

    task: Task
    arrays: RaggedArrays
    kinds: dict[str, type[BaseLearner]]
    labels: np.ndarray
    weights: np.ndarray
    split: Split
    networks: Predictions
    threads: int

    def fit(self, rows: np.ndarray, seed: int, names: list[str]) -> dict[str, BaseLearner]:
        rows = rows[~np.isnan(self.labels[rows]).all(1)]
        self._require_labels(rows)
        return {
            name: self.kinds[name].fit(self.arrays, rows, self.labels, self.weights, self.task, seed=seed,
                                       threads=self.threads)
            for name in names
        }  # fmt: skip

    def _require_labels(self, rows: np.ndarray) -> None:
        empty = np.flatnonzero(np.isnan(self.labels[rows]).all(0))
        if len(empty):
            raise InputError("no training row has a label of this target",
                             found=self.task.targets[empty[0]])  # fmt: skip

    def named(self, blend: Blend) -> dict[str, float]:
        return dict(zip([NETWORK, *self.kinds], blend.weights, strict=True))

    def counting(self, blend: Blend) -> list[str]:
        """The base learners that have a part in the answer."""
        return [name for name, weight in self.named(blend).items() if weight and name != NETWORK]

    def facts(self, blend: Blend) -> dict[str, Any]:
        return {"weights": self.named(blend), "temperature": blend.temperature}

    def repeat(self, repeat: int) -> tuple[Predictions, Blend, list[float]]:
        """Predictions of the test rows, and what was chosen on the validation rows."""
        base_learners = self.fit(self.split.rows("train", repeat), repeat, [*self.kinds])
        said = {
            part: [self._said(part, repeat)]
            + [p.predict(self.arrays, self.split.rows(part, repeat)) for p in base_learners.values()]
            for part in ("valid", "test")
        }
        valid = self.split.rows("valid", repeat)
        labels = self.labels[valid]
        blend = Blend.choose(self.task, said["valid"], labels, self.weights[valid])
        cuts = best_thresholds(self.task, labels, blend(self.task, said["valid"]))
        outputs = blend(self.task, said["test"])
        test = self.split.rows("test", repeat)
        rows = self.split.table.iloc[test]
        made = Predictions.build(self.task, rows["id"], rows["group"], repeat, "test", STACK,
                                 self.labels[test], outputs, cuts or None)  # fmt: skip
        made.meta["blends"] = {str(repeat): self.facts(blend)}
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
    made, model = stack(Records.load(records), RaggedArrays.load(features), Split.load(split),
                        Predictions.load(networks), group_power=group_power, threads=threads)  # fmt: skip
    made.save(output)
    model.save(base_learners)
