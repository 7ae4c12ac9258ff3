"""The text network: tokens from words and characters, a recurrent network over them, and one of two heads.

Which words are known follows from the training texts (`Network.fit_scalers`): words are numbers, and no text
of a word is stored. Padding never changes a result.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from riboswitch.data.arrays import RaggedArrays
from riboswitch.learning.recurrent.layers import recurrent
from riboswitch.learning.recurrent.steps import MaskedNorm, both_ways, coarse, mask, pooled
from riboswitch.modalities.text import forms
from riboswitch.modalities.text.nets.batch import AROUND, Batch
from riboswitch.modalities.text.nets.settings import NetworkSettings
from riboswitch.modalities.text.nets.shared_rows import convolved, greatest, windows
from riboswitch.modalities.text.tokens import HIDDEN, KINDS
from riboswitch.numeric.offsets import gather_index

SEEN = 2**17  # places of the marks of known words: of 10,000 words one unknown one in 200 has two marks
BAG = 2**15  # rows of the table of the bag
LETTER = 16  # channels of a character
START = 0.1  # standard deviation of tables of words at first


class _Seen(NamedTuple):
    """The tokens that a network reads: the vector of each different one, and where it stands.

    ``rows`` are (tokens + 1, channels), the last one zero; ``number`` is (n, longest), that last one as
    padding; ``places`` (n, longest) has the place of each known word among `SEEN`, and -1.
    """

    rows: Tensor
    number: Tensor
    lengths: Tensor
    places: Tensor


class Network(nn.Module):
    """Tokens, a convolutional stem, a recurrent layer in each direction, and a head.

    Parameters
    ----------
    settings : NetworkSettings
    n_outputs : int
    meta : mapping
        Of encoded texts.

    Notes
    -----
    Shapes: ``forward`` takes a Batch of n texts and returns (n, n_outputs), or with the head ``per_position``
    (tokens of all texts, n_outputs), one text after the other without padding.
    """

    precision = None
    seen: Tensor
    rarity: Tensor

    def __init__(self, settings: NetworkSettings, n_outputs: int, meta: Mapping[str, Any]):
        super().__init__()
        channels = settings.words + settings.affixes + settings.spelling
        self.settings, width = settings, settings.hidden
        self.pool, self.bag_width = int(settings.pool or 1), int(settings.bag or 0)
        self.register_buffer("seen", torch.ones(SEEN))
        self.register_buffer("rarity", torch.ones(SEEN))
        self.words = nn.Embedding(1 + settings.slots, settings.words)  # row 0: unknown
        self.affixes = nn.EmbeddingBag(sum(forms.SLOTS), settings.affixes, mode="sum")
        self.letters = nn.Embedding(KINDS, LETTER, padding_idx=0)
        self.spelling = nn.Conv1d(LETTER, settings.spelling, 2 * AROUND + 1, padding=AROUND)
        for table in (self.words, self.affixes):
            nn.init.normal_(table.weight, std=START)
        self.conv = nn.Conv1d(channels, width, settings.kernel, padding="same")
        self.conv_norm = MaskedNorm(settings.normalization, width)
        self.mix = nn.Conv1d(width, width, 5, padding="same")
        self.mix_norm = MaskedNorm(settings.normalization, width)
        self.forth = recurrent(settings.recurrent, width, width)
        self.back = recurrent(settings.recurrent, width, width)
        self.bag = nn.EmbeddingBag(BAG, self.bag_width, mode="sum") if self.bag_width else None
        if self.bag is not None:
            nn.init.normal_(self.bag.weight, std=START)
        per_token = settings.head == "per_position"
        self.width = (2 if per_token else 4) * width + self.bag_width
        outputs = n_outputs * (self.pool if per_token else 1)
        self.head = nn.Sequential(nn.Dropout(settings.dropout), nn.Linear(self.width, outputs))
        if per_token:
            # This layer sees each token and its neighbours, whatever the recurrent layer makes of them.
            self.local = nn.Conv1d(channels, n_outputs, 3, padding=1, bias=False)

    def fit_scalers(self, arrays: RaggedArrays, rows: np.ndarray) -> None:
        """Learn which words enough training texts have, and how rare each is."""
        index, new = gather_index(arrays.only.offsets["word"], arrays.items(rows))
        words = arrays.only.values["word"][index]
        text = np.repeat(np.arange(len(rows)), np.diff(new))
        shown = words != HIDDEN
        one, other = _places(torch.from_numpy(words[shown]))
        counts = [torch.from_numpy(_texts_with(place.numpy(), text[shown])) for place in (one, other)]
        self.seen.copy_(sum(counts, torch.zeros(SEEN)) >= self.settings.least)
        self.rarity.copy_(torch.log((1 + len(rows)) / (1 + counts[0])) + 1)

    def embed(self, batch: Batch) -> Tensor:
        """One vector for each text, shape (n, width); the mean over steps if each token has an output."""
        seen = self._seen(batch)
        both, steps = self._states(seen)
        if self.settings.head == "pooled":
            vector = pooled(both, steps)
        else:
            vector = (both * mask(steps, both.shape[1])).sum(1) / steps.clamp(min=1)[:, None]
        return vector if self.bag is None else torch.cat([vector, self._bag(seen.places)], 1)

    def forward(self, batch: Batch) -> Tensor:
        if self.settings.head == "pooled":
            return self.head(self.embed(batch))
        seen = self._seen(batch)
        both, _ = self._states(seen)
        if self.bag is not None:
            both = torch.cat([both, self._bag(seen.places)[:, None].expand(-1, both.shape[1], -1)], 2)
        longest = seen.number.shape[1]
        real = mask(seen.lengths, longest).squeeze(-1)
        fine = self.head(both).view(len(both), -1, self.local.out_channels)[:, :longest]
        around = windows(seen.number, self.local.kernel_size[0], len(seen.rows) - 1)
        return fine[real] + convolved(self.local, seen.rows, around[real])

    def _seen(self, batch: Batch) -> _Seen:
        """The tokens of a batch, in training with some hidden and some channels left out.

        A channel is left out of a token wherever the batch has it: each different token is computed once.
        """
        number, lengths, words, letters, sizes, affixes = (each.to(self.seen.device) for each in batch)
        known, count = self._known(words), len(words)
        spelled = torch.cat([self.affixes(affixes.long()), self._spelled(letters.long(), sizes)], 1)
        of = torch.arange(count, device=number.device)
        if self.training and self.settings.hide:
            chance = torch.rand(number.shape, device=number.device)
            number = number + count * (chance < self.settings.hide)  # its word is hidden, or all of it
            number = number.masked_fill(chance < self.settings.hide / 2, count)
            different, number = torch.unique(number, return_inverse=True)
            of, known = different % count, known[different % count] & (different < count)
        one, other = (torch.where(known, 1 + (words[of] >> n) % self.settings.slots, 0) for n in (0, 31))
        rows = torch.cat([self.words(one) + self.words(other), spelled[of]], 1)
        rows = nn.functional.dropout(rows, self.settings.dropout, self.training)
        places = torch.where(known, _places(words[of])[0], -1)[number]
        real = mask(lengths, number.shape[1]).squeeze(-1)
        return _Seen(
            nn.functional.pad(rows, (0, 0, 0, 1)),
            torch.where(real, number, len(rows)),
            lengths,
            torch.where(real, places, -1),
        )

    def _known(self, words: Tensor) -> Tensor:
        """Whether each word is known."""
        one, other = _places(words)
        return (self.seen[one] > 0) & (self.seen[other] > 0) & (words != HIDDEN)

    def _spelled(self, letters: Tensor, sizes: Tensor) -> Tensor:
        """The maximum of the convolution over the characters of each token; 0 without any."""
        table = torch.cat([torch.zeros_like(self.letters.weight[:1]), self.letters.weight[1:]])
        return greatest(torch.relu(convolved(self.spelling, table, letters)), sizes)

    def _states(self, seen: _Seen) -> tuple[Tensor, Tensor]:
        """States of both recurrent layers, shape (n, steps, 2 hidden), and the steps of each text."""
        around = windows(seen.number, self.settings.kernel, len(seen.rows) - 1)
        x = convolved(self.conv, seen.rows, around.flatten(0, 1)).view(*seen.number.shape, -1)
        x, steps, real = coarse(x, seen.lengths, self.pool)
        x = torch.relu(self.conv_norm(x, real)) * real
        x = self.mix(x.transpose(1, 2)).transpose(1, 2)
        x = torch.relu(self.mix_norm(x, real)) * real
        return both_ways(self.forth, self.back, x, steps, self.settings.head != "pooled"), steps

    def _bag(self, places: Tensor) -> Tensor:
        """The projection of the TF-IDF weights of the known words of each text; (n, bag)."""
        assert self.bag is not None
        ordered = places.sort(1).values
        begins = torch.ones_like(ordered, dtype=torch.bool)
        begins[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
        run = begins.cumsum(1) - 1
        rarity = self.rarity[ordered.clamp(min=0)]
        count = torch.zeros_like(rarity).scatter_add_(1, run, torch.ones_like(rarity))
        weight = (1 + torch.log(count.gather(1, run))) * rarity
        weight = weight * begins * (ordered >= 0)
        weight = weight / weight.norm(dim=1, keepdim=True).clamp(min=1e-9)
        return self.bag(ordered.clamp(min=0) % BAG, per_sample_weights=weight)


def _places(words: Tensor) -> tuple[Tensor, Tensor]:
    """Two places of each word among `SEEN`, which hardly ever agree for two words."""
    return words % SEEN, (words >> 31) % SEEN


def _texts_with(place: np.ndarray, text: np.ndarray) -> np.ndarray:
    """How many texts have a word at each place, float32."""
    pairs = np.unique(text.astype(np.int64) * SEEN + place)
    return np.bincount(pairs % SEEN, minlength=SEEN).astype(np.float32)
