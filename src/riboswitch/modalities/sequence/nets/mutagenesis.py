"""Saturation mutagenesis: a network's outputs for many substitutions in one sequence.

The direct way applies the network to each mutant. Most of that repeats earlier work:

- Only a few steps of the convolutional stem see a letter. Its contribution to the first convolution is a row
  of a table.
- Before the first changed step a recurrent layer has the same state as in the original sequence. Mutants are
  sorted by position and join a running batch at their step; the batch grows along the sequence.
- The contributions of earlier steps to mean, maximum or head come from running sums over the original
  sequence.

The outputs are those of the direct way but for rounding (tests allow 1e-5).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from riboswitch.errors import UsageError
from riboswitch.modalities.sequence.nets import cpu_kernels
from riboswitch.modalities.sequence.nets.batch import Batch
from riboswitch.modalities.sequence.nets.sequence_network import Network, other_strand
from riboswitch.modalities.sequence.nets.stepwise import Cell, cell

MUTANTS_TOGETHER = 1024
DIRECT_ROWS = 128


class Substitutions(NamedTuple):
    """Substitutions of one letter each: ``position`` from 0 and new ``code``, both (mutants,) int64."""

    position: np.ndarray
    code: np.ndarray


def mutant_answers(network: Network, letters: np.ndarray, mutants: Substitutions) -> np.ndarray:
    """Raw outputs for a sequence and for each of its mutants.

    Parameters
    ----------
    network : Network
        In evaluation mode, with the head ``pooled`` or ``aligned``.
    letters : ndarray
        The encoded sequence, (length,) uint8.
    mutants : Substitutions

    Returns
    -------
    ndarray
        Shape (1 + mutants, outputs); the first row is the original sequence.

    Raises
    ------
    UsageError
        If the network has an output for each letter, and none for the whole sequence.
    """
    if network.settings.head == "per_position":
        raise UsageError("a model with an answer for each letter has none for the whole sequence",
                         found="head per_position", hint="Explain a model of whole sequences.")  # fmt: skip
    if network.precision != torch.float32:
        return direct_answers(network, letters, mutants)
    with torch.inference_mode():
        whole = torch.from_numpy(letters).to(network.embedding.weight.device)[None]
        position, code = (torch.from_numpy(m).to(whole.device) for m in mutants)
        answers = _one_strand(network, whole, position, code)
        if network.settings.strands == "average":
            turned = other_strand(whole, torch.tensor([len(letters)], device=whole.device))
            other = torch.where(code > 1, 7 - code, code)
            answers = (answers + _one_strand(network, turned, len(letters) - 1 - position, other)) / 2
        return answers.cpu().numpy()


def direct_answers(
    network: Network, letters: np.ndarray, mutants: Substitutions, rows: int = DIRECT_ROWS
) -> np.ndarray:
    """As `mutant_answers`, the direct way: the network is applied to ``rows`` mutants at a time."""
    total = len(mutants.code)
    out = [_forward(network, letters[None])]
    for start in range(0, total, rows):
        part = slice(start, min(start + rows, total))
        changed = np.repeat(letters[None], part.stop - start, axis=0)
        changed[np.arange(len(changed)), mutants.position[part]] = mutants.code[part]
        out.append(_forward(network, changed))
    return np.concatenate(out)


def _forward(network: Network, letters: np.ndarray) -> np.ndarray:
    lengths = torch.full((len(letters),), letters.shape[1])
    with torch.inference_mode():
        return network(Batch(torch.from_numpy(letters), lengths)).cpu().numpy()


def _one_strand(network: Network, whole: Tensor, position: Tensor, code: Tensor) -> Tensor:
    """As `mutant_answers`, for one strand."""
    stem = _Stem(network, whole)
    forth = _Direction(network, network.forth, stem.steps, backwards=False)
    back = _Direction(network, network.back, stem.steps.flip(0), backwards=True)
    order = torch.argsort(position, stable=True)
    out = [_joined(network, forth.whole, back.whole)]
    for part in order.split(MUTANTS_TOGETHER):
        first, changed = stem.changed(position[part], code[part])
        summed = forth.run(first, changed)
        # In backward direction the last mutants come first.
        last = len(stem.steps) - first - changed.shape[1]
        out.append(_joined(network, summed, back.run(last.flip(0), changed.flip(0, 1)).flip(0)))
    answers = torch.cat(out)
    answers[1 + order] = answers[1:].clone()
    return answers


def _joined(network: Network, forth: Tensor, back: Tensor) -> Tensor:
    """Outputs from the gathered features of both directions."""
    if network.settings.head == "aligned":
        return forth + back + _last(network).bias
    mean, peak = zip(forth.chunk(2, dim=1), back.chunk(2, dim=1), strict=True)
    return network.head(torch.cat([*mean, *peak], dim=1))


def _last(network: Network) -> nn.Linear:
    layer = network.head[-1]
    assert isinstance(layer, nn.Linear)
    return layer


class _Stem:
    """The stem's steps for a sequence, and the changes of them by a substitution."""

    def __init__(self, network: Network, whole: Tensor):
        self.network, self.letters = network, whole[0].long()
        kernel, pool = network.settings.kernel, network.pool
        self.before = kernel - 1 - (kernel - 1) // 2  # convolution outputs before a letter that see it
        self.pools = (kernel + pool - 2) // pool + 1  # pooled steps that may see a letter
        fine = network.conv(network.embedding(nn.functional.pad(whole, (0, -whole.shape[1] % pool)).int()).mT)
        fine[:, :, whole.shape[1] :] = -torch.inf
        self.fine = fine[0].T  # (letters, width)
        coarse = self.fine.unflatten(0, (-1, pool)).amax(1)
        self.coarse = self._normed(coarse[None])[0]
        self.mixed = network.mix(self.coarse.T[None])[0].T
        self.steps = self._finished(self.mixed[None])[0]
        self.table, self.spread = self._letter_table(), self._spreading()

    def changed(self, position: Tensor, code: Tensor) -> tuple[Tensor, Tensor]:
        """The first step that a mutant may change, (mutants,), and the changes, (mutants, steps, width)."""
        begin, fine = self._convolved(position, code)
        coarse = fine.unflatten(1, (self.pools, self.network.pool)).amax(2)
        real = self._real(begin, self.pools)
        coarse = self._normed(coarse.masked_fill(~real, 0.0)) * real
        delta = coarse - _window(self.coarse, begin, self.pools)
        delta = cpu_kernels.linear(delta.flatten(1), self.spread).unflatten(1, (-1, delta.shape[2]))
        first, steps = begin - self.network.mix.kernel_size[0] // 2, delta.shape[1]
        finished = self._finished(_window(self.mixed, first, steps) + delta) * self._real(first, steps)
        return first, finished - _window(self.steps, first, steps)

    def _convolved(self, position: Tensor, code: Tensor) -> tuple[Tensor, Tensor]:
        """The first pooled step that may see the position, and the convolution from there on."""
        pool = self.network.pool
        distinct, which = torch.unique_consecutive(position, return_inverse=True)
        begin = torch.div(distinct - self.before, pool, rounding_mode="floor")
        offset = distinct - self.before - begin * pool
        size = self.pools * pool
        own = self.table[offset, self.letters[distinct]]
        without = _window(self.fine, begin * pool, size, -torch.inf) - own
        rows = torch.cat([without.flatten(1), self.table.flatten(0, 1).flatten(1)])
        added = len(without) + offset[which] * self.table.shape[1] + code
        # The sum of two rows, without a copy of either.
        fine = nn.functional.embedding_bag(torch.stack([which, added], 1), rows, mode="sum")
        return begin[which], fine.unflatten(1, (size, -1))

    def _normed(self, coarse: Tensor) -> Tensor:
        return torch.relu(self.network.conv_norm(coarse, torch.ones_like(coarse[:, :, :1], dtype=torch.bool)))

    def _finished(self, mixed: Tensor) -> Tensor:
        return torch.relu(self.network.mix_norm(mixed, torch.ones_like(mixed[:, :, :1], dtype=torch.bool)))

    def _real(self, first: Tensor, steps: int) -> Tensor:
        """Whether each of the ``steps`` from ``first`` lies in the sequence, (mutants, steps, 1)."""
        step = first[:, None] + torch.arange(steps, device=first.device)
        return ((step >= 0) & (step < len(self.coarse))).unsqueeze(-1)

    def _letter_table(self) -> Tensor:
        """Contributions of a letter to the convolution outputs around it, for each offset in a pooled step.

        Shape (offsets within a pooled step, letters, outputs in a window of pooled steps, width).
        """
        pool, kernel = self.network.pool, self.network.settings.kernel
        alone = torch.einsum("le,wek->lkw", self.network.embedding.weight, self.network.conv.weight).flip(1)
        table = alone.new_zeros(pool, len(alone), self.pools * pool, alone.shape[2])
        for offset in range(pool):
            table[offset, :, offset : offset + kernel] = alone
        return table

    def _spreading(self) -> Tensor:
        """The second convolution as a matrix, from a window of pooled steps to all steps that see it."""
        weight = self.network.mix.weight
        outputs, inputs, kernel = weight.shape
        matrix = weight.new_zeros(self.pools + kernel - 1, outputs, self.pools, inputs)
        for step in range(self.pools):
            matrix[step : step + kernel, :, step] = weight.permute(2, 0, 1).flip(0)
        return matrix.flatten(2).flatten(0, 1)


