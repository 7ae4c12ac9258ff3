"""The part of a modality that has base learners for the stack, as typed protocols."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    import numpy as np

    from riboswitch.data.arrays import RaggedArrays
    from riboswitch.data.task import Task


class BaseLearner(Protocol):
    """A method on the same arrays whose predictions are stacked with those of the networks of a bundle."""

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
    ) -> BaseLearner:
        """Learn from ``rows``; labels (all rows, targets) with gaps as NaN, and weights (all rows,)."""
        ...

    @property
    def outputs(self) -> int:
        """Number of outputs."""
        ...

    def predict(self, arrays: RaggedArrays, rows: np.ndarray) -> np.ndarray:
        """Probabilities or values, shape (rows, outputs)."""
        ...

    def tensors(self) -> dict[str, np.ndarray]:
        """Its learned parameters, as arrays by name."""
        ...

    @classmethod
    def from_tensors(cls, tensors: dict[str, np.ndarray], task: Task) -> BaseLearner:
        """Make it from its `tensors`.

        Raises
        ------
        KeyError, BundleError
            If an array is missing, or the arrays do not fit together.
        """
        ...


class StartingWeights(NamedTuple):
    """Weights of the network and of base learners that were best on other data sets.

    Attributes
    ----------
    weights : mapping of str to float
        By name, ``network`` for the network; they sum to 1.
    rows : float
        So many validation rows speak for these weights; infinite: they are fixed.
    """

    weights: Mapping[str, float]
    rows: float


class StackPart(Protocol):
    """Base learners of the stack."""

    def base_learners(self, meta: Mapping[str, Any]) -> dict[str, type[BaseLearner]]:
        """Return the base learners for arrays with this meta, by name."""

    def starting_weights(self, task: Task, meta: Mapping[str, Any]) -> StartingWeights | None:
        """Return the weights that were best on other data sets; None: validation rows alone decide."""
