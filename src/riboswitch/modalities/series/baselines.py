"""Plain methods for series: linear models, a forest and boosted trees on summaries, and the training mean.

All see the `summaries` of the channels. Linear models see them scaled by the training rows, with 0 where a
channel was never measured. What is tuned is chosen by cross-validation among the training rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.task import Task
from riboswitch.learning.base_learners.cox import Cox
from riboswitch.learning.base_learners.forest import Forest
from riboswitch.learning.base_learners.tuned_linear import FOLDS, folds, loss, ridge_of
from riboswitch.modalities.defaults import POSITION_BASELINES as POSITION_BASELINES
from riboswitch.modalities.parts import Baseline, Inputs
from riboswitch.modalities.series.encode import decoded
from riboswitch.modalities.series.grown import filled, grow, medians
from riboswitch.modalities.series.summaries import summaries

FLAT, FAR = 1e-9, 10.0
LEAVES = (4, 16)  # of a boosted tree
RATE, MOST_TREES, EACH = 0.1, 200, 20  # boosting: learning rate, most rounds, and rounds between two looks
TRIED = 3  # folds: boosting takes long
FEWEST = 4 * FOLDS  # rows: with fewer the number of rounds is not chosen


def vectors(
    inputs: Inputs, settings: Mapping[str, Any] | None = None, arrays: RaggedArrays | None = None
) -> np.ndarray:
    """The summaries of each series; see `riboswitch.modalities.pair_parts.VectorsPart`."""
    series = inputs["series"]
    if arrays is not None and len(series):
        series = [decoded(arrays.item(row)) for row in range(len(arrays))]
    channels = series[0].shape[1] - 1 if len(series) else len((settings or {}).get("channels") or ())
    return summaries(series, channels)


def _both(train_inputs: Inputs, inputs: Inputs) -> tuple[np.ndarray, np.ndarray]:
    """Summaries of training rows and of new ones, gaps as NaN."""
    train, new = vectors(train_inputs), vectors(inputs)
    return train, new if len(new) else np.empty((0, train.shape[1]), np.float32)


def scaled(train: np.ndarray, new: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both by means and deviations of the training rows, within bounds, gaps as 0; float64."""
    known = ~np.isnan(train)
    count = np.maximum(known.sum(0), 1)
    mean = np.where(known, train, 0.0).sum(0) / count
    deviation = np.sqrt((np.where(known, train - mean, 0.0) ** 2).sum(0) / count)
    scale = np.where(deviation > FLAT * np.maximum(1, np.abs(mean)), deviation, 1.0)
    one, other = (np.nan_to_num((rows - mean) / scale).clip(-FAR, FAR) for rows in (train, new))
    return one.astype(np.float64), other.astype(np.float64)


Solver = Callable[[np.ndarray, np.ndarray, np.ndarray, np.ndarray, Task, int, int], np.ndarray]
"""``solver(x, labels, weights, new, task, seed, threads)``: outputs of one target, (new rows, outputs)."""


def _each_target(solver: Solver, scaling: bool = False) -> Baseline:
    """A baseline that solves each target on the rows with a label for it."""

    def method(
        train_inputs: Inputs,
        train_labels: np.ndarray,
        inputs: Inputs,
        task: Task,
        *,
        seed: int,
        weights: np.ndarray | None = None,
        threads: int = 1,
    ) -> np.ndarray:
        task.require_labels(train_labels)
        train, new = _both(train_inputs, inputs)
        if scaling:
            train, new = scaled(train, new)
        weights = np.ones(len(train)) if weights is None else weights
        known = ~np.isnan(train_labels)
        columns = [
            solver(train[rows], train_labels[rows, t], weights[rows], new, task, seed, threads)
            for t, rows in enumerate(known.T)
        ]
        return np.hstack(columns)

    return method


def _mean(
    x: np.ndarray,
    labels: np.ndarray,
    weights: np.ndarray,
    new: np.ndarray,
    task: Task,
    seed: int,
    threads: int,
) -> np.ndarray:
    several = task.kind == "multiclass"
    votes = np.eye(len(task.classes))[labels.astype(int)] if several else labels[:, None]
    return np.tile(np.average(votes, 0, weights), (len(new), 1))


def _ridge(
    x: np.ndarray,
    labels: np.ndarray,
    weights: np.ndarray,
    new: np.ndarray,
    task: Task,
    seed: int,
    threads: int,
) -> np.ndarray:
    with threadpool_limits(threads):
        return ridge_of(x, labels, weights, new, task, seed)


