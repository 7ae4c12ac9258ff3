"""Saturation mutagenesis: a network's answers for many substitutions in one sequence.

The plain way asks the network for each mutant anew. Most of that was computed before:

- a letter is seen by a few steps of the convolutional stem only, and what it adds to the first convolution is
  a row of a table;
- before the first changed step each recurrent layer is in the state it had in the sequence itself. So
  mutants, sorted by position, join a running batch at their step, and it grows while the layer reads on;
- what the steps before gave to mean, maximum or head is joined from sums kept along the sequence.

The answers are the plain ones but for rounding (tests hold them to 1e-5).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from riboswitch.errors import UsageError
from riboswitch.modalities.sequence.nets import cpu_kernels
from riboswitch.modalities.sequence.nets.batch import Batch
from riboswitch.modalities.sequence.nets.network import Network, other_strand
from riboswitch.modalities.sequence.nets.stepwise import Cell, cell

TOGETHER = 1024  # mutants that run together
PLAIN_ROWS = 128


class Substitutions(NamedTuple):
    """One letter each in the place of another: ``position`` from 0 and ``code``, both (mutants,) int64."""

    position: np.ndarray
    code: np.ndarray


def mutant_answers(network: Network, letters: np.ndarray, mutants: Substitutions) -> np.ndarray:
    """Raw outputs for a sequence and for each mutant of it.

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
        Shape (1 + mutants, outputs), the sequence itself first.

    Raises
    ------
    UsageError
        If the network has an output for each letter: none of them is the answer for the whole.
    """
    if network.settings.head == "per_position":
        raise UsageError("a model with an answer for each letter has none for the whole sequence",
                         found="head per_position", hint="Explain a model of whole sequences.")  # fmt: skip
    if network.precision != torch.float32:
        return plain_answers(network, letters, mutants)
    with torch.inference_mode():
        whole = torch.from_numpy(letters).to(network.embedding.weight.device)[None]
        position, code = (torch.from_numpy(m).to(whole.device) for m in mutants)
        answers = _one_strand(network, whole, position, code)
        if network.settings.strands == "average":
            turned = other_strand(whole, torch.tensor([len(letters)], device=whole.device))
            other = torch.where(code > 1, 7 - code, code)
            answers = (answers + _one_strand(network, turned, len(letters) - 1 - position, other)) / 2
        return answers.cpu().numpy()


def plain_answers(
    network: Network, letters: np.ndarray, mutants: Substitutions, rows: int = PLAIN_ROWS
) -> np.ndarray:
    """The same the plain way: every mutant is put through the network, ``rows`` at a time."""
    many = len(mutants.code)
    out = [_forward(network, letters[None])]
    for start in range(0, many, rows):
        part = slice(start, min(start + rows, many))
        changed = np.repeat(letters[None], part.stop - start, axis=0)
        changed[np.arange(len(changed)), mutants.position[part]] = mutants.code[part]
        out.append(_forward(network, changed))
    return np.concatenate(out)


def _forward(network: Network, letters: np.ndarray) -> np.ndarray:
    lengths = torch.full((len(letters),), letters.shape[1])
    with torch.inference_mode():
        return network(Batch(torch.from_numpy(letters), lengths)).cpu().numpy()


def _one_strand(network: Network, whole: Tensor, position: Tensor, code: Tensor) -> Tensor:
    """As `mutant_answers`, for one reading of the sequence."""
    stem = _Stem(network, whole)
    forth = _Direction(network, network.forth, stem.steps, backwards=False)
    back = _Direction(network, network.back, stem.steps.flip(0), backwards=True)
    ways = (forth, back)
    order = torch.argsort(position, stable=True)
    out = [_joined(network, *(way.whole for way in ways))]
    for part in order.split(TOGETHER):
        first, changed = stem.changed(position[part], code[part])
        summed = forth.run(first, changed)
        # Read backwards, the last mutants come first.
        last = len(stem.steps) - first - changed.shape[1]
        out.append(_joined(network, summed, back.run(last.flip(0), changed.flip(0, 1)).flip(0)))
    answers = torch.cat(out)
    answers[1 + order] = answers[1:].clone()
    return answers


def _joined(network: Network, forth: Tensor, back: Tensor) -> Tensor:
    """From what each direction has gathered to the outputs."""
    if network.settings.head == "aligned":
        return forth + back + _last(network).bias
    mean, peak = zip(forth.chunk(2, dim=1), back.chunk(2, dim=1), strict=True)
    return network.head(torch.cat([*mean, *peak], dim=1))


def _last(network: Network) -> nn.Linear:
    layer = network.head[-1]
    assert isinstance(layer, nn.Linear)
    return layer


class _Stem:
    """The stem's steps for a sequence, and those that a substitution changes."""

    def __init__(self, network: Network, whole: Tensor):
        self.network, self.letters = network, whole[0].long()
        kernel, pool = network.settings.kernel, network.pool
        self.before = kernel - 1 - (kernel - 1) // 2  # outputs of the convolution before a letter that see it
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
        """The first step that a mutant may change, (mutants,), and by how much, (mutants, some, width)."""
        begin, fine = self._convolved(position, code)
        coarse = fine.unflatten(1, (self.pools, self.network.pool)).amax(2)
        real = self._real(begin, self.pools)
        coarse = self._normed(coarse.masked_fill(~real, 0.0)) * real
        delta = coarse - _window(self.coarse, begin, self.pools)
        delta = cpu_kernels.linear(delta.flatten(1), self.spread).unflatten(1, (-1, delta.shape[2]))
        first, many = begin - self.network.mix.kernel_size[0] // 2, delta.shape[1]
        finished = self._finished(_window(self.mixed, first, many) + delta) * self._real(first, many)
        return first, finished - _window(self.steps, first, many)

    def _convolved(self, position: Tensor, code: Tensor) -> tuple[Tensor, Tensor]:
        """The first pooled step that may see the place, and the convolution from there on."""
        pool = self.network.pool
        places, which = torch.unique_consecutive(position, return_inverse=True)
        begin = torch.div(places - self.before, pool, rounding_mode="floor")
        place = places - self.before - begin * pool
        size = self.pools * pool
        without = _window(self.fine, begin * pool, size, -torch.inf) - self.table[place, self.letters[places]]
        rows = torch.cat([without.flatten(1), self.table.flatten(0, 1).flatten(1)])
        added = len(without) + place[which] * self.table.shape[1] + code
        # A sum of two rows each, without a copy of either.
        fine = nn.functional.embedding_bag(torch.stack([which, added], 1), rows, mode="sum")
        return begin[which], fine.unflatten(1, (size, -1))

    def _normed(self, coarse: Tensor) -> Tensor:
        return torch.relu(self.network.conv_norm(coarse, torch.ones_like(coarse[:, :, :1], dtype=torch.bool)))

    def _finished(self, mixed: Tensor) -> Tensor:
        return torch.relu(self.network.mix_norm(mixed, torch.ones_like(mixed[:, :, :1], dtype=torch.bool)))

    def _real(self, first: Tensor, many: int) -> Tensor:
        step = first[:, None] + torch.arange(many, device=first.device)
        return ((step >= 0) & (step < len(self.coarse))).unsqueeze(-1)

    def _letter_table(self) -> Tensor:
        """What a letter adds to the outputs of the convolution around it, for each place it may have.

        Shape (places within a pooled step, letters, outputs in a window of pooled steps, width).
        """
        pool, kernel = self.network.pool, self.network.settings.kernel
        alone = torch.einsum("le,wek->lkw", self.network.embedding.weight, self.network.conv.weight).flip(1)
        table = alone.new_zeros(pool, len(alone), self.pools * pool, alone.shape[2])
        for place in range(pool):
            table[place, :, place : place + kernel] = alone
        return table

    def _spreading(self) -> Tensor:
        """The second convolution as one matrix, from a window of pooled steps to all steps that see it."""
        weight = self.network.mix.weight
        outputs, inputs, kernel = weight.shape
        matrix = weight.new_zeros(self.pools + kernel - 1, outputs, self.pools, inputs)
        for step in range(self.pools):
            matrix[step : step + kernel, :, step] = weight.permute(2, 0, 1).flip(0)
        return matrix.flatten(2).flatten(0, 1)


