"""One cell of a scorecard: one method, trained on one fold and applied to its test rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from riboswitch.data.bounds.arrays import at_bounds, bounds_at
from riboswitch.data.predictions import Predictions
from riboswitch.data.records import Records
from riboswitch.data.task import Task
from riboswitch.learning.base_learners.baselines import of_baseline
from riboswitch.learning.base_learners.given import check_given, given_outputs, require_given
from riboswitch.learning.base_learners.plain_methods import plain_methods
from riboswitch.learning.checkpoint import digest
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
    given : mapping
        Columns of the records with predictions of other methods, by a name for each.
    further : sequence of str
        Names of further baselines that take part.
    """

    records: Records
    job: Job
    seed: int = 0
    device: str = "cpu"
    threads: int = 1
    given: Mapping[str, str] = field(default_factory=dict)
    further: Sequence[str] = ()

    def __post_init__(self) -> None:
        check_given(
            self.given, self.job.task, self.records.table, [*self.baselines, CONSTANT[self.job.task.kind]]
        )

    @property
    def baselines(self) -> Mapping[str, Baseline]:
        """Baselines of the modality for this level of labels."""
        modality, task = self.job.modality, self.job.task
        usual = plain_methods(modality, task)
        return plain_methods(modality, task, [*usual, *(n for n in self.further if n not in usual)])

    @property
    def ablations(self) -> Mapping[str, Mapping[str, Any]]:
        """Settings of networks that lack something, by name."""
        offered = self.job.modality.ablations
        return {} if offered is None else offered.ABLATIONS

    @property
    def names(self) -> list[str]:
        """All methods, the network first."""
        constant = CONSTANT[self.job.task.kind]
        return [NETWORK, constant, *self.baselines, *self.given, *self.ablations, SHUFFLED]

    @cached_property
    def beside(self) -> Mapping[str, np.ndarray]:
        """The given predictions of all units, shape (units, outputs)."""
        task, table = self.job.task, self.records.table
        return {name: given_outputs(task, table, column) for name, column in self.given.items()}

    def depends_on(self, method: str) -> dict[str, Any]:
        """What a method's predictions depend on besides the job, as JSON values."""
        return {"given": digest(self.beside[method])} if method in self.given else {}

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
        for part in ("train", "valid"):
            if self.job.task.lacks_events(labels[units(rows[part])]):
                return f"no {part} row has an event"
        return ""

    def __call__(self, method: str, fold: int) -> Predictions:
        """Train a method on a fold, and predict its labelled test rows."""
        rows, thresholds = self.rows(fold), None
        if method in (NETWORK, SHUFFLED, *self.ablations):
            outputs, thresholds = self._network(rows, fold, method)
        elif method in self.baselines:
            outputs = self._baseline(self.baselines[method], rows, fold)
        elif method in self.given:
            units, table = self.job.units(rows["test"]), self.job.split.table.iloc[rows["test"]]
            outputs = require_given(method, self.beside[method][units],
                                    self.job.units.names(rows["test"], table["id"]))  # fmt: skip
        else:
            train = self.job.units(rows["train"])
            answer = constant(
                self.job.task, at_bounds(self.job.labels[train], bounds_at(self.job.bounds, train))
            )
            outputs = np.tile(answer, (len(self.job.units(rows["test"])), 1))
        return self._named(method, fold, rows["test"], outputs, thresholds)

    def _network(
        self, rows: dict[str, np.ndarray], fold: int, method: str
    ) -> tuple[np.ndarray, list[float] | None]:
        job, seed = self.job, self.seed + fold
        if method == SHUFFLED:
            job = job.shuffled(rows, seed)
        if method in self.ablations:
            job = replace(job, network=replace(job.network, **self.ablations[method]))
        net, fitted = job.run(rows, seed, f"{method} fold {fold}", self.device)
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
