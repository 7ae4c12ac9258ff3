"""Noise of labels: how far the labels of inputs that were measured several times lie apart.

The labels are those before they were merged, from the table of curation. The noise is that between the rows
of a file: of the assay, of laboratories, and of forms that count as one input.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from riboswitch.data.bounds.bound import is_bound
from riboswitch.data.task import Task
from riboswitch.evaluation.metrics import Array

MIN_REPEATED = 10  # below, the 95 % interval of a standard deviation spans more than a factor of two
LEVEL = 0.95


@dataclass(frozen=True)
class Replicates:
    """The labels of one target, of inputs that have several.

    Attributes
    ----------
    inputs : ndarray
        Number of the input of each label, shape (labels,).
    labels : ndarray
        Numbers, or numbers of classes, shape (labels,).
    sizes : dict of str to int
        Labels behind the one label of each input that kept one, by its id.
    must_agree : bool
        Whether inputs with different labels lost them.
    """

    inputs: Array
    labels: Array
    sizes: dict[str, int] = field(default_factory=dict)
    must_agree: bool = False

    def __len__(self) -> int:
        """Return the number of inputs."""
        return len(self.counts)

    @property
    def counts(self) -> Array:
        """Labels of each input, shape (inputs,)."""
        return np.bincount(self.inputs)

    def within(self) -> Array:
        """Difference of each label from the mean of its input, shape (labels,)."""
        return self.labels - (np.bincount(self.inputs, self.labels) / self.counts)[self.inputs]

    def identical(self) -> Array:
        """Whether all labels of an input are equal, shape (inputs,)."""
        return np.bincount(self.inputs, self.within() != 0) == 0

    def chosen(self, keep: Array) -> Replicates:
        """Those of some inputs, by a mask of shape (inputs,)."""
        rows = keep[self.inputs]
        return Replicates(np.unique(self.inputs[rows], return_inverse=True)[1], self.labels[rows])


def replicates(curation: pd.DataFrame, task: Task, target: str) -> Replicates:
    """The replicates of one target.

    Parameters
    ----------
    curation : DataFrame
        From `parse`: see `riboswitch.data.merging.CURATION_COLUMNS`. Bounds are left out.
    task : Task
    target : str

    Raises
    ------
    InputError
        If a label is no number, or neither 0 nor 1.
    """
    mine = curation[curation["target"] == target].reset_index(drop=True)
    if task.kind == "regression":  # a bound tells nothing of the spread of measurements
        mine = mine[np.array([not is_bound(text) for text in mine["before"]], bool)]
    several = mine[mine["input"].map(mine["input"].value_counts()) > 1]
    labels = _numbered(several["before"], task) if len(several) else np.empty(0)
    number = pd.factorize(several["input"])[0]
    if task.kind == "regression":  # a mean has the noise of several labels
        sizes = several.loc[several["fate"] == "averaged", "input"].value_counts()
        return Replicates(number, labels, sizes.to_dict())
    contradicted = (several["agree"] == "no") & (several["after"] != "")
    sizes = several.loc[several["after"] != "", "input"].value_counts()
    return Replicates(number, labels, {} if contradicted.any() else sizes.to_dict(), not contradicted.any())


def _numbered(labels: pd.Series, task: Task) -> Array:
    """Labels as numbers; classes that no record has any more come after those of the task."""
    if task.kind == "multiclass":
        numbers = {name: i for i, name in enumerate(dict.fromkeys([*task.classes, *labels]))}
        return labels.map(numbers).to_numpy(np.float64)
    one = replace(task, targets=task.targets[:1])
    return one.labels(labels.to_frame(task.targets[0]), where="curation")[:, 0]


@dataclass(frozen=True)
class NumberNoise:
    """Noise of a number.

    Attributes
    ----------
    sd : float
        Pooled standard deviation of the labels of one input.
    draws : ndarray
        The same of resampled inputs, shape (draws,).
    residuals : ndarray
        Differences from the mean of the input, with standard deviation 1.
    """

    sd: float
    draws: Array
    residuals: Array


def number_noise(found: Replicates, draws: int, random: np.random.Generator) -> NumberNoise:
    """The noise of a number, from at least one input with several labels.

    The variance is pooled over the inputs, each with its degrees of freedom. Inputs are resampled, so that
    the interval holds for noise of any shape.
    """
    within, counts = found.within(), found.counts
    squares = np.bincount(found.inputs, within**2)
    times = random.multinomial(len(counts), np.full(len(counts), 1 / len(counts)), draws)
    pooled = np.sqrt(times @ squares / (times @ (counts - 1)))
    sd = float(np.sqrt(squares.sum() / (counts - 1).sum()))
    scaled = within * np.sqrt(counts / (counts - 1))[found.inputs]
    spread = np.sqrt((scaled**2).mean())
    return NumberNoise(sd, pooled, scaled / spread if spread else scaled)


@dataclass(frozen=True)
class ClassNoise:
    """Noise of a class.

    Attributes
    ----------
    disagreement : float
        Share of the pairs of labels of one input that differ.
    draws : ndarray
        The same with its uncertainty, shape (draws,).
    by_chance : float
        Share of the pairs of labels of different inputs that differ.
    """

    disagreement: float
    draws: Array
    by_chance: float

    def beyond_chance(self, disagreement: Any) -> Any:
        """Agreement beyond chance, 0 to 1: the intraclass kappa (Fleiss, Psychol. Bull. 1971, 76:378)."""
        return np.clip(1 - disagreement / self.by_chance, 0.0, 1.0)


def class_noise(found: Replicates, draws: int, random: np.random.Generator) -> ClassNoise:
    """The noise of a class, from at least one input with several labels.

    An input counts with its degrees of freedom. Draws are from Jeffreys' posterior of a share: they do not
    shrink to a point where no labels differ.
    """
    counts = found.counts
    numbers = np.unique(found.labels, return_inverse=True)[1]
    table = np.zeros((len(counts), numbers.max() + 1))
    np.add.at(table, (found.inputs, numbers), 1)
    pairs = counts * (counts - 1)
    differ = 1 - (table * (table - 1)).sum(1) / pairs
    free = counts - 1
    share = float((free * differ).sum() / free.sum())
    drawn = random.beta(share * free.sum() + 0.5, (1 - share) * free.sum() + 0.5, draws)
    frequencies = (table / counts[:, None]).mean(0)
    return ClassNoise(share, drawn, float(1 - (frequencies**2).sum()))


def interval(draws: Array) -> dict[str, float]:
    """The interval of 95 % of draws; empty if fewer than half are defined."""
    defined = draws[np.isfinite(draws)]
    if len(defined) < len(draws) / 2:
        return {}
    low, high = np.quantile(defined, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return {"low": float(low), "high": float(high)}
