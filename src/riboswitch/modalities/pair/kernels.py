"""Baselines of pairs by similarity: that of two pairs is the product of those of their two sides.

The similarity of two inputs of a side is ``exp(-d² / m)``, where ``d²`` is the squared distance of their
scaled features and ``m`` its median over training inputs.

References
----------
Ben-Hur and Noble, Bioinformatics 2005, 21, i38 (kernels of pairs).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from riboswitch.data.task import Task
from riboswitch.learning.base_learners.kernel_ridge import fit_line, fit_lines, fit_ridge, probabilities
from riboswitch.modalities.pair.sides import Pair
from riboswitch.modalities.pair.tables import Items, items_of, votes_of
from riboswitch.modalities.parts import Inputs

NEAREST = 10
MOST_LANDMARKS = 1000
TOGETHER = 2**22  # similarities of pairs that are held at once
SAME = 1e-6  # keeps the weight of an equal pair finite
MOST_FOR_MEDIAN = 1000


@dataclass(frozen=True)
class Similarities:
    """Similarities of the distinct inputs of both sides, and the inputs of each row.

    Attributes
    ----------
    left, right : ndarray
        float32, shape (inputs, inputs).
    train, new : ndarray
        Numbers of both inputs of each training row and of each new row, shape (2, rows).
    """

    left: np.ndarray
    right: np.ndarray
    train: np.ndarray
    new: np.ndarray

    @classmethod
    def of(cls, pair: Pair, train_inputs: Inputs, inputs: Inputs) -> Similarities:
        sides = [items_of(side, train_inputs, inputs) for side in pair.sides]
        left, right = (_similarity(items) for items in sides)
        train, new = np.stack([i.train for i in sides]), np.stack([i.new for i in sides])
        return cls(left, right, train, new)

    def between(self, rows: np.ndarray, others: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Similarities of left inputs and of right inputs, each of shape (rows, others)."""
        return self.left[np.ix_(rows[0], others[0])], self.right[np.ix_(rows[1], others[1])]


def _similarity(items: Items) -> np.ndarray:
    table = items.scaled().astype(np.float32)
    squares, distance = (table**2).sum(1), table @ table.T
    distance *= -2  # in place: there may be thousands of inputs
    distance += squares[:, None]
    distance += squares[None]
    np.maximum(distance, 0.0, out=distance)
    np.fill_diagonal(distance, 0.0)
    known = np.unique(items.train)[:MOST_FOR_MEDIAN]
    among = distance[np.ix_(known, known)]
    median = float(np.median(among[np.triu_indices(len(known), 1)])) if len(known) > 1 else 0.0
    distance /= -(median or 1.0)
    return np.exp(distance, out=distance)


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
    known = Similarities.of(pair, train_inputs, inputs)
    weights = np.ones(len(train_labels)) if weights is None else weights
    parts = [
        _means(known, rows, votes, weights[rows] / weights[rows].mean())
        for rows, votes in votes_of(train_labels, task)
    ]
    return np.hstack(parts)


def _means(known: Similarities, rows: np.ndarray, votes: np.ndarray, weights: np.ndarray) -> np.ndarray:
    train, out = known.train[:, rows], np.empty((known.new.shape[1], votes.shape[1]))
    average, k = np.average(votes, axis=0, weights=weights), min(NEAREST, len(rows))
    step = max(1, TOGETHER // max(1, len(rows)))
    for start in range(0, len(out), step):
        left, right = known.between(known.new[:, start : start + step], train)
        similarity = (left * right).astype(np.float64)
        least = np.partition(similarity, -k, axis=1)[:, [-k]]
        odds = np.where(similarity >= least, similarity / (1 - similarity + SAME), 0.0) * weights
        out[start : start + step] = (odds @ votes + 0.1 * average) / (odds.sum(1, keepdims=True) + 0.1)
    return out


def ridge(
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
    """Kernel ridge regression on up to 1000 landmark pairs; the penalty is chosen by leave-one-out error.

    The kernel of two pairs is the mean of three: of the left inputs, of the right inputs, and their product.
    Scores become probabilities by a logistic fit of the leave-one-out scores.

    Returns
    -------
    ndarray
        Shape (inputs, outputs).
    """
    known = Similarities.of(pair, train_inputs, inputs)
    weights = np.ones(len(train_labels)) if weights is None else weights
    parts = [
        _fitted(known, rows, votes, weights[rows], task, np.random.default_rng(seed))
        for rows, votes in votes_of(train_labels, task)
    ]
    return np.hstack(parts)


def _fitted(
    known: Similarities,
    rows: np.ndarray,
    votes: np.ndarray,
    weights: np.ndarray,
    task: Task,
    rng: np.random.Generator,
) -> np.ndarray:
    train = known.train[:, rows]
    pairs = np.unique(train, axis=1, return_index=True)[1]  # equal landmarks would add nothing
    landmarks = np.sort(rng.permutation(np.sort(pairs))[:MOST_LANDMARKS])

    def kernel(queries: np.ndarray) -> np.ndarray:
        left, right = known.between(queries, train[:, landmarks])
        return (left + right + left * right) / 3

    found, without = fit_ridge(lambda at: kernel(train[:, at]), landmarks, votes, weights)
    step = max(1, TOGETHER // len(landmarks))
    new = known.new
    blocks = [kernel(new[:, i : i + step]) @ found.coefficients for i in range(0, new.shape[1], step)]
    scores = np.concatenate([*blocks, np.empty((0, votes.shape[1]))]) + found.mean
    if task.kind == "regression":
        return scores
    if task.kind == "multiclass":
        slope, offset = fit_lines(without, votes.argmax(1), weights)
        return probabilities(scores, np.array(slope), offset, True)
    slope, shift = fit_line(without[:, 0], votes[:, 0], weights)
    return probabilities(scores, np.array(slope), np.array(shift), False)
