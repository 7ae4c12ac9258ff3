"""Baselines for sequences cut around the same thing, as promoters: a letter counts by its place.

Places are counted from the start and from the end, so that sequences of slightly different lengths are
aligned at both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix, hstack
from threadpoolctl import threadpool_limits

from riboswitch.data.task import Task
from riboswitch.modalities.parts import Inputs

MOST_PLACES = 100  # from each end
WORDS = (1, 2, 3)  # letters of the words that count by their place
ALPHAS = np.logspace(-1, 4, 11)  # strengths of the ridge penalty that are tried
COSTS = np.logspace(-3, 1, 5)  # of the logistic regression
FOLDS = 3
GAP = 0  # code of a place beyond the other end


@dataclass(frozen=True)
class Places:
    """Letters of sequences by their places.

    Attributes
    ----------
    letters : tuple of str
        The alphabet of the training sequences; all other letters are one more.
    length : int
        Number of places from each end.
    """

    letters: tuple[str, ...]
    length: int

    @classmethod
    def of(cls, sequences: Sequence[str]) -> Places:
        """The places of training sequences."""
        longest = max(map(len, sequences), default=0)
        return cls(tuple(sorted(set().union(*map(str.upper, sequences)))), min(longest, MOST_PLACES))

    def codes(self, sequences: Sequence[str]) -> np.ndarray:
        """Letter codes, uint8, shape (sequences, 2 length): from the start, then from the end backwards."""
        table = np.full(256, len(self.letters) + 1, np.uint8)
        for number, letter in enumerate(self.letters, 1):
            table[ord(letter)] = number
        out = np.full((len(sequences), 2, self.length), GAP, np.uint8)
        for row, text in enumerate(sequences):
            own = table[np.frombuffer(text.upper().encode("latin-1", "replace"), np.uint8)]
            size = min(len(own), self.length)
            out[row, 0, :size] = own[:size]
            out[row, 1, :size] = own[::-1][:size]
        return out.reshape(len(sequences), -1)

    def words(self, sequences: Sequence[str]) -> csr_matrix:
        """One column for each word of `WORDS` letters at each place, 1 where it stands there."""
        codes = self.codes(sequences).reshape(len(sequences), 2, self.length).astype(np.int64)
        size, parts = len(self.letters) + 2, []
        for k in WORDS:
            words = np.zeros((len(sequences), 2, max(self.length - k + 1, 0)), np.int64)
            there = np.ones(words.shape, bool)
            for i in range(k):
                letter = codes[:, :, i : i + words.shape[2]]
                words, there = words * size + letter, there & (letter != GAP)
            column = words + size**k * np.arange(words.shape[1] * words.shape[2]).reshape(words.shape[1:])
            row = np.broadcast_to(np.arange(len(sequences))[:, None, None], there.shape)
            shape = (len(sequences), size**k * words.shape[1] * words.shape[2])
            parts.append(csr_matrix((np.ones(there.sum()), (row[there], column[there])), shape=shape))
        return hstack(parts, format="csr")


def aligned_linear(
    train_inputs: Inputs,
    train_labels: np.ndarray,
    inputs: Inputs,
    task: Task,
    *,
    seed: int,
    weights: np.ndarray | None = None,
    threads: int = 1,
) -> np.ndarray:
    """Ridge (or logistic) regression on words of one to three letters at each place.

    The strength of the penalty is chosen by cross-validation of the training rows.

    Returns
    -------
    ndarray
        Shape (inputs, outputs).
    """
    places = Places.of(train_inputs["sequence"])
    x, queries = places.words(train_inputs["sequence"]), places.words(inputs["sequence"])
    seen = x.getnnz(axis=0) > 0  # columns of words that no training sequence has
    x, queries = x[:, seen], queries[:, seen]

    def model(rows: int) -> Any:
        from sklearn.linear_model import RidgeCV  # slow to import: only to fit

        if task.kind == "regression":
            return RidgeCV(ALPHAS, cv=min(FOLDS, rows))
        return _Logistic(seed)

    return _of_targets(model, x, train_labels, queries, task, weights)


def aligned_boosting(
    train_inputs: Inputs,
    train_labels: np.ndarray,
    inputs: Inputs,
    task: Task,
    *,
    seed: int,
    weights: np.ndarray | None = None,
    threads: int = 1,
) -> np.ndarray:
    """Boosted trees on the letter at each place; the number of trees is chosen on training rows held back.

    Returns
    -------
    ndarray
        Shape (inputs, outputs).
    """
    places = Places.of(train_inputs["sequence"])
    x, queries = places.codes(train_inputs["sequence"]), places.codes(inputs["sequence"])

    def model(rows: int) -> Any:
        from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

        kind = HistGradientBoostingRegressor if task.kind == "regression" else HistGradientBoostingClassifier
        return kind(learning_rate=0.06, max_iter=600, max_leaf_nodes=15, l2_regularization=1.0,
                    early_stopping=rows >= 50, n_iter_no_change=20, random_state=seed,
                    categorical_features=[*range(x.shape[1])])  # fmt: skip

    with threadpool_limits(threads, "openmp"):
        return _of_targets(model, x, train_labels, queries, task, weights)


class _Logistic:
    """Logistic regression with the penalty of the best loss on every third row, then fitted on all rows."""

    def __init__(self, seed: int):
        self.seed = seed

    def fit(self, x: csr_matrix, classes: np.ndarray, sample_weight: np.ndarray) -> _Logistic:
        """Fit on rows with classes; each class has two rows at least."""
        order = np.argsort(classes, kind="stable")
        held = np.zeros(len(classes), bool)
        held[order[1::FOLDS]] = True
        if set(classes[~held]) != set(classes):  # a class of few rows
            held[:] = False
        costs = COSTS if held.any() else COSTS[len(COSTS) // 2 :][:1]
        losses = (
            [self._loss(x, classes, sample_weight, held, cost) for cost in costs] if held.any() else [0.0]
        )
        best = float(costs[int(np.argmin(losses))])
        self.model = self._fitted(x, classes, sample_weight, best)
        return self

    def predict_proba(self, x: csr_matrix) -> np.ndarray:
        """Probabilities, shape (rows, classes that were seen)."""
        found: np.ndarray = self.model.predict_proba(x)
        return found

    def _fitted(self, x: csr_matrix, classes: np.ndarray, weights: np.ndarray, cost: float) -> Any:
        from sklearn.linear_model import LogisticRegression  # slow to import: only to fit

        model = LogisticRegression(C=cost, max_iter=300, random_state=self.seed)
        return model.fit(x, classes, sample_weight=weights)

    def _loss(
        self, x: csr_matrix, classes: np.ndarray, weights: np.ndarray, held: np.ndarray, cost: float
    ) -> float:
        model = self._fitted(x[~held], classes[~held], weights[~held], cost)
        p = model.predict_proba(x[held])
        own = p[np.arange(len(p)), np.searchsorted(model.classes_, classes[held])]
        return float(np.average(-np.log(np.maximum(own, 1e-12)), weights=weights[held]))


def _of_targets(
    model: Callable[[int], Any],
    x: Any,
    labels: np.ndarray,
    queries: Any,
    task: Task,
    weights: np.ndarray | None,
) -> np.ndarray:
    """Fit a model for each target on the rows that have its label; outputs of all targets."""
    weights = np.ones(len(labels)) if weights is None else weights
    out = np.zeros((queries.shape[0], len(task.outputs)))
    for t in range(labels.shape[1]):
        known = np.flatnonzero(~np.isnan(labels[:, t]))
        truth = labels[known, t]
        if task.kind == "regression":
            if len(known) < FOLDS:
                out[:, t] = truth.mean()
            else:
                out[:, t] = (
                    model(len(known)).fit(x[known], truth, sample_weight=weights[known]).predict(queries)
                )
            continue
        present, counts = np.unique(truth.astype(int), return_counts=True)
        columns = present if task.kind == "multiclass" else None
        if len(present) == 1 or counts.min() < 2:
            answer = np.tile(counts / counts.sum(), (len(out), 1))
        else:
            fitted = model(int(counts.min())).fit(x[known], truth.astype(int), sample_weight=weights[known])
            answer = fitted.predict_proba(queries)
        if columns is None:
            out[:, t] = answer[:, -1] if present[-1] == 1 else 0.0
        else:
            out[:, columns] = answer
    return out
