"""The plain method for a class at each position: a linear model on the letters around it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sklearn.linear_model import LogisticRegression

from riboswitch.data.task import Task
from riboswitch.modalities.parts import Inputs
from riboswitch.numeric.offsets import offsets_of

NEAR = 10  # letters to each side whose places count
WIDE = 48  # letters to each side that are counted by their phase, as codons leave traces there
MOST = 50_000  # positions to learn from; more change nothing that such a model could learn
CHUNK = 100_000


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
    """Logistic regression on the letters next to a position, and on what stands further off by phase.

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
    alphabet = sorted(set("".join(training)))
    unit = max(1, round(sum(map(len, training)) / max(len(train_labels), 1)))
    known = np.flatnonzero(~np.isnan(train_labels[:, 0]))
    if len(known) > MOST:
        known = np.sort(np.random.default_rng(seed).choice(known, MOST, replace=False))
    labels = train_labels[known, 0].astype(int)
    out = np.zeros((sum(len(text) // unit for text in queries), len(task.classes)))
    present = np.unique(labels)
    if len(present) == 1:
        out[:, present[0]] = 1.0
        return out
    model = LogisticRegression(C=1.0, max_iter=200, class_weight="balanced", random_state=seed)
    fraction = None if weights is None else weights[known]
    model.fit(Windows(training, alphabet, unit)(known), labels, sample_weight=fraction)
    windows = Windows(queries, alphabet, unit)
    for start in range(0, len(out), CHUNK):
        cells = np.arange(start, min(start + CHUNK, len(out)))
        out[np.ix_(cells, present)] = model.predict_proba(windows(cells))
    return out


class Windows:
    """Features of positions: letters by their place next to it, and counts by phase further off."""

    def __init__(self, inputs: Sequence[str], alphabet: Sequence[str], unit: int):
        table = np.full(256, len(alphabet), np.uint8)
        for number, letter in enumerate(alphabet):
            table[ord(letter)] = number
        gap = "\0" * WIDE  # so that no window sees another sequence
        text = gap + gap.join(inputs) + gap
        self.codes = table[np.frombuffer(text.encode("latin-1", "replace"), np.uint8)]
        starts = WIDE + offsets_of([len(text) + WIDE for text in inputs])[:-1]
        places = [s + unit * np.arange(len(t) // unit) for s, t in zip(starts, inputs, strict=True)]
        self.at = np.concatenate([np.empty(0, np.int64), *places])
        self.size = len(alphabet)

    def __call__(self, cells: np.ndarray) -> np.ndarray:
        """Shape (cells, features), float32."""
        at, one_hot = self.at[cells], np.eye(self.size + 1, self.size, dtype=np.float32)
        near = one_hot[self.codes[at[:, None] + np.arange(-NEAR, NEAR + 1)]].reshape(len(at), -1)
        wide = [
            one_hot[self.codes[at[:, None] + np.arange(-WIDE + phase, WIDE, 3)]].mean(1) for phase in range(3)
        ]
        return np.concatenate([near, *wide], axis=1)
