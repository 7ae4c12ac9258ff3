"""Baselines for a class at each position: what stands in a window around it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_matrix
from scipy.special import expit
from threadpoolctl import threadpool_limits

from riboswitch.data.task import Task
from riboswitch.modalities.parts import Inputs
from riboswitch.modalities.sequence.position_baselines import positions_to_fit
from riboswitch.numeric.logit import logit
from riboswitch.numeric.offsets import offsets_of

GOR_SIDE = 8  # letters to each side: a window of 17, as in GOR IV
SIDE = 10
MOST = 400_000  # positions that the regression is fitted on
MOST_TREES = 150_000  # positions that trees are fitted on
TOGETHER = 100_000
DOUBT, LEAST = 20.0, 1e-9  # of `gor`: positions that a word counts more, and the least chance


class Windows(NamedTuple):
    """The letters around each position.

    Attributes
    ----------
    codes : ndarray
        int64, shape (positions, window): 0 beyond the ends, else the number of the letter.
    size : int
        Number of different codes.
    """

    codes: np.ndarray
    size: int


def windows(inputs: Sequence[str], alphabet: Sequence[str], unit: int, side: int) -> Windows:
    """The letters around every position of all inputs.

    Parameters
    ----------
    inputs : sequence of str
    alphabet : sequence of str
        Letters with a number of their own; all others share one.
    unit : int
        Letters that have one label together: 1, or 3 for codons.
    side : int
        Letters to each side of the first letter of a position.
    """
    table = np.full(256, len(alphabet) + 1, np.uint8)
    table[0] = 0
    for number, letter in enumerate(alphabet, 1):
        table[ord(letter)] = number
    gap = "\0" * side  # keeps the windows of two sequences apart
    text = gap + gap.join(inputs) + gap
    codes = table[np.frombuffer(text.encode("latin-1", "replace"), np.uint8)]
    starts = side + offsets_of([len(text) + side for text in inputs])[:-1]
    middle = [s + unit * np.arange(len(t) // unit) for s, t in zip(starts, inputs, strict=True)]
    positions = np.concatenate([np.empty(0, np.int64), *middle])
    around = codes[positions[:, None] + np.arange(-side, side + 1)].astype(np.int64)
    return Windows(around, len(alphabet) + 2)


class _Problem(NamedTuple):
    """Windows of labelled training positions with classes and weights, and those of the queries."""

    x: np.ndarray
    classes: np.ndarray
    weights: np.ndarray
    queries: np.ndarray
    size: int


def _problem(
    train: Inputs,
    labels: np.ndarray,
    inputs: Inputs,
    weights: np.ndarray | None,
    side: int,
    most: int,
    seed: int,
) -> _Problem:
    training, asked = train["sequence"], inputs["sequence"]
    alphabet, unit, known = positions_to_fit(training, labels, most, seed)
    of_train, of_queries = (windows(texts, alphabet, unit, side) for texts in (training, asked))
    own = np.ones(len(known)) if weights is None else weights[known]
    return _Problem(of_train.codes[known], labels[known, 0].astype(int), own, of_queries.codes, of_train.size)


def gor(
    train_inputs: Inputs,
    train_labels: np.ndarray,
    inputs: Inputs,
    task: Task,
    *,
    seed: int,
    weights: np.ndarray | None = None,
    threads: int = 1,
) -> np.ndarray:
    """Information of the pairs of letters in a window of 17 (GOR IV).

    Garnier, Gibrat and Robson, Methods Enzymol. 1996, 266:540. The log odds of a class are 2/17 of the sum
    over all pairs of the log odds with this pair, less 15/17 of that over single letters.

    Returns
    -------
    ndarray
        Shape (positions of all inputs, classes).
    """
    p = _problem(train_inputs, train_labels, inputs, weights, GOR_SIDE, len(train_labels), seed)
    classes, width = len(task.classes), p.queries.shape[1]
    prior = np.bincount(p.classes, p.weights, classes) / p.weights.sum()
    safe = np.clip(prior, LEAST, None)
    alone = [_chances(p.x[:, i], p, np.tile(safe, (p.size, 1))) for i in range(width)]
    odds = np.zeros((len(p.queries), classes))
    for i, j in combinations(range(width), 2):
        pair, asked = (c[:, i] * p.size + c[:, j] for c in (p.x, p.queries))
        apart = (alone[i][:, None] * alone[j] / safe).reshape(p.size**2, classes)
        odds += 2 / width * logit(_chances(pair, p, apart / apart.sum(1, keepdims=True)), LEAST)[asked]
    for i in range(width):
        odds -= (width - 2) / width * logit(alone[i], LEAST)[p.queries[:, i]]
    likely = expit(np.clip(odds, -30, 30)) * (prior > 0)
    return likely / likely.sum(1, keepdims=True)


def _chances(word: np.ndarray, p: _Problem, expected: np.ndarray) -> np.ndarray:
    """Chance of each class given a word, shape (words, classes).

    Each word counts `DOUBT` positions more, of the ``expected`` chances: for a pair those of two letters that
    tell the class independently. So pairs that are rare add nothing to what their letters say.
    """
    words, classes = expected.shape
    counts = np.bincount(word * classes + p.classes, p.weights, words * classes).reshape(words, classes)
    smoothed: np.ndarray = counts + DOUBT * expected
    chances: np.ndarray = smoothed / smoothed.sum(1, keepdims=True)
    return chances


def window_logistic(
    train_inputs: Inputs,
    train_labels: np.ndarray,
    inputs: Inputs,
    task: Task,
    *,
    seed: int,
    weights: np.ndarray | None = None,
    threads: int = 1,
) -> np.ndarray:
    """Logistic regression on the letters within 10 of a position, each at its own offset.

    All positions weigh the same, whatever their class: it is made for accuracy, `window_linear` for rare
    classes.

    Returns
    -------
    ndarray
        Shape (positions of all inputs, classes).
    """
    p = _problem(train_inputs, train_labels, inputs, weights, SIDE, MOST, seed)
    present = np.unique(p.classes)
    out = np.zeros((len(p.queries), len(task.classes)))
    if len(present) == 1:
        out[:, present[0]] = 1.0
        return out
    from sklearn.linear_model import LogisticRegression  # slow to import: only to fit

    model = LogisticRegression(C=1.0, max_iter=100, random_state=seed)
    model.fit(_one_hot(p.x, p.size), p.classes, sample_weight=p.weights)
    for start in range(0, len(out), TOGETHER):
        part = slice(start, start + TOGETHER)
        out[part, present] = model.predict_proba(_one_hot(p.queries[part], p.size))
    return out


def _one_hot(codes: np.ndarray, size: int) -> csr_matrix:
    columns = codes + size * np.arange(codes.shape[1])
    starts = np.arange(0, codes.size + 1, codes.shape[1])
    return csr_matrix((np.ones(codes.size), columns.ravel(), starts), (len(codes), size * codes.shape[1]))


def window_boosting(
    train_inputs: Inputs,
    train_labels: np.ndarray,
    inputs: Inputs,
    task: Task,
    *,
    seed: int,
    weights: np.ndarray | None = None,
    threads: int = 1,
) -> np.ndarray:
    """Boosted trees on the letters within 10 of a position; their number is chosen on positions held back.

    Returns
    -------
    ndarray
        Shape (positions of all inputs, classes).
    """
    p = _problem(train_inputs, train_labels, inputs, weights, SIDE, MOST_TREES, seed)
    present, counts = np.unique(p.classes, return_counts=True)
    out = np.zeros((len(p.queries), len(task.classes)))
    if len(present) == 1:
        out[:, present[0]] = 1.0
        return out
    from sklearn.ensemble import HistGradientBoostingClassifier

    model = HistGradientBoostingClassifier(
        learning_rate=0.15, max_iter=150, max_leaf_nodes=31, min_samples_leaf=min(50, len(p.x) // 4 + 1),
        l2_regularization=1.0, early_stopping=bool(len(p.x) >= 1000 and counts.min() >= 2),
        n_iter_no_change=5, random_state=seed, categorical_features=[*range(p.x.shape[1])],
    )  # fmt: skip
    with threadpool_limits(threads, "openmp"):
        model.fit(p.x, p.classes, sample_weight=p.weights)
        out[:, present] = model.predict_proba(p.queries)
    return out
