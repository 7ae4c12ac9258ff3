"""A baseline on some rows of records; censored labels are replaced by expected values."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from riboswitch.data.task import RISK, Task
from riboswitch.learning.base_learners.cox import residuals
from riboswitch.learning.base_learners.imputing import imputed
from riboswitch.modalities.parts import Baseline, Baselines, Inputs


def offered_baselines(part: Baselines, task: Task) -> Mapping[str, Baseline]:
    """The baselines of a modality for a task, by name.

    For a survival task those that learn times and events come first. The others, which learn numbers, learn
    martingale residuals; see `cox.residuals`.
    """
    if task.level == "position":
        return part.POSITION_BASELINES
    if task.kind != "survival":
        return part.BASELINES
    return {**part.SURVIVAL_BASELINES, **{n: _on_residuals(method) for n, method in part.BASELINES.items()}}


def _on_residuals(method: Baseline) -> Baseline:
    def learned(
        train_inputs: Inputs,
        train_labels: np.ndarray,
        inputs: Inputs,
        task: Task,
        *,
        seed: int,
        weights: np.ndarray | None = None,
        threads: int = 1,
    ) -> np.ndarray:
        numbers, of_numbers = residuals(train_labels, weights), Task("regression", (RISK,))
        return method(train_inputs, numbers, inputs, of_numbers, seed=seed, weights=weights, threads=threads)

    return learned


def of_baseline(
    method: Baseline,
    inputs: Inputs,
    train: np.ndarray,
    test: np.ndarray,
    labels: np.ndarray,
    weights: np.ndarray,
    bounds: np.ndarray | None = None,
    *,
    task: Task,
    seed: int,
    threads: int = 1,
) -> np.ndarray:
    """Train a baseline on the rows ``train`` of the inputs, and predict the rows ``test``.

    Parameters
    ----------
    method : Baseline
    inputs : mapping
    train, test : ndarray
    labels, weights : ndarray
        Of the training units, shapes (units, targets) and (units,).
    bounds : ndarray, optional
        Of censored labels, shape (units, targets, 2); a unit is then a row.

    Returns
    -------
    ndarray
        Shape (test units, outputs).
    """

    def predict(learned: np.ndarray, asked: np.ndarray) -> np.ndarray:
        return method(_at(inputs, train[learned]), labels[learned], _at(inputs, train[asked]), task,
                      seed=seed, weights=weights[learned], threads=threads)  # fmt: skip

    numbers = imputed(labels, bounds, predict, seed)
    return method(_at(inputs, train), numbers, _at(inputs, test), task, seed=seed, weights=weights,
                  threads=threads)  # fmt: skip


def _at(inputs: Inputs, rows: np.ndarray) -> Inputs:
    return {name: [values[row] for row in rows] for name, values in inputs.items()}
