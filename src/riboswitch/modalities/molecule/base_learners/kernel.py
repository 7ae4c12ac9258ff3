"""A base learner of the stack: kernel ridge on the similarity of environments and of properties.

The similarity of two molecules is that of their counts of environments (MinMax), plus a Gaussian of the
distance between their standardised properties. A molecule is compared with the landmarks: all training
molecules or, of many, some.

References
----------
Ralaivola et al., Neural Networks 2005, 18, 1093 (MinMax kernel of molecules).
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.task import Task
from riboswitch.errors import BundleError
from riboswitch.learning.base_learners.kernel_ridge import fit_ridge, lines_of, probabilities
from riboswitch.modalities.molecule.base_learners.counts import BINS, counts, properties
from riboswitch.numeric.compiled import compiled

LANDMARKS = 2000  # with all 2,300 training rows of a set as landmarks nothing was better
FARTHEST = 6.0  # standard deviations: descriptors have long tails
# Chosen by validation loss, the same for every task: what equal properties add to equal environments.
CLASSES_SHARE, NUMBERS_SHARE = 1.0, 3.0
MOLECULES_AT_ONCE = 4096


@dataclass(frozen=True)
class Kernel:
    """Kernel ridge on environments and properties.

    Attributes
    ----------
    counts : ndarray
        uint8, shape (landmarks, 1024).
    places : ndarray
        float32, shape (landmarks, properties): their standardised properties.
    mean, sd : ndarray
        float32, shape (properties,), by which properties are standardised.
    share : ndarray
        float32, shape (1,): what the Gaussian adds for equal properties.
    coefficients : ndarray
        float32, shape (landmarks, outputs).
    level : ndarray
        float64, shape (outputs,): the score of a molecule unlike all landmarks.
    slope, offset : ndarray
        float64, shape (outputs,): from scores to log odds; empty for numbers.
    several : bool
        Whether the outputs are classes of which one is true.
    """

    counts: np.ndarray
    places: np.ndarray
    mean: np.ndarray
    sd: np.ndarray
    share: np.ndarray
    coefficients: np.ndarray
    level: np.ndarray
    slope: np.ndarray
    offset: np.ndarray
    several: bool

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
    ) -> Kernel:
        """Fit it on the molecules at ``rows``; see `riboswitch.modalities.stack_part.BaseLearner`."""
        labels, weights = labels[rows], weights[rows]
        task.require_labels(labels)
        table, environments = properties(arrays, rows).astype(np.float64), counts(arrays, rows)
        mean, sd = table.mean(0), table.std(0)
        sd = np.where(sd > 1e-9 * np.maximum(1.0, np.abs(mean)), sd, 1.0)
        mean, sd = mean.astype(np.float32), sd.astype(np.float32)
        share = np.array([NUMBERS_SHARE if task.kind == "regression" else CLASSES_SHARE], np.float32)
        places = _places(table.astype(np.float32), mean, sd)
        chosen = landmarks(labels, task, seed)
        near = _turned(environments[chosen], places[chosen])
        values = np.eye(len(task.classes))[labels[:, 0].astype(int)] if task.kind == "multiclass" else labels
        ridge, scores = fit_ridge(
            lambda some: _similarities(environments[some], places[some], *near, share[0]),
            chosen, values, weights,
        )  # fmt: skip
        slope, offset = lines_of(scores, labels, weights, task)
        coefficients = ridge.coefficients.astype(np.float32)
        return cls(environments[chosen], places[chosen], mean, sd, share, coefficients, ridge.mean, slope,
                   offset, task.kind == "multiclass")  # fmt: skip

    @property
    def outputs(self) -> int:
        return self.coefficients.shape[1]

    def predict(self, arrays: RaggedArrays, rows: np.ndarray) -> np.ndarray:
        """Probabilities or values, shape (rows, outputs); those of a molecule do not depend on the others."""
        near = _turned(self.counts, self.places)
        out = np.empty((len(rows), self.outputs))
        for start in range(0, len(rows), MOLECULES_AT_ONCE):
            some = rows[start : start + MOLECULES_AT_ONCE]
            places = _places(properties(arrays, some), self.mean, self.sd)
            part = out[start : start + len(some)]
            _add_scores(counts(arrays, some), places, *near, self.share[0], self.coefficients, part)
        out += self.level
        return probabilities(out, self.slope, self.offset, self.several) if len(self.slope) else out

    def tensors(self) -> dict[str, np.ndarray]:
        """The arrays by name, as in a bundle."""
        return {field.name: getattr(self, field.name) for field in fields(self) if field.name != "several"}

    @classmethod
    def from_tensors(cls, tensors: dict[str, np.ndarray], task: Task) -> Kernel:
        """Make it from its `tensors`; `BundleError` if arrays do not fit together."""
        named = {field.name: tensors[field.name] for field in fields(cls) if field.name != "several"}
        made = cls(**named, several=task.kind == "multiclass")
        made._check(task)
        return made

    def _check(self, task: Task) -> None:
        number, outputs = len(self.counts), len(task.outputs)
        width = self.places.shape[-1]
        lines = 0 if task.kind == "regression" else outputs
        expected = {
            "counts": ((number, BINS), np.uint8),
            "places": ((number, width), np.float32),
            "mean": ((width,), np.float32),
            "sd": ((width,), np.float32),
            "share": ((1,), np.float32),
            "coefficients": ((number, outputs), np.float32),
            "level": ((outputs,), np.float64),
            "slope": ((lines,), np.float64),
            "offset": ((lines,), np.float64),
        }
        for name, (shape, dtype) in expected.items():
            values = getattr(self, name)
            if values.shape != shape or values.dtype != dtype or not np.isfinite(values).all():
                raise BundleError("the arrays of the kernel do not fit together", found=name)
        if not number or not (self.sd > 0).all():
            raise BundleError("the arrays of the kernel do not fit together", found="sd")


def landmarks(labels: np.ndarray, task: Task, seed: int) -> np.ndarray:
    """Rows to compare with, in order: all, or of many rows `LANDMARKS` of them.

    Rows with a positive label come first, up to half of all landmarks: rare actives are what is looked for.
    The others are drawn.
    """
    if len(labels) <= LANDMARKS:
        return np.arange(len(labels))
    order = np.random.default_rng(seed).permutation(len(labels))
    first = np.zeros(len(labels), bool)
    if task.kind == "binary":
        first[order[(labels[order] > 0.5).any(1)][: LANDMARKS // 2]] = True
    others = order[~first[order]][: LANDMARKS - first.sum()]
    return np.sort(np.concatenate([np.flatnonzero(first), others]))


def _turned(environments: np.ndarray, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Arrays of landmarks as the compiled loops read them: a row a bin, and a row a property."""
    return np.ascontiguousarray(environments.T), np.ascontiguousarray(places.T)


