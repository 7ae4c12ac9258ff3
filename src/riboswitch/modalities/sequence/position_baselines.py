"""The baseline for a class at each position: a linear model on the letters around it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sklearn.linear_model import LogisticRegression

from riboswitch.data.task import Task
from riboswitch.modalities.parts import Inputs
from riboswitch.numeric.offsets import offsets_of

NEAR = 10  # letters to each side, each at its own offset
WIDE = 48  # letters to each side that are counted by phase: codons repeat every three letters
MOST = 50_000  # positions to fit on; a linear model gains nothing from more
POSITIONS_TOGETHER = 100_000


def positions_to_fit(
    training: Sequence[str], labels: np.ndarray, most: int, seed: int
) -> tuple[list[str], int, np.ndarray]:
    """The alphabet, the letters that have one label together, and positions with a label, a sample at most.

    Parameters
    ----------
    training : sequence of str
    labels : ndarray
        Shape (positions of all inputs, 1), gaps as NaN.
    most : int
        Of so many positions a sample is drawn.
    seed : int
    """
    unit = max(1, round(sum(map(len, training)) / max(len(labels), 1)))
    known = np.flatnonzero(~np.isnan(labels[:, 0]))
    if len(known) > most:
        known = np.sort(np.random.default_rng(seed).choice(known, most, replace=False))
    return sorted(set("".join(training))), unit, known


def window_linear(
    train_inputs: Inputs,
    train_labels: np.ndarray,
    inputs: Inputs,
    task: Task,
    *,
    seed: int,
    weights: np.ndarray | None = None,
    threads: int = 1,
) -> np.ndarray:
    """Logistic regression on the letters next to a position, and on counts by phase further away.

    Parameters
    ----------
    train_labels, weights : ndarray
        Shape (positions of all training inputs, 1) and (positions,).

    Returns
    -------
    ndarray
        Shape (positions of all inputs, classes).
    """
    training, queries = train_inputs["sequence"], inputs["sequence"]
    alphabet, unit, known = positions_to_fit(training, train_labels, MOST, seed)
    labels = train_labels[known, 0].astype(int)
    out = np.zeros((sum(len(text) // unit for text in queries), len(task.classes)))
    present = np.unique(labels)
    if len(present) == 1:
        out[:, present[0]] = 1.0
        return out
    model = LogisticRegression(C=1.0, max_iter=200, class_weight="balanced", random_state=seed)
    known_weights = None if weights is None else weights[known]
    model.fit(PositionFeatures(training, alphabet, unit)(known), labels, sample_weight=known_weights)
    features = PositionFeatures(queries, alphabet, unit)
    for start in range(0, len(out), POSITIONS_TOGETHER):
        units = np.arange(start, min(start + POSITIONS_TOGETHER, len(out)))
        out[np.ix_(units, present)] = model.predict_proba(features(units))
    return out


class PositionFeatures:
    """Features of positions: the letters near it by offset, and counts by phase further away.

    Parameters
    ----------
    inputs : sequence of str
    alphabet : sequence of str
    unit : int
        Letters that have one label together: 1, or 3 for codons.
    """

    def __init__(self, inputs: Sequence[str], alphabet: Sequence[str], unit: int):
        table = np.full(256, len(alphabet), np.uint8)
        for number, letter in enumerate(alphabet):
            table[ord(letter)] = number
        gap = "\0" * WIDE  # keeps the windows of two sequences apart
        text = gap + gap.join(inputs) + gap
        self.codes = table[np.frombuffer(text.encode("latin-1", "replace"), np.uint8)]
        starts = WIDE + offsets_of([len(text) + WIDE for text in inputs])[:-1]
        positions = [s + unit * np.arange(len(t) // unit) for s, t in zip(starts, inputs, strict=True)]
        self.positions = np.concatenate([np.empty(0, np.int64), *positions])
        self.size = len(alphabet)

    def __call__(self, units: np.ndarray) -> np.ndarray:
        """Features of prediction units, shape (units, features), float32."""
        middle, one_hot = self.positions[units, None], np.eye(self.size + 1, self.size, dtype=np.float32)
        near = one_hot[self.codes[middle + np.arange(-NEAR, NEAR + 1)]].reshape(len(units), -1)
        wide = [one_hot[self.codes[middle + np.arange(-WIDE + phase, WIDE, 3)]].mean(1) for phase in range(3)]
        return np.concatenate([near, *wide], axis=1)
