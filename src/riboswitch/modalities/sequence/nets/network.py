"""The sequence network: a convolutional stem, a recurrent layer each way, and one of three heads.

Padding never changes a result: padded positions are zero wherever a neighbour could see them, the layer that
reads backwards gets each sequence reversed within its own length, and pooling is masked.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from riboswitch.config.settings import fraction, one_of, positive_int
from riboswitch.data.arrays import RaggedArrays
from riboswitch.errors import UsageError
from riboswitch.modalities.sequence.nets.lookup import convolve
from riboswitch.modalities.sequence.nets.recurrent import recurrent, reverse
from riboswitch.numeric.offsets import gather_index

TRAINING = {"epochs": 20, "learning_rate": 3e-3, "label_smoothing": 0.05}
INFERENCE_ROWS = 128
TRUNK = ("embed", "conv", "conv_norm", "mix", "mix_norm", "forth", "back")  # what pre-training trains
PER_POSITION = {"head": "per_position"}  # what a label for each position needs
POOL_OF_BATCHES = 64  # buckets are cut inside shuffled pools: sorting all would tie batches to classes
HEADS = ("pooled", "aligned", "per_position")
RECURRENT = ("lstm", "gru", "mingru")
STRANDS = ("one", "augment", "average")
NORMALIZATIONS = ("layer", "batch")
DEFAULTS = {
    "pooled": {"dropout": 0.1, "hide": 0.0},
    "aligned": {"dropout": 0.5, "hide": 0.1},
    "per_position": {"dropout": 0.1, "hide": 0.0},
}
UNKNOWN = 1  # a letter that is not in the alphabet


@dataclass(frozen=True)
class NetworkSettings:
    """Sizes and kinds.

    Attributes
    ----------
    embedding, hidden : int
        Channels of a letter, and of the stem and each direction of the recurrent layer.
    kernel : int
        Width of the first convolution, in letters.
    pool : int
        Letters that become one step of the recurrent layer.
    dropout : float, optional
        On the features before the head: 0.5 for the head ``aligned``, which has many weights, else 0.1.
    hide : float, optional
        Share of the letters that are hidden in training, so that no answer hangs on one of them: 0.1 for
        ``aligned``, else 0.
    recurrent : {"lstm", "gru", "mingru"}
    head : {"pooled", "aligned", "per_position"}
        ``pooled``: mean and maximum over the steps, for sequences of any length. ``aligned``: every step has
        weights of its own, for windows of one length that are cut around the same thing. ``per_position``: an
        output for each letter. In training ``aligned`` is taken where the features have a window and no head
        is told.
    strands : {"one", "augment", "average"}
        Of DNA or RNA. ``augment``: in training a half of the rows is reverse-complemented. ``average``: the
        outputs for both strands are averaged, at twice the cost.
    normalization : {"layer", "batch"}
    """

    embedding: int = 16
    hidden: int = 64
    kernel: int = 7
    pool: int = 4
    dropout: float | None = None
    hide: float | None = None
    recurrent: str = "lstm"
    head: str = "pooled"
    strands: str = "one"
    normalization: str = "layer"

    def __post_init__(self) -> None:
        for name in ("embedding", "hidden", "kernel", "pool"):
            positive_int(name, getattr(self, name))
        one_of("head", self.head, HEADS)
        for name, value in DEFAULTS[self.head].items():
            if getattr(self, name) is None:
                object.__setattr__(self, name, value)
            fraction(name, getattr(self, name))
        named = {"recurrent": RECURRENT, "strands": STRANDS, "normalization": NORMALIZATIONS}
        for name, choices in named.items():
            one_of(name, getattr(self, name), choices)


class Batch(NamedTuple):
    """Padded sequences: ``letters`` (n, longest) uint8 with 0 as padding, ``lengths`` (n,) int64."""

    letters: Tensor
    lengths: Tensor


def collate(arrays: RaggedArrays, rows: np.ndarray) -> Batch:
    """Pad the sequences at ``rows`` to the longest of them."""
    index, new = gather_index(arrays.offsets["letters"], rows)
    lengths = np.diff(new)
    padded = np.zeros((len(rows), max(1, int(lengths.max(initial=1)))), np.uint8)
    padded[np.arange(padded.shape[1]) < lengths[:, None]] = arrays.values["letters"][index]
    return Batch(torch.from_numpy(padded), torch.from_numpy(lengths))


def batches(
    arrays: RaggedArrays, rows: np.ndarray, batch_size: int, rng: np.random.Generator | None = None
) -> Iterator[np.ndarray]:
    """Cut ``rows`` into batches of like length; shuffled if ``rng`` is given, else from short to long."""
    lengths = arrays.lengths("letters")
    if rng is None:
        ordered = rows[np.argsort(lengths[rows], kind="stable")]
        yield from (ordered[i : i + batch_size] for i in range(0, len(rows), batch_size))
        return
    shuffled = rng.permutation(rows)
    pool = batch_size * POOL_OF_BATCHES
    cut = []
    for start in range(0, len(shuffled), pool):
        part = shuffled[start : start + pool]
        part = part[np.argsort(lengths[part], kind="stable")]
        cut += [part[i : i + batch_size] for i in range(0, len(part), batch_size)]
    for i in rng.permutation(len(cut)):
        yield cut[i]


def asked(meta: dict[str, Any]) -> dict[str, Any]:
    """Settings that arrays ask for: windows of one length are cut around something, so places count."""
    return {"head": "aligned"} if meta.get("window") else {}


def positions(arrays: RaggedArrays) -> np.ndarray:
    """Where the letters of each row begin and end, shape (rows + 1,)."""
    return arrays.offsets["letters"]


class Network(nn.Module):
    """Convolutional stem and recurrent layer over sequences of any length.

    Parameters
    ----------
    settings : NetworkSettings
    n_outputs : int
    meta : dict
        The meta of the encoded arrays: ``letters`` is the size of the alphabet, ``window`` the length that
        all sequences have, if they have one.

    Raises
    ------
    UsageError
        If the settings do not fit together, or not the arrays.

    Notes
    -----
    Shapes: ``forward`` takes a Batch of n sequences and returns (n, n_outputs), or with the head
    ``per_position`` (letters of all, n_outputs), one sequence after the other without padding.
    """

    def __init__(self, settings: NetworkSettings, n_outputs: int, meta: dict[str, Any]):
        super().__init__()
        _check(settings, meta)
        self.settings, self.pool, self.precision = settings, settings.pool, torch.float32
        width = settings.hidden
        self.embed = nn.Embedding(meta["letters"] + 2, settings.embedding, padding_idx=0)
        self.conv = nn.Conv1d(settings.embedding, width, settings.kernel, padding="same")
        self.conv_norm = _Norm(settings.normalization, width)
        self.mix = nn.Conv1d(width, width, 5, padding="same")
        self.mix_norm = _Norm(settings.normalization, width)
        self.forth = recurrent(settings.recurrent, width, width)
        self.back = recurrent(settings.recurrent, width, width)
        features = {"pooled": 4 * width, "aligned": 2 * width * -(-meta.get("window", 0) // self.pool),
                    "per_position": 2 * width}[settings.head]  # fmt: skip
        outputs = n_outputs * (self.pool if settings.head == "per_position" else 1)
        self.head = nn.Sequential(nn.Dropout(settings.dropout or 0.0), nn.Linear(features, outputs))
        if settings.head == "per_position":
            # The steps are coarser than letters: what a letter's next neighbours are is seen by itself.
            self.local = nn.Conv1d(settings.embedding, n_outputs, settings.kernel, padding="same", bias=False)

    def fit_scalers(self, arrays: RaggedArrays, rows: np.ndarray) -> None:
        """Nothing to fit: letters have no scale."""

    def forward(self, batch: Batch) -> Tensor:
        device = self.embed.weight.device
        letters, lengths = batch.letters.to(device), batch.lengths.to(device)
        if self.settings.strands == "average":
            return (
                self._answer(letters, lengths) + self._answer(other_strand(letters, lengths), lengths)
            ) / 2
        if self.settings.strands == "augment" and self.training:
            turned = torch.rand(len(letters), 1, device=device) < 0.5
            letters = torch.where(turned, other_strand(letters, lengths), letters)
        if self.training and self.settings.hide:
            hidden = torch.rand(letters.shape, device=device) < self.settings.hide
            letters = letters.masked_fill(hidden & (letters > 0), UNKNOWN)
        return self._answer(letters, lengths)

    def _answer(self, letters: Tensor, lengths: Tensor) -> Tensor:
        with torch.autocast(letters.device.type, self.precision, self.precision != torch.float32):
            x, steps = self.stem(letters, lengths), self.steps(lengths)
            forth, back = self.forth(x)[0], self.back(reverse(x, steps))[0]
            if self.settings.head != "pooled":  # for mean and maximum the order is all one
                back = reverse(back, steps)
            both = torch.cat([forth, back], dim=-1)
        both = both.to(self.embed.weight.dtype)
        if self.settings.head == "pooled":
            return self.head(pooled(both, steps))
        if self.settings.head == "aligned":
            return self.head(both.flatten(1))
        fine = self.head(both).view(len(letters), -1, self.local.out_channels)[:, : letters.shape[1]]
        fine = fine + self._convolved(letters, self.local)
        return fine.flatten(0, 1) if _full(letters, lengths) else fine[letters > 0]

    def stem(self, letters: Tensor, lengths: Tensor) -> Tensor:
        """What the recurrent layers read: shape (n, steps, hidden), zero beyond each row's steps."""
        letters = nn.functional.pad(letters, (0, -letters.shape[1] % self.pool))
        x = self._convolved(letters, self.conv)  # (n, length, hidden)
        if not _full(letters, lengths):
            x = x.masked_fill((letters == 0).unsqueeze(-1), -torch.inf)
        x = x.unflatten(1, (-1, self.pool)).amax(2)  # (n, steps, hidden)
        real = mask(self.steps(lengths), x.shape[1])
        # Normalised after pooling: a share of the work, and just as exact.
        x = torch.relu(self.conv_norm(x.masked_fill(~real, 0.0), real)) * real
        x = self.mix(x.transpose(1, 2)).transpose(1, 2)
        return torch.relu(self.mix_norm(x, real)) * real

    def steps(self, lengths: Tensor) -> Tensor:
        """How many steps the recurrent layers make of so many letters."""
        return torch.div(lengths + self.pool - 1, self.pool, rounding_mode="floor")

    def _convolved(self, letters: Tensor, conv: nn.Conv1d) -> Tensor:
        """Shape (n, length, channels)."""
        if self.training:
            return conv(self.embed(letters.int()).transpose(1, 2)).transpose(1, 2)
        return convolve(letters, self.embed.weight, conv.weight, conv.bias)


