"""Baselines for texts: linear models on words and on runs of characters, and the nearest training texts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
from scipy.sparse import csr_matrix

from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.task import Task
from riboswitch.learning.base_learners.linear import STRENGTH, Linear, rarity_of, tf_idf
from riboswitch.modalities.defaults import SURVIVAL_BASELINES as SURVIVAL_BASELINES
from riboswitch.modalities.parts import Baseline, Inputs
from riboswitch.modalities.text.encode import encode
from riboswitch.modalities.text.features import character_counts, text_counts
from riboswitch.modalities.text.token_baselines import by_word, token_chain, token_linear

STRENGTHS = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0)
FOLDS = 4
K = 10
LEAST = 1e-6

Counter = Callable[[list[str]], csr_matrix]


def word_counts(texts: list[str]) -> csr_matrix:
    """Count words and pairs of words."""
    return text_counts(encoded(texts), np.arange(len(texts)))


def run_counts(texts: list[str]) -> csr_matrix:
    """Count runs of two to five characters within tokens."""
    return character_counts(encoded(texts), np.arange(len(texts)))


def encoded(texts: list[str]) -> RaggedArrays:
    """Encode texts without ids; they are numbered from 0."""
    return encode({"text": texts}, [str(i) for i in range(len(texts))])


def _linear(
    count: Counter,
    train_inputs: Inputs,
    train_labels: np.ndarray,
    inputs: Inputs,
    task: Task,
    *,
    seed: int,
    weights: np.ndarray | None = None,
    threads: int = 1,
) -> np.ndarray:
    """Logistic or ridge regression on TF-IDF of counts; the penalty is chosen by cross-validation.

    Returns
    -------
    ndarray
        Shape (inputs, outputs).
    """
    train, new = (count(list(given["text"])) for given in (train_inputs, inputs))
    weights = np.ones(len(train_labels)) if weights is None else weights
    rarity = rarity_of(train)
    x = tf_idf(train, rarity)
    strength = chosen_strength(x, train_labels, weights, task, seed)
    return Linear.fit(x, train_labels, task, seed, weights, strength)(tf_idf(new, rarity), task)


def chosen_strength(x: csr_matrix, labels: np.ndarray, weights: np.ndarray, task: Task, seed: int) -> float:
    """The inverse penalty with the lowest loss in cross-validation; the usual one of too few rows."""
    losses = np.zeros(len(STRENGTHS))
    for train, test in _folds(labels, seed):
        for number, strength in enumerate(STRENGTHS):
            model = Linear.fit(x[train], labels[train], task, seed, weights[train], strength)
            losses[number] += _loss(model(x[test], task), labels[test], task)
    return STRENGTHS[int(losses.argmin())] if losses.any() else STRENGTH


def _folds(labels: np.ndarray, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Rows to fit on and rows to score, the classes of the first target spread over the folds."""
    if len(labels) < 5 * FOLDS:
        return
    order = np.random.default_rng(seed).permutation(len(labels))
    order = order[np.argsort(labels[order, 0], kind="stable")]
    fold = np.empty(len(labels), np.int64)
    fold[order] = np.arange(len(labels)) % FOLDS
    for number in range(FOLDS):
        train, test = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
        if np.isfinite(labels[train]).any(0).all():
            yield train, test


def _loss(outputs: np.ndarray, labels: np.ndarray, task: Task) -> float:
    """Squared error, or log loss in which all classes weigh the same."""
    known = np.isfinite(labels)
    if task.kind == "regression":
        return float(((outputs - labels)[known] ** 2).sum())
    truth = np.where(known, labels, 0).astype(int)
    if task.kind == "multiclass":
        p = np.take_along_axis(outputs, truth, 1)
    else:
        p = np.where(truth == 1, outputs, 1 - outputs)
    lost, total = -np.log(np.maximum(p, LEAST)), 0.0
    for column, target in enumerate(truth.T):
        for label in np.unique(target[known[:, column]]):
            total += float(lost[known[:, column] & (target == label), column].mean())
    return total


def nearest(
    train_inputs: Inputs,
    train_labels: np.ndarray,
    inputs: Inputs,
    task: Task,
    *,
    seed: int,
    weights: np.ndarray | None = None,
    threads: int = 1,
) -> np.ndarray:
    """Mean of the labels of the ten nearest texts, weighted by the cosine of TF-IDF, and of the mean.

    Returns
    -------
    ndarray
        Shape (inputs, outputs).
    """
    train, new = (word_counts(list(given["text"])) for given in (train_inputs, inputs))
    rarity = rarity_of(train)
    similar = np.asarray((tf_idf(new, rarity) @ tf_idf(train, rarity).T).todense())
    weights = np.ones(len(train_labels)) if weights is None else weights
    columns = []
    for target in train_labels.T:
        known = np.flatnonzero(np.isfinite(target))
        votes = target[known, None]
        if task.kind == "multiclass":
            votes = np.eye(len(task.classes))[target[known].astype(int)]
        near = similar[:, known] * weights[known]
        last = np.partition(near, -min(K, len(known)), axis=1)[:, [-min(K, len(known))]]
        near = np.where(near >= last, near, 0.0)
        own = near @ votes + np.average(votes, 0, weights[known])
        columns.append(own / (near.sum(1, keepdims=True) + 1))
    return np.hstack(columns)


BASELINES: dict[str, Baseline] = {
    "tfidf_linear": partial(_linear, word_counts),
    "character_linear": partial(_linear, run_counts),
    "nearest": nearest,
}
POSITION_BASELINES: dict[str, Baseline] = {
    "token_chain": token_chain,
    "token_linear": token_linear,
    "by_word": by_word,
}
