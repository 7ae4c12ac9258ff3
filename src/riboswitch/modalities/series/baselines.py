"""Plain methods for series: linear models, a forest and boosted trees on summaries, and the training mean.

All see the `summaries` of the channels. Linear models see them scaled by the training rows, with 0 where a
channel was never measured. What is tuned is chosen by cross-validation among the training rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.task import Task
from riboswitch.learning.base_learners.each_target import MEAN, each_target, tuned_cox
from riboswitch.learning.base_learners.forest import Forest
from riboswitch.learning.base_learners.tuned_linear import FOLDS, folds, loss, ridge_of
from riboswitch.modalities.defaults import POSITION_BASELINES as POSITION_BASELINES
from riboswitch.modalities.parts import Baseline, Inputs
from riboswitch.modalities.series.encode import decoded
from riboswitch.modalities.series.grown import filled, grow, medians
from riboswitch.modalities.series.summaries import scaled, scalers, summaries

FLAT = 1e-9  # summaries with a smaller standard deviation are constant
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


def _scaled(train_inputs: Inputs, inputs: Inputs) -> tuple[np.ndarray, np.ndarray]:
    """The same, scaled by the training rows, gaps as 0; float64."""
    train, new = _both(train_inputs, inputs)
    centre, scale = scalers(train, FLAT)
    return scaled(train, centre, scale).astype(np.float64), scaled(new, centre, scale).astype(np.float64)


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


BASELINES: Mapping[str, Baseline] = {
    "mean": MEAN,
    "ridge": each_target(_scaled, _ridge),
    "forest": forest,
    "boosting": each_target(_both, _boosting),
}
SURVIVAL_BASELINES: Mapping[str, Baseline] = {"cox": tuned_cox(_scaled)}
