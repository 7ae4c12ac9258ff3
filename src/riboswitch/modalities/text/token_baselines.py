"""Baselines for a class of each token: linear models of what stands around it, and the labels of its word.

None of them knows what the classes mean. That a mention cannot go on before it began, the chain learns from
the pairs of neighbours.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix

from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.task import Task
from riboswitch.learning.base_learners.chain import Chain
from riboswitch.modalities.parts import Inputs
from riboswitch.modalities.text.encode import encode
from riboswitch.modalities.text.features import TOKENS, token_features

STRENGTHS = (0.3, 1.0, 3.0)
"""Variances of the prior of the chain, of which one is chosen."""
TRIAL_STEPS = 60
HELD_OUT = 5  # one text of so many is held out to choose
FEWEST = 50  # texts, to choose at all
PRIOR = 1.0  # how many tokens the labels of all words count as
LEAST = 1e-6


def token_chain(
    train_inputs: Inputs,
    train_labels: np.ndarray,
    inputs: Inputs,
    task: Task,
    *,
    seed: int,
    weights: np.ndarray | None = None,
    threads: int = 1,
) -> np.ndarray:
    """A conditional random field on words, beginnings, ends and shapes around each token.

    Parameters
    ----------
    train_labels, weights : ndarray
        Shape (tokens of all training texts, 1) and (tokens,).

    Returns
    -------
    ndarray
        Shape (tokens of all texts, classes).
    """
    (arrays, x), (others, new) = (_described(given) for given in (train_inputs, inputs))
    labels, classes = train_labels[:, 0], len(task.classes)
    strength = _chosen(arrays, x, labels, classes, seed, weights)
    lengths = arrays.lengths("word")
    made = Chain.fit(x, lengths, labels, classes, strength, weights)
    return made(new, others.lengths("word"))


def _chosen(
    arrays: RaggedArrays,
    x: csr_matrix,
    labels: np.ndarray,
    classes: int,
    seed: int,
    weights: np.ndarray | None,
) -> float:
    """The variance with the highest likelihood of held-out training texts."""
    lengths = arrays.lengths("word")
    if len(lengths) < FEWEST:
        return 1.0
    part = np.random.default_rng(seed).permutation(len(lengths)) % HELD_OUT
    held = np.repeat(part == 0, lengths)
    learned, asked = np.flatnonzero(~held), np.flatnonzero(held & np.isfinite(labels))
    place = np.cumsum(held)[asked] - 1
    losses = []
    for strength in STRENGTHS:
        made = Chain.fit(x[learned], lengths[part != 0], labels[learned], classes, strength,
                         None if weights is None else weights[learned], TRIAL_STEPS)  # fmt: skip
        p = made(x[np.flatnonzero(held)], lengths[part == 0])[place, labels[asked].astype(int)]
        losses.append(-float(np.log(np.maximum(p, LEAST)).sum()))
    return STRENGTHS[int(np.argmin(losses))]


def token_linear(
    train_inputs: Inputs,
    train_labels: np.ndarray,
    inputs: Inputs,
    task: Task,
    *,
    seed: int,
    weights: np.ndarray | None = None,
    threads: int = 1,
) -> np.ndarray:
    """Logistic regression on the same features; every token by itself."""
    from sklearn.linear_model import LogisticRegression

    (_, x), (_, new) = (_described(given) for given in (train_inputs, inputs))
    known = np.flatnonzero(np.isfinite(train_labels[:, 0]))
    labels = train_labels[known, 0].astype(int)
    out, present = np.zeros((new.shape[0], len(task.classes))), np.unique(labels)
    if len(present) == 1:
        out[:, present[0]] = 1.0
        return out
    used = np.unique(x.indices)
    model = LogisticRegression(C=1.0, max_iter=100, random_state=seed)
    model.fit(x[known][:, used], labels, sample_weight=None if weights is None else weights[known])
    out[:, present] = model.predict_proba(new[:, used])
    return out


def by_word(
    train_inputs: Inputs,
    train_labels: np.ndarray,
    inputs: Inputs,
    task: Task,
    *,
    seed: int,
    weights: np.ndarray | None = None,
    threads: int = 1,
) -> np.ndarray:
    """How often each label was met on the same word, a little drawn towards that of all words."""
    words, new = (_encoded(given).each_item().values["word"] for given in (train_inputs, inputs))
    known = np.flatnonzero(np.isfinite(train_labels[:, 0]))
    labels = train_labels[known, 0].astype(int)
    counted = np.ones(len(known)) if weights is None else weights[known]
    distinct, number = np.unique(words[known], return_inverse=True)
    classes = len(task.classes)
    counts = np.bincount(number * classes + labels, counted, len(distinct) * classes).reshape(-1, classes)
    overall = counts.sum(0) / counts.sum()
    place = np.minimum(np.searchsorted(distinct, new), len(distinct) - 1)
    own = np.where((distinct[place] == new)[:, None], counts[place], 0.0) + PRIOR * overall
    return own / own.sum(1, keepdims=True)


def _encoded(inputs: Inputs) -> RaggedArrays:
    return encode(inputs, [str(number) for number in range(len(inputs["text"]))])


def _described(inputs: Inputs) -> tuple[RaggedArrays, csr_matrix]:
    """Encoded texts, and the features of their tokens."""
    arrays = _encoded(inputs)
    if not len(arrays):
        return arrays, csr_matrix((0, TOKENS))
    return arrays, token_features(arrays, np.arange(len(arrays)))
