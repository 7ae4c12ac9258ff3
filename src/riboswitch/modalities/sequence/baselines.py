"""Baselines for sequences: the best hit, all significant hits, a linear model on k-mer counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer

from riboswitch.bio.alignment import self_score
from riboswitch.bio.search import References
from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.task import Task
from riboswitch.learning.base_learners.linear import Linear
from riboswitch.modalities.defaults import SURVIVAL_BASELINES as SURVIVAL_BASELINES
from riboswitch.modalities.parts import Baseline, Inputs
from riboswitch.modalities.sequence.encode import encode_texts
from riboswitch.modalities.sequence.neighbours import Neighbours
from riboswitch.modalities.sequence.position_baselines import window_linear

HIT_K = 4
LINEAR_K = (1, 3)
FEATURES = 2**14
BINS, HASH = 4096, np.uint32(0x9E3779B1)  # Knuth's multiplicative hash; the highest bits are the bin
WORD_OF_RESIDUES, WORD_OF_BASES, BASES = 3, 6, frozenset("ACGTUN")
ALL = 26  # letters from A to Z: those of every alphabet


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
    """Predict the label of the best-scoring training sequence.

    Candidates have most 4-mers in common with the query; the Smith-Waterman score decides among them. ``s``
    is this score divided by that of the query with itself. The hit's label gets the weight ``(1 + s) / 2``,
    and the mean of the training labels the rest. Training labels may have gaps.

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
        average = _average(labels, None if weights is None else weights[known], task)
        for row, sequence in enumerate(queries):
            hit, score = references.nearest(sequence)
            trust = (1 + min(1.0, score / max(self_score(sequence), 1.0))) / 2 if hit >= 0 else 0.0
            of_hit = _average(labels[[hit]], None, task) if hit >= 0 else average
            mixed = (1 - trust) * average + trust * of_hit
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
    """Logistic (or ridge) regression on TF-IDF of hashed 1- to 3-mers, normalised for length.

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


def vectors(
    inputs: Inputs, settings: Mapping[str, Any] | None = None, arrays: RaggedArrays | None = None
) -> np.ndarray:
    """Shares of the letters and of the pairs of neighbours, and the logarithm of the length.

    Returns
    -------
    ndarray
        float32, shape (sequences, 26 + 26 * 26 + 1): letters and pairs of letters in alphabetical order.
    """
    table = np.zeros((len(inputs["sequence"]), ALL + ALL**2 + 1), np.float32)
    for row, sequence in zip(table, inputs["sequence"], strict=True):
        codes = np.frombuffer(sequence.upper().encode("ascii"), np.uint8).astype(np.int64) - ord("A")
        codes = codes[(codes >= 0) & (codes < ALL)]
        row[:ALL] = np.bincount(codes, minlength=ALL) / max(len(codes), 1)
        neighbouring = codes[:-1] * ALL + codes[1:]
        row[ALL:-1] = np.bincount(neighbouring, minlength=ALL**2) / max(len(neighbouring), 1)
        row[-1] = np.log1p(len(codes))
    return table


def amounts(inputs: Inputs) -> np.ndarray:
    """Counts of words of three residues, or of six bases, in 4096 hashed bins; see `pair_parts.AmountsPart`.

    A sequence of the letters A, C, G, T, U and N alone has bases.
    """
    table = np.zeros((len(inputs["sequence"]), BINS), np.uint8)
    for row, sequence in zip(table, inputs["sequence"], strict=True):
        codes = np.frombuffer(sequence.upper().encode("ascii"), np.uint8).astype(np.uint32)
        length = WORD_OF_BASES if not set(sequence.upper()) - BASES else WORD_OF_RESIDUES
        words = np.zeros(max(0, len(codes) - length + 1), np.uint32)
        for place in range(length):
            words = (words * np.uint32(ALL) + codes[place : place + len(words)]) & np.uint32(0xFFFFFFF)
        bins = (words * HASH) >> np.uint32(32 - BINS.bit_length() + 1)
        row[:] = np.minimum(np.bincount(bins, minlength=BINS), 255)
    return table


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
    """Weighted mean of the labels of several hits; the weight grows with significance (`Neighbours`).

    Returns
    -------
    ndarray
        Shape (inputs, outputs).
    """
    training, queries = (encode_texts(given["sequence"], {}) for given in (train_inputs, inputs))
    weights = np.ones(len(training)) if weights is None else weights
    fitted = Neighbours.fit(training, np.arange(len(training)), train_labels, weights, task, seed=seed)
    return fitted.predict(queries, np.arange(len(queries)))


BASELINES: Mapping[str, Baseline] = {
    "best_hit": best_hit,
    "kmer_linear": kmer_linear,
    "neighbours": neighbours,
}
POSITION_BASELINES: Mapping[str, Baseline] = {"window_linear": window_linear}
