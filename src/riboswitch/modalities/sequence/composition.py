"""Composition: a linear model on the counts of short words in a sequence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix
from scipy.special import expit, softmax

from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.task import Task
from riboswitch.errors import BundleError, InputError
from riboswitch.numeric.offsets import gather_index

MOST_WORDS = 20_000  # this gives words of up to 3 residues, 6 bases or 2 codons
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
    def fit(cls, x: csr_matrix, labels: np.ndarray, task: Task, seed: int, weights: np.ndarray) -> Linear:
        """Fit each target on the rows that have a label for it. All classes have the same weight."""
        parts = [_fitted(x, column, task, seed, weights) for column in labels.T]
        return cls(np.vstack([p.weights for p in parts]), np.concatenate([p.bias for p in parts]))

    def __call__(self, x: csr_matrix, task: Task) -> np.ndarray:
        """Probabilities or values, shape (rows, outputs)."""
        raw = x @ self.weights.T + self.bias
        if task.kind == "regression":
            return raw
        return softmax(raw, axis=1) if task.kind == "multiclass" else expit(raw)


def _fitted(x: csr_matrix, labels: np.ndarray, task: Task, seed: int, weights: np.ndarray) -> Linear:
    """One target's outputs: all classes of a multi-class task, else one."""
    from sklearn.linear_model import LogisticRegression, Ridge  # takes a second and 50 MB: only to fit

    known = ~np.isnan(labels)
    x, labels, weights = x[known], labels[known], weights[known]
    if task.kind == "regression":
        ridge = Ridge(alpha=1.0, random_state=seed).fit(x, labels, sample_weight=weights)
        return Linear(ridge.coef_[None], np.array([ridge.intercept_]))
    present = np.unique(labels).astype(int)
    classes = len(task.classes) or 2
    made = Linear(np.zeros((classes, x.shape[1])), np.where(np.isin(np.arange(classes), present), 0, _ABSENT))
    if len(present) > 1:
        model = LogisticRegression(C=10.0, max_iter=200, class_weight="balanced", random_state=seed)
        model.fit(x, labels.astype(int), sample_weight=weights)
        rows = present if len(present) > 2 else present[1:]  # two classes: the second against the first
        made.weights[rows], made.bias[rows] = model.coef_, model.intercept_
    if task.kind == "multiclass":
        return made
    return Linear(np.diff(made.weights, axis=0), np.diff(made.bias))


def words(arrays: RaggedArrays, rows: np.ndarray) -> csr_matrix:
    """Counts of the words of one letter and more, float64, shape (rows, words).

    Words have the greatest length of which there are at most `MOST_WORDS`, or are shorter.
    """
    letters = arrays.meta["letters"] + 1  # one more for letters that are not in the alphabet
    index, offsets = gather_index(arrays.only.offsets["letters"], arrays.items(rows))
    codes = arrays.only.values["letters"][index].astype(np.int64) - 1
    if len(codes) and not 0 <= codes.min() <= codes.max() < letters:
        raise InputError("a letter code that is not in the alphabet", found=int(codes.max()) + 1)
    owners = np.repeat(np.arange(len(rows)), np.diff(offsets))
    columns, owned, first, k = [], [], 0, 1
    number = np.zeros(len(codes), np.int64)
    while letters**k <= MOST_WORDS:
        count = max(len(codes) - k + 1, 0)
        number = number[:count] * letters + codes[k - 1 :]
        inside = owners[:count] == owners[k - 1 :]
        columns.append(first + number[inside])
        owned.append(owners[:count][inside])
        first, k = first + letters**k, k + 1
    row_and_column = np.concatenate(owned), np.concatenate(columns)
    ones = np.ones(len(row_and_column[0]))
    table = csr_matrix((ones, row_and_column), shape=(len(rows), first))
    table.sum_duplicates()
    return table


@dataclass(frozen=True)
class Composition:
    """A linear model on word counts: sublinear, with more weight for rare words, normalised (TF-IDF).

    Attributes
    ----------
    rarity : ndarray
        float64, shape (words,): the weight of each word.
    linear : Linear
    task : Task
    """

    rarity: np.ndarray
    linear: Linear
    task: Task

    @classmethod
    def fit(
        cls,
        arrays: RaggedArrays,
        rows: np.ndarray,
        labels: np.ndarray,
        weights: np.ndarray,
        task: Task,
        *,
        seed: int,
        threads: int = 1,
    ) -> Composition:
        """Fit on the sequences at ``rows``; see `riboswitch.modalities.stack_part.BaseLearner`."""
        counts = words(arrays, rows)
        rarity = np.log((1 + len(rows)) / (1 + counts.getnnz(axis=0))) + 1
        rarity = rarity.astype(np.float32).astype(np.float64)  # the precision of a bundle
        linear = Linear.fit(_scaled(counts, rarity), labels[rows], task, seed, weights[rows])
        return cls(rarity, linear, task)

    @property
    def outputs(self) -> int:
        return len(self.linear.bias)

    def predict(self, arrays: RaggedArrays, rows: np.ndarray) -> np.ndarray:
        """Probabilities or values, shape (rows, outputs)."""
        counts = words(arrays, rows)
        if counts.shape[1] != len(self.rarity):
            raise BundleError("the composition is of sequences of another alphabet",
                              found=f"{len(self.rarity)} words for {counts.shape[1]}")  # fmt: skip
        return self.linear(_scaled(counts, self.rarity), self.task)

    def tensors(self) -> dict[str, np.ndarray]:
        """The arrays by name, as a bundle keeps them."""
        parts = {"rarity": self.rarity, "weights": self.linear.weights, "bias": self.linear.bias}
        return {name: part.astype(np.float32) for name, part in parts.items()}

    @classmethod
    def from_tensors(cls, tensors: dict[str, np.ndarray], task: Task) -> Composition:
        """The model of these `tensors`; raises `BundleError` if they do not fit together."""
        rarity, weights, bias = (tensors[n].astype(np.float64) for n in ("rarity", "weights", "bias"))
        if rarity.ndim != 1 or bias.ndim != 1 or weights.shape != (len(bias), len(rarity)):
            raise BundleError("the arrays of the composition do not fit together", found=weights.shape)
        if not all(np.isfinite(part).all() for part in (rarity, weights, bias)):
            raise BundleError("the arrays of the composition are not finite")
        return cls(rarity, Linear(weights, bias), task)


def _scaled(counts: csr_matrix, rarity: np.ndarray) -> csr_matrix:
    """One plus the logarithm of each count, times the rarity; each row of length 1."""
    x = counts.copy()
    x.data = (1 + np.log(x.data)) * rarity[x.indices]
    length = np.sqrt(x.multiply(x).sum(1)).A1
    x.data /= np.repeat(np.where(length > 0, length, 1), np.diff(x.indptr))
    return x
