"""Prediction units: a unit has a label and an output of its own. It is a row, or one position of a row."""

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
    """The units of a task: each has one label, weight and output.

    Attributes
    ----------
    offsets : ndarray or None
        Begin and end of each row's units, shape (rows + 1,); None if a row is one unit.
    """

    offsets: np.ndarray | None = None

    @classmethod
    def of(cls, task: Task, part: NetworkPart, arrays: RaggedArrays) -> PredictionUnits:
        """The units of encoded rows.

        Raises
        ------
        UsageError
            If the task has a label for each position, and the modality has no positions.
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
        """Indices of the units of ``rows``, row after row."""
        return rows if self.offsets is None else gather_index(self.offsets, rows)[0]

    @property
    def lengths(self) -> np.ndarray:
        """Number of units of each row; only if rows have several."""
        assert self.offsets is not None
        return np.diff(self.offsets)

    def per_unit(self, values: np.ndarray) -> np.ndarray:
        """Repeat the value of each row, shape (rows,), for each of its units: shape (units,)."""
        return values if self.offsets is None else np.repeat(values, self.lengths)

    def repeated(self, rows: np.ndarray, values: Sequence[str]) -> list[str]:
        """Repeat the text of each of ``rows`` for each of its units."""
        return list(values) if self.offsets is None else np.repeat(values, self.lengths[rows]).tolist()

    def names(self, rows: np.ndarray, ids: Sequence[str]) -> list[str]:
        """Ids of the units of ``rows``, from the ids of the rows; a position adds its number, from 1."""
        if self.offsets is None:
            return list(ids)
        lengths = self.lengths[rows].tolist()
        return [f"{i}:{n}" for i, length in zip(ids, lengths, strict=True) for n in range(1, length + 1)]

    def any(self, chosen: np.ndarray) -> np.ndarray:
        """Whether a row has at least one chosen unit: (units,) to (rows,)."""
        if self.offsets is None:
            return chosen
        before = running_sums(chosen)
        return before[self.offsets[1:]] > before[self.offsets[:-1]]

    def require(self, labels: np.ndarray, ids: list[str]) -> None:
        """Raise `InputError` unless there is a label (or a gap) for each unit."""
        if self.offsets is not None and len(labels) != self.offsets[-1]:
            hint = f"The {len(ids)} records have {self.offsets[-1]} positions."
            raise InputError(
                "labels and positions differ in number", found=f"{len(labels)} labels", hint=hint
            )
