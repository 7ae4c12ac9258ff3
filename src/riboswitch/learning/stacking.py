"""Stacking: a weighted mean of a network and its base learners.

Validation rows decide the weights. A modality may say which weights were best on other data sets; then the
rows of one change them little, or not at all.
"""

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
from riboswitch.modalities.stack_part import BaseLearner
from riboswitch.numeric.logit import logit

NETWORK = "network"
STEPS = 4  # weights are whole quarters: a finer choice would overfit the validation rows
TINY = 1e-12
TENTHS = 10  # weights that are pulled towards a start may be finer
LEAST_GAIN = 0.01  # fraction of the validation loss
_CLIP = 1e-6  # a base learner may predict 0 and 1, whose log odds are infinite


def offered(task: Task, modality: Modality, meta: Mapping[str, Any]) -> dict[str, type[BaseLearner]]:
    """The base learners that the modality has for arrays with this meta, by name.

    Raises
    ------
    UsageError
        If there are none.
    """
    stack = modality.required("stack", modality.stack)
    if task.level != "record":
        raise UsageError("only networks predict a label for each position", found=task.targets,
                         hint="Leave the stack out.")  # fmt: skip
    if task.kind == "survival":
        raise UsageError("base learners do not learn times to an event", found=task.targets,
                         hint="Leave the stack out.")  # fmt: skip
    return stack.base_learners(meta)


@dataclass(frozen=True)
class Blend:
    """A weighted mean of predictions, and for classes the temperature that calibrates it.

    Attributes
    ----------
    weights : tuple of float
        First the network's, then that of each base learner; they sum to 1. A network of weight 1 predicts
        alone.
    temperature : float
        Divides log probabilities (classes) or log odds (binary) of the mean.
    """

    weights: tuple[float, ...] = (1.0,)
    temperature: float = 1.0

    @property
    def weight(self) -> float:
        """The network's weight."""
        return self.weights[0]

    def __call__(self, task: Task, outputs: Sequence[np.ndarray]) -> np.ndarray:
        """Blend the predictions of the network and of each base learner, all of shape (rows, outputs)."""
        if self.weight == 1:
            return outputs[0]
        mean = self.mean(outputs)
        if task.kind == "regression":
            return mean
        return activate(task, _raw(task, mean), _no_scale(task), self.temperature)

    def mean(self, outputs: Sequence[np.ndarray]) -> np.ndarray:
        """The weighted mean, without temperature."""
        total = self.weights[0] * outputs[0]
        for weight, output in zip(self.weights[1:], outputs[1:], strict=True):
            total = total + weight * output
        return total

    @classmethod
    def choose_near(
        cls,
        start: Sequence[float],
        rows: float,
        task: Task,
        outputs: Sequence[np.ndarray],
        labels: np.ndarray,
        weights: np.ndarray,
    ) -> Blend:
        """The blend with the lowest loss on rows that no method was trained on, pulled towards ``start``.

        Parameters
        ----------
        start : sequence of float
            Weights of the network and of each base learner.
        rows : float
            So many rows count as much as the squared distance from ``start``; infinite: the weights are
            ``start``, and only the temperature is fitted.
        task, outputs, labels, weights
            As for `choose`.
        """
        known = int(np.isfinite(labels).any(1).sum())
        if not known:
            return cls(tuple(start))
        scale = LabelScale.fit(task, labels)

        def pulled_loss(candidate: tuple[float, ...]) -> float:
            away = np.subtract(candidate, start)
            mean = cls(candidate).mean(outputs)
            return _of_a_row(task, mean, labels, weights, scale) + rows / known * float(away @ away)

        chosen = tuple(start)
        if np.isfinite(rows):
            chosen = min([chosen, _alone(len(outputs)), *_candidates(len(outputs), TENTHS)], key=pulled_loss)
        raw = _raw(task, cls(chosen).mean(outputs))
        return cls(chosen, round(fit_temperature(task, raw, labels, weights), 6))

    @classmethod
    def choose(
        cls, task: Task, outputs: Sequence[np.ndarray], labels: np.ndarray, weights: np.ndarray
    ) -> Blend:
        """The blend with the lowest loss on rows that no method was trained on.

        The network alone is kept unless a blend lowers the loss by 1 %: on few validation rows one of
        several candidates is a little better by chance, and a base learner always makes the model larger
        and slower.

        Parameters
        ----------
        outputs : sequence of ndarray
            Predictions of the network and of each base learner, shape (rows, outputs).
        labels, weights : ndarray
            Shapes (rows, targets), NaN for missing labels, and (rows,).
        """
        alone = cls(_alone(len(outputs)))
        if not np.isfinite(labels).any():
            return alone
        scale = LabelScale.fit(task, labels)
        best, least = alone, (1 - LEAST_GAIN) * _loss(task, outputs[0], labels, weights, scale)
        for candidate in _candidates(len(outputs)):
            raw = _raw(task, cls(candidate).mean(outputs))
            blend = cls(candidate, round(fit_temperature(task, raw, labels, weights), 6))
            loss = _loss(task, blend(task, outputs), labels, weights, scale)
            if loss < least:
                best, least = blend, loss
        return best

    @classmethod
    def middle(cls, blends: Sequence[Blend]) -> Blend:
        """The median of each weight, scaled to sum to 1, and of the temperature."""
        weights = np.median([b.weights for b in blends], axis=0)
        if not weights.sum():  # every method has weight 0 in most of the blends
            weights = np.mean([b.weights for b in blends], axis=0)
        weights = weights / weights.sum()
        return cls(tuple(weights.tolist()), round(float(np.median([b.temperature for b in blends])), 6))


