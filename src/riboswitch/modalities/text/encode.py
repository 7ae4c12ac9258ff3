"""Texts as arrays: for each token the number of its word, and its characters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from riboswitch.config.settings import known_names
from riboswitch.data.arrays import Ragged, RaggedArrays, distinct
from riboswitch.modalities.defaults import for_networks as for_networks
from riboswitch.modalities.defaults import of_reading as of_reading
from riboswitch.modalities.defaults import problem as problem
from riboswitch.modalities.defaults import serves as serves
from riboswitch.modalities.parts import Inputs
from riboswitch.modalities.text.tokens import CHARACTERS, character_codes, tokens, word_code
from riboswitch.numeric.offsets import offsets_of


@dataclass(frozen=True)
class EncoderSettings:
    """The encoding has no settings: which words are known, networks learn from their training rows."""


def encode(inputs: Inputs, ids: Sequence[str], settings: Mapping[str, Any] | None = None) -> RaggedArrays:
    """Encode texts token by token.

    Parameters
    ----------
    inputs : mapping
        ``{"text": text of each record}``.
    ids : sequence of str
    settings : mapping, optional
        None. The meta of earlier arrays is accepted.

    Returns
    -------
    RaggedArrays
        Fields ``word`` (int64, see `tokens.word_code`) and ``characters`` (uint8, shape (tokens, 20), see
        `tokens.character_codes`).
    """
    known_names(settings or {}, ["modality"], "encoder")
    texts, index = distinct(inputs["text"])
    cut = [tokens(text) for text in texts]
    flat = [token for text in cut for token in text]
    words = np.array([word_code(token) for token in flat], np.int64)
    characters = np.frombuffer(b"".join(map(character_codes, flat)), np.uint8).reshape(-1, CHARACTERS)
    offsets = offsets_of([len(text) for text in cut])
    fields: dict[str, np.ndarray] = {"word": words, "characters": characters}
    items = Ragged(fields, dict.fromkeys(fields, offsets))
    return RaggedArrays(list(ids), {"text": items}, {"text": index}, {"modality": "text"})