class _Direction:
    """One recurrent layer along a sequence, and the features it gathers for the head."""

    def __init__(self, network: Network, layer: nn.Module, steps: Tensor, backwards: bool):
        self.cell: Cell = cell(layer)
        self.steps, self.gate_inputs = steps, self.cell.input_part(steps)
        self.common = self.gate_inputs + self.cell.bias()
        self.aligned = network.settings.head == "aligned"
        width = self.cell.width
        if self.aligned:
            weight = _last(network).weight.unflatten(1, (len(steps), 2 * width))
            weight = weight[:, :, width:].flip(1) if backwards else weight[:, :, :width]
            self.weight = weight.transpose(0, 1).contiguous()  # (steps, outputs, width)
        self._follow()

    def _follow(self) -> None:
        """Read the original sequence; keep the state and the gathered sums before each step."""
        begin, none = self.cell.begin(1, self.steps), self.gate_inputs[:0]
        self.states = [torch.cat([t, t.new_empty(len(self.steps), t.shape[1])]) for t in begin]
        for t in range(len(self.steps)):
            state = [kept[t + 1 : t + 2] for kept in self.states]
            for after, kept in zip(state, self.states, strict=True):
                after.copy_(kept[t : t + 1])
            self.cell.step(self.common[t], none, state)
        self.sums = self._summed(self.states[0][1:])
        self.whole = self._finish(self.sums[-1:].clone())

    def run(self, first: Tensor, changed: Tensor) -> Tensor:
        """Features gathered for each mutant, (mutants, features).

        Parameters
        ----------
        first : Tensor
            First changed step of each mutant, (mutants,), ascending; it may lie before the sequence.
        changed : Tensor
            Differences of the changed steps from the original ones, (mutants, changed steps, width).
        """
        width, device = changed.shape[1], first.device
        steps, order = (first[:, None] + torch.arange(width, device=device)).flatten().sort(stable=True)
        differences = self.cell.input_part(changed.flatten(0, 1)[order])
        read = torch.arange(len(self.steps) + 1, device=device)
        starts = torch.searchsorted(steps, read).tolist()
        began = torch.searchsorted(first.contiguous(), read, right=True).tolist()
        join = first.clamp(min=0)
        state, gathered = [kept[join] for kept in self.states], self.sums[join]
        for t in range(int(join[0]), len(self.steps)):
            running = [tensor[: began[t]] for tensor in state]
            self.cell.step(self.common[t], differences[starts[t] : starts[t + 1]], running)
            self._gather(t, running[0], gathered[: began[t]])
        return self._finish(gathered)

    def _summed(self, outs: Tensor) -> Tensor:
        """Features gathered before each step of the outputs (steps, width), and after the last."""
        if self.aligned:
            parts = torch.einsum("tw,tow->to", outs, self.weight)
            return nn.functional.pad(parts.cumsum(0), (0, 0, 1, 0))
        total = nn.functional.pad(outs.cumsum(0), (0, 0, 1, 0))
        peak = nn.functional.pad(outs.cummax(0).values, (0, 0, 1, 0), value=-1.0)
        return torch.cat([total, peak], dim=1)

    def _gather(self, t: int, out: Tensor, gathered: Tensor) -> None:
        if self.aligned:
            gathered.addmm_(out, self.weight[t].T)
            return
        if cpu_kernels.applies(out):
            cpu_kernels.pool_step(out.numpy(), gathered.numpy())
            return
        total, peak = gathered.chunk(2, dim=1)
        total += out
        torch.maximum(peak, out, out=peak)

    def _finish(self, gathered: Tensor) -> Tensor:
        if not self.aligned:
            gathered[:, : self.cell.width] /= len(self.steps)
        return gathered


def _window(rows: Tensor, first: Tensor, size: int, beyond: float = 0.0) -> Tensor:
    """``size`` of the ``rows`` from each of ``first``; rows that do not exist are ``beyond``."""
    index = first[:, None] + torch.arange(size, device=rows.device)
    out = rows[index.clamp(0, len(rows) - 1)]
    return out.masked_fill_(((index < 0) | (index >= len(rows))).unsqueeze(-1), beyond)