def _boosting(
    x: np.ndarray,
    labels: np.ndarray,
    weights: np.ndarray,
    new: np.ndarray,
    task: Task,
    seed: int,
    threads: int,
) -> np.ndarray:
    """Boosted trees; leaves and the number of rounds are those with the least loss over the folds."""
    outputs = len(task.classes) if task.kind == "multiclass" else 1
    present = np.unique(labels).astype(int)
    if not len(new) or (task.kind != "regression" and len(present) == 1):
        out = np.zeros((len(new), outputs))
        out[:, present[0] if outputs > 1 else 0] = 1.0 if outputs > 1 or present[0] else 0.0
        return out
    rounds = MOST_TREES // EACH // (2 if len(present) > 2 else 1)  # each class has trees of its own
    losses = np.zeros((len(LEAVES), rounds))
    with threadpool_limits(threads, "openmp"):
        for train, valid in islice(folds(labels, task, seed), TRIED if len(labels) >= FEWEST else 0):
            if task.kind != "regression" and len(np.unique(labels[train])) < len(present):
                continue  # a class too rare to be in each fold
            for number, leaves in enumerate(LEAVES):
                model = _trees(task, leaves, EACH * rounds, len(train), seed)
                model.fit(x[train], labels[train], sample_weight=weights[train])
                for look, answers in enumerate(_staged(model, x[valid], task, present, outputs)):
                    losses[number, look] += loss(answers, labels[valid], weights[valid], task)
        best = np.unravel_index(int(losses.argmin()), losses.shape) if losses.any() else (0, rounds // 4)
        model = _trees(task, LEAVES[best[0]], EACH * (int(best[1]) + 1), len(x), seed)
        model.fit(x, labels, sample_weight=weights)
        return _answers(model, new, task, present, outputs)


def _trees(task: Task, leaves: int, rounds: int, rows: int, seed: int) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    kind = HistGradientBoostingRegressor if task.kind == "regression" else HistGradientBoostingClassifier
    return kind(learning_rate=RATE, max_iter=rounds, max_leaf_nodes=leaves, max_features=0.3,
                min_samples_leaf=max(1, min(20, rows // 20)), l2_regularization=1.0, early_stopping=False,
                random_state=seed)  # fmt: skip


def _answers(model: Any, x: np.ndarray, task: Task, present: np.ndarray, outputs: int) -> np.ndarray:
    if task.kind == "regression":
        return np.asarray(model.predict(x))[:, None]
    return _spread(model.predict_proba(x), present, outputs)


def _spread(chances: np.ndarray, present: np.ndarray, outputs: int) -> np.ndarray:
    if outputs == 1:
        return np.asarray(chances[:, 1:])
    full = np.zeros((len(chances), outputs))
    full[:, present] = chances
    return full


def _staged(model: Any, x: np.ndarray, task: Task, present: np.ndarray, outputs: int) -> list[np.ndarray]:
    """Answers after each `EACH` rounds."""
    regression = task.kind == "regression"
    stages = model.staged_predict(x) if regression else model.staged_predict_proba(x)
    looks = [stage for number, stage in enumerate(stages, 1) if number % EACH == 0]
    return [look[:, None] if regression else _spread(look, present, outputs) for look in looks]


def forest(
    train_inputs: Inputs,
    train_labels: np.ndarray,
    inputs: Inputs,
    task: Task,
    *,
    seed: int,
    weights: np.ndarray | None = None,
    threads: int = 1,
) -> np.ndarray:
    """Random forest of 500 trees; how many rows a leaf has at least is chosen by cross-validation."""
    train, new = _both(train_inputs, inputs)
    middle = medians(train)
    grown: Forest = grow(
        filled(train, middle), train_labels, task, seed=seed, weights=weights, threads=threads
    )
    return grown.predict(filled(new, middle)) if len(new) else np.empty((0, len(task.outputs)))


def cox(
    train_inputs: Inputs,
    train_labels: np.ndarray,
    inputs: Inputs,
    task: Task,
    *,
    seed: int,
    weights: np.ndarray | None = None,
    threads: int = 1,
) -> np.ndarray:
    """Cox regression with a ridge penalty that is chosen by cross-validation in the training rows."""
    train, new = scaled(*_both(train_inputs, inputs))
    return Cox.tuned(train, train_labels, weights, seed=seed).predict(new)


BASELINES: Mapping[str, Baseline] = {
    "mean": _each_target(_mean),
    "ridge": _each_target(_ridge, scaling=True),
    "forest": forest,
    "boosting": _each_target(_boosting),
}
SURVIVAL_BASELINES: Mapping[str, Baseline] = {"cox": cox}
