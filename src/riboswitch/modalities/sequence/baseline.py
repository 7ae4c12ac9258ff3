"""The plain methods on sequences: the best hit, and a linear model on k-mer counts."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer
from sklearn.linear_model import LogisticRegression, Ridge

from riboswitch.modalities.sequence.similarity import References, self_score
from riboswitch.tasks import Task

HIT_K = 4
LINEAR_K = (1, 3)
FEATURES = 2**14


def best_hit(
    train_inputs: list[str],
    train_labels: np.ndarray,
    inputs: list[str],
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
    outputs = np.zeros((len(inputs), len(task.outputs)))
    for t in range(train_labels.shape[1]):
        known = np.flatnonzero(~np.isnan(train_labels[:, t]))
        labels = train_labels[known, t]
        references = References.build([train_inputs[i] for i in known], HIT_K)
        share = None if weights is None else weights[known]
        average = _average(labels, share, task)
        for row, sequence in enumerate(inputs):
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
    train_inputs: list[str],
    train_labels: np.ndarray,
    inputs: list[str],
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
    x = scaling.fit_transform(hashing.transform(train_inputs))
    x_new = scaling.transform(hashing.transform(inputs))
    x, x_new = (hstack([m, csr_matrix(np.ones((m.shape[0], 1)))]).tocsr() for m in (x, x_new))
    columns = [
        _linear(x, train_labels[:, t], x_new, task, seed, weights) for t in range(train_labels.shape[1])
    ]
    return np.hstack(columns)


def _linear(
    x: csr_matrix, labels: np.ndarray, x_new: csr_matrix, task: Task, seed: int, weights: np.ndarray | None
) -> np.ndarray:
    """One target's outputs, shape (new rows, 1), or (new rows, classes) for a multi-class task."""
    known = ~np.isnan(labels)
    share = None if weights is None else weights[known]
    if task.kind == "regression":
        model = Ridge(alpha=1.0, random_state=seed).fit(x[known], labels[known], sample_weight=share)
        return model.predict(x_new)[:, None]
    n_classes = len(task.classes) if task.kind == "multiclass" else 2
    present = np.unique(labels[known]).astype(int)
    out = np.zeros((x_new.shape[0], n_classes))
    if len(present) == 1:
        out[:, present[0]] = 1.0
    else:
        model = LogisticRegression(C=10.0, max_iter=200, class_weight="balanced", random_state=seed)
        model.fit(x[known], labels[known].astype(int), sample_weight=share)
        out[:, present] = model.predict_proba(x_new)
    return out if task.kind == "multiclass" else out[:, 1:]


BASELINES = {"best_hit": best_hit, "kmer_linear": kmer_linear}
