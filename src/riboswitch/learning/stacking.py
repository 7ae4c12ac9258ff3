"""Networks and their base learners as one: how much each counts is chosen on validation rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import torch

from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.model import Model
from riboswitch.data.task import Task
from riboswitch.errors import BundleError, UsageError
from riboswitch.learning.loss import LabelScale, Loss, activate, fit_temperature
from riboswitch.modalities.base import Modality
from riboswitch.modalities.parts import BaseLearner
from riboswitch.numeric.logit import logit

NETWORK = "network"
PARTS = 4  # shares are whole quarters: a finer choice would follow the validation rows too closely
LEAST_GAIN = 0.01  # of the validation loss
_CLIP = 1e-6  # a base learner may say 0 and 1, whose log odds are infinite


def offered(task: Task, modality: Modality, meta: Mapping[str, Any]) -> dict[str, type[BaseLearner]]:
    """Base learners for networks on arrays with this meta, by name.

    Raises
    ------
    UsageError
        If there are none.
    """
    stack = modality.required("stack", modality.stack)
    if task.level != "record":
        raise UsageError("a label for each position is predicted by networks alone", found=task.targets,
                         hint="Leave the stack out.")  # fmt: skip
    return stack.base_learners(meta)


@dataclass(frozen=True)
class Blend:
    """A weighted mean of several answers, and for classes the temperature that calibrates it.

    Attributes
    ----------
    weights : tuple of float
        Of the network, then of each base learner; they sum to 1. A network of weight 1 answers alone.
    temperature : float
        Divides log probabilities (classes) or log odds (binary) of the mean.
    """

    weights: tuple[float, ...] = (1.0,)
    temperature: float = 1.0

    @property
    def weight(self) -> float:
        """Of the network."""
        return self.weights[0]

    def __call__(self, task: Task, answers: Sequence[np.ndarray]) -> np.ndarray:
        """The blended answers, from those of the network and of each base learner, all (rows, outputs)."""
        if self.weight == 1:
            return answers[0]
        mean = self.mean(answers)
        if task.kind == "regression":
            return mean
        return activate(task, _raw(task, mean), _no_scale(task), self.temperature)

    def mean(self, answers: Sequence[np.ndarray]) -> np.ndarray:
        """Their weighted mean."""
        total = self.weights[0] * answers[0]
        for weight, answer in zip(self.weights[1:], answers[1:], strict=True):
            total = total + weight * answer
        return total

    @classmethod
    def choose(
        cls, task: Task, answers: Sequence[np.ndarray], labels: np.ndarray, weights: np.ndarray
    ) -> Blend:
        """The blend with the lowest loss, by rows that no method was trained on.

        The network alone is kept unless a blend lowers the loss by a hundredth: on a few validation rows
        one of several candidates is a little better by chance, while a base learner always makes the model
        larger and slower.

        Parameters
        ----------
        answers : sequence of ndarray
            Of the network and of each base learner, shape (rows, outputs).
        labels, weights : ndarray
            Shapes (rows, targets), with gaps as NaN, and (rows,).
        """
        alone = cls((1.0,) + (0.0,) * (len(answers) - 1))
        if not np.isfinite(labels).any():
            return alone
        scale = LabelScale.fit(task, labels)
        best, least = alone, (1 - LEAST_GAIN) * _loss(task, answers[0], labels, weights, scale)
        for shares in _shares(len(answers)):
            raw = _raw(task, cls(shares).mean(answers))
            blend = cls(shares, round(fit_temperature(task, raw, labels, weights), 6))
            found = _loss(task, blend(task, answers), labels, weights, scale)
            if found < least:
                best, least = blend, found
        return best

    @classmethod
    def middle(cls, blends: Sequence[Blend]) -> Blend:
        """The median of each number, the weights then made to sum to 1."""
        weights = np.median([b.weights for b in blends], axis=0)
        if not weights.sum():  # each counts in a minority of the blends
            weights = np.mean([b.weights for b in blends], axis=0)
        weights = weights / weights.sum()
        return cls(tuple(weights.tolist()), round(float(np.median([b.temperature for b in blends])), 6))


def _shares(methods: int) -> list[tuple[float, ...]]:
    """All ways to share out the quarters, but for those that give the network all."""
    ways = product(range(PARTS + 1), repeat=methods)
    return [tuple(q / PARTS for q in way) for way in ways if sum(way) == PARTS and way[0] < PARTS]


@dataclass(frozen=True)
class Stack:
    """The base learners of a bundle, ready to be blended with its networks.

    Attributes
    ----------
    task : Task
    blend : Blend
    base learners : dict of str to Partner
        In the order of the blend's weights, after the network.
    """

    task: Task
    blend: Blend
    base_learners: dict[str, BaseLearner]

    @classmethod
    def of(cls, model: Model, modality: Modality) -> Stack | None:
        """The stack of a bundle; None if the networks answer alone."""
        if "stack" not in model.header or model.header["stack"]["weights"][NETWORK] == 1:
            return None
        facts = model.header["stack"]
        weights = dict(facts["weights"])
        blend = Blend((weights.pop(NETWORK), *weights.values()), facts["temperature"])
        kinds = offered(model.task, modality, model.header["encoder"])
        base_learners = {name: _unpacked(model, name, kinds) for name in weights}
        return cls(model.task, blend, base_learners)

    def __call__(self, networks: np.ndarray, arrays: RaggedArrays, rows: np.ndarray | None) -> np.ndarray:
        """Each network's answers blended with the base learners', shape (networks, rows, outputs)."""
        rows = np.arange(len(arrays)) if rows is None else rows
        others = [base_learner.predict(arrays, rows) for base_learner in self.base_learners.values()]
        return np.stack([self.blend(self.task, [network, *others]) for network in networks])


def packed(name: str, base_learner: BaseLearner) -> dict[str, np.ndarray]:
    """The arrays of a base learner by the names that they have in a bundle."""
    return {f"stack.{name}.{key}": value for key, value in base_learner.tensors().items()}


def _unpacked(model: Model, name: str, kinds: dict[str, type[BaseLearner]]) -> BaseLearner:
    if name not in kinds:
        raise BundleError("there is no such base learner of these networks", found=name)
    prefix = f"stack.{name}."
    own = {k.removeprefix(prefix): v for k, v in model.tensors.items() if k.startswith(prefix)}
    try:
        base_learner = kinds[name].from_tensors(own, model.task)
    except KeyError as error:
        raise BundleError(f"an array of the {name} is missing", found=error.args[0]) from error
    if base_learner.outputs != len(model.task.outputs):
        raise BundleError(f"the {name} is of another task", found=f"{base_learner.outputs} outputs")
    return base_learner


def _no_scale(task: Task) -> LabelScale:
    return LabelScale((0.0,) * len(task.outputs), (1.0,) * len(task.outputs))


def _raw(task: Task, outputs: np.ndarray) -> np.ndarray:
    """What `activate` makes these outputs of, at temperature 1."""
    if task.kind == "regression":
        return outputs
    if task.kind == "multiclass":
        return np.log(np.clip(outputs, _CLIP, 1 - _CLIP))
    return logit(outputs, _CLIP)


def _loss(
    task: Task, outputs: np.ndarray, labels: np.ndarray, weights: np.ndarray, scale: LabelScale
) -> float:
    """Log loss, or squared error in units of each label's variance; rows weighted, gaps left out."""
    arrays = (scale.apply(_raw(task, outputs)) if task.kind == "regression" else _raw(task, outputs),
              scale.apply(labels), weights)  # fmt: skip
    return Loss(task, None)(*(torch.tensor(a, dtype=torch.float32) for a in arrays)).item()
