"""The one training loop, for every modality and every kind of task."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from types import ModuleType

import numpy as np
import torch
from torch import nn
from tqdm import tqdm

from riboswitch.arrays import RaggedArrays
from riboswitch.errors import InputError
from riboswitch.learning.cells import Cells
from riboswitch.learning.loss import LabelScale, Loss, class_weights, fit_temperature
from riboswitch.learning.optimizer import AdamW, one_cycle
from riboswitch.settings import positive, positive_int, share
from riboswitch.tasks import Task

CPU = torch.device("cpu")


@dataclass(frozen=True)
class TrainSettings:
    """How to train.

    Attributes
    ----------
    epochs, batch_size : int
    learning_rate, weight_decay : float
        Of AdamW under a one-cycle schedule. For these and the epochs a modality has defaults of its own,
        ``TRAINING`` in its network file.
    label_smoothing : float
        Multi-class tasks only.
    class_power : float
        A class of n rows weighs n ** -class_power a row; 0: every row alike.
    group_power : float
        A group of s rows weighs s ** -group_power a row, so that large allele families do not rule.
    clip : float
        Largest norm of the gradient.
    """

    epochs: int = 20
    batch_size: int = 64
    learning_rate: float = 2e-3
    weight_decay: float = 0.01
    label_smoothing: float = 0.0
    class_power: float = 0.5
    group_power: float = 0.5
    clip: float = 1.0

    def __post_init__(self) -> None:
        positive_int("epochs", self.epochs)
        positive_int("batch_size", self.batch_size)
        for name in ("learning_rate", "clip"):
            positive(name, getattr(self, name))
        positive("weight_decay", self.weight_decay, zero=True)
        share("label_smoothing", self.label_smoothing)
        for name in ("class_power", "group_power"):
            share(name, getattr(self, name), below_one=False)


@dataclass
class Fitted:
    """What training leaves: the network at its best epoch, and how it came there."""

    network: nn.Module
    scale: LabelScale
    epoch: int
    history: list[dict[str, float]]


@contextmanager
def reproducible(seed: int) -> Iterator[None]:
    """One thread, deterministic kernels, a fixed seed: equal bytes on equal machines."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    # The same switch as torch.use_deterministic_algorithms, which takes a second to import a compiler first.
    mode = torch.get_deterministic_debug_mode()
    torch.set_deterministic_debug_mode("error")
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        torch.set_deterministic_debug_mode(mode)


