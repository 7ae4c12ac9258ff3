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
FOLDS = 3  # one of so many rows chooses the penalty
TOGETHER = 10_000  # sequences that are predicted at once
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

    The strength of the penalty is chosen on a third of the training rows.

    Returns
    -------
    ndarray
        Shape (inputs, outputs).
    """
    places = Places.of(train_inputs["sequence"])
    x = places.words(train_inputs["sequence"])
    seen = x.getnnz(axis=0) > 0  # columns of words that no training sequence has

    def model(rows: int) -> _Linear:
        return _Linear(task.kind == "regression", seed)

    def encoded(texts: Sequence[str]) -> csr_matrix:
        return places.words(texts)[:, seen]

    return _of_targets(model, x[:, seen], train_labels, encoded, inputs["sequence"], task, weights)


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
    x = places.codes(train_inputs["sequence"])

    def model(rows: int) -> Any:
        from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

        kind = HistGradientBoostingRegressor if task.kind == "regression" else HistGradientBoostingClassifier
        return kind(learning_rate=0.06, max_iter=600, max_leaf_nodes=15, l2_regularization=1.0,
                    early_stopping=rows >= 50, n_iter_no_change=20, random_state=seed,
                    categorical_features=[*range(x.shape[1])])  # fmt: skip

    with threadpool_limits(threads, "openmp"):
        return _of_targets(model, x, train_labels, places.codes, inputs["sequence"], task, weights)


class _Linear:
    """Ridge or logistic regression on all rows, with the penalty of the least loss on a third of them."""

    def __init__(self, numbers: bool, seed: int):
        self.numbers, self.seed = numbers, seed

    def fit(self, x: csr_matrix, labels: np.ndarray, sample_weight: np.ndarray) -> _Linear:
        """Fit on rows with labels; each class has two rows at least."""
        held = self._held(labels)
        strengths = ALPHAS if self.numbers else COSTS
        if held.any():
            losses = [self._loss(x, labels, sample_weight, held, strength) for strength in strengths]
            best = strengths[int(np.argmin(losses))]
        else:
            best = strengths[len(strengths) // 2]
        self.model = self._fitted(x, labels, sample_weight, best)
        return self

    def predict(self, x: csr_matrix) -> np.ndarray:
        """Numbers, shape (rows,)."""
        found: np.ndarray = self.model.predict(x)
        return found

    def predict_proba(self, x: csr_matrix) -> np.ndarray:
        """Probabilities, shape (rows, classes that were seen)."""
        found: np.ndarray = self.model.predict_proba(x)
        return found

    def _held(self, labels: np.ndarray) -> np.ndarray:
        """A third of the rows, of each class alike; none if a class would have no other row."""
        mixed = np.random.default_rng(self.seed).permutation(len(labels))
        order = mixed if self.numbers else mixed[np.argsort(labels[mixed], kind="stable")]
        held = np.zeros(len(labels), bool)
        held[order[1::FOLDS]] = True
        whole = self.numbers or set(labels[~held]) == set(labels)
        return held if whole else np.zeros(len(labels), bool)

    def _fitted(self, x: csr_matrix, labels: np.ndarray, weights: np.ndarray, strength: float) -> Any:
        from sklearn.linear_model import LogisticRegression, Ridge  # slow to import: only to fit

        if self.numbers:
            model = Ridge(float(strength), solver="sparse_cg", tol=1e-4, random_state=self.seed)
        else:
            model = LogisticRegression(C=float(strength), max_iter=300, random_state=self.seed)
        return model.fit(x, labels, sample_weight=weights)

    def _loss(
        self, x: csr_matrix, labels: np.ndarray, weights: np.ndarray, held: np.ndarray, strength: float
    ) -> float:
        model, truth = self._fitted(x[~held], labels[~held], weights[~held], strength), labels[held]
        if self.numbers:
            return float(np.average((model.predict(x[held]) - truth) ** 2, weights=weights[held]))
        p = model.predict_proba(x[held])
        own = p[np.arange(len(p)), np.searchsorted(model.classes_, truth)]
        return float(np.average(-np.log(np.maximum(own, 1e-12)), weights=weights[held]))


def _of_targets(
    model: Callable[[int], Any],
    x: Any,
    labels: np.ndarray,
    encoded: Callable[[Sequence[str]], Any],
    texts: Sequence[str],
    task: Task,
    weights: np.ndarray | None,
) -> np.ndarray:
    """Fit a model for each target on the rows that have its label; outputs of all targets for the texts."""
    weights = np.ones(len(labels)) if weights is None else weights
    out = np.zeros((len(texts), len(task.outputs)))
    for t in range(labels.shape[1]) if len(texts) else ():
        known = np.flatnonzero(~np.isnan(labels[:, t]))
        own, truth = weights[known], labels[known, t]
        if task.kind == "regression":
            if len(known) < FOLDS:
                out[:, t] = truth.mean()
                continue
            fitted = model(len(known)).fit(x[known], truth, sample_weight=own)
            out[:, t] = _in_blocks(fitted.predict, encoded, texts)
            continue
        present, counts = np.unique(truth.astype(int), return_counts=True)
        if len(present) == 1 or counts.min() < 2:
            answer = np.tile(counts / counts.sum(), (len(out), 1))
        else:
            fitted = model(int(counts.min())).fit(x[known], truth.astype(int), sample_weight=own)
            answer = _in_blocks(fitted.predict_proba, encoded, texts)
        if task.kind == "multiclass":
            out[:, present] = answer
        else:
            out[:, t] = answer[:, -1] if present[-1] == 1 else 0.0
    return out


def _in_blocks(
    predict: Callable[[Any], np.ndarray], encoded: Callable[[Sequence[str]], Any], texts: Sequence[str]
) -> np.ndarray:
    """Predictions for texts, some thousand at a time: their words take much memory."""
    starts = range(0, len(texts), TOGETHER)
    return np.concatenate([predict(encoded(texts[start : start + TOGETHER])) for start in starts])
