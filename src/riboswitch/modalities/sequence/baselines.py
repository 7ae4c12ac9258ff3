"""The plain methods on sequences: the best hit, all significant hits, a linear model on k-mer counts."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer

from riboswitch.bio.alignment import self_score
from riboswitch.bio.search import References
from riboswitch.data.task import Task
from riboswitch.modalities.parts import Baseline, Inputs
from riboswitch.modalities.sequence.composition import Linear
from riboswitch.modalities.sequence.encode import encode_texts
from riboswitch.modalities.sequence.neighbours import Neighbours
from riboswitch.modalities.sequence.position_baselines import window_linear

HIT_K = 4
LINEAR_K = (1, 3)
FEATURES = 2**14


def best_hit(
    train_inputs: Inputs,
    train_labels: np.ndarray,
    inputs: Inputs,
    task: Task,
    *,
    seed: int,
    weights: np.ndarray | None = None,
    threads: int = 1,
) -> np.ndarray:
    """Answer with the label of the best-scoring training sequence.

    Candidates share most 4-mers; the Smith-Waterman score decides. Its share of the query's score with
    itself is the identity-like ``s``; the hit's label gets ``(1 + s) / 2``, the rest goes to what the
    training rows are like on average. Training labels per target may have gaps.

    Returns
    -------
    ndarray
        Shape (inputs, outputs): probabilities, or values for regression.
    """
    training, queries = train_inputs["sequence"], inputs["sequence"]
    outputs = np.zeros((len(queries), len(task.outputs)))
    for t in range(train_labels.shape[1]):
        known = np.flatnonzero(~np.isnan(train_labels[:, t]))
        labels = train_labels[known, t]
        references = References.build([training[i] for i in known.tolist()], HIT_K)
        fraction = None if weights is None else weights[known]
        average = _average(labels, fraction, task)
        for row, sequence in enumerate(queries):
            hit, points = references.nearest(sequence)
            trust = (1 + min(1.0, points / max(self_score(sequence), 1.0))) / 2 if hit >= 0 else 0.0
            answer = _average(labels[[hit]], None, task) if hit >= 0 else average
            mixed = (1 - trust) * average + trust * answer
            outputs[row, slice(None) if task.kind == "multiclass" else t] = mixed
    return outputs


def _average(labels: np.ndarray, weights: np.ndarray | None, task: Task) -> np.ndarray | float:
    if task.kind != "multiclass":
        return float(np.average(labels, weights=weights))
    counts = np.bincount(labels.astype(int), weights=weights, minlength=len(task.classes))
    return counts / counts.sum()


def kmer_linear(
    train_inputs: Inputs,
    train_labels: np.ndarray,
    inputs: Inputs,
    task: Task,
    *,
    seed: int,
    weights: np.ndarray | None = None,
    threads: int = 1,
) -> np.ndarray:
    """Logistic (or ridge) regression on TF-IDF of hashed 1- to 3-mers, lengths normalised away.

    Returns
    -------
    ndarray
        Shape (inputs, outputs).
    """
    hashing = HashingVectorizer(
        analyzer="char",
        ngram_range=LINEAR_K,
        n_features=FEATURES,
        alternate_sign=False,
        lowercase=False,
        norm=None,
    )
    scaling = TfidfTransformer(sublinear_tf=True)
    x = scaling.fit_transform(hashing.transform(train_inputs["sequence"]))
    weights = np.ones(len(train_labels)) if weights is None else weights
    model = Linear.fit(x, train_labels, task, seed, weights)
    return model(scaling.transform(hashing.transform(inputs["sequence"])), task)


def neighbours(
    train_inputs: Inputs,
    train_labels: np.ndarray,
    inputs: Inputs,
    task: Task,
    *,
    seed: int,
    weights: np.ndarray | None = None,
    threads: int = 1,
) -> np.ndarray:
    """As the best hit, but several hits count, and each as far as chance does not explain it (`Neighbours`).

    Returns
    -------
    ndarray
        Shape (inputs, outputs).
    """
    known, new = (encode_texts(given["sequence"], {}) for given in (train_inputs, inputs))
    weights = np.ones(len(known)) if weights is None else weights
    made = Neighbours.fit(known, np.arange(len(known)), train_labels, weights, task, seed=seed)
    return made.predict(new, np.arange(len(new)))


BASELINES: Mapping[str, Baseline] = {
    "best_hit": best_hit,
    "kmer_linear": kmer_linear,
    "neighbours": neighbours,
}
POSITION_BASELINES: Mapping[str, Baseline] = {"window_linear": window_linear}
