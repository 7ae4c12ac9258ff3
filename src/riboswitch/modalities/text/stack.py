"""Base learners of texts: linear models on words and pairs of words, and on runs of characters (TF-IDF)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from scipy.sparse import csr_matrix

from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.task import Task
from riboswitch.errors import BundleError
from riboswitch.learning.base_learners.linear import Linear, rarity_of, tf_idf
from riboswitch.modalities.stack_part import BaseLearner
from riboswitch.modalities.text.baselines import chosen_strength
from riboswitch.modalities.text.features import RUNS, WORDS, character_counts, text_counts


@dataclass(frozen=True)
class Words:
    """Logistic or ridge regression on TF-IDF weights of words and pairs of words.

    Attributes
    ----------
    rarity : ndarray
        float64, shape (features,).
    linear : Linear
    task : Task
    """

    rarity: np.ndarray
    linear: Linear
    task: Task
    size: ClassVar[int] = WORDS

    @staticmethod
    def counts(arrays: RaggedArrays, rows: np.ndarray) -> csr_matrix:
        """Counts of the features of each text."""
        return text_counts(arrays, rows)

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
    ) -> Words:
        """Fit on the texts at ``rows``; see `riboswitch.modalities.stack_part.BaseLearner`."""
        counts = cls.counts(arrays, rows)
        rarity = rarity_of(counts)
        x = tf_idf(counts, rarity)
        strength = chosen_strength(x, labels[rows], weights[rows], task, seed)
        return cls(rarity, Linear.fit(x, labels[rows], task, seed, weights[rows], strength), task)

    @property
    def outputs(self) -> int:
        return len(self.linear.bias)

    def predict(self, arrays: RaggedArrays, rows: np.ndarray) -> np.ndarray:
        """Probabilities or values, shape (rows, outputs)."""
        return self.linear(tf_idf(self.counts(arrays, rows), self.rarity), self.task)

    def tensors(self) -> dict[str, np.ndarray]:
        """The arrays by name, as a bundle keeps them."""
        parts = {"rarity": self.rarity, "weights": self.linear.weights, "bias": self.linear.bias}
        return {name: part.astype(np.float32) for name, part in parts.items()}

    @classmethod
    def from_tensors(cls, tensors: dict[str, np.ndarray], task: Task) -> Words:
        """The model of these `tensors`; raises `BundleError` if they do not fit together."""
        rarity, weights, bias = (tensors[n].astype(np.float64) for n in ("rarity", "weights", "bias"))
        if rarity.shape != (cls.size,) or bias.ndim != 1 or weights.shape != (len(bias), cls.size):
            raise BundleError("the arrays of the words do not fit together", found=weights.shape)
        if not all(np.isfinite(part).all() for part in (rarity, weights, bias)):
            raise BundleError("the arrays of the words are not finite")
        return cls(rarity, Linear(weights, bias), task)


class Characters(Words):
    """The same on runs of two to five characters: words of one stem have many in common."""

    size = RUNS

    @staticmethod
    def counts(arrays: RaggedArrays, rows: np.ndarray) -> csr_matrix:
        """Counts of the features of each text."""
        return character_counts(arrays, rows)


def base_learners(meta: Mapping[str, Any]) -> dict[str, type[BaseLearner]]:
    """Return the linear models on words and on characters."""
    return {"words": Words, "characters": Characters}


def starting_weights(task: Task, meta: Mapping[str, Any]) -> None:
    """Return none: validation rows alone decide the weights."""
