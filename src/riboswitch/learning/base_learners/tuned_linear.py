"""Linear models whose penalty is chosen by cross-validation among the training rows.

Numbers: ridge regression and the elastic net. Classes: logistic regression with the same penalties. The folds
follow from the seed, and the score of a fold is the squared error or the log loss.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from sklearn import __version__
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import ElasticNet, LogisticRegression, Ridge

from riboswitch.data.task import Task

FOLDS = 5
STRENGTHS = tuple(10.0**power for power in np.arange(-2, 5.1, 0.5))
"""Penalties of ridge regression and, as their inverse, of logistic regression, in units of a row."""
NET_SHARES = tuple(10.0**power for power in np.arange(-2.5, 0.1, 0.5))
"""Penalties of the elastic net as fractions of the least one that makes all factors 0."""
MIXED = 0.5  # share of the L1 penalty in the elastic net
LEAST = 1e-6  # probability that the log loss sees at least
MOST_STEPS = 2000
_OLD = tuple(map(int, __version__.split(".")[:2])) < (1, 8)  # where a penalty has to be named

Fit = Callable[[np.ndarray, np.ndarray, np.ndarray, float], Callable[[np.ndarray], np.ndarray]]
"""``fit(x, labels, weights, strength)``: a function from rows to outputs."""


def ridge_of(
    x: np.ndarray, labels: np.ndarray, weights: np.ndarray, new: np.ndarray, task: Task, seed: int
) -> np.ndarray:
    """Outputs of ridge or logistic regression, shape (new rows, outputs)."""
    fit = _ridge if task.kind == "regression" else _logistic(task, 0.0)
    return _tuned(fit, STRENGTHS, x, labels, weights, new, task, seed)


def elastic_net_of(
    x: np.ndarray, labels: np.ndarray, weights: np.ndarray, new: np.ndarray, task: Task, seed: int
) -> np.ndarray:
    """Outputs of the elastic net, shape (new rows, outputs)."""
    fit = _net if task.kind == "regression" else _logistic(task, MIXED)
    steps = NET_SHARES if task.kind == "regression" else tuple(s for s in STRENGTHS if 0.05 <= s <= 1000)
    return _tuned(fit, steps, x, labels, weights, new, task, seed)


def _tuned(
    fit: Fit, strengths: Sequence[float], x: np.ndarray, labels: np.ndarray, weights: np.ndarray,
    new: np.ndarray, task: Task, seed: int,
) -> np.ndarray:  # fmt: skip
    losses = np.zeros(len(strengths))
    for train, test in _folds(labels, task, seed):
        for number, strength in enumerate(strengths):
            answers = fit(x[train], labels[train], weights[train], strength)(x[test])
            losses[number] += _loss(answers, labels[test], weights[test], task)
    best = strengths[int(losses.argmin())] if losses.any() else strengths[len(strengths) // 2]
    if not len(new):
        return np.empty((0, len(task.classes) if task.kind == "multiclass" else 1))
    return fit(x, labels, weights, best)(new)


def _folds(labels: np.ndarray, task: Task, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Rows to fit on and rows to score; the classes are spread over the folds."""
    if len(labels) < 2 * FOLDS:
        return
    order = np.random.default_rng(seed).permutation(len(labels))
    if task.kind != "regression":
        order = order[np.argsort(labels[order], kind="stable")]
    fold = np.empty(len(labels), np.int64)
    fold[order] = np.arange(len(labels)) % FOLDS
    for number in range(FOLDS):
        yield np.flatnonzero(fold != number), np.flatnonzero(fold == number)


def _loss(answers: np.ndarray, labels: np.ndarray, weights: np.ndarray, task: Task) -> float:
    if task.kind == "regression":
        return float((weights * (answers[:, 0] - labels) ** 2).sum())
    number = labels.astype(int)
    of_label = answers[np.arange(len(labels)), number] if task.kind == "multiclass" else np.where(
        number == 1, answers[:, 0], 1 - answers[:, 0]
    )  # fmt: skip
    return float(-(weights * np.log(np.maximum(of_label, LEAST))).sum())


def _ridge(
    x: np.ndarray, labels: np.ndarray, weights: np.ndarray, strength: float
) -> Callable[[np.ndarray], np.ndarray]:
    model = Ridge(alpha=strength).fit(x, labels, sample_weight=weights)
    return lambda new: np.asarray(model.predict(new))[:, None]


def _net(
    x: np.ndarray, labels: np.ndarray, weights: np.ndarray, share: float
) -> Callable[[np.ndarray], np.ndarray]:
    away = labels - np.average(labels, weights=weights)
    largest = np.abs(x.T @ (weights * away)).max() / weights.sum() / MIXED
    model = ElasticNet(alpha=max(share * largest, LEAST), l1_ratio=MIXED, max_iter=MOST_STEPS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(x, labels, sample_weight=weights)
    return lambda new: np.asarray(model.predict(new))[:, None]


def _logistic(task: Task, mixed: float) -> Fit:
    """Logistic regression; classes without a training row get the probability 0."""
    several = task.kind == "multiclass"
    columns = len(task.classes) if several else 2

    def fit(
        x: np.ndarray, labels: np.ndarray, weights: np.ndarray, strength: float
    ) -> Callable[[np.ndarray], np.ndarray]:
        there = np.unique(labels).astype(int)

        def answers(new: np.ndarray) -> np.ndarray:
            full = np.zeros((len(new), columns))
            full[:, there] = 1.0 if model is None else model.predict_proba(new)
            return full if several else full[:, 1:]

        model = None
        if len(there) > 1:
            model = _regression(strength, mixed)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)
                model.fit(x, labels, sample_weight=weights)
        return answers

    return fit


def _regression(strength: float, mixed: float) -> LogisticRegression:
    if not mixed:
        return LogisticRegression(C=1 / strength, max_iter=MOST_STEPS)
    named = {"penalty": "elasticnet"} if _OLD else {}
    return LogisticRegression(C=1 / strength, l1_ratio=mixed, solver="saga", max_iter=200, tol=1e-3,
                              random_state=0, **named)  # fmt: skip
