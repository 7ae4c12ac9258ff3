"""The state of a federated training, which all owners get, and an owner's answer to it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from riboswitch.config.schemas import (
    COUNT,
    NAME,
    NUMBER,
    NUMBERS,
    SECTION,
    Schema,
    either,
    mismatch,
    named,
    record,
)
from riboswitch.data.bundles.sealed_arrays import check_seal, read_sealed_arrays, write_sealed_arrays
from riboswitch.errors import BundleError
from riboswitch.learning.federated.layout import STAGES
from riboswitch.learning.federated.plan import Plan, weights_digest

FORMAT = 1
STATE, UPDATE = "state", "update"
AGAIN = "riboswitch federate-start and federate-combine write it."
BY_OWNERS = "riboswitch federate-train writes it."
SCALE: Schema = record({"mean": NUMBERS, "sd": NUMBERS, "classes": {"type": "array", "items": NUMBERS}})
HISTORY: Schema = {"type": "array", "items": named(either(NUMBER))}
STATE_HEADER: Schema = record(
    {
        "format": COUNT,
        "file": {"enum": [STATE]},
        "plan": SECTION,
        "stage": {"enum": [*STAGES]},
        "round": COUNT,
        "scale": SCALE,
        "rows": named(COUNT),
        "keys": named({"type": "string", "pattern": "^[0-9a-f]{64}$"}),
        "history": HISTORY,
        "best": record({"loss": either(NUMBER), "round": COUNT}),
        "spent": named(NUMBER),
    }
)
UPDATE_HEADER: Schema = record(
    {
        "format": COUNT,
        "file": {"enum": [UPDATE]},
        "plan": NAME,
        "state": NAME,
        "stage": {"enum": [*STAGES]},
        "round": COUNT,
        "owner": NAME,
    },
    {"spent": {"type": "number", "minimum": 0}},
)


@dataclass(frozen=True)
class Scale:
    """The scale of labels that all owners learn with.

    Attributes
    ----------
    mean, sd : list of float
        One a target.
    classes : list of list of float
        Rows of each class, shape (targets, classes); empty if nobody counted.
    """

    mean: list[float]
    sd: list[float]
    classes: list[list[float]]


@dataclass
class State:
    """Where a federated training stands.

    Attributes
    ----------
    plan : Plan
    weights : dict of str to ndarray
        The common parameters and buffers.
    stage : str
        What owners do next: one of `layout.STAGES`.
    round : int
        Rounds of training that are done.
    scale : Scale
    rows : dict of str to int
        Rows of all owners together, for training and validation, as far as known.
    keys : dict of str to str
        Public key of each owner.
    history : list of dict
        Losses after each round.
    best : dict
        ``loss`` and ``round`` of the best weights on validation rows so far, which are ``best_weights``.
    moments : dict of str to ndarray
        Running means of Adam on the server.
    spent : dict of str to float
        Epsilon that each owner has spent.
    examples : dict of str to ndarray
        Public inputs with which the bundle will test itself.
    """

    plan: Plan
    weights: dict[str, np.ndarray]
    stage: str
    scale: Scale
    examples: dict[str, np.ndarray]
    round: int = 0
    rows: dict[str, int] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    history: list[dict[str, float | None]] = field(default_factory=list)
    best: dict[str, Any] = field(default_factory=lambda: {"loss": None, "round": 0})
    best_weights: dict[str, np.ndarray] = field(default_factory=dict)
    moments: dict[str, np.ndarray] = field(default_factory=dict)
    spent: dict[str, float] = field(default_factory=dict)

    @property
    def header(self) -> dict[str, Any]:
        """All that is not an array, as JSON values."""
        names = ("stage", "round", "rows", "keys", "history", "best", "spent")
        own = {name: getattr(self, name) for name in names}
        return {"format": FORMAT, "file": STATE, "plan": self.plan.to_dict(), "scale": vars(self.scale)} | own

    @property
    def arrays(self) -> dict[str, np.ndarray]:
        """All arrays by name."""
        parts = {"weights": self.weights, "best": self.best_weights, "moments": self.moments,
                 "examples": self.examples}  # fmt: skip
        return {f"{part}.{name}": value for part, arrays in parts.items() for name, value in arrays.items()}

    @property
    def digest(self) -> str:
        """Short SHA-256 of all of it: an update names the state that it answers."""
        text = json.dumps(self.header, sort_keys=True) + weights_digest(self.arrays)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def name(self) -> str:
        """The stage in words."""
        return (
            f"round {self.round + 1} of {self.plan.federation.rounds}"
            if self.stage == "train"
            else self.stage
        )

    def save(self, path: str | Path) -> None:
        """Write a sealed file; equal states give equal bytes."""
        write_sealed_arrays(self.header, self.arrays, path)

    @classmethod
    def load(cls, path: str | Path) -> State:
        """Read what `save` wrote.

        Raises
        ------
        BundleError
            If it is missing, damaged or another file, or does not agree with itself.
        """
        where = str(path)
        header, arrays = _read(path, STATE, STATE_HEADER)
        plan = Plan.from_dict(header["plan"], where)
        parts: dict[str, dict[str, np.ndarray]] = {n: {} for n in ("weights", "best", "moments", "examples")}
        for name, value in arrays.items():
            part, _, key = name.partition(".")
            if part not in parts:
                raise BundleError("an array that belongs to nothing", where=where, found=name, hint=AGAIN)
            parts[part][key] = value
        state = cls(plan, parts["weights"], header["stage"], Scale(**header["scale"]), parts["examples"],
                    **{n: header[n] for n in ("round", "rows", "keys", "history", "best", "spent")},
                    best_weights=parts["best"], moments=parts["moments"])  # fmt: skip
        state._check(where)
        return state

    def _check(self, where: str) -> None:
        """Raise `BundleError` if the parts do not fit together."""
        forms = {name: (value.shape, value.dtype) for name, value in self.weights.items()}
        best = {name: (value.shape, value.dtype) for name, value in self.best_weights.items()}
        targets = len(self.plan.task.targets)
        problem = ""
        if not forms or (best and best != forms):
            problem = "the weights are not those of one network"
        elif not all(np.isfinite(value).all() for value in self.weights.values()):
            problem = "weights that are not finite"
        elif self.round > self.plan.federation.rounds:
            problem = f"round {self.round} of {self.plan.federation.rounds}"
        elif len(self.scale.mean) != targets or len(self.scale.sd) != targets or min(self.scale.sd) <= 0:
            problem = "no scale for the labels"
        elif {*self.keys, *self.spent} - {*self.plan.owners}:
            problem = "owners that are not in the plan"
        elif (
            self.stage != "keys"
            and self.plan.federation.secure == "keys"
            and len(self.keys) != len(self.plan.owners)
        ):
            problem = "keys of owners are missing"
        elif {*self.plan.buffers} - {*forms}:
            problem = "buffers that the network does not have"
        if problem:
            raise BundleError("the state does not agree with itself", where=where, found=problem, hint=AGAIN)


@dataclass(frozen=True)
class Update:
    """What an owner sends at one stage.

    Attributes
    ----------
    owner, plan, state, stage, round
        Whose it is, and to which state it answers.
    vector : ndarray
        float64; masked: uint64. At the stage ``keys`` the public key, uint8.
    spent : float, optional
        Epsilon of differential privacy that the owner has spent with this and all before.
    """

    owner: str
    plan: str
    state: str
    stage: str
    round: int
    vector: np.ndarray
    spent: float | None = None
    source: str = field(default="update", compare=False)

    def save(self, path: str | Path) -> None:
        """Write a sealed file; equal updates give equal bytes."""
        names = ("owner", "plan", "state", "stage", "round")
        header: dict[str, Any] = {name: getattr(self, name) for name in names}
        header |= {"format": FORMAT, "file": UPDATE} | ({} if self.spent is None else {"spent": self.spent})
        write_sealed_arrays(header, {"vector": self.vector}, path)

    @classmethod
    def load(cls, path: str | Path) -> Update:
        """Read what `save` wrote.

        Raises
        ------
        BundleError
        """
        header, arrays = _read(path, UPDATE, UPDATE_HEADER)
        if arrays.keys() != {"vector"}:
            raise BundleError("arrays that an update does not have", where=str(path), found=", ".join(arrays))
        own = {name: header[name] for name in header if name not in ("format", "file")}
        return cls(**own, vector=arrays["vector"], source=str(path))


def _read(
    path: str | Path, kind: str, schema: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    where = str(path)
    try:
        header, arrays = read_sealed_arrays(path)
    except FileNotFoundError as error:
        raise BundleError("no such file", where=where) from error
    check_seal(header, arrays, path)
    if header.get("file") != kind:
        found = header.get("file", "a bundle or another file of riboswitch")
        raise BundleError(f"not the {kind} of a federated training", where=where, found=found,
                          hint=AGAIN if kind == STATE else BY_OWNERS)  # fmt: skip
    if header["format"] != FORMAT:
        raise BundleError(f"a {kind} of another format", where=where, found=header["format"],
                          hint="All owners and the coordinator need the same riboswitch.")  # fmt: skip
    if problem := mismatch(header, schema):
        raise BundleError(f"the header of the {kind} is not as it should be", where=where, found=problem)
    return header, arrays
