"""Prediction units: what has a label and an output of its own, each row or each position of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.task import Task
from riboswitch.errors import InputError, UsageError
from riboswitch.modalities.parts import NetworkPart
from riboswitch.numeric.offsets import gather_index, running_sums


@dataclass(frozen=True)
class PredictionUnits:
    """The units of a task: labels, weights and outputs are one a unit.

    Attributes
    ----------
    offsets : ndarray or None
        Where the units of each row begin and end, shape (rows + 1,); None if a row is one unit.
    """

    offsets: np.ndarray | None = None

    @classmethod
    def of(cls, task: Task, part: NetworkPart, arrays: RaggedArrays) -> PredictionUnits:
        """The units of encoded rows.

        Raises
        ------
        UsageError
            If a label for each position is asked for, and the modality has no positions.
        """
        if task.level == "record":
            return cls()
        offsets = part.positions(arrays)
        if offsets is None:
            raise UsageError(
                "inputs of this modality have no positions to label",
                found=arrays.meta["modality"],
                hint="Choose the kind regression, binary or multiclass.",
            )
        return cls(offsets)

    def __call__(self, rows: np.ndarray) -> np.ndarray:
        """Numbers of the units of ``rows``, row after row."""
        return rows if self.offsets is None else gather_index(self.offsets, rows)[0]

    @property
    def lengths(self) -> np.ndarray:
        """Cells of each row; only where rows have several."""
        assert self.offsets is not None
        return np.diff(self.offsets)

    def spread(self, values: np.ndarray) -> np.ndarray:
        """One value a row, shape (rows,), as one a unit."""
        return values if self.offsets is None else np.repeat(values, self.lengths)

    def beside(self, rows: np.ndarray, values: Sequence[str]) -> list[str]:
        """One text for each of ``rows`` as one for each of their units."""
        return list(values) if self.offsets is None else np.repeat(values, self.lengths[rows]).tolist()

    def names(self, rows: np.ndarray, ids: Sequence[str]) -> list[str]:
        """Ids of the units of ``rows``, whose own are given; a position's ends in its number, from 1."""
        if self.offsets is None:
            return list(ids)
        lengths = self.lengths[rows].tolist()
        return [f"{i}:{n}" for i, length in zip(ids, lengths, strict=True) for n in range(1, length + 1)]

    def any(self, chosen: np.ndarray) -> np.ndarray:
        """Whether a row has a chosen unit: (units,) to (rows,)."""
        if self.offsets is None:
            return chosen
        before = running_sums(chosen)
        return before[self.offsets[1:]] > before[self.offsets[:-1]]

    def require(self, labels: np.ndarray, ids: list[str]) -> None:
        """Raise `InputError` unless there is a label (or a gap) for each unit."""
        if self.offsets is not None and len(labels) != self.offsets[-1]:
            hint = f"The {len(ids)} records have {self.offsets[-1]} positions."
            raise InputError("labels and positions are not as many", found=f"{len(labels)} labels", hint=hint)
