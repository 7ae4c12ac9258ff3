"""Baselines for molecules: a random forest, and the nearest training molecules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from rdkit.Chem import rdFingerprintGenerator

from riboswitch.chem.descriptors.rdkit import DESCRIPTORS, descriptors
from riboswitch.chem.similarity import RADIUS, fingerprints, tanimoto
from riboswitch.chem.smiles import molecules
from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.task import Task
from riboswitch.learning.base_learners.forest import Forest, ForestSettings
from riboswitch.modalities.defaults import POSITION_BASELINES as POSITION_BASELINES
from riboswitch.modalities.defaults import SURVIVAL_BASELINES as SURVIVAL_BASELINES
from riboswitch.modalities.parts import Baseline, Inputs

COUNTS = 1024
TREES = 500
KEPT = 100_000  # molecules whose descriptors are kept for the next repeat: 0.5 GB at most
SIMILARITIES_AT_ONCE = 2**20
K, REGRESSION_K = 5, 3
SAME = 1e-9  # keeps the weight of an equal molecule finite


def forest(
    train_inputs: Inputs,
    train_labels: np.ndarray,
    inputs: Inputs,
    task: Task,
    *,
    seed: int,
    weights: np.ndarray | None = None,
    threads: int = 1,
) -> np.ndarray:
    """Random forest of 500 trees on counted Morgan environments and 205 descriptors of RDKit.

    One forest for each target, trained on the molecules with a label for it. Classes are balanced within the
    bootstrap sample of every tree. The same seed gives the same predictions with any number of threads.

    Parameters
    ----------
    train_inputs, inputs : mapping
        ``{"molecule": standardised SMILES}``.
    train_labels : ndarray
        Shape (training molecules, targets), NaN where there is a gap; class numbers if multi-class.
    task : Task
    seed : int
    weights : ndarray, optional
        One a training molecule.
    threads : int

    Returns
    -------
    ndarray
        Shape (inputs, outputs): probabilities, or values for regression. If all training labels of a target
        are of one class, that class is predicted.

    Raises
    ------
    InputError
        If a target has no training label.
    """
    known, new = train_inputs["molecule"], inputs["molecule"]
    if not new:
        return np.empty((0, len(task.outputs)))
    settings = ForestSettings(TREES, 1 / 3 if task.kind == "regression" else "sqrt", balanced=True)
    grown = Forest.grow(
        describe(known), train_labels, task, settings, seed=seed, weights=weights, threads=threads
    )
    return grown.predict(describe(new))


def describe(inputs: Sequence[str], arrays: RaggedArrays | None = None) -> np.ndarray:
    """Compute counts of 1024 hashed Morgan environments (radius 2), and descriptors.

    Descriptors that ``arrays`` of the same molecules hold are not computed again.

    Returns
    -------
    ndarray
        float32, shape (molecules, 1024 + descriptors).
    """
    table = np.empty((len(inputs), COUNTS + len(DESCRIPTORS)), np.float32)
    held = None if arrays is None else arrays.only.values.get("descriptors")
    if held is None or arrays is None:
        for row, smiles in zip(table, inputs, strict=True):
            row[:] = _described(smiles)
        return table
    for row, mol in zip(table, molecules(inputs), strict=True):
        row[:COUNTS] = _GENERATOR.GetCountFingerprintAsNumPy(mol)
    table[:, COUNTS:] = held[arrays.items()]
    return table


def vectors(
    inputs: Inputs, settings: Mapping[str, Any] | None = None, arrays: RaggedArrays | None = None
) -> np.ndarray:
    """`describe` for inputs by component; see `pair_parts.VectorsPart`."""
    return describe(inputs["molecule"], arrays)


def amounts(inputs: Inputs) -> np.ndarray:
    """Counts of 1024 hashed Morgan environments (radius 2); see `pair_parts.AmountsPart`."""
    table = np.zeros((len(inputs["molecule"]), COUNTS), np.uint8)
    for row, mol in zip(table, molecules(inputs["molecule"]), strict=True):
        row[:] = np.minimum(_GENERATOR.GetCountFingerprintAsNumPy(mol), 255)
    return table


def reuse(inputs: Inputs, arrays: RaggedArrays) -> None:
    """Keep the descriptors that arrays of molecules hold: `describe` needs not compute these again.

    Parameters
    ----------
    inputs : mapping
        ``{"molecule": standardised SMILES}``.
    arrays : RaggedArrays
        The same molecules, encoded; without descriptors nothing is kept.
    """
    held = arrays.only.values.get("descriptors")
    if held is not None:
        _HELD.update(zip(inputs["molecule"], held[arrays.items(np.arange(len(arrays)))], strict=True))


_HELD: dict[str, np.ndarray] = {}


@lru_cache(KEPT)
def _described(smiles: str) -> np.ndarray:
    """One row of `describe`; the same molecules are asked for in each repeat."""
    (mol,) = molecules([smiles])
    counts = _GENERATOR.GetCountFingerprintAsNumPy(mol)
    held = _HELD.get(smiles)
    values = descriptors([mol])[0] if held is None else held
    return np.concatenate([counts, values], dtype=np.float32)


_GENERATOR = rdFingerprintGenerator.GetMorganGenerator(radius=RADIUS, fpSize=COUNTS)


def _by_target(labels: np.ndarray, task: Task) -> list[tuple[np.ndarray, np.ndarray]]:
    """For each target its known labels, and a mask of the rows that have one."""
    task.require_labels(labels)
    return [(labels[known, t], known) for t, known in enumerate(~np.isnan(labels).T)]


def nearest(
    train_inputs: Inputs,
    train_labels: np.ndarray,
    inputs: Inputs,
    task: Task,
    *,
    seed: int,
    weights: np.ndarray | None = None,
    threads: int = 1,
) -> np.ndarray:
    """Predict the weighted mean of the labels of the most similar training molecules.

    Similarity is Tanimoto of Morgan fingerprints of radius 2. The neighbours are the nearest ``k`` molecules
    (5; 3 for regression) and any with the similarity of the last of them. A neighbour with similarity ``s``
    and row weight ``w`` (1 by default) has weight ``w s / (1 - s)``, so a training molecule gets its own
    label. The training mean (for classes: their fractions) is added with weight 1, as a neighbour of
    similarity 0.5. So a molecule unlike all others gets an average prediction. Over classes the predictions
    sum to 1.

    Parameters
    ----------
    train_inputs, train_labels, inputs, task, weights
        As for `forest`.
    seed, threads : int
        Not used.

    Returns
    -------
    ndarray
        Shape (inputs, outputs): probabilities, or values for regression.

    Raises
    ------
    InputError
        If a target has no training label.
    """
    reference, queries = fingerprints(train_inputs["molecule"]), fingerprints(inputs["molecule"])
    weights = np.ones(len(reference)) if weights is None else weights
    targets = [
        (reference[known], _votes(labels, task), weights[known])
        for labels, known in _by_target(train_labels, task)
    ]
    out = np.empty((len(queries), len(task.outputs)))
    rows = max(1, SIMILARITIES_AT_ONCE // max(1, len(reference)))
    for start in range(0, len(queries), rows):
        block = queries[start : start + rows]
        out[start : start + rows] = np.hstack([_neighbour_mean(block, *target, task) for target in targets])
    return out


def _votes(labels: np.ndarray, task: Task) -> np.ndarray:
    """The labels as columns, shape (molecules, 1); classes one-hot, shape (molecules, classes)."""
    return np.eye(len(task.classes))[labels.astype(int)] if task.kind == "multiclass" else labels[:, None]


def _neighbour_mean(
    queries: np.ndarray, reference: np.ndarray, votes: np.ndarray, weights: np.ndarray, task: Task
) -> np.ndarray:
    """Weighted mean of the neighbours' votes and the training mean, shape (queries, columns of votes)."""
    similarity = tanimoto(queries, reference).astype(np.float64)
    k = min(REGRESSION_K if task.kind == "regression" else K, len(reference))
    last = np.partition(similarity, -k, axis=1)[:, [-k]]
    odds = np.where(similarity >= last, similarity / (1 - similarity + SAME), 0.0) * weights
    average = np.average(votes, axis=0, weights=weights)
    return (odds @ votes + average) / (odds.sum(1, keepdims=True) + 1)


BASELINES: Mapping[str, Baseline] = {"forest": forest, "nearest": nearest}
