"""The plan of a federated training: what all owners agree on, and nothing of any data."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import nn

from riboswitch.config.schemas import COUNT, NAME, NAMES, SECTION, Schema, mismatch, record
from riboswitch.config.settings import build, fraction, positive_int
from riboswitch.data.bundles.versions import versions
from riboswitch.data.task import TASK, Task
from riboswitch.errors import BundleError, RiboswitchError, UsageError
from riboswitch.learning.device import deterministic
from riboswitch.learning.federated.settings import FederationSettings
from riboswitch.learning.settings import TrainSettings
from riboswitch.learning.training_job import suited_network, usual_settings
from riboswitch.modalities.base import Modality

MOST_OWNERS = 1000
PLAN: Schema = record(
    {
        "modality": NAME,
        "components": {**NAMES, "minItems": 1},
        "task": TASK,
        "encoder": {"type": "object", "required": ["modality"], "properties": {"modality": NAME}},
        "reading": SECTION,
        "network": SECTION,
        "training": SECTION,
        "federation": SECTION,
        "owners": {**NAMES, "minItems": 1, "maxItems": MOST_OWNERS},
        "seed": COUNT,
        "valid": {"type": "number", "minimum": 0, "exclusiveMaximum": 1},
        "agree": {"type": "boolean"},
        "buffers": NAMES,
        "start": NAME,
        "versions": SECTION,
    }
)
"""JSON Schema of `Plan.to_dict`."""


@dataclass(frozen=True)
class Plan:
    """What all owners agree on.

    Attributes
    ----------
    modality : str
    components : tuple of str
    task : Task
    encoder, reading, network : dict
        Meta of the encoded arrays; how inputs are read; settings of the network.
    training : TrainSettings
        ``epochs`` are those of all rounds.
    federation : FederationSettings
    owners : tuple of str
        Sorted.
    seed : int
    valid : float
        Fraction of an owner's rows that judge the weights, unless the owner has a split.
    agree : bool
        Whether owners send sums for the scale of inputs and labels before the first round.
    buffers : tuple of str
        Arrays of the network that are no parameters, as the scale of its inputs.
    start : str
        Digest of the weights before the first round.
    versions : dict
    """

    modality: str
    components: tuple[str, ...]
    task: Task
    encoder: dict[str, Any]
    reading: dict[str, Any]
    network: dict[str, Any]
    training: TrainSettings
    federation: FederationSettings
    owners: tuple[str, ...]
    seed: int
    valid: float
    agree: bool
    buffers: tuple[str, ...]
    start: str
    versions: dict[str, str]

    @property
    def digest(self) -> str:
        """Short SHA-256 of all of it."""
        return hashlib.sha256(json.dumps(self.to_dict(), sort_keys=True).encode()).hexdigest()[:16]

    def to_dict(self) -> dict[str, Any]:
        """JSON values."""
        own = {name: getattr(self, name) for name in PLAN["properties"]}
        return own | {
            "components": [*self.components],
            "task": self.task.to_dict(),
            "training": asdict(self.training),
            "federation": asdict(self.federation),
            "owners": [*self.owners],
            "buffers": [*self.buffers],
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any], where: str) -> Plan:
        """Read what `to_dict` gave.

        Raises
        ------
        BundleError
        """
        if problem := mismatch(value, PLAN):
            raise BundleError("not the plan of a federated training", where=where, found=problem)
        try:
            changed = {
                "components": tuple(value["components"]),
                "task": Task.read(value["task"], where, BundleError),
                "training": build(TrainSettings, value["training"], "training"),
                "federation": build(FederationSettings, value["federation"], "federation"),
                "owners": tuple(value["owners"]),
                "buffers": tuple(value["buffers"]),
            }
        except UsageError as error:
            raise BundleError("not the plan of a federated training", where=where, found=error) from error
        return cls(**{**value, **changed})

    def seed_of(self, owner: str, number: int) -> int:
        """Seed of an owner's round, from 0. The first owner's first round has that of the plan."""
        return self.seed + self.owners.index(owner) + number * len(self.owners)

    def require_owner(self, name: str, where: str = "--owner") -> None:
        """Raise `UsageError` unless an owner of this name is in the plan."""
        if name not in self.owners:
            raise UsageError("the plan has no such owner", where=where, found=name,
                             hint=f"It has {', '.join(self.owners)}.")  # fmt: skip


@dataclass(frozen=True)
class Wanted:
    """What a coordinator asks for; see `Plan`."""

    task: Task
    owners: Sequence[str]
    encoding: Mapping[str, Any]
    reading: Mapping[str, Any]
    training: Mapping[str, Any]
    network: Mapping[str, Any]
    federation: Mapping[str, Any]
    seed: int = 0
    valid: float = 0.1


def make_plan(wanted: Wanted, modality: Modality, agree: bool) -> tuple[Plan, nn.Module]:
    """A plan and its untrained network.

    Raises
    ------
    UsageError
        If settings are wrong or do not suit each other, or names of owners are.
    """
    federation = build(FederationSettings, wanted.federation, "federation")
    training = _training(wanted, modality, federation)
    fraction("valid", wanted.valid)
    positive_int("seed", wanted.seed, least=0)
    meta = modality.network_meta(wanted.reading, wanted.encoding)
    part = modality.network
    settings: Any = build(
        part.NetworkSettings, suited_network(wanted.task, part, wanted.network, meta), "network"
    )
    if not wanted.task.outputs:
        raise UsageError("a multi-class task needs its classes", hint="Give --classes for each of them.")
    with deterministic(wanted.seed):
        network = part.Network(settings, len(wanted.task.outputs), meta)
    if federation.private:
        _require_rows_apart(network, wanted.task)
    plan = Plan(
        modality=modality.name, components=tuple(modality.components), task=wanted.task, encoder=meta,
        reading=dict(wanted.reading), network=asdict(settings), training=training, federation=federation,
        owners=_owners(wanted.owners, federation), seed=wanted.seed,
        valid=0.0 if federation.private else wanted.valid, agree=agree and not federation.private,
        buffers=tuple(name for name, value in network.named_buffers() if value.is_floating_point()),
        start="", versions=versions(),
    )  # fmt: skip
    return plan, network


def with_start(plan: Plan, network: nn.Module) -> Plan:
    """The plan with the digest of the weights before the first round."""
    return replace(plan, start=weights_digest(arrays_of(network)))


def _training(wanted: Wanted, modality: Modality, federation: FederationSettings) -> TrainSettings:
    if "epochs" in wanted.training:
        raise UsageError("a federated training has no --epochs",
                         hint="Give --rounds and --local-epochs, whose product they are.")  # fmt: skip
    given = usual_settings(modality.network, wanted.task) | dict(wanted.training)
    given["epochs"] = federation.rounds * federation.local_epochs
    if federation.private:
        # Weights from counts of rows would tell of other rows.
        for name in ("class_power", "group_power"):
            if wanted.training.get(name):
                raise UsageError(f"{name} counts rows, which differential privacy forbids",
                                 found=wanted.training[name], hint="Leave it out, or --epsilon.")  # fmt: skip
            given[name] = 0.0
    return build(TrainSettings, given, "settings")


def _owners(names: Sequence[str], federation: FederationSettings) -> tuple[str, ...]:
    if isinstance(names, str) or not names:
        raise UsageError("a federated training needs the names of its owners", found=names,
                         hint="Give --owner for each of them.")  # fmt: skip
    for name in names:
        if not re.fullmatch(r"[\w-]+", name):
            raise UsageError("the name of an owner is letters, digits, - and _", found=name)
    if repeated := sorted({name for name in names if list(names).count(name) > 1}):
        raise UsageError("two owners have the same name", found=repeated[0])
    if len(names) > MOST_OWNERS:
        raise UsageError("too many owners", found=len(names), hint=f"At most {MOST_OWNERS}.")
    if federation.masked and len(names) < 3:
        raise UsageError("masks hide nothing among fewer than three owners", found=", ".join(names),
                         hint="Each of two knows the other's numbers from the sum.")  # fmt: skip
    return tuple(sorted(names))


def _require_rows_apart(network: nn.Module, task: Task) -> None:
    """Raise `UsageError` unless the gradient of one row depends on no other row."""
    if task.kind == "survival":
        raise UsageError("the loss of a survival task compares rows, so none can be clipped alone",
                         hint="Leave --epsilon out.")  # fmt: skip
    if any(isinstance(module, nn.modules.batchnorm._BatchNorm) for module in network.modules()):
        raise UsageError("a network that normalises over its batch mixes rows",
                         hint="Choose another normalisation, or leave --epsilon out.")  # fmt: skip


def made_network(plan: Plan, modality: Modality, weights: Mapping[str, np.ndarray]) -> Any:
    """The network of a plan, untrained; ``weights`` are those that it will get.

    Raises
    ------
    BundleError
        If the settings in the plan are not those of a network of the modality, or the weights are others'.
    """
    try:
        settings: Any = build(modality.network.NetworkSettings, plan.network, "network")
        network = modality.network.Network(settings, len(plan.task.outputs), plan.encoder)
    except RiboswitchError as error:
        raise BundleError("the plan describes no network of this version", found=error) from error
    own, given = ({n: (v.shape, v.dtype) for n, v in each.items()} for each in (arrays_of(network), weights))
    if own != given:
        name = sorted(n for n in own.keys() | given.keys() if own.get(n) != given.get(n))[0]
        raise BundleError("the weights are not those of the plan's network", found=name)
    return network


def arrays_of(network: nn.Module) -> dict[str, np.ndarray]:
    """Parameters and buffers of a network by name."""
    return {name: value.detach().cpu().numpy().copy() for name, value in network.state_dict().items()}


def load_arrays(network: nn.Module, weights: Mapping[str, np.ndarray]) -> None:
    """Give a network these parameters and buffers."""
    network.load_state_dict({name: torch.tensor(value) for name, value in weights.items()})


def weights_digest(weights: Mapping[str, np.ndarray]) -> str:
    """Short SHA-256 of parameters and buffers."""
    sha256 = hashlib.sha256()
    for name, value in sorted(weights.items()):
        sha256.update(f"{name} {value.dtype.str} {value.shape}".encode() + value.tobytes())
    return sha256.hexdigest()[:16]
