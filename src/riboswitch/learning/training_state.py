"""Everything that changes during a training, and its form as JSON values and arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from riboswitch.config.schemas import COUNT, SECTION, Schema, either, named, record
from riboswitch.errors import BundleError
from riboswitch.learning.optimizer import AdamW

LOSS: Schema = {"anyOf": [{"type": "number"}, {"enum": ["nan", "inf", "-inf"]}]}
STATE: Schema = record(
    {
        "start": SECTION,
        "batch": COUNT,
        "total": LOSS,
        "count": COUNT,
        "history": {"type": "array", "items": named(either({"type": "number"}))},
        "best": record({"loss": LOSS, "epoch": COUNT}),
        "steps": COUNT,
    }
)
"""JSON Schema of `State.json_values`."""


@dataclass
class Best:
    """The epoch with the lowest loss so far, and the network's parameters then; epoch 0: before the first."""

    loss: float
    epoch: int
    parameters: dict[str, Tensor]


class State:
    """The state of a training. From equal states the same training ends with equal bytes.

    Parameters
    ----------
    network : Module
    optimizer : AdamW
    rng : Generator
        Draws the order of the batches.
    epochs, batches : int
        Number of epochs, and of batches in an epoch.

    Attributes
    ----------
    start : dict
        State of ``rng`` at the start of the current epoch.
    batch : int
        Finished batches of the current epoch.
    total, count : float, int
        Loss of these batches, summed over rows, and the number of rows.
    history : list of dict
        Losses of the finished epochs; None stands for one that was no number.
    best : Best
    """

    def __init__(
        self, network: nn.Module, optimizer: AdamW, rng: np.random.Generator, epochs: int, batches: int
    ):
        self.network, self.optimizer, self.rng = network, optimizer, rng
        self.epochs, self.batches = epochs, batches
        self.start = dict(rng.bit_generator.state)
        self.batch, self.total, self.count = 0, 0.0, 0
        self.history: list[dict[str, float | None]] = []
        self.best = Best(np.inf, 0, self._copy())

    def _copy(self) -> dict[str, Tensor]:
        return {name: value.clone() for name, value in self.network.state_dict().items()}

    def add(self, loss: float, rows: int) -> None:
        """Count a batch as done."""
        self.batch += 1
        self.total, self.count = self.total + loss * rows, self.count + rows

    @property
    def loss(self) -> float:
        """Mean loss over the finished rows of the current epoch."""
        return self.total / max(self.count, 1)

    def close(self, valid_loss: float, better: bool) -> None:
        """End the epoch, and keep its network if it is ``better`` than all before."""
        losses = {"train_loss": self.loss, "valid_loss": valid_loss}
        self.history.append({n: round(v, 6) if np.isfinite(v) else None for n, v in losses.items()})
        if better:
            self.best = Best(valid_loss, len(self.history), self._copy())
        self.start = dict(self.rng.bit_generator.state)
        self.batch, self.total, self.count = 0, 0.0, 0

    def __str__(self) -> str:
        finished = len(self.history)
        epoch, batch = (finished, self.batches) if finished and not self.batch else (finished + 1, self.batch)
        return f"epoch {epoch} of {self.epochs}, batch {batch} of {self.batches}"

    @property
    def json_values(self) -> dict[str, Any]:
        """All that is not an array, as JSON values. JSON keeps every bit of a number."""
        return {
            "start": self.start,
            "batch": self.batch,
            "total": _as_json(self.total),
            "count": self.count,
            "history": self.history,
            "best": {"loss": _as_json(self.best.loss), "epoch": self.best.epoch},
            "steps": self.optimizer.steps,
        }

    @property
    def tensors(self) -> dict[str, np.ndarray]:
        """The arrays by name. Those in the CPU's memory are not copied."""
        parts = {
            "network": self.network.state_dict(),
            "best": self.best.parameters,
            "optimizer": self.optimizer.moments,
            "random": self._random,
        }
        return {f"{part}.{k}": v.cpu().numpy() for part, tensors in parts.items() for k, v in tensors.items()}

    @property
    def _on_gpu(self) -> bool:
        return any(p.is_cuda for p in self.network.parameters())

    @property
    def _random(self) -> dict[str, Tensor]:
        """State of torch's random numbers, which dropout draws from."""
        states = {"cpu": torch.get_rng_state()}
        return states | ({"cuda": torch.cuda.get_rng_state()} if self._on_gpu else {})

    def restore(self, json_values: dict[str, Any], tensors: dict[str, np.ndarray]) -> None:
        """Become the state with these `json_values` and `tensors`.

        Raises
        ------
        BundleError
            If they are not the state of such a training; nothing is changed then.
        """
        self._check(json_values, tensors)
        parts: dict[str, dict[str, Tensor]] = {}
        for name, value in tensors.items():
            part, key = name.split(".", 1)
            parts.setdefault(part, {})[key] = torch.tensor(value)
        self.network.load_state_dict(parts["network"])
        self.optimizer.restore(parts["optimizer"], json_values["steps"])
        torch.set_rng_state(parts["random"]["cpu"])
        if self._on_gpu:
            torch.cuda.set_rng_state(parts["random"]["cuda"])
        best = json_values["best"]
        self.best = Best(float(best["loss"]), best["epoch"], parts["best"])
        self.start = self.rng.bit_generator.state = json_values["start"]
        self.batch, self.count = json_values["batch"], json_values["count"]
        self.total = float(json_values["total"])
        self.history = json_values["history"]

    def _check(self, json_values: dict[str, Any], tensors: dict[str, np.ndarray]) -> None:
        forms, own = ({n: (v.shape, v.dtype) for n, v in t.items()} for t in (tensors, self.tensors))
        if forms != own:
            raise BundleError("the arrays are not those of this network")
        finished = len(json_values["history"])
        if finished > self.epochs or json_values["batch"] > self.batches:
            raise BundleError("it is further than the training goes")
        try:
            np.random.default_rng().bit_generator.state = json_values["start"]
            torch.Generator().set_state(torch.tensor(tensors["random.cpu"]))
        except (ValueError, TypeError, KeyError, OverflowError, RuntimeError) as error:
            raise BundleError("the state of the random numbers is not one", found=error) from error


def _as_json(value: float) -> float | str:
    """A loss as JSON, which has no NaN and no infinity; ``float`` is the way back."""
    return value if np.isfinite(value) else str(value)
