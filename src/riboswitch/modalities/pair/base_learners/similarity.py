"""How alike two inputs of one side are: by the counts of their parts, or by their features.

Counts, as of atom environments or of words of residues, are compared by the share that two inputs have in
common (MinMax). Features of modalities without such counts are scaled, and compared by a Gaussian of their
distance.

References
----------
Ralaivola et al., Neural Networks 2005, 18, 1093 (MinMax).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from riboswitch.errors import BundleError
from riboswitch.learning.base_learners.vector_kernel import width_of
from riboswitch.numeric.compiled import compiled

FARTHEST = 5.0  # scaled features are clipped to this
MOST_FOR_MEDIAN = 1000
QUERIES_TOGETHER = 1024


@dataclass(frozen=True)
class Similarity:
    """Similarities to the inputs of one side that were in training.

    Attributes
    ----------
    table : ndarray
        Shape (inputs, features): counts (uint8), or features (float32).
    mean, scale : ndarray
        float32, shape (features,): features are scaled by these, and those that tell nothing apart by 0;
        empty for counts.
    width : ndarray
        float32, shape (1,): the median of the squared distances between inputs; 1 for counts.
    """

    table: np.ndarray
    mean: np.ndarray
    scale: np.ndarray
    width: np.ndarray

    @classmethod
    def of(cls, table: np.ndarray) -> Similarity:
        """Learn scales from counts or features of distinct inputs, shape (inputs, features)."""
        width = np.ones(1, np.float32)
        if table.dtype == np.uint8:
            return cls(table, np.empty(0, np.float32), np.empty(0, np.float32), width)
        mean, sd = table.mean(0, float), table.std(0, float)
        scale = np.divide(1.0, sd, out=np.zeros_like(sd), where=(table != table[:1]).any(0) & (sd > 0))
        made = cls(table, mean.astype(np.float32), scale.astype(np.float32), width)
        first = made._places(table[:MOST_FOR_MEDIAN])
        width[:] = width_of(squares(first, first))
        return made

    def __len__(self) -> int:
        return len(self.table)

    def __call__(self, queries: np.ndarray) -> np.ndarray:
        """Similarities, float32 of shape (inputs, queries), from 0 to 1."""
        if queries.dtype != self.table.dtype or queries.shape[1] != self.table.shape[1]:
            raise BundleError("the similarity is of inputs that were described otherwise",
                              found=f"{self.table.shape[1]} features for {queries.shape[1]}")  # fmt: skip
        out = np.empty((len(self), len(queries)), np.float32)
        for start in range(0, len(queries), QUERIES_TOGETHER):
            some = queries[start : start + QUERIES_TOGETHER]
            at = slice(start, start + len(some))
            if self.table.dtype == np.uint8:
                out[:, at] = _minmax(self.table, np.ascontiguousarray(some.T))
            else:
                apart = squares(self._places(self.table), self._places(some))
                out[:, at] = np.exp(apart / -self.width[0])
        return out

    def tensors(self) -> dict[str, np.ndarray]:
        """The arrays by name, as in a bundle."""
        return dict(vars(self))

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, np.ndarray], prefix: str) -> Similarity:
        """Make it from its `tensors`; `BundleError` if they do not fit together."""
        made = cls(**{field.name: tensors[prefix + field.name] for field in fields(cls)})
        inputs, features = made.table.shape if made.table.ndim == 2 else (0, 0)
        counts = made.table.dtype == np.uint8
        forms: dict[str, tuple[tuple[int, ...], Any]] = {
            "table": ((inputs, features), np.uint8 if counts else np.float32),
            "mean": ((0 if counts else features,), np.float32),
            "scale": ((0 if counts else features,), np.float32), "width": ((1,), np.float32),
        }  # fmt: skip
        for name, (shape, dtype) in forms.items():
            value = vars(made)[name]
            if value.shape != shape or value.dtype != dtype or not np.isfinite(value).all():
                raise BundleError("the arrays of the similarity do not fit together", found=prefix + name)
        if not inputs or not (made.scale >= 0).all() or not made.width[0] > 0:
            raise BundleError("the arrays of the similarity do not fit together", found=prefix)
        return made

    def _places(self, table: np.ndarray) -> np.ndarray:
        return ((table - self.mean) * self.scale).clip(-FARTHEST, FARTHEST)


def squares(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Squared distances, float32 of shape (rows of one, rows of the other)."""
    apart = one @ (-2 * other.T)
    apart += (one**2).sum(1)[:, None]
    apart += (other**2).sum(1)
    return np.maximum(apart, 0.0, out=apart)


@compiled
def _minmax(known: np.ndarray, queries: np.ndarray) -> np.ndarray:
    """Sum of the lesser counts by that of the greater ones; ``queries`` has a row a part."""
    number = queries.shape[1]
    totals = np.zeros(number, np.int32)
    for k in range(queries.shape[0]):
        for j in range(number):
            totals[j] += queries[k, j]
    out = np.empty((len(known), number), np.float32)
    common = np.empty(number, np.int32)
    for i in range(len(known)):
        own = 0
        common[:] = 0
        for k in range(known.shape[1]):
            count = known[i, k]
            if count:
                own += count
                for j in range(number):
                    common[j] += min(count, queries[k, j])
        for j in range(number):
            union = own + totals[j] - common[j]
            out[i, j] = np.float32(common[j]) / np.float32(union) if union else np.float32(1)
    return out
