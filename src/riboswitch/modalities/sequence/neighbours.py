"""Neighbours: what the training proteins say that resemble a protein more than chance explains."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from riboswitch.bio.search import Search
from riboswitch.bio.smith_waterman import neg_log_evalue
from riboswitch.data.arrays import Ragged, RaggedArrays
from riboswitch.data.task import Task
from riboswitch.errors import BundleError

# An alignment counts as much as all that is known without it once chance would bring 1e-5 such; beyond
# that its weight grows by a factor e with every two natural logarithms of the E-value.
DOUBT, SCALE = 5 * np.log(10), 2.0
# The nearest proteins may be of another class however near they are: so much of a probability stays average.
# It keeps blends from trusting anything else more, because of a few sure mistakes.
MISTAKEN = 0.05
CHUNK = 4096  # proteins at a time


@dataclass(frozen=True)
class Neighbours:
    """A weighted mean of the labels of similar proteins, and of all labels where there are none.

    Attributes
    ----------
    letters, offsets : ndarray
        The training proteins, encoded.
    values : ndarray
        float32, shape (proteins, outputs): their labels, one-hot for classes, NaN where there is a gap.
    average : ndarray
        float64, shape (outputs,): of all, weighted.
    mistaken : float
        Share of the average in every answer.
    """

    letters: np.ndarray
    offsets: np.ndarray
    values: np.ndarray
    average: np.ndarray
    mistaken: float

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
    ) -> Neighbours:
        """Keep the proteins at ``rows``; see `riboswitch.modalities.parts.BaseLearner`."""
        values = labels[rows]
        if task.kind == "multiclass":
            values = np.where(np.isnan(values), np.nan, values == np.arange(len(task.classes)))
        fraction = np.where(np.isnan(values), 0.0, weights[rows][:, None])
        average = (fraction * np.nan_to_num(values)).sum(0) / np.maximum(
            fraction.sum(0), np.finfo(float).tiny
        )
        part = arrays.only.take(arrays.items(rows))
        return cls(part.values["letters"], part.offsets["letters"], values.astype(np.float32), average,
                   _mistaken(task))  # fmt: skip

    @property
    def outputs(self) -> int:
        return len(self.average)

    @cached_property
    def search(self) -> Search:
        return Search(self.letters, self.offsets)

    def predict(self, arrays: RaggedArrays, rows: np.ndarray) -> np.ndarray:
        """Probabilities or values, shape (rows, outputs)."""
        chunks = [rows[i : i + CHUNK] for i in range(0, len(rows), CHUNK)] or [rows]
        return np.concatenate([self._answers(arrays.only.take(arrays.items(chunk))) for chunk in chunks])

    def _answers(self, queries: Ragged) -> np.ndarray:
        numbers, scores = self.search(queries.values["letters"], queries.offsets["letters"])
        trust = self._trust(numbers, scores, queries.lengths("letters"))
        # The largest weight is 1: that of the average (0 on this scale), or of the best alignment.
        most = np.maximum(trust.max(1, initial=0.0), 0.0)[:, None]
        trust, prior = np.exp(trust - most), np.exp(-most)
        values = self.values[numbers]
        known = ~np.isnan(values)
        total = np.einsum("rn,rno->ro", trust, np.where(known, values, 0.0)) + prior * self.average
        told = total / (np.einsum("rn,rno->ro", trust, known.astype(np.float64)) + prior)
        return (1 - self.mistaken) * told + self.mistaken * self.average

    def _trust(self, numbers: np.ndarray, scores: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        """Logarithm of the weight of each alignment, beside 0 for all that is known without."""
        beyond = (
            neg_log_evalue(scores, lengths[:, None], self.search.lengths[numbers], len(self.search)) - DOUBT
        )
        return np.where(numbers >= 0, beyond / SCALE, -np.inf)

    def tensors(self) -> dict[str, np.ndarray]:
        """The arrays by name, as a bundle keeps them."""
        return {"letters": self.letters, "offsets": self.offsets, "values": self.values,
                "average": self.average}  # fmt: skip

    @classmethod
    def from_tensors(cls, tensors: dict[str, np.ndarray], task: Task) -> Neighbours:
        """What `tensors` came from; raises `BundleError` if the arrays do not fit together."""
        arrays = {name: tensors[name] for name in ("letters", "offsets", "values", "average")}
        made = cls(**arrays, mistaken=_mistaken(task))
        steps, letters = np.diff(made.offsets), made.letters
        sound = (
            made.values.shape == (len(steps), made.outputs)
            and made.offsets[0] == 0
            and made.offsets[-1] == len(letters)
            and (steps > 0).all()
            and letters.dtype == np.uint8
            and bool(((letters >= 1) & (letters <= 21)).all())
        )
        if not sound:
            raise BundleError("the arrays of the neighbours do not fit together")
        return made


def _mistaken(task: Task) -> float:
    return 0.0 if task.kind == "regression" else MISTAKEN
