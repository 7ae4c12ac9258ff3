"""What an owner trains in one round: the training of `learning.loop`, from the common weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from riboswitch.learning.federated.plan import load_arrays
from riboswitch.learning.federated.privacy import Sampling
from riboswitch.learning.loop import Data, Training
from riboswitch.learning.loss import LabelScale
from riboswitch.learning.settings import TrainSettings


@dataclass(frozen=True)
class Common:
    """What all owners have in common in one round.

    Attributes
    ----------
    weights : mapping of str to ndarray
    scale : LabelScale
    balance : ndarray or None
        Weights of the classes.
    prox : float
        Strength of the pull towards ``weights``.
    passes, before : int
        Passes of this round, and those of the rounds before.
    """

    weights: Mapping[str, np.ndarray]
    scale: LabelScale
    balance: np.ndarray | None
    prox: float
    passes: int
    before: int


class LocalTraining(Training):
    """The passes of one owner in one round.

    The learning rate follows the schedule of all rounds. AdamW begins anew in each round, since owners keep
    nothing between rounds. The pull is that of FedProx: Li et al., MLSys 2020.
    """

    def __init__(
        self,
        data: Data,
        network: nn.Module,
        settings: TrainSettings,
        seed: int,
        device: torch.device,
        common: Common,
    ):
        self.common = common
        super().__init__(data, network, settings, seed, device)
        load_arrays(network, common.weights)
        self.aim(common.scale, common.balance, device)
        self.schedule, self.done = self.rate, common.before * self.state.batches
        self.rate = self._rate  # type: ignore[assignment]
        self.parameters = [p for p in network.parameters() if p.requires_grad]
        self.anchors = [p.detach().clone() for p in self.parameters]

    def _rate(self, step: int) -> float:
        return self.schedule(step + self.done)

    def run(self) -> float:
        """Train; returns the mean loss of the last pass."""
        for _ in range(self.common.passes):
            self.learn()
            loss = self.state.loss
            self.state.close(loss, better=False)
        return loss

    def _gradient(self, rows: np.ndarray) -> float:
        loss = super()._gradient(rows)
        self._pull()
        return loss

    def _pull(self) -> None:
        if self.common.prox:
            for parameter, anchor in zip(self.parameters, self.anchors, strict=True):
                if parameter.grad is not None:
                    parameter.grad += self.common.prox * (parameter.detach() - anchor)


class PrivateTraining(LocalTraining):
    """The same with differential privacy: see `privacy`.

    Each row is drawn independently, its gradient is clipped alone, and noise is added to the sum.
    """

    def __init__(
        self,
        data: Data,
        network: nn.Module,
        settings: TrainSettings,
        seed: int,
        device: torch.device,
        common: Common,
        noise: float,
        clip: float,
        rng: np.random.Generator,
    ):
        self.sampling = Sampling.of(len(data.train), settings.batch_size)
        self.noise, self.clip, self.rng = noise, clip, rng
        super().__init__(data, network, settings, seed, device, common)

    def _batches(self, rng: np.random.Generator) -> Iterator[np.ndarray]:
        for _ in range(self.sampling.batches):
            yield self.data.train[self.rng.random(len(self.data.train)) < self.sampling.rate]

    def _gradient(self, rows: np.ndarray) -> float:
        total = [torch.zeros_like(p) for p in self.parameters]
        for row in rows:
            for place, part in enumerate(self._clipped(row)):
                total[place] += part
        size = self.sampling.rate * len(self.data.train)
        for parameter, summed in zip(self.parameters, total, strict=True):
            drawn = self.rng.normal(0.0, self.noise * self.clip, tuple(parameter.shape))
            parameter.grad = (summed + torch.from_numpy(np.asarray(drawn)).to(summed)) / size
        self._pull()
        return 0.0  # the loss would tell of rows

    def _clipped(self, row: int) -> list[torch.Tensor]:
        """The gradient of one row, of a norm of at most ``clip``; empty if it is no number."""
        data, one = self.data, np.array([row])
        outputs = self.state.network(data.part.collate(data.arrays, one))
        loss = self.loss(outputs, *self.goal.of(data.units(one)))
        found = torch.autograd.grad(loss, self.parameters, allow_unused=True)
        parts = [torch.zeros_like(p) if g is None else g for p, g in zip(self.parameters, found, strict=True)]
        norm = float(torch.sqrt(sum((part.double() ** 2).sum() for part in parts)))  # type: ignore[arg-type]
        if not np.isfinite(norm):
            return []
        return [part * min(1.0, self.clip / max(norm, 1e-12)) for part in parts]