class _Direction:
    """One recurrent layer along a sequence, and what it gathers for the head."""

    def __init__(self, network: Network, layer: nn.Module, steps: Tensor, backwards: bool):
        self.cell: Cell = cell(layer)
        self.steps, self.shares = steps, self.cell.input_part(steps)
        self.common = self.shares + self.cell.always()
        self.aligned = network.settings.head == "aligned"
        width = self.cell.width
        if self.aligned:
            weight = _last(network).weight.unflatten(1, (len(steps), 2 * width))
            weight = weight[:, :, width:].flip(1) if backwards else weight[:, :, :width]
            self.weight = weight.transpose(0, 1).contiguous()  # (steps, outputs, width)
        self._follow()

    def _follow(self) -> None:
        """Read the sequence itself; keep state and gathered sums before each of its steps."""
        begin, none = self.cell.begin(1, self.steps), self.shares[:0]
        self.states = [torch.cat([t, t.new_empty(len(self.steps), t.shape[1])]) for t in begin]
        for t in range(len(self.steps)):
            state = [kept[t + 1 : t + 2] for kept in self.states]
            for after, kept in zip(state, self.states, strict=True):
                after.copy_(kept[t : t + 1])
            self.cell.step(self.common[t], none, state)
        self.sums = self._summed(self.states[0][1:])
        self.whole = self._finish(self.sums[-1:].clone())

    def run(self, first: Tensor, changed: Tensor) -> Tensor:
        """What is gathered of each mutant, (mutants, features).

        Parameters
        ----------
        first : Tensor
            The step at which a mutant's changed ones begin, ascending; it may lie before the sequence.
        changed : Tensor
            How they differ from the sequence's own, (mutants, some, width).
        """
        some, device = changed.shape[1], first.device
        steps, order = (first[:, None] + torch.arange(some, device=device)).flatten().sort(stable=True)
        shares = self.cell.input_part(changed.flatten(0, 1)[order])
        read = torch.arange(len(self.steps) + 1, device=device)
        starts = torch.searchsorted(steps, read).tolist()
        began = torch.searchsorted(first.contiguous(), read, right=True).tolist()
        join = first.clamp(min=0)
        state, gathered = [kept[join] for kept in self.states], self.sums[join]
        for t in range(int(join[0]), len(self.steps)):
            running = [tensor[: began[t]] for tensor in state]
            self.cell.step(self.common[t], shares[starts[t] : starts[t + 1]], running)
            self._gather(t, running[0], gathered[: began[t]])
        return self._finish(gathered)

    def _summed(self, outs: Tensor) -> Tensor:
        """What is gathered before each step of outputs (steps, width), and behind the last."""
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


def _window(rows: Tensor, first: Tensor, many: int, beyond: float = 0.0) -> Tensor:
    """``many`` of the rows (all, width) from each of ``first``; those before and behind are ``beyond``."""
    index = first[:, None] + torch.arange(many, device=rows.device)
    out = rows[index.clamp(0, len(rows) - 1)]
    return out.masked_fill_(((index < 0) | (index >= len(rows))).unsqueeze(-1), beyond)
