"""What genomes need of a model of DNA or RNA: pieces of DNA go in, predictions come out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from riboswitch.data.model import Model
from riboswitch.data.task import Task
from riboswitch.errors import UsageError

ALPHABETS = ("dna", "rna")
Predict = Callable[[Sequence[str]], np.ndarray]
"""From texts in the model's alphabet to its predictions for them."""


@dataclass(frozen=True)
class DnaModel:
    """A model that reads pieces of a genome.

    Attributes
    ----------
    task : Task
    alphabet : {"dna", "rna"}
        For RNA, T is read as U.
    window : int
        Letters that every piece must have; 0 for any length.
    pool : int
        Letters that the network pools.
    predict : callable
        See `Predict`.
    """

    task: Task
    alphabet: str
    window: int
    pool: int
    predict: Predict

    @classmethod
    def of(cls, model: Model, predict: Predict) -> DnaModel:
        """From a bundle.

        Raises
        ------
        UsageError
            If the model is not one of DNA or RNA letters.
        """
        encoder, network = model.header["encoder"], model.header["network"]
        alphabet = encoder.get("alphabet")
        if alphabet not in ALPHABETS:
            raise UsageError("only a model of DNA or RNA letters can read a genome", found=alphabet,
                             hint="Train one on sequences featurized with alphabet dna.")  # fmt: skip
        return cls(model.task, alphabet, encoder.get("window", 0), network.get("pool", 4), predict)

    @property
    def by_letter(self) -> bool:
        """Whether the model predicts for each letter, not for a piece as a whole."""
        return self.task.level == "position"

    def __call__(self, pieces: Sequence[str]) -> np.ndarray:
        """Predictions for pieces of DNA, of the shape that `predict` gives."""
        if self.alphabet == "rna":
            pieces = [piece.replace("T", "U") for piece in pieces]
        return self.predict(pieces)
