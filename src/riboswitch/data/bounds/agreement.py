"""Whether labels of one input agree, and what its label is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from riboswitch.data.bounds.bound import Bound, together

Policy = Literal["first", "mean", "reject"]
Duplicates = Literal["first", "mean", "reject", "keep"]
"""What becomes of equal inputs; ``keep`` takes each row for a sample of its own, whatever its labels."""
ROUNDING = 1e-9


class Merging(NamedTuple):
    """How rows of one input are merged; see `riboswitch.data.curation.curate`."""

    kind: str
    duplicates: Duplicates
    conflicts: Policy
    tolerance: float
    same: tuple[str, str]

    def agree(self, labels: Sequence[Any]) -> bool:
        """Whether labels of one input and target are the same; a bound agrees with what lies inside it."""
        if self.kind == "regression":
            return self._gap(labels) <= self.tolerance + ROUNDING
        return len({*labels}) == 1

    @staticmethod
    def _gap(labels: Sequence[Any]) -> float:
        """How far the labels of one value lie apart; that of labels that can all hold is not above 0."""
        low, high = together(labels)
        return low - high

    def merged(self, labels: Sequence[Any]) -> Any:
        """The label of an input that has these, in the order of the rows; None if it loses its label.

        A number stands for the bounds that it lies in. Of bounds alone the tightest is kept. Bounds that
        contradict another label have no mean.
        """
        agree = self.agree(labels)
        policy = self.duplicates if agree else self.conflicts
        numbers = [label for label in labels if not isinstance(label, Bound)]
        if agree and not numbers:
            return Bound(*sorted(together(labels)))  # within the tolerance the ends may be crossed
        if policy == "mean":
            if not agree and self._contradicted(labels, numbers):
                return None
            return math.fsum(numbers) / len(numbers)  # fsum is exact: the order of rows does not matter
        return (numbers if agree else labels)[0] if policy == "first" or agree else None

    def _contradicted(self, labels: Sequence[Any], numbers: Sequence[Any]) -> bool:
        """Whether a bound disagrees with another label, and not only numbers with each other."""
        bounds = [label for label in labels if isinstance(label, Bound)]
        each = [[*bounds, number] for number in numbers] or [bounds]
        return any(some and not self.agree(some) for some in each)