def _candidates(methods: int, steps: int = STEPS) -> list[tuple[float, ...]]:
    """All weights in whole steps that sum to 1, without the network alone."""
    parts = product(range(steps + 1), repeat=methods)
    return [tuple(p / steps for p in each) for each in parts if sum(each) == steps and each[0] < steps]


def _alone(methods: int) -> tuple[float, ...]:
    """The weights of the network alone."""
    return (1.0,) + (0.0,) * (methods - 1)


def _of_a_row(
    task: Task, outputs: np.ndarray, labels: np.ndarray, weights: np.ndarray, scale: LabelScale
) -> float:
    """Negative log likelihood of a row; errors of numbers are taken as normal, with the spread they have."""
    loss = _loss(task, outputs, labels, weights, scale)
    return 0.5 * float(np.log(max(loss, TINY))) if task.kind == "regression" else loss


@dataclass(frozen=True)
class Stack:
    """The base learners of a bundle, and the blend with its networks.

    Attributes
    ----------
    task : Task
    blend : Blend
    base_learners : dict of str to BaseLearner
        In the order of the blend's weights, after the network.
    """

    task: Task
    blend: Blend
    base_learners: dict[str, BaseLearner]

    @classmethod
    def of(cls, model: Model, modality: Modality) -> Stack | None:
        """The stack of a bundle; None if the networks predict alone."""
        if model.network_weight == 1:
            return None
        header = model.header["stack"]
        weights = dict(header["weights"])
        blend = Blend((weights.pop(NETWORK), *weights.values()), float(header["temperature"]))
        kinds = offered(model.task, modality, model.header["encoder"])
        base_learners = {name: _unpacked(model, name, kinds) for name in weights}
        return cls(model.task, blend, base_learners)

    def __call__(self, networks: np.ndarray, arrays: RaggedArrays, rows: np.ndarray | None) -> np.ndarray:
        """Blend each network's predictions with the base learners': shape (networks, rows, outputs)."""
        rows = np.arange(len(arrays)) if rows is None else rows
        others = [base_learner.predict(arrays, rows) for base_learner in self.base_learners.values()]
        return np.stack([self.blend(self.task, [network, *others]) for network in networks])


def packed(name: str, base_learner: BaseLearner) -> dict[str, np.ndarray]:
    """The arrays of a base learner by their names in a bundle."""
    return {f"stack.{name}.{key}": value for key, value in base_learner.tensors().items()}


def _unpacked(model: Model, name: str, kinds: dict[str, type[BaseLearner]]) -> BaseLearner:
    if name not in kinds:
        raise BundleError("the modality has no such base learner for these networks", where=model.source,
                          found=name)  # fmt: skip
    prefix = f"stack.{name}."
    own = {k.removeprefix(prefix): v for k, v in model.tensors.items() if k.startswith(prefix)}
    try:
        base_learner = kinds[name].from_tensors(own, model.task)
        outputs, made = base_learner.outputs, base_learner.tensors()
    except BundleError as error:
        raise BundleError(error.problem, where=model.source, found=error.found) from error
    except KeyError as error:
        raise BundleError(f"an array of the {name} is missing", where=model.source,
                          found=error.args[0]) from error  # fmt: skip
    except (ValueError, TypeError, IndexError) as error:
        raise BundleError(f"the arrays of the {name} do not fit together", where=model.source,
                          found=error) from error  # fmt: skip
    if outputs != len(model.task.outputs):
        raise BundleError(f"the {name} is of another task", where=model.source, found=f"{outputs} outputs")
    if {k: v.dtype for k, v in made.items()} != {k: v.dtype for k, v in own.items()}:
        raise BundleError(f"the arrays of the {name} are not of its types", where=model.source)
    return base_learner


def _no_scale(task: Task) -> LabelScale:
    return LabelScale((0.0,) * len(task.outputs), (1.0,) * len(task.outputs))


def _raw(task: Task, outputs: np.ndarray) -> np.ndarray:
    """The inverse of `activate` at temperature 1."""
    if task.kind == "regression":
        return outputs
    if task.kind == "multiclass":
        return np.log(np.clip(outputs, _CLIP, 1 - _CLIP))
    return logit(outputs, _CLIP)


def _loss(
    task: Task, outputs: np.ndarray, labels: np.ndarray, weights: np.ndarray, scale: LabelScale
) -> float:
    """Weighted log loss, or squared error in units of each label's variance, over the known labels."""
    arrays = (scale.apply(_raw(task, outputs)), scale.apply(labels), weights)
    return Loss(task, None)(*(torch.tensor(a, dtype=torch.float32) for a in arrays)).item()
