"""Baselines of pairs by similarity: that of two pairs is the product of those of their two sides."""

from __future__ import annotations

import numpy as np

from riboswitch.data.task import Task
from riboswitch.modalities.pair.base_learners.kernel import PairKernel
from riboswitch.modalities.pair.base_learners.similarity import Similarity
from riboswitch.modalities.pair.sides import Pair
from riboswitch.modalities.pair.tables import described, votes_of
from riboswitch.modalities.parts import Inputs

NEAREST = 10
TOGETHER = 2**22  # similarities of pairs that are held at once
SAME = 1e-6  # keeps the weight of an equal pair finite


def nearest(
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
    """Predict the weighted mean of the labels of the ten most similar training pairs.

    A pair with similarity ``s`` and row weight ``w`` has weight ``w s / (1 - s)``. The mean of all labels is
    added with weight 0.1.

    Returns
    -------
    ndarray
        Shape (inputs, outputs).
    """
    known, new = described(pair, train_inputs, inputs)
    sides = zip(known.sides, new.sides, strict=True)
    left, right = (Similarity.of(train.compared)(queries.compared) for train, queries in sides)
    weights = np.ones(len(train_labels)) if weights is None else weights
    parts = [
        _means(left, right, known.numbers[:, rows], new.numbers, votes, weights[rows] / weights[rows].mean())
        for rows, votes in votes_of(train_labels, task)
    ]
    return np.hstack(parts)


def _means(
    left: np.ndarray, right: np.ndarray, train: np.ndarray, new: np.ndarray, votes: np.ndarray,
    weights: np.ndarray,
) -> np.ndarray:  # fmt: skip
    out = np.empty((new.shape[1], votes.shape[1]))
    average, k = np.average(votes, axis=0, weights=weights), min(NEAREST, len(votes))
    step = max(1, TOGETHER // max(1, len(votes)))
    for start in range(0, len(out), step):
        one, other = new[:, start : start + step]
        similarity = (left[np.ix_(train[0], one)] * right[np.ix_(train[1], other)]).T.astype(np.float64)
        least = np.partition(similarity, -k, axis=1)[:, [-k]]
        odds = np.where(similarity >= least, similarity / (1 - similarity + SAME), 0.0) * weights
        out[start : start + step] = (odds @ votes + 0.1 * average) / (odds.sum(1, keepdims=True) + 0.1)
    return out


def kernel_ridge(
    pair: Pair,
    kind: type[PairKernel],
    train_inputs: Inputs,
    train_labels: np.ndarray,
    inputs: Inputs,
    task: Task,
    *,
    seed: int,
    weights: np.ndarray | None = None,
    threads: int = 1,
) -> np.ndarray:
    """Kernel ridge regression on all pairs: a base learner of the stack, see `PairKernel`.

    Returns
    -------
    ndarray
        Shape (inputs, outputs).
    """
    known, new = described(pair, train_inputs, inputs)
    weights = np.ones(len(train_labels)) if weights is None else weights
    return kind.of_tables(known, train_labels, weights, task, seed).answers(new)
