"""From sequences to arrays of letter codes; see `riboswitch.bio.letter_codes`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from riboswitch.bio.letter_codes import alphabet_size, letter_codes
from riboswitch.config.settings import known_names, positive_int
from riboswitch.data.arrays import RaggedArrays
from riboswitch.errors import InputError


@dataclass(frozen=True)
class EncoderSettings:
    """How sequences are encoded.

    Attributes
    ----------
    alphabet : {"protein", "dna", "rna", "codon"}
        Letters of the sequences; ``codon`` is DNA in frame, one or two bases at the end left out.
    window : int
        Letters that each sequence must have, for networks whose answer depends on positions; 0 for any.
    """

    alphabet: str = "protein"
    window: int = 0


def encode(inputs: Sequence[str], ids: Sequence[str], settings: dict[str, Any] | None = None) -> RaggedArrays:
    """Encode sequences letter by letter, or codon by codon.

    Parameters
    ----------
    inputs, ids : sequence of str
    settings : dict, optional
        Fields of `EncoderSettings`. The meta of earlier arrays is accepted.

    Returns
    -------
    RaggedArrays
        Field ``letters``: uint8, values 1 (unknown) to ``letters`` (its number in the meta) + 1.

    Raises
    ------
    UsageError
        If there is no such alphabet.
    InputError
        If a sequence is not as long as the window.
    """
    settings = settings or {}
    known_names(settings, ["alphabet", "letters", "modality", "window"], "encoder")
    alphabet, window = (settings.get(f.name, f.default) for f in fields(EncoderSettings))
    size = alphabet_size(alphabet)
    positive_int("window", window, least=0)
    if len(ids) != len(inputs):
        raise ValueError(f"{len(ids)} ids for {len(inputs)} inputs")
    letters, offsets = letter_codes(inputs, alphabet)
    lengths = np.diff(offsets)
    if window and (lengths != window).any():
        row = int(np.argmax(lengths != window))
        raise InputError(
            f"a sequence is not as long as the window of {window}",
            where=f"record {ids[row]}",
            found=int(lengths[row]),
            hint="Set min_length and max_length in reading: such rows are then rejected.",
        )
    meta = {"modality": "sequence", "alphabet": alphabet, "letters": size}
    if window:
        meta["window"] = window
    return RaggedArrays(list(ids), {"letters": letters}, {"letters": offsets}, meta)


def encode_dna(texts: Sequence[str], settings: dict[str, Any]) -> RaggedArrays:
    """Encode pieces of DNA for a model of DNA or RNA: for the latter T is read as U."""
    if settings["alphabet"] == "rna":
        texts = [text.replace("T", "U") for text in texts]
    return encode(texts, [str(i) for i in range(len(texts))], settings)