def _places(table: np.ndarray, mean: np.ndarray, sd: np.ndarray) -> np.ndarray:
    return np.clip((table - mean) / sd, -FARTHEST, FARTHEST)


@compiled
def _similarity(
    environments: np.ndarray,
    place: np.ndarray,
    near_counts: np.ndarray,
    totals: np.ndarray,
    near_places: np.ndarray,
    share: float,
    common: np.ndarray,
    distance: np.ndarray,
    out: np.ndarray,
) -> None:
    """Similarities of one molecule to the landmarks, whose arrays are `_turned`."""
    common[:] = 0
    distance[:] = np.float32(0)
    own = 0
    for b in range(len(environments)):
        count = environments[b]
        if count:
            own += count
            for j in range(len(out)):
                common[j] += min(count, near_counts[b, j])
    for k in range(len(place)):
        for j in range(len(out)):
            away = place[k] - near_places[k, j]
            distance[j] += away * away
    scale = np.float32(-0.5) / np.float32(len(place))
    for j in range(len(out)):
        union = max(own + totals[j] - common[j], 1)
        out[j] = np.float32(common[j]) / np.float32(union) + share * np.exp(distance[j] * scale)


@compiled
def _similarities(
    environments: np.ndarray,
    places: np.ndarray,
    near_counts: np.ndarray,
    near_places: np.ndarray,
    share: float,
) -> np.ndarray:
    """Similarities to the landmarks, float32 of shape (rows, landmarks)."""
    number = near_counts.shape[1]
    common, distance = np.empty(number, np.int32), np.empty(number, np.float32)
    totals = near_counts.astype(np.int32).sum(0).astype(np.int32)
    out = np.empty((len(environments), number), np.float32)
    for i in range(len(environments)):
        _similarity(
            environments[i], places[i], near_counts, totals, near_places, share, common, distance, out[i]
        )
    return out


@compiled
def _add_scores(
    environments: np.ndarray,
    places: np.ndarray,
    near_counts: np.ndarray,
    near_places: np.ndarray,
    share: float,
    coefficients: np.ndarray,
    out: np.ndarray,
) -> None:
    """Sum of the landmarks' coefficients by similarity, always in the same order."""
    number = near_counts.shape[1]
    common, distance = np.empty(number, np.int32), np.empty(number, np.float32)
    totals = near_counts.astype(np.int32).sum(0).astype(np.int32)
    similar = np.empty(number, np.float32)
    for i in range(len(environments)):
        _similarity(
            environments[i], places[i], near_counts, totals, near_places, share, common, distance, similar
        )
        for k in range(coefficients.shape[1]):
            total = 0.0
            for j in range(number):
                total += similar[j] * coefficients[j, k]
            out[i, k] = total
