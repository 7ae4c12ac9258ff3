"""Neighbours: a weighted mean of the labels of training proteins with significant alignments."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from riboswitch.bio.search import Search
from riboswitch.bio.smith_waterman import neg_log_evalue
from riboswitch.data.arrays import Ragged, RaggedArrays
from riboswitch.data.task import Task
from riboswitch.errors import BundleError

# An alignment with an E-value of 1e-5 has the weight of the average of all training labels. From there the
# weight grows by a factor e whenever -ln(E) grows by 2.
DOUBT, SCALE = 5 * np.log(10), 2.0
# Fraction of the average in every probability: even very similar proteins may have another class. Without it
# a few confident mistakes would make a blend prefer any other method.
MISTAKEN = 0.05
QUERIES_TOGETHER = 4096
_FORMS = {
    "letters": (np.uint8, 1),
    "offsets": (np.int64, 1),
    "values": (np.float32, 2),
    "average": (np.float64, 1),
}


@dataclass(frozen=True)
class Neighbours:
    """A weighted mean of the labels of similar proteins, and of all labels if there are none.

    Attributes
    ----------
    letters, offsets : ndarray
        The training proteins, encoded.
    values : ndarray
        float32, shape (proteins, outputs): their labels, one-hot for classes, NaN for missing labels.
    average : ndarray
        float64, shape (outputs,): weighted mean of all labels.
    mistaken : float
        Fraction of the average in every prediction.
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
        """Keep the proteins at ``rows``; see `riboswitch.modalities.stack_part.BaseLearner`."""
        values = labels[rows]
        if task.kind == "multiclass":
            values = np.where(np.isnan(values), np.nan, values == np.arange(len(task.classes)))
        known = np.where(np.isnan(values), 0.0, weights[rows][:, None])
        average = (known * np.nan_to_num(values)).sum(0) / np.maximum(known.sum(0), np.finfo(float).tiny)
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
        step = QUERIES_TOGETHER
        chunks = [rows[i : i + step] for i in range(0, len(rows), step)] or [rows]
        return np.concatenate([self._predicted(arrays.only.take(arrays.items(chunk))) for chunk in chunks])

    def _predicted(self, queries: Ragged) -> np.ndarray:
        numbers, scores = self.search(queries.values["letters"], queries.offsets["letters"])
        trust = self._trust(numbers, scores, queries.lengths("letters"))
        # The largest weight is 1: that of the average (0 on this scale) or of the best alignment.
        most = np.maximum(trust.max(1, initial=0.0), 0.0)[:, None]
        trust, prior = np.exp(trust - most), np.exp(-most)
        values = self.values[numbers]
        known = ~np.isnan(values)
        total = np.einsum("rn,rno->ro", trust, np.where(known, values, 0.0)) + prior * self.average
        mean = total / (np.einsum("rn,rno->ro", trust, known.astype(np.float64)) + prior)
        return (1 - self.mistaken) * mean + self.mistaken * self.average

    def _trust(self, numbers: np.ndarray, scores: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        """Logarithm of the weight of each alignment; that of the average is 0."""
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
        """The base learner of these `tensors`; raises `BundleError` if they do not fit together."""
        arrays = {name: tensors[name] for name in ("letters", "offsets", "values", "average")}
        forms = {name: (array.dtype, array.ndim) for name, array in arrays.items()}
        if forms != _FORMS:
            raise BundleError("the arrays of the neighbours are not of their types and dimensions")
        made = cls(**arrays, mistaken=_mistaken(task))
        steps, letters = np.diff(made.offsets), made.letters
        sound = (
            len(made.offsets) > 1
            and bool(np.isfinite(made.average).all())
            and made.values.shape == (len(steps), made.outputs)
            and made.offsets[0] == 0
            and made.offsets[-1] == len(letters)
            and (steps > 0).all()
            and bool(((letters >= 1) & (letters <= 21)).all())
        )
        if not sound:
            raise BundleError("the arrays of the neighbours do not fit together")
        return made


def _mistaken(task: Task) -> float:
    return 0.0 if task.kind == "regression" else MISTAKEN