class _Norm(nn.Module):
    """Layer or batch norm of (n, steps, channels); padding has no part in a batch's mean."""

    def __init__(self, kind: str, width: int):
        super().__init__()
        self.norm = nn.LayerNorm(width) if kind == "layer" else nn.BatchNorm1d(width)

    def forward(self, x: Tensor, real: Tensor) -> Tensor:
        if isinstance(self.norm, nn.LayerNorm):
            return self.norm(x)
        if bool(real.all()):
            return self.norm(x.flatten(0, 1)).view_as(x)
        out, chosen = torch.zeros_like(x), real.squeeze(-1)
        out[chosen] = self.norm(x[chosen])
        return out


def _check(settings: NetworkSettings, meta: dict[str, Any]) -> None:
    if settings.strands != "one" and meta["alphabet"] not in ("dna", "rna"):
        raise UsageError("only DNA and RNA have another strand", found=settings.strands,
                         hint=f"The alphabet is {meta['alphabet']}: set strands to one.")  # fmt: skip
    if settings.strands != "one" and settings.head == "per_position":
        raise UsageError("a label for each position belongs to one strand", found=settings.strands,
                         hint="Set strands to one; riboswitch annotate can read both strands.")  # fmt: skip
    if settings.head == "aligned" and not meta.get("window"):
        raise UsageError("the head 'aligned' is for windows of one length", found="no window in the features",
                         hint="Encode with the setting window, as {\"window\": 60}.")  # fmt: skip


def _full(letters: Tensor, lengths: Tensor) -> bool:
    """Whether there is no padding."""
    return bool((lengths == letters.shape[1]).all())


def mask(steps: Tensor, longest: int) -> Tensor:
    """True where there is something: shape (n, longest, 1)."""
    return (torch.arange(longest, device=steps.device) < steps[:, None]).unsqueeze(-1)


def pooled(both: Tensor, steps: Tensor) -> Tensor:
    """Mean and maximum over the steps of each row: (n, longest, channels) -> (n, 2 channels)."""
    real = mask(steps, both.shape[1])
    mean = (both * real).sum(1) / steps.clamp(min=1)[:, None]
    peak = both.masked_fill(~real, -1.0).amax(1)  # outputs of the recurrent layers lie in (-1, 1)
    return torch.cat([mean, peak], dim=-1)


def other_strand(letters: Tensor, lengths: Tensor) -> Tensor:
    """Reverse complement of encoded DNA or RNA: A, C, G, T are 2, 3, 4, 5."""
    return reverse(torch.where(letters > 1, 7 - letters, letters), lengths)