def fit(
    module: ModuleType,
    network: nn.Module,
    task: Task,
    arrays: RaggedArrays,
    labels: np.ndarray,
    weights: np.ndarray,
    rows: dict[str, np.ndarray],
    settings: TrainSettings,
    seed: int,
    name: str = "train",
    device: torch.device = CPU,
) -> Fitted:
    """Train on ``rows["train"]``, keep the epoch with the lowest loss on ``rows["valid"]``.

    The validation loss is taken after fitting a temperature: a network that grows too sure of itself
    while it learns to tell classes apart is not stopped for what calibration will mend.

    Parameters
    ----------
    module : module
        The modality's network file (for `collate` and `batches`).
    network : Module
        Freshly made; trained in place.
    labels, weights : ndarray
        Shapes (all cells, targets) and (all cells,): a cell is a row, or a position of one (see `Cells`).
    rows : dict
        ``train`` and ``valid`` positions; with no validation rows the last epoch is kept.
    device : device
        Where the network is while it learns; it comes back to the CPU.
    """
    train, valid = rows["train"], rows["valid"]
    cells = Cells.of(task, module, arrays)
    learned, judged = cells(train), cells(valid)
    network.fit_scalers(arrays, train)  # type: ignore[operator]
    scale = LabelScale.fit(task, labels[learned])
    balance = (
        None if task.kind == "regression" else class_weights(task, labels[learned], settings.class_power)
    )
    network.to(device)
    loss = Loss(task, balance, settings.label_smoothing).to(device)
    judge = Loss(task, None)
    scaled = torch.tensor(scale.apply(labels), dtype=torch.float32)
    weight = torch.tensor(weights, dtype=torch.float32)
    goal = scaled.to(device), weight.to(device)
    rng = np.random.default_rng(seed)
    steps = sum(1 for _ in module.batches(arrays, train, settings.batch_size, np.random.default_rng(seed)))
    optimizer = AdamW(network.parameters(), settings.weight_decay)
    rates = partial(one_cycle, steps=max(settings.epochs * steps, 10), peak=settings.learning_rate)
    best, history = (np.inf, 0, {k: v.clone() for k, v in network.state_dict().items()}), []
    for epoch in progress(range(1, settings.epochs + 1), name, "epoch"):
        total = _epoch(module, network, arrays, train, cells, *goal, loss, optimizer, rates, settings, rng)
        valid_loss = total
        if len(valid):
            raw = infer(module, network, arrays, valid, cells)
            raw = raw / fit_temperature(task, raw, labels[judged], weights[judged])
            valid_loss = judge(torch.tensor(raw, dtype=torch.float32), scaled[judged], weight[judged]).item()
        history.append({"train_loss": round(total, 6), "valid_loss": round(valid_loss, 6)})
        if valid_loss < best[0] or not len(valid):
            best = (valid_loss, epoch, {k: v.clone() for k, v in network.state_dict().items()})
    if not best[1]:
        raise InputError("training diverged: the loss was never a number", where=name,
                         hint="Use a lower learning_rate.")  # fmt: skip
    network.load_state_dict(best[2])
    return Fitted(network.cpu(), scale, best[1], history)


def _epoch(
    module: ModuleType,
    network: nn.Module,
    arrays: RaggedArrays,
    rows: np.ndarray,
    cells: Cells,
    labels: torch.Tensor,
    weights: torch.Tensor,
    loss: Loss,
    optimizer: AdamW,
    rates: Callable[[int], float],
    settings: TrainSettings,
    rng: np.random.Generator,
) -> float:
    network.train()
    total, count = 0.0, 0
    for batch_rows in module.batches(arrays, rows, settings.batch_size, rng):
        at = cells(batch_rows)
        value = loss(network(module.collate(arrays, batch_rows)), labels[at], weights[at])
        optimizer.zero_grad()
        value.backward()
        nn.utils.clip_grad_norm_(network.parameters(), settings.clip)
        optimizer.step(rates(optimizer.steps))
        total, count = total + value.item() * len(batch_rows), count + len(batch_rows)
    return total / max(count, 1)


def infer(
    module: ModuleType, network: nn.Module, arrays: RaggedArrays, rows: np.ndarray, cells: Cells
) -> np.ndarray:
    """Raw outputs in the order of ``rows``, shape (cells, outputs); the batches are the modality's."""
    network.eval()
    wanted = cells(rows)
    place = np.empty(len(arrays) if cells.offsets is None else cells.offsets[-1], np.int64)
    place[wanted] = np.arange(len(wanted))
    out: np.ndarray | None = None
    with torch.inference_mode():
        for batch_rows in module.batches(arrays, rows, module.INFERENCE_ROWS, None):
            raw = network(module.collate(arrays, batch_rows)).cpu().numpy()
            out = np.empty((len(wanted), raw.shape[1]), np.float32) if out is None else out
            out[place[cells(batch_rows)]] = raw
    return np.empty((0, 0), np.float32) if out is None else out


def progress(items: range, name: str, unit: str) -> Iterator[int]:
    """Iterate with a bar on a terminal, with plain lines (at most ten) in a log."""
    if sys.stderr.isatty():
        yield from tqdm(items, desc=name, unit=unit, file=sys.stderr)
        return
    for i, item in enumerate(items, 1):
        yield item
        if i == len(items) or i % -(-len(items) // 10) == 0:
            print(f"{name}: {unit} {i} of {len(items)}", file=sys.stderr, flush=True)
