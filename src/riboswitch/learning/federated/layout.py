"""What an owner sends at each stage: one vector, and the names and shapes of its pieces.

Everything is a sum over rows, so that owners' vectors can be added, masked or not.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from riboswitch.data.task import Task
from riboswitch.learning.federated.plan import Plan

KEYS, SUMS, TRAIN, CLOSE = "keys", "sums", "train", "close"
STAGES = (KEYS, SUMS, TRAIN, CLOSE)
TEMPERATURES = np.exp(np.linspace(-2.0, 2.0, 33))
CUTS = np.linspace(-8.0, 8.0, 161)
"""Temperatures and cut-offs (log odds) that are tried: owners send losses and counts at each of them."""
CANDIDATES = ("last", "best")
PAIRS = {"mean": "sd", "centre": "scale"}
"""How names of buffers end that are means, and of those with their standard deviations."""


@dataclass(frozen=True)
class Layout:
    """Names and shapes of the pieces of a vector, in their order."""

    shapes: dict[str, tuple[int, ...]]

    @property
    def length(self) -> int:
        """Length of the vector."""
        return sum(math.prod(shape) for shape in self.shapes.values())

    def pack(self, pieces: Mapping[str, np.ndarray | float]) -> np.ndarray:
        """The pieces as one vector, float64 of shape (length,)."""
        assert pieces.keys() == self.shapes.keys()
        flat = [np.broadcast_to(np.asarray(pieces[n], np.float64), s).ravel() for n, s in self.shapes.items()]
        return np.concatenate(flat)

    def unpack(self, vector: np.ndarray) -> dict[str, np.ndarray]:
        """The pieces of a vector by name."""
        ends = np.cumsum([math.prod(shape) for shape in self.shapes.values()])[:-1]
        parts = np.split(vector, ends)
        return {n: p.reshape(s) for (n, s), p in zip(self.shapes.items(), parts, strict=True)}


def layout_of(stage: str, plan: Plan, weights: Mapping[str, np.ndarray]) -> Layout:
    """What owners send at a stage; ``weights`` are the parameters and buffers of the network.

    Stage ``keys`` has no vector.
    """
    floats = {name: value.shape for name, value in weights.items() if value.dtype.kind == "f"}
    if stage == SUMS:
        return Layout(_sums(plan.task) | _scalers(plan, weights))
    judged = {} if plan.federation.private else _judged(plan.task)
    if stage == TRAIN:
        own = {"weight": (), "rows": (), **({} if plan.federation.private else {"train_loss": ()})}
        return Layout(own | {f"change.{name}": shape for name, shape in floats.items()} | judged)
    counts = (len(CANDIDATES), len(plan.task.targets), len(CUTS)) if plan.task.kind == "binary" else (0,)
    several = {
        name: (len(CANDIDATES), *shape) if name == "losses" else shape for name, shape in judged.items()
    }
    return Layout(several | {"hits": counts, "called": counts, "known": (len(plan.task.targets), 2)})


def _sums(task: Task) -> dict[str, tuple[int, ...]]:
    targets = len(task.targets)
    shapes: dict[str, tuple[int, ...]] = {"rows": ()}
    shapes |= {f"label.{name}": (targets,) for name in ("known", "sum", "squares")}
    classes = {"binary": (targets, 2), "multiclass": (1, len(task.classes))}.get(task.kind, (0,))
    return shapes | {"classes": classes}


def _scalers(plan: Plan, weights: Mapping[str, np.ndarray]) -> dict[str, tuple[int, ...]]:
    """Sums for the buffers of a network: see `agreeing`."""
    shapes: dict[str, tuple[int, ...]] = {}
    for name, kind in scalers(plan).items():
        pieces = ("known", "sum", "squares") if kind == "mean" else ("sum",)
        shapes |= {f"scaler.{name}.{piece}": weights[name].shape for piece in pieces}
    return shapes


def scalers(plan: Plan) -> dict[str, str]:
    """Buffers that may scale inputs, with their kind: ``mean`` if there is its standard deviation, too.

    All others, as a largest value, are ``other``. The standard deviation of a pair is not listed.
    """
    named = {name: deviation_of(name) for name in plan.buffers}
    pairs = {name: sd for name, sd in named.items() if name != sd and sd in plan.buffers}
    return {n: "mean" if n in pairs else "other" for n in plan.buffers if n not in pairs.values()}


def deviation_of(name: str) -> str:
    """Name of the standard deviation that belongs to a mean; the name itself if it is not that of a mean."""
    for mean, deviation in PAIRS.items():
        if name.endswith(mean):
            return name.removesuffix(mean) + deviation
    return name


def _judged(task: Task) -> dict[str, tuple[int, ...]]:
    tried = len(TEMPERATURES) if task.of_probabilities else 1
    return {"losses": (tried,), "judged_rows": ()}
