"""The plain methods on molecules: a random forest, and the nearest known molecules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from rdkit.Chem import rdFingerprintGenerator, rdMolDescriptors

from riboswitch.chem.fingerprints import RADIUS, fingerprints, tanimoto
from riboswitch.chem.smiles import molecules
from riboswitch.data.task import Task
from riboswitch.errors import InputError
from riboswitch.learning.forest import Forest, ForestSettings
from riboswitch.modalities.parts import Baseline, Inputs

COUNTS = 1024
TREES = 300
BLOCK = 2**20  # similarities at a time
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
    """Random forest of 300 trees on counted Morgan environments and RDKit's properties.

    One forest a target, trained on the molecules that have a label for it; classes are balanced within
    every tree's bootstrap sample. The same seed gives the same answer with any number of threads.

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
        Shape (inputs, outputs): probabilities, or values for regression. A target whose training labels
        are all of one class is answered with that class.

    Raises
    ------
    InputError
        If a target has no training label at all.
    """
    known, new = train_inputs["molecule"], inputs["molecule"]
    if not new:
        return np.empty((0, len(task.outputs)))
    how = ForestSettings(TREES, 1 / 3 if task.kind == "regression" else "sqrt", balanced=True)
    grown = Forest.grow(describe(known), train_labels, task, how, seed=seed, weights=weights, threads=threads)
    return grown.predict(describe(new))


def describe(inputs: Sequence[str]) -> np.ndarray:
    """Counts of 1024 hashed Morgan environments (radius 2), then all properties RDKit knows by name.

    Returns
    -------
    ndarray
        float32, shape (molecules, 1024 + properties).
    """
    generator = rdFingerprintGenerator.GetMorganGenerator(radius=RADIUS, fpSize=COUNTS)
    names = list(rdMolDescriptors.Properties.GetAvailableProperties())
    compute = rdMolDescriptors.Properties(names).ComputeProperties
    table = np.empty((len(inputs), COUNTS + len(names)), np.float32)
    for row, mol in zip(table, molecules(inputs), strict=True):
        row[:COUNTS] = generator.GetCountFingerprintAsNumPy(mol)
        row[COUNTS:] = compute(mol)
    return table


def _by_target(labels: np.ndarray, task: Task) -> list[tuple[np.ndarray, np.ndarray]]:
    """The labels there are of each target, and a mask of the rows that have them."""
    masks = ~np.isnan(labels).T
    for target, known in zip(task.targets, masks, strict=True):
        if not known.any():
            raise InputError("no training row has a label of this target", found=target)
    return [(labels[known, t], known) for t, known in enumerate(masks)]


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
    """Answer with the labels of the most similar training molecules (Tanimoto, Morgan radius 2).

    The nearest ``k`` (5, for regression 3) and any tied with the last of them vote, each with weight
    ``w s / (1 - s)`` for similarity ``s`` and row weight ``w`` (1 if not given): a molecule seen in
    training gets its own label. One more vote of weight 1, as of a neighbour at similarity 0.5, goes to
    the training mean (or the shares of the classes), so strangers get an average answer. The outcome is
    the weighted mean of the votes; over classes it sums to one.

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
        If a target has no training label at all.
    """
    reference, queries = fingerprints(train_inputs["molecule"]), fingerprints(inputs["molecule"])
    weights = np.ones(len(reference)) if weights is None else weights
    targets = [
        (reference[known], _votes(labels, task), weights[known])
        for labels, known in _by_target(train_labels, task)
    ]
    out = np.empty((len(queries), len(task.outputs)))
    rows = max(1, BLOCK // max(1, len(reference)))
    for start in range(0, len(queries), rows):
        block = queries[start : start + rows]
        out[start : start + rows] = np.hstack([_poll(block, *target, task) for target in targets])
    return out


def _votes(labels: np.ndarray, task: Task) -> np.ndarray:
    """What each training molecule says, shape (molecules, 1), or one-hot (molecules, classes)."""
    return np.eye(len(task.classes))[labels.astype(int)] if task.kind == "multiclass" else labels[:, None]


def _poll(
    queries: np.ndarray, reference: np.ndarray, votes: np.ndarray, weights: np.ndarray, task: Task
) -> np.ndarray:
    """Weighted mean of the neighbours' votes and one for the average, shape (queries, vote columns)."""
    similarity = tanimoto(queries, reference).astype(np.float64)
    k = min(REGRESSION_K if task.kind == "regression" else K, len(reference))
    last = np.partition(similarity, -k, axis=1)[:, [-k]]
    odds = np.where(similarity >= last, similarity / (1 - similarity + SAME), 0.0) * weights
    average = np.average(votes, axis=0, weights=weights)
    return (odds @ votes + average) / (odds.sum(1, keepdims=True) + 1)


BASELINES: Mapping[str, Baseline] = {"forest": forest, "nearest": nearest}
POSITION_BASELINES: Mapping[str, Baseline] = {}
