"""One cell of a scorecard: one method, trained on one fold and applied to its test rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from riboswitch.data.bounds.arrays import at_bounds, bounds_at
from riboswitch.data.predictions import Predictions
from riboswitch.data.records import Records
from riboswitch.data.task import Task
from riboswitch.learning.base_learners.baselines import of_baseline, offered_baselines
from riboswitch.learning.inference import Predictor
from riboswitch.learning.training_job import Job
from riboswitch.modalities.parts import Baseline

NETWORK, SHUFFLED = "network", "shuffled"
CONSTANT = {"regression": "mean", "binary": "majority", "multiclass": "majority", "survival": "constant"}
"""Name of the method that gives every input the same answer, by kind of task."""


@dataclass(frozen=True)
class Rivals:
    """All methods on the folds of one split.

    Attributes
    ----------
    records : Records
    job : Job
        With the split; its repeats are the folds.
    seed : int
        Seed of the first fold; each fold adds its number.
    device : str
    threads : int
    """

    records: Records
    job: Job
    seed: int = 0
    device: str = "cpu"
    threads: int = 1

    @property
    def baselines(self) -> Mapping[str, Baseline]:
        """Baselines of the modality for this level of labels."""
        return offered_baselines(self.job.modality.baselines, self.job.task)

    @property
    def names(self) -> list[str]:
        """All methods, the network first."""
        return [NETWORK, CONSTANT[self.job.task.kind], *self.baselines, SHUFFLED]

    def rows(self, fold: int) -> dict[str, np.ndarray]:
        """Labelled rows of each part of a fold."""
        parts = ("train", "valid", "test")
        return {part: self.job.labelled(self.job.split.rows(part, fold)) for part in parts}

    def problem(self, fold: int) -> str:
        """Why no method can be judged on this fold; empty if all can."""
        rows, units, labels = self.rows(fold), self.job.units, self.job.labels
        for part in ("train", "test"):
            if not len(rows[part]):
                return f"no {part} row has a label"
        empty = np.isnan(labels[units(rows["train"])]).all(0)
        for target, gone in zip(self.job.task.targets, empty, strict=True):
            if gone:
                return f"no training row has a label of {target}"
        if self.job.task.kind == "survival":
            for part in ("train", "valid"):
                if len(rows[part]) and not (labels[units(rows[part]), 1] == 1).any():
                    return f"no {part} row has an event"
        return ""

    def __call__(self, method: str, fold: int) -> Predictions:
        """Train a method on a fold, and predict its labelled test rows."""
        rows, thresholds = self.rows(fold), None
        if method in (NETWORK, SHUFFLED):
            outputs, thresholds = self._network(rows, fold, method == SHUFFLED)
        elif method in self.baselines:
            outputs = self._baseline(self.baselines[method], rows, fold)
        else:
            train = self.job.units(rows["train"])
            answer = constant(
                self.job.task, at_bounds(self.job.labels[train], bounds_at(self.job.bounds, train))
            )
            outputs = np.tile(answer, (len(self.job.units(rows["test"])), 1))
        return self._named(method, fold, rows["test"], outputs, thresholds)

    def _network(
        self, rows: dict[str, np.ndarray], fold: int, shuffle: bool
    ) -> tuple[np.ndarray, list[float] | None]:
        job, seed = self.job, self.seed + fold
        if shuffle:
            job = job.shuffled(rows, seed)
        net, fitted = job.run(rows, seed, f"{SHUFFLED if shuffle else NETWORK} fold {fold}", self.device)
        about = {"repeat": fold, **job.calibrate(net, fitted, rows["valid"])}
        model = job.bundle(net, fitted, seed, rows, about)
        predictor = Predictor(model, job.modality, device=self.device)
        return predictor.member(0, job.features, rows["test"]), about["thresholds"] or None

    def _baseline(self, method: Baseline, rows: dict[str, np.ndarray], fold: int) -> np.ndarray:
        job, units = self.job, self.job.units(rows["train"])
        return of_baseline(
            method, self.records.inputs, rows["train"], rows["test"], job.labels[units], job.weights[units],
            bounds_at(job.bounds, units), task=job.task, seed=self.seed + fold, threads=self.threads,
        )  # fmt: skip

    def _named(
        self, method: str, fold: int, test: np.ndarray, outputs: np.ndarray, thresholds: list[float] | None
    ) -> Predictions:
        job, table = self.job, self.job.split.table.iloc[test]
        return Predictions.build(
            job.task, job.units.names(test, table["id"]), job.units.repeated(test, table["group"]), fold,
            "test", method, job.labels[job.units(test)], outputs, thresholds,
            bounds_at(job.bounds, job.units(test)),
        )  # fmt: skip


def constant(task: Task, labels: np.ndarray) -> np.ndarray:
    """The answer that needs no input: the mean of each target, the fraction of each class, or the risk 0.

    Parameters
    ----------
    task : Task
    labels : ndarray
        Shape (training units, targets), gaps as NaN; each target has a label.

    Returns
    -------
    ndarray
        Shape (outputs,).
    """
    if task.kind == "survival":
        return np.zeros(1)
    if task.kind != "multiclass":
        return np.nanmean(labels, axis=0)
    known = labels[~np.isnan(labels[:, 0]), 0].astype(int)
    counts = np.bincount(known, minlength=len(task.classes))
    return counts / counts.sum()
