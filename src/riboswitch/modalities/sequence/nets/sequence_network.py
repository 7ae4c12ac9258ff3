"""The sequence network: a convolutional stem, a recurrent layer in each direction, and one of three heads.

Padding never changes a result: padded positions are zero wherever a neighbour could see them, the backward
layer gets each sequence reversed within its own length, and pooling is masked.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from riboswitch.data.arrays import RaggedArrays
from riboswitch.errors import UsageError
from riboswitch.learning.recurrent.layers import recurrent, reverse
from riboswitch.learning.recurrent.steps import MaskedNorm, both_ways, coarse, mask, pooled
from riboswitch.modalities.sequence.nets.batch import Batch
from riboswitch.modalities.sequence.nets.lookup import convolve
from riboswitch.modalities.sequence.nets.settings import NetworkSettings

UNKNOWN = 1  # a letter that is not in the alphabet


class Network(nn.Module):
    """Convolutional stem and recurrent layer over sequences of any length.

    Parameters
    ----------
    settings : NetworkSettings
    n_outputs : int
    meta : mapping
        The meta of the encoded arrays: ``letters`` is the size of the alphabet, ``window`` the common length
        of all sequences, if there is one.

    Raises
    ------
    UsageError
        If the settings do not fit each other or the arrays.

    Notes
    -----
    Shapes: ``forward`` takes a Batch of n sequences and returns (n, n_outputs), or with the head
    ``per_position`` (letters of all sequences, n_outputs), one sequence after the other without padding.
    """

    def __init__(self, settings: NetworkSettings, n_outputs: int, meta: Mapping[str, Any]):
        super().__init__()
        _check(settings, meta)
        self.settings, self.pool, self.precision = settings, settings.pool, torch.float32
        width = settings.hidden
        self.embedding = nn.Embedding(meta["letters"] + 2, settings.embedding, padding_idx=0)
        self.conv = nn.Conv1d(settings.embedding, width, settings.kernel, padding="same")
        self.conv_norm = MaskedNorm(settings.normalization, width)
        self.mix = nn.Conv1d(width, width, 5, padding="same")
        self.mix_norm = MaskedNorm(settings.normalization, width)
        self.forth = recurrent(settings.recurrent, width, width)
        self.back = recurrent(settings.recurrent, width, width)
        self.width = {"pooled": 4 * width, "aligned": 2 * width * -(-meta.get("window", 0) // self.pool),
                    "per_position": 2 * width}[settings.head]  # fmt: skip
        outputs = n_outputs * (self.pool if settings.head == "per_position" else 1)
        self.head = nn.Sequential(nn.Dropout(settings.dropout or 0.0), nn.Linear(self.width, outputs))
        if settings.head == "per_position":
            # A step covers several letters: this layer sees each letter and its next neighbours.
            self.local = nn.Conv1d(settings.embedding, n_outputs, settings.kernel, padding="same", bias=False)

    def fit_scalers(self, arrays: RaggedArrays, rows: np.ndarray) -> None:
        """Do nothing: letters have no scale."""

    def embed(self, batch: Batch) -> Tensor:
        """One vector for each sequence, shape (n, width); the mean over steps if each has an output."""
        embeddings = [self._embedded(letters, lengths) for letters, lengths in self._strands(batch)]
        return sum(embeddings[1:], embeddings[0]) / len(embeddings)

    def forward(self, batch: Batch) -> Tensor:
        outputs = [self._answer(letters, lengths) for letters, lengths in self._strands(batch)]
        return outputs[0] if len(outputs) == 1 else (outputs[0] + outputs[1]) / 2

    def _strands(self, batch: Batch) -> list[tuple[Tensor, Tensor]]:
        """Letters and lengths of one strand, or of both if their outputs are averaged."""
        device = self.embedding.weight.device
        letters, lengths = batch.letters.to(device), batch.lengths.to(device)
        if self.settings.strands == "average":
            return [(letters, lengths), (other_strand(letters, lengths), lengths)]
        if self.settings.strands == "augment" and self.training:
            reversed_rows = torch.rand(len(letters), 1, device=device) < 0.5
            letters = torch.where(reversed_rows, other_strand(letters, lengths), letters)
        if self.training and self.settings.hide:
            hidden = torch.rand(letters.shape, device=device) < self.settings.hide
            letters = letters.masked_fill(hidden & (letters > 0), UNKNOWN)
        return [(letters, lengths)]

    def _embedded(self, letters: Tensor, lengths: Tensor) -> Tensor:
        """Shape (n, width)."""
        both, steps = self._states(letters, lengths)
        if self.settings.head == "pooled":
            return pooled(both, steps)
        if self.settings.head == "aligned":
            return both.flatten(1)
        return (both * mask(steps, both.shape[1])).sum(1) / steps.clamp(min=1)[:, None]

    def _answer(self, letters: Tensor, lengths: Tensor) -> Tensor:
        """Outputs of the head, shape (n, n_outputs), or (letters of all, n_outputs)."""
        if self.settings.head != "per_position":
            return self.head(self._embedded(letters, lengths))
        both, _ = self._states(letters, lengths)
        fine = self.head(both).view(len(letters), -1, self.local.out_channels)[:, : letters.shape[1]]
        fine = fine + self._convolved(letters, self.local)
        return fine.flatten(0, 1) if _full(letters, lengths) else fine[letters > 0]

    def _states(self, letters: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """States of both recurrent layers, shape (n, steps, 2 hidden), and the steps of each row."""
        with torch.autocast(letters.device.type, self.precision, self.precision != torch.float32):
            x, steps = self.stem(letters, lengths), self.steps(lengths)
            both = both_ways(self.forth, self.back, x, steps, self.settings.head != "pooled")
        return both.to(self.embedding.weight.dtype), steps

    def stem(self, letters: Tensor, lengths: Tensor) -> Tensor:
        """Inputs of the recurrent layers: shape (n, steps, hidden), zero beyond each row's steps."""
        letters = nn.functional.pad(letters, (0, -letters.shape[1] % self.pool))
        x, _, real = coarse(self._convolved(letters, self.conv), lengths, self.pool)  # (n, steps, hidden)
        # Normalising after pooling takes a fraction of the time, and is just as accurate.
        x = torch.relu(self.conv_norm(x, real)) * real
        x = self.mix(x.transpose(1, 2)).transpose(1, 2)
        return torch.relu(self.mix_norm(x, real)) * real

    def steps(self, lengths: Tensor) -> Tensor:
        """Number of steps of the recurrent layers for so many letters."""
        return torch.div(lengths + self.pool - 1, self.pool, rounding_mode="floor")

    def _convolved(self, letters: Tensor, conv: nn.Conv1d) -> Tensor:
        """Shape (n, length, channels)."""
        if self.training:
            return conv(self.embedding(letters.int()).transpose(1, 2)).transpose(1, 2)
        return convolve(letters, self.embedding.weight, conv.weight, conv.bias)


def _check(settings: NetworkSettings, meta: Mapping[str, Any]) -> None:
    if settings.strands != "one" and meta["alphabet"] not in ("dna", "rna"):
        raise UsageError("only DNA and RNA have another strand", found=settings.strands,
                         hint=f"The alphabet is {meta['alphabet']}: set --strands one.")  # fmt: skip
    if settings.strands != "one" and settings.head == "per_position":
        raise UsageError("a label for each position belongs to one strand", found=settings.strands,
                         hint="Set --strands one. riboswitch annotate can read both strands.")  # fmt: skip
    if settings.head == "aligned" and not meta.get("window"):
        raise UsageError("the head 'aligned' is for windows of one length", found="no window in the features",
                         hint="riboswitch featurize --window 60 encodes windows of 60 letters.")  # fmt: skip


def _full(letters: Tensor, lengths: Tensor) -> bool:
    """Whether there is no padding."""
    return bool((lengths == letters.shape[1]).all())


def other_strand(letters: Tensor, lengths: Tensor) -> Tensor:
    """Reverse complement of encoded DNA or RNA: A, C, G, T are 2, 3, 4, 5."""
    return reverse(torch.where(letters > 1, 7 - letters, letters), lengths)
