"""Maps of inputs: the effect of each part of an input on the prediction, and whether networks agree on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from riboswitch.config.settings import one_of
from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.model import Model
from riboswitch.data.records import Records
from riboswitch.data.task import Task
from riboswitch.errors import UsageError
from riboswitch.evaluation.maps import Rules, agreement, by_part, doubt, effect_scale
from riboswitch.io.log.progress import tracked
from riboswitch.learning.device import deterministic
from riboswitch.learning.inference import Predictor
from riboswitch.modalities.base import Modality
from riboswitch.modalities.optional_parts import Explainer

STACK_ALONE = "the answer is the base learners' alone, and only maps of networks can be compared"


@dataclass(frozen=True)
class Map:
    """The map of one input.

    Attributes
    ----------
    values : dict
        Columns of the input as a whole: status, reason, explained output, prediction, stability, control.
    parts, changes : dict of str to list
        Columns of its parts, and of the changes of its parts: number, part, score, sd; of changes also to.
    """

    values: dict[str, Any]
    parts: dict[str, list[Any]]
    changes: dict[str, list[Any]]


def no_map(status: str, reason: str, **values: Any) -> Map:
    """The place of a map that is not made; ``values`` are what is known of the input as a whole."""
    empty: dict[str, list[Any]] = {name: [] for name in ("number", "part", "to", "score", "sd")}
    return Map({"status": status, "reason": reason} | values, empty, empty)


class MapMaker:
    """Makes the maps of records.

    Parameters
    ----------
    model : Model
    modality : Modality
    of : str, optional
        The target or class; see `explained_output`.
    control : Model, optional
        The same networks trained on shuffled labels; by default the weights of ``model`` are shuffled.

    Raises
    ------
    UsageError
        If the modality has no maps, there is no such output, or the control belongs to another task.
    BundleError
        If predictions here differ from those where the model was made.
    """

    def __init__(self, model: Model, modality: Modality, of: str | None = None, control: Model | None = None):
        self.task, self.of = model.task, explained_output(model.task, of)
        self.explainer, self.model = modality.required("explainer", modality.explainer), model
        self.rules: Rules = self.explainer.rules
        self.predictor = Predictor(model, modality)
        self.predictor.check_golden()
        self.control = (
            shuffled_weights(model, modality)
            if control is None
            else Predictor(_comparable(control, model), modality)
        )

    def maps(self, records: Records) -> list[Map]:
        """The map of each record, in their order."""
        if not len(records):
            return []
        arrays = self.encoded(records)
        return [
            self.map(arrays, row) for row in tracked(range(len(arrays)), "explain", "inputs", len(arrays))
        ]

    def encoded(self, records: Records) -> RaggedArrays:
        """The inputs of records as arrays."""
        encode = self.predictor.modality.encoder.encode
        return encode(records.inputs, records.ids, self.model.header["encoder"])

    def map(self, arrays: RaggedArrays, row: int, of: str | None = None) -> Map:
        """The map of one input; ``of`` stands for the output of this input alone."""
        names, asked = self.explainer.parts(arrays, row), of or self.of
        if len(names) > self.rules.most_parts:
            reason = f"{len(names)} parts, and at most {self.rules.most_parts} are asked for one by one"
            return no_map("TOO_LONG", reason)
        part, to = self.explainer.changes(arrays, row)
        alone, outputs = self._outputs(arrays, row)
        whole = outputs[:, 0].mean(0)
        output = int(whole.argmax()) if asked is None else self.task.outputs.index(asked)
        scores = self._scores(outputs, output)
        own, other = (
            by_part(self._scores(networks, output), part, len(names))
            for networks in (alone, members(self.control, self.explainer, arrays, row))
        )
        values = {"of": self.task.outputs[output], "prediction": round(float(whole[output]), 6)}
        every, of_parts = np.arange(len(names)), by_part(scores, part, len(names))
        return Map(
            values | self._reliability(own, other),
            _columns(names, every, of_parts),
            _columns(names, part, scores) | {"to": to},
        )

    def _outputs(self, arrays: RaggedArrays, row: int) -> tuple[np.ndarray, np.ndarray]:
        """Predictions of the networks alone, and of the model, both (networks, 1 + changes, outputs)."""
        alone, stack = members(self.predictor, self.explainer, arrays, row), self.predictor.stack
        if stack is None:
            return alone, alone
        return alone, stack(alone, self.explainer.without_each(arrays, row), None)

    def _reliability(self, own: np.ndarray, other: np.ndarray) -> dict[str, Any]:
        """Whether the networks' maps may be shown, given those of the control, both (networks, parts)."""
        ranked, least = self.rules.ranked, self.rules.least_stability
        stability = agreement(own, None, ranked)
        control = float(np.fmax(agreement(own, other, ranked), agreement(other, None, ranked)))
        stack = self.predictor.stack
        reason = STACK_ALONE if stack and not stack.blend.weight else doubt(own, stability, control, least)
        return {
            "status": "unstable" if reason else "ok",
            "reason": reason,
            "stability": round(stability, 3),
            "control": round(control, 3),
        }

    def _scores(self, outputs: np.ndarray, output: int) -> np.ndarray:
        """Prediction for the whole input minus that for each changed one, shape (networks, changes)."""
        value = effect_scale(outputs[:, :, output], self.task.kind)
        return value[:, :1] - value[:, 1:]


def members(predictor: Predictor, explainer: Explainer, arrays: RaggedArrays, row: int) -> np.ndarray:
    """Predictions of each network for an input and its changes, shape (networks, 1 + changes, outputs)."""
    if explainer.answers is None:
        return predictor.members(explainer.without_each(arrays, row))
    with deterministic():
        raw = [explainer.answers(network, arrays, row) for network in predictor.networks]
    return np.stack([predictor.finish(number, each) for number, each in enumerate(raw)])


def shuffled_weights(model: Model, modality: Modality) -> Predictor:
    """The same networks with the weights of each layer shuffled: of the same size, but nothing is learned."""
    predictor = Predictor(model, modality)
    for number, network in enumerate(predictor.networks):
        generator = torch.Generator().manual_seed(number)
        for weights in network.parameters():
            order = torch.randperm(weights.numel(), generator=generator)
            weights.data = weights.data.flatten()[order].view_as(weights)
    return predictor


def explained_output(task: Task, of: str | None) -> str | None:
    """The output to explain; None stands for the predicted class of each input.

    Raises
    ------
    UsageError
        If there is no output ``of``, or it is not given and there are several targets.
    """
    if of is not None:
        one_of("output of this model", of, tuple(task.outputs))
    elif task.kind != "multiclass":
        if len(task.outputs) > 1:
            raise UsageError("the model has several targets: say which to explain", found=task.outputs)
        return task.outputs[0]
    return of


def _comparable(control: Model, model: Model) -> Model:
    if (control.modality, control.task.outputs) != (model.modality, model.task.outputs):
        raise UsageError("the control must be of the same task as the model", found=control.task.outputs,
                         hint=f"The model's is {model.task.outputs}.")  # fmt: skip
    return control


def _columns(names: list[str], part: np.ndarray, scores: np.ndarray) -> dict[str, list[Any]]:
    """Columns of parts or changes from the scores of each network, (networks, parts or changes)."""
    return {
        "number": (part + 1).tolist(),
        "part": [names[number] for number in part],
        "score": np.round(scores.mean(0), 6).tolist(),
        "sd": np.round(scores.std(0), 6).tolist(),
    }
