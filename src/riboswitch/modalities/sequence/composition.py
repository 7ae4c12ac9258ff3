"""Composition: a linear model on the counts of short words in a sequence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.task import Task
from riboswitch.errors import BundleError, InputError
from riboswitch.learning.base_learners.linear import Linear, rarity_of, tf_idf
from riboswitch.numeric.offsets import gather_index

MOST_WORDS = 20_000  # this gives words of up to 3 residues, 6 bases or 2 codons


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
        rarity = rarity_of(counts)
        linear = Linear.fit(tf_idf(counts, rarity), labels[rows], task, seed, weights[rows])
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
        return self.linear(tf_idf(counts, self.rarity), self.task)

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
