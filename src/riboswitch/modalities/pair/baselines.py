"""Baselines for pairs. Those that need features have them from the sides' part ``vectors``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from riboswitch.data.task import Task
from riboswitch.learning.base_learners.forest import Forest
from riboswitch.modalities.pair.base_learners.answers_kernel import AnswersKernel
from riboswitch.modalities.pair.base_learners.forest import PairForest, settings
from riboswitch.modalities.pair.base_learners.kernel import LeftKernel, PairKernel, RightKernel
from riboswitch.modalities.pair.kernels import kernel_ridge, nearest
from riboswitch.modalities.pair.sides import Pair, Side
from riboswitch.modalities.pair.tables import Items, described, effects, items_of, merged, votes_of
from riboswitch.modalities.parts import Baseline, Inputs

KERNELS = {
    "ridge": PairKernel,
    "left_ridge": LeftKernel,
    "right_ridge": RightKernel,
    "answers_ridge": AnswersKernel,
}


class PairBaselines:
    """The baselines of pairs; see `riboswitch.modalities.parts.Baselines`."""

    POSITION_BASELINES: Mapping[str, Baseline] = {}
    SURVIVAL_BASELINES: Mapping[str, Baseline] = {}

    def __init__(self, pair: Pair):
        self.pair = pair

    @property
    def BASELINES(self) -> Mapping[str, Baseline]:
        """``mean_effects``; each side alone if it has features; and if both have, six methods on both."""
        sides = [side for side in self.pair.sides if side.modality.offers("vectors")]
        found: dict[str, Baseline] = {"mean_effects": partial(mean_effects, self.pair)}
        found |= {f"{side.name}_only": partial(one_side, side) for side in sides}
        if len(sides) == 2:
            found |= {"forest": partial(forest, self.pair), "nearest": partial(nearest, self.pair)}
            found |= {name: partial(kernel_ridge, self.pair, kind) for name, kind in KERNELS.items()}
        return found


def make(pair: Pair) -> PairBaselines:
    """Make the baselines of these pairs."""
    return PairBaselines(pair)


def mean_effects(
    pair: Pair,
    train_inputs: Inputs,
    train_labels: np.ndarray,
    inputs: Inputs,
    task: Task,
    *,
    seed: int,
    weights: np.ndarray | None = None,
    threads: int = 1,
) -> np.ndarray:
    """Mean of all labels, plus the effect of the left input, plus that of the right input.

    The effects are fitted together, shrunk as if each input had one more label at the mean. An input that was
    not seen in training has no effect. Probabilities are cut to 0 and 1.

    Returns
    -------
    ndarray
        Shape (inputs, outputs): probabilities, or values for regression.
    """
    left, right = (items_of(side, train_inputs, inputs) for side in pair.sides)
    weights = np.ones(len(train_labels)) if weights is None else weights
    columns = [
        effects(left.train[known], right.train[known], left.new, right.new, column, weights[known])
        for known, votes in votes_of(train_labels, task)
        for column in votes.T
    ]
    return _allowed(np.stack(columns, 1), task)


def _allowed(outputs: np.ndarray, task: Task) -> np.ndarray:
    """Probabilities from 0 to 1, those of classes with the sum 1."""
    if task.kind == "regression":
        return outputs
    outputs = outputs.clip(1e-6, 1.0)
    return outputs / outputs.sum(1, keepdims=True) if task.kind == "multiclass" else outputs


def one_side(
    side: Side,
    train_inputs: Inputs,
    train_labels: np.ndarray,
    inputs: Inputs,
    task: Task,
    *,
    seed: int,
    weights: np.ndarray | None = None,
    threads: int = 1,
) -> np.ndarray:
    """Forest on the features of one side alone: what can be said without the other side.

    Rows of one input are merged before: their labels become one label, with the sum of their weights.

    Returns
    -------
    ndarray
        Shape (inputs, outputs).
    """
    items = items_of(side, train_inputs, inputs)
    weights = np.ones(len(train_labels)) if weights is None else weights
    rows, labels, weights = merged(items.train, train_labels, weights, task)
    known, new = items.features()
    grown = Forest.grow(known[rows], labels, task, settings(task), seed=seed, weights=weights,
                        threads=threads)  # fmt: skip
    return grown.predict(new)[_places(items)]


def forest(
    pair: Pair,
    train_inputs: Inputs,
    train_labels: np.ndarray,
    inputs: Inputs,
    task: Task,
    *,
    seed: int,
    weights: np.ndarray | None = None,
    threads: int = 1,
) -> np.ndarray:
    """Forest on the features of both sides, one after the other: the base learner of the stack.

    Returns
    -------
    ndarray
        Shape (inputs, outputs).
    """
    known, new = described(pair, train_inputs, inputs)
    return PairForest.of_tables(known, train_labels, weights, task, seed, threads).answers(new)


def _places(items: Items) -> Any:
    """The row of each query among the distinct ones."""
    return np.unique(items.new, return_inverse=True)[1].reshape(-1)
