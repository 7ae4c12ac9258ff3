"""Linear models as plain arrays, and counts of words scaled for them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix
from scipy.special import expit, softmax

from riboswitch.data.task import Task

STRENGTH = 10.0  # of the fit: the inverse of the penalty, in units of a row
_ABSENT = -1e3  # log odds of a class that was not seen


@dataclass(frozen=True)
class Linear:
    """Logistic or ridge regression as plain arrays: fitted by scikit-learn, applied without it.

    Attributes
    ----------
    weights, bias : ndarray
        float64, shapes (outputs, features) and (outputs,).
    """

    weights: np.ndarray
    bias: np.ndarray

    @classmethod
    def fit(
        cls,
        x: csr_matrix,
        labels: np.ndarray,
        task: Task,
        seed: int,
        weights: np.ndarray,
        strength: float = STRENGTH,
    ) -> Linear:
        """Fit each target on the rows that have a label for it. All classes have the same weight."""
        parts = [_fitted(x, column, task, seed, weights, strength) for column in labels.T]
        return cls(np.vstack([p.weights for p in parts]), np.concatenate([p.bias for p in parts]))

    def __call__(self, x: csr_matrix, task: Task) -> np.ndarray:
        """Probabilities or values, shape (rows, outputs)."""
        raw = x @ self.weights.T + self.bias
        if task.kind == "regression":
            return raw
        return softmax(raw, axis=1) if task.kind == "multiclass" else expit(raw)


def _fitted(
    x: csr_matrix, labels: np.ndarray, task: Task, seed: int, weights: np.ndarray, strength: float
) -> Linear:
    """One target's outputs: all classes of a multi-class task, else one."""
    from sklearn.linear_model import LogisticRegression, Ridge  # takes a second and 50 MB: only to fit

    known = ~np.isnan(labels)
    x, labels, weights = x[known], labels[known], weights[known]
    if task.kind == "regression":
        ridge = Ridge(alpha=STRENGTH / strength, random_state=seed).fit(x, labels, sample_weight=weights)
        return Linear(ridge.coef_[None], np.array([ridge.intercept_]))
    present = np.unique(labels).astype(int)
    classes = len(task.classes) or 2
    made = Linear(np.zeros((classes, x.shape[1])), np.where(np.isin(np.arange(classes), present), 0, _ABSENT))
    if len(present) > 1:
        model = LogisticRegression(C=strength, max_iter=200, class_weight="balanced", random_state=seed)
        model.fit(x, labels.astype(int), sample_weight=weights)
        rows = present if len(present) > 2 else present[1:]  # two classes: the second against the first
        made.weights[rows], made.bias[rows] = model.coef_, model.intercept_
    if task.kind == "multiclass":
        return made
    return Linear(np.diff(made.weights, axis=0), np.diff(made.bias))


def rarity_of(counts: csr_matrix) -> np.ndarray:
    """The weight of each word, float64 of the precision of a bundle: more for words that few rows have."""
    rarity = np.log((1 + counts.shape[0]) / (1 + counts.getnnz(axis=0))) + 1
    return rarity.astype(np.float32).astype(np.float64)


def tf_idf(counts: csr_matrix, rarity: np.ndarray) -> csr_matrix:
    """One plus the logarithm of each count, times the rarity; each row of length 1."""
    x = counts.copy()
    x.data = (1 + np.log(x.data)) * rarity[x.indices]
    length = np.sqrt(x.multiply(x).sum(1)).A1
    x.data /= np.repeat(np.where(length > 0, length, 1), np.diff(x.indptr))
    return x
