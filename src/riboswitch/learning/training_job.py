"""One training: checked inputs, labels and weights; a fitted network becomes a bundle."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from riboswitch.config.settings import build
from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.bounds.arrays import bounds_at, known_labels
from riboswitch.data.bounds.columns import bounds_of
from riboswitch.data.bundles.versions import versions
from riboswitch.data.model import FORMAT, Model
from riboswitch.data.records import Records
from riboswitch.data.splits import Split
from riboswitch.data.task import Task
from riboswitch.errors import InputError, UsageError
from riboswitch.learning.checkpoint import MINUTES, Checkpoint, digest
from riboswitch.learning.device import deterministic, find_device
from riboswitch.learning.inference import Predictor, golden_inputs
from riboswitch.learning.loop import Data, Fitted, Keeper, fit, infer
from riboswitch.learning.loss import activate, best_thresholds, fit_temperature
from riboswitch.learning.prediction_units import PredictionUnits
from riboswitch.learning.settings import SURVIVAL, TrainSettings
from riboswitch.learning.sharing.card import card_facts
from riboswitch.learning.starting import freeze, like_start, origin, start_from
from riboswitch.modalities.base import Modality
from riboswitch.modalities.parts import NetworkPart


@dataclass
class Job:
    """The checked inputs, labels, weights and settings of `train` and `refit`.

    ``order`` is ``shuffled`` if the labels are those of other rows; the bundle says so.
    """

    features: RaggedArrays
    split: Split
    task: Task
    settings: TrainSettings
    modality: Modality
    network: Any
    units: PredictionUnits
    labels: np.ndarray
    weights: np.ndarray
    reading: dict[str, Any]
    rows_digest: str
    init: Model | None
    golden: dict[str, list[Any]]
    bounds: np.ndarray | None = None
    frozen: bool = False
    order: str = ""

    @classmethod
    def make(
        cls,
        records: Records,
        features: RaggedArrays,
        split: Split,
        task: Task,
        settings: Mapping[str, Any] | None,
        network: Mapping[str, Any] | None,
        modality: Modality,
        init: Model | None = None,
        soft: np.ndarray | None = None,
        frozen: bool = False,
    ) -> Job:
        """Check that the inputs belong together, and read the labels.

        ``soft`` are labels that stand for those of the records: values or probabilities of each output, NaN
        where there are none, shape (rows, outputs).

        Raises
        ------
        UsageError, InputError
            See `train`.
        """
        split.require_ids(records.ids)
        split.require_ids(features.ids, "features")
        if frozen and init is None:
            raise UsageError("only layers of another network can be frozen", hint="Give --init, too.")
        part = modality.network
        trained_with = build(TrainSettings, usual_settings(part, task) | dict(settings or {}), "settings")
        units = PredictionUnits.of(task, part, features)
        given = like_start(init, network or {}, part)
        built: Any = build(part.NetworkSettings, suited_network(task, part, given, features.meta), "network")
        labels = task.labels(records.table) if soft is None else soft
        units.require(labels, records.ids)
        return cls(
            features=features, split=split, task=task, settings=trained_with, modality=modality,
            network=built, units=units, labels=labels,
            weights=units.per_unit(split.weights(trained_with.group_power)),
            reading=records.meta.get("reading", {}), rows_digest=records_digest(records), init=init,
            golden=golden_inputs(records.inputs),
            bounds=bounds_of(records, task.targets) if soft is None else None, frozen=frozen,
        )  # fmt: skip

    def labelled(self, rows: np.ndarray) -> np.ndarray:
        """The rows that have a label, if only as a bound."""
        return rows[self.units.any(np.asarray(known_labels(self.labels, self.bounds).any(1)))[rows]]

    def shuffled(self, rows: Mapping[str, np.ndarray], seed: int) -> Job:
        """The same with labels and bounds in random order, within the rows for training and for validation.

        Nothing can be learned from them: a network that does better than chance on test rows has seen their
        labels, and what its maps show was not learned. All other rows get gaps.
        """
        rng = np.random.default_rng([seed, 1])
        labels = np.full_like(self.labels, np.nan)
        bounds = None if self.bounds is None else np.full_like(self.bounds, np.nan)
        for part in ("train", "valid"):
            units = self.units(rows[part])
            units = units[known_labels(self.labels, self.bounds)[units].any(1)]
            drawn = rng.permutation(units)
            labels[units] = self.labels[drawn]
            if bounds is not None and self.bounds is not None:
                bounds[units] = self.bounds[drawn]
        return replace(self, labels=labels, bounds=bounds, order="shuffled")

    def run(
        self,
        rows: dict[str, np.ndarray],
        seed: int,
        name: str,
        device: str = "cpu",
        checkpoint: Path | None = None,
        minutes: float = MINUTES,
        watcher: Keeper | None = None,
    ) -> tuple[Any, Fitted]:
        """A network trained on ``rows["train"]``; its epoch is chosen on ``rows["valid"]``.

        With a checkpoint, training continues from it and writes it at most every ``minutes``. A ``watcher``
        follows the training instead.
        """
        if not len(rows["train"]):
            raise InputError("no labelled rows to train on", found=name)
        for part, chosen in rows.items():
            if part != "test":
                self.task.require_events(self.labels[self.units(chosen)], f"the part {part!r} of {name}")
        torch_device, kept = find_device(device), watcher
        if checkpoint is not None:
            identity = self.identity(rows, seed) | {"training": name, "device": torch_device.type}
            kept = Checkpoint(checkpoint, identity, name, minutes)
        data = Data(self.modality.network, self.task, self.features, self.units, self.labels, self.weights,
                    rows["train"], rows["valid"], self.bounds)  # fmt: skip
        with deterministic(seed):
            net = self.modality.network.Network(self.network, len(self.task.outputs), self.features.meta)
            if self.init is not None:
                start_from(self.init, net, self.modality.network, self.network)
            if self.frozen:
                freeze(net, self.modality.network)
            return net, fit(data, net, self.settings, seed, name, torch_device, kept)

    def identity(self, rows: dict[str, np.ndarray], seed: int) -> dict[str, Any]:
        """Everything that a trained network depends on: JSON values by names that a user knows."""
        features, start = self.features, self.init
        added: dict[str, Any] = {} if self.bounds is None else {"bounds": digest(self.bounds)}
        return (
            added
            | ({"frozen": True} if self.frozen else {})
            | {
                "records": self.rows_digest,
                "labels": digest(self.labels),
                "features": [features.meta, *_feature_digests(features)],
                "split": self.split.digest,
                "rows": _digests(rows),
                "task": self.task.to_dict(),
                "settings": asdict(self.settings),
                "network": asdict(self.network),
                "seed": seed,
                "start": None if start is None else _digests(start.parameters(0)),
                "versions": versions(),
            }
        )

    def calibrate(self, net: Any, fitted: Fitted, rows: np.ndarray) -> dict[str, Any]:
        """Temperature and cut-offs with the best values on validation ``rows``."""
        units = self.units(rows)
        with deterministic():
            raw = infer(self.modality.network, net, self.features, rows, self.units)
        raw = raw.reshape(len(units), len(self.task.outputs))
        temperature = fit_temperature(self.task, raw, self.labels[units], self.weights[units])
        outputs = activate(self.task, raw, fitted.scale, temperature) if len(units) else raw
        thresholds = best_thresholds(self.task, self.labels[units], outputs)
        return {"temperature": round(temperature, 6), "thresholds": thresholds}

    def bundle(
        self, net: Any, fitted: Fitted, seed: int, rows: dict[str, np.ndarray], calibration: dict[str, Any]
    ) -> Model:
        """The bundle of one network; ``calibration`` has its repeat, temperature and cut-offs."""
        units = self.units(rows["train"])
        bounds = bounds_at(self.bounds, units)
        member = calibration | {
            "seed": seed,
            "epoch": fitted.epoch,
            "history": fitted.history,
            "label_mean": list(fitted.scale.mean),
            "label_sd": list(fitted.scale.sd),
            "rows": {part: len(r) for part, r in rows.items()},
        }
        header = {
            "format": FORMAT,
            "modality": self.modality.name,
            "components": [*self.modality.components],
            "task": self.task.to_dict(),
            "encoder": self.features.meta,
            "reading": self.reading,
            "network": asdict(self.network),
            "training": {
                "settings": asdict(self.settings),
                "records": self.rows_digest,
                "split": self.split.digest,
                "split_name": self.split.meta.get("name"),
                **self._start(),
                **({"labels": self.order} if self.order else {}),
                "versions": versions(),
            },
            "members": [member],
            "card": card_facts(self.task, self.labels[units], len(rows["train"]), bounds=bounds),
        }
        model = Model(header, {f"0.{k}": v.detach().numpy() for k, v in net.state_dict().items()})
        Predictor(model, self.modality).add_golden(self.golden)
        return model

    def _start(self) -> dict[str, Any]:
        if self.init is None:
            return {}
        records = self.init.header["training"]["records"]
        return {"pretrained": records, "start": origin(self.init, self.frozen)}


def usual_settings(part: NetworkPart, task: Task) -> dict[str, Any]:
    """Defaults of `TrainSettings` for a modality and a task."""
    return dict(part.TRAINING) | (SURVIVAL if task.kind == "survival" else {})


def suited_network(
    task: Task, part: NetworkPart, network: Mapping[str, Any], meta: dict[str, Any]
) -> dict[str, Any]:
    """The settings of the network. Those that are not given follow from the labels and the arrays."""
    network = {**part.suited(task.level, meta), **network}
    for name, value in part.PER_POSITION.items():
        if (network.get(name) == value) != (task.level == "position"):
            hint = f"{name}: {value} goes with the kind per_position, and only with it."
            raise UsageError("the network does not suit the labels", found=network.get(name), hint=hint)
    return dict(network)


def _feature_digests(features: RaggedArrays) -> list[str]:
    lines = _digests(features.index)
    for name, items in features.components.items():
        lines += [f"{name}.{text}" for text in (*_digests(items.values), *_digests(items.offsets))]
    return lines


def _digests(arrays: Mapping[str, np.ndarray]) -> list[str]:
    return [f"{name} {digest(value)}" for name, value in sorted(arrays.items())]


def records_digest(records: Records) -> str:
    """Short SHA-256 of ids and inputs: equal for the same rows in the same order."""
    sha256 = hashlib.sha256("\n".join(records.ids).encode())
    for values in records.inputs.values():
        for value in values:
            sha256.update(b"\n" + (value.encode() if isinstance(value, str) else np.asarray(value).tobytes()))
    return sha256.hexdigest()[:16]
