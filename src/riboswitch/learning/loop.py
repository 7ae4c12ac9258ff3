"""The one training loop, for every modality and every kind of task."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.bounds.arrays import at_bounds, bounds_at
from riboswitch.data.task import Task
from riboswitch.errors import InputError
from riboswitch.io.log.messages import on_terminal, say
from riboswitch.io.log.progress import SECONDS, duration, tick
from riboswitch.learning.loss import LabelScale, Loss, class_weights, fit_temperature
from riboswitch.learning.optimizer import AdamW, one_cycle
from riboswitch.learning.prediction_units import PredictionUnits
from riboswitch.learning.settings import TrainSettings
from riboswitch.learning.training_state import State
from riboswitch.modalities.parts import NetworkPart

CPU = torch.device("cpu")
PREDICTIONS = "predictions"
"""The unit of a `Progress` that counts what `infer` has done."""


class Keeper(Protocol):
    """What follows a training: a `Checkpoint`, or a search for settings that may end it."""

    def keep(self, state: State) -> AbstractContextManager[Callable[[], None]]:
        """Yield a hook that is called whenever the state is complete. It may raise."""
        ...


@dataclass
class Fitted:
    """A trained network at the epoch that is kept, with the losses of all epochs."""

    network: nn.Module
    scale: LabelScale
    epoch: int
    history: list[dict[str, float | None]]


@dataclass(frozen=True)
class Data:
    """The data of one training.

    Attributes
    ----------
    part : NetworkPart
        Makes batches.
    task : Task
    arrays : RaggedArrays
    units : PredictionUnits
    labels, weights : ndarray
        Shapes (units, targets) and (units,).
    train, valid : ndarray
        Rows to train on, and rows to choose the epoch by; if there are none of these, the last epoch is kept.
    bounds : ndarray, optional
        Of labels that are censored, shape (units, targets, 2); see `data.bounds.columns.bounds_of`.
    """

    part: NetworkPart
    task: Task
    arrays: RaggedArrays
    units: PredictionUnits
    labels: np.ndarray
    weights: np.ndarray
    train: np.ndarray
    valid: np.ndarray
    bounds: np.ndarray | None = None


def fit(
    data: Data,
    network: nn.Module,
    settings: TrainSettings,
    seed: int,
    name: str = "train",
    device: torch.device = CPU,
    checkpoint: Keeper | None = None,
) -> Fitted:
    """Train, and keep the epoch with the lowest loss on the validation rows, or the last one.

    The validation loss is computed after fitting a temperature. Otherwise an overconfident network would
    lose to an earlier epoch, although calibration corrects its confidence later.

    Parameters
    ----------
    data : Data
    network : Module
        Untrained; it is trained in place.
    settings : TrainSettings
    seed : int
        Seed of the order of the batches.
    name : str
        Name of the training, for messages.
    device : device
        Device of the training. The returned network is on the CPU.
    checkpoint : Keeper, optional
        Training continues from the file of a `Checkpoint` if there is one, and writes it on the way.

    Raises
    ------
    InputError
        If the loss was never a number.
    Stopped
        With a checkpoint, if the process received SIGTERM.
    """
    training = Training(data, network, settings, seed, device)
    state = training.state
    with nullcontext(_nothing) if checkpoint is None else checkpoint.keep(state) as checkpoint_hook:
        for _ in progress(range(1, settings.epochs + 1), name, "epoch", done=len(state.history)):
            training.learn(checkpoint_hook)
            training.validate(checkpoint_hook)
            checkpoint_hook()
    if not state.best.epoch or not np.isfinite(state.best.loss):
        raise InputError("training diverged: the loss was never a number", where=name,
                         hint="Use a lower --learning-rate.")  # fmt: skip
    network.load_state_dict(state.best.parameters)
    return Fitted(network.cpu(), training.scale, state.best.epoch, state.history)


def _nothing() -> None:
    pass


class Goal(NamedTuple):
    """What is learned: labels, weights and bounds of all units, as `Loss` takes them."""

    labels: Tensor
    weights: Tensor
    bounds: Tensor | None

    def to(self, device: torch.device) -> Goal:
        return Goal(*(None if each is None else each.to(device) for each in self))  # type: ignore[arg-type]

    def of(self, units: np.ndarray) -> Goal:
        return Goal(*(None if each is None else each[units] for each in self))  # type: ignore[arg-type]


class Training:
    """One network in training: the parts that stay the same. `State` holds those that change.

    ``checkpoint_hook`` is called whenever the state is complete. It may raise; the epoch can later be
    continued from that state.
    """

    def __init__(
        self, data: Data, network: nn.Module, settings: TrainSettings, seed: int, device: torch.device
    ):
        self.data, self.settings = data, settings
        units = data.units(data.train)
        learned = data.labels[units]
        network.fit_scalers(data.arrays, data.train)  # type: ignore[operator]
        scale = LabelScale.fit(data.task, at_bounds(learned, bounds_at(data.bounds, units)))
        balance = None
        if data.task.of_probabilities:
            balance = class_weights(data.task, learned, settings.class_power)
        network.to(device)
        self.aim(scale, balance, device)
        batches = sum(1 for _ in self._batches(np.random.default_rng(seed)))
        self.rate = partial(one_cycle, steps=max(settings.epochs * batches, 10), peak=settings.learning_rate)
        optimizer = AdamW(network.parameters(), settings.weight_decay)
        self.state = State(network, optimizer, np.random.default_rng(seed), settings.epochs, batches)

    def aim(self, scale: LabelScale, balance: np.ndarray | None, device: torch.device) -> None:
        """Learn labels of this scale, with these weights of the classes (`class_weights`)."""
        data, self.scale = self.data, scale
        self.loss = Loss(data.task, balance, self.settings.label_smoothing).to(device)
        self.labels = torch.tensor(scale.apply(data.labels), dtype=torch.float32)
        self.weights = torch.tensor(data.weights, dtype=torch.float32)
        self.bounds = None if data.bounds is None else torch.tensor(
            scale.apply_to_bounds(data.bounds), dtype=torch.float32
        )  # fmt: skip
        self.goal = Goal(self.labels, self.weights, self.bounds).to(device)

    def _batches(self, rng: np.random.Generator) -> Iterator[np.ndarray]:
        return self.data.part.batches(self.data.arrays, self.data.train, self.settings.batch_size, rng)

    def learn(self, checkpoint_hook: Callable[[], None] = _nothing) -> None:
        """Train on the batches of the epoch that are not done yet."""
        self.state.network.train()
        for rows in islice(self._batches(self.state.rng), self.state.batch, None):
            self._step(rows)
            checkpoint_hook()

    def _step(self, rows: np.ndarray) -> None:
        network, optimizer = self.state.network, self.state.optimizer
        loss = self._gradient(rows)
        nn.utils.clip_grad_norm_(network.parameters(), self.settings.clip)
        optimizer.step(self.rate(optimizer.steps))
        self.state.add(loss, len(rows))

    def _gradient(self, rows: np.ndarray) -> float:
        """Compute the gradient of the loss on some rows; returns the loss."""
        data, goal = self.data, self.goal.of(self.data.units(rows))
        loss = self.loss(self.state.network(data.part.collate(data.arrays, rows)), *goal)
        self.state.optimizer.zero_grad()
        loss.backward()
        return float(loss.item())

    def validate(self, checkpoint_hook: Callable[[], None]) -> None:
        """Compute the validation loss, and end the epoch."""
        data, state = self.data, self.state
        if not len(data.valid):
            state.close(state.loss, better=True)
            return
        units = data.units(data.valid)
        raw = infer(data.part, state.network, data.arrays, data.valid, data.units, checkpoint_hook)
        raw = raw / fit_temperature(data.task, raw, data.labels[units], data.weights[units])
        outputs = torch.tensor(raw, dtype=torch.float32)
        goal = Goal(self.labels, self.weights, self.bounds).of(units)
        loss = Loss(data.task, None)(outputs, *goal).item()
        # A loss that is no number is never kept, so that a training that diverges is noticed.
        last = self.settings.keep == "last" and np.isfinite(loss)
        state.close(loss, better=last or loss < state.best.loss)


def infer(
    part: NetworkPart,
    network: nn.Module,
    arrays: RaggedArrays,
    rows: np.ndarray,
    units: PredictionUnits,
    checkpoint_hook: Callable[[], None] = _nothing,
) -> np.ndarray:
    """Raw outputs in the order of ``rows``, shape (units, outputs); the modality makes the batches.

    A `Progress` of `PREDICTIONS` counts the rows. ``checkpoint_hook`` is called after each batch. It may
    raise.
    """
    network.eval()
    wanted = units(rows)
    out_row = np.empty(len(arrays) if units.offsets is None else units.offsets[-1], np.int64)
    out_row[wanted] = np.arange(len(wanted))
    out: np.ndarray | None = None
    with torch.inference_mode():
        for batch_rows in part.batches(arrays, rows, part.INFERENCE_ROWS, None):
            raw = network(part.collate(arrays, batch_rows)).cpu().numpy()
            out = np.empty((len(wanted), raw.shape[1]), np.float32) if out is None else out
            out[out_row[units(batch_rows)]] = raw
            checkpoint_hook()
            tick(len(batch_rows), PREDICTIONS)
    return np.empty((0, 0), np.float32) if out is None else out


def progress(items: range, name: str, unit: str, done: int = 0) -> Iterator[int]:
    """Iterate over all items but the first ``done``: a bar on a terminal, at most ten lines in a log."""
    left, start = items[done:], time.monotonic()
    if on_terminal():
        yield from tqdm(left, desc=name, unit=unit, file=sys.stderr, initial=done, total=len(items))
        return
    for i, item in enumerate(left, done + 1):
        yield item
        if i == len(items) or i % -(-len(items) // 10) == 0:
            seconds = time.monotonic() - start
            needed = duration(seconds / (i - done) * (len(items) - i))
            rest = f", {needed} left" if seconds > SECONDS and i < len(items) else ""
            say("progress", f"{unit} {i} of {len(items)}{rest}", f"{name}: ", name=name, unit=unit, done=i,
                total=len(items))  # fmt: skip
