"""The best products of those seen so far."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np


@dataclass
class BestProducts:
    """The ``k`` products with the highest scores; among equal ones those with the lower numbers.

    Attributes
    ----------
    scores : ndarray
        float64, best first.
    numbers : ndarray
        int64: numbers of the products within the space.
    """

    k: int
    scores: np.ndarray = field(default_factory=lambda: np.empty(0, np.float64))
    numbers: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))

    def add(self, scores: np.ndarray, numbers: np.ndarray) -> None:
        """Add products, none of them seen before."""
        scores, numbers = np.concatenate([self.scores, scores]), np.concatenate([self.numbers, numbers])
        if len(scores) > self.k:
            last = -np.partition(-scores, self.k - 1)[self.k - 1]
            kept = scores >= last
            scores, numbers = scores[kept], numbers[kept]
        order = np.lexsort((numbers, -scores))[: self.k]
        self.scores, self.numbers = scores[order], numbers[order]

    @property
    def least(self) -> float:
        """What a further product must reach."""
        return float(self.scores[-1]) if len(self.scores) >= self.k else -math.inf
