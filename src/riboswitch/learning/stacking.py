"""A network and a forest as one: how much each counts is chosen on validation rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from riboswitch.arrays import RaggedArrays
from riboswitch.errors import BundleError, UsageError
from riboswitch.learning.forest import Forest
from riboswitch.learning.loss import LabelScale, Loss, activate, fit_temperature
from riboswitch.modalities import load
from riboswitch.model import Model
from riboswitch.tasks import Task

WEIGHTS = (0.0, 0.25, 0.5, 0.75)
LEAST_GAIN = 0.01  # of the validation loss
CHUNK = 4096  # rows described at a time
Describer = Callable[[RaggedArrays, np.ndarray | None], np.ndarray]
_SURE = 1e-6  # a forest says 0 and 1, whose log odds are infinite


@dataclass(frozen=True)
class Blend:
    """A weighted mean of two answers, and for classes the temperature that calibrates it.

    Attributes
    ----------
    weight : float
        Of the network; the forest has the rest. At 1 the answer is the network's own.
    temperature : float
        Divides log probabilities (classes) or log odds (binary) of the mean.
    """

    weight: float = 1.0
    temperature: float = 1.0

    def __call__(self, task: Task, network: np.ndarray, forest: np.ndarray) -> np.ndarray:
        """The blended answers; all three of shape (rows, outputs)."""
        if self.weight == 1:
            return network
        mean = self.weight * network + (1 - self.weight) * forest
        if task.kind == "regression":
            return mean
        return activate(task, _raw(task, mean), _no_scale(task), self.temperature)

    @classmethod
    def choose(
        cls, task: Task, network: np.ndarray, forest: np.ndarray, labels: np.ndarray, weights: np.ndarray
    ) -> Blend:
        """The blend with the lowest loss, by rows that neither method was trained on.

        The network alone is kept unless a blend lowers the loss by a hundredth: on a few validation rows
        one of five candidates is a little better by chance, while a forest makes the model larger and
        screening slower for certain.

        Parameters
        ----------
        network, forest : ndarray
            Calibrated answers, shape (rows, outputs).
        labels, weights : ndarray
            Shapes (rows, targets), with gaps as NaN, and (rows,).
        """
        if not np.isfinite(labels).any():
            return cls()
        scale = LabelScale.fit(task, labels)
        best, least = cls(), (1 - LEAST_GAIN) * _loss(task, network, labels, weights, scale)
        for weight in WEIGHTS:
            raw = _raw(task, weight * network + (1 - weight) * forest)
            blend = cls(weight, round(fit_temperature(task, raw, labels, weights), 6))
            found = _loss(task, blend(task, network, forest), labels, weights, scale)
            if found < least:
                best, least = blend, found
        return best

    @classmethod
    def middle(cls, blends: Sequence[Blend]) -> Blend:
        """The median of each number."""
        weight = float(np.median([b.weight for b in blends]))
        return cls(weight, round(float(np.median([b.temperature for b in blends])), 6))


@dataclass(frozen=True)
class Stack:
    """The forest of a bundle, ready to be blended with its networks.

    Attributes
    ----------
    task : Task
    blend : Blend
    forest : Forest
    describe : callable
        From arrays and rows to the features that the forest asks for.
    """

    task: Task
    blend: Blend
    forest: Forest
    describe: Describer

    @classmethod
    def of(cls, model: Model) -> Stack | None:
        """That of a bundle; None if the bundle is of networks alone."""
        facts = model.header.get("forest", {"weight": 1})
        if facts["weight"] == 1:
            return None
        forest = Forest.from_tensors(model.tensors, "forest.")
        if forest.outputs != len(model.task.outputs):
            raise BundleError("the forest is of another task", found=f"{forest.outputs} outputs")
        blend = Blend(facts["weight"], facts["temperature"])
        return cls(model.task, blend, forest, describer(model.modality))

    def __call__(self, networks: np.ndarray, arrays: RaggedArrays, rows: np.ndarray | None) -> np.ndarray:
        """Each network's answers blended with the forest's, shape (networks, rows, outputs)."""
        rows = np.arange(len(arrays)) if rows is None else rows
        chunks = [rows[i : i + CHUNK] for i in range(0, len(rows), CHUNK)] or [rows]
        forest = np.concatenate([self.forest.predict(self.describe(arrays, chunk)) for chunk in chunks])
        return np.stack([self.blend(self.task, network, forest) for network in networks])


def describer(modality: str) -> Describer:
    """The function that makes a forest's features of a modality's arrays.

    Raises
    ------
    UsageError
        If the modality has none.
    """
    try:
        describe: Describer = load(modality, "counts").describe
    except ModuleNotFoundError as error:
        raise UsageError("this modality has no features for a forest", found=modality,
                         hint="Its networks are used alone: leave the step out.") from error  # fmt: skip
    return describe


def _no_scale(task: Task) -> LabelScale:
    return LabelScale((0.0,) * len(task.outputs), (1.0,) * len(task.outputs))


def _raw(task: Task, outputs: np.ndarray) -> np.ndarray:
    """What `activate` makes these outputs of, at temperature 1."""
    if task.kind == "regression":
        return outputs
    sure = np.clip(outputs, _SURE, 1 - _SURE)
    return np.log(sure) if task.kind == "multiclass" else np.log(sure / (1 - sure))


def _loss(
    task: Task, outputs: np.ndarray, labels: np.ndarray, weights: np.ndarray, scale: LabelScale
) -> float:
    """Log loss, or squared error in units of each label's variance; rows weighted, gaps left out."""
    arrays = (scale.apply(_raw(task, outputs)) if task.kind == "regression" else _raw(task, outputs),
              scale.apply(labels), weights)  # fmt: skip
    return Loss(task, None)(*(torch.tensor(a, dtype=torch.float32) for a in arrays)).item()
