"""Sequences as small integers: 0 is padding, 1 is any letter that is not in the alphabet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from riboswitch.arrays import RaggedArrays
from riboswitch.errors import UsageError
from riboswitch.settings import known_names

ALPHABETS = {"protein": "ACDEFGHIKLMNPQRSTVWY", "dna": "ACGT", "rna": "ACGU"}


def encode(inputs: Sequence[str], ids: Sequence[str], settings: dict[str, Any] | None = None) -> RaggedArrays:
    """Encode sequences letter by letter.

    Parameters
    ----------
    inputs, ids : sequence of str
    settings : dict, optional
        ``alphabet``: ``"protein"`` (default), ``"dna"`` or ``"rna"``. The meta of earlier arrays is accepted.

    Returns
    -------
    RaggedArrays
        Field ``letters``: uint8, values 1 (unknown) to ``letters`` (its number in the meta) + 1.
    """
    known_names(settings or {}, ["alphabet", "letters", "modality"], "encoder")
    alphabet = (settings or {}).get("alphabet", "protein")
    if alphabet not in ALPHABETS:
        raise UsageError("no such alphabet", found=alphabet, hint=f"Choose of {', '.join(ALPHABETS)}.")
    table = np.ones(256, np.uint8)
    for number, letter in enumerate(ALPHABETS[alphabet], start=2):
        table[[ord(letter), ord(letter.lower())]] = number
    if len(ids) != len(inputs):
        raise ValueError(f"{len(ids)} ids for {len(inputs)} inputs")
    texts = [s.encode("latin-1", "replace") for s in inputs]
    letters = table[np.frombuffer(b"".join(texts), np.uint8)]
    offsets = np.cumsum([0, *map(len, texts)], dtype=np.int64)
    meta = {"modality": "sequence", "alphabet": alphabet, "letters": len(ALPHABETS[alphabet])}
    return RaggedArrays(list(ids), {"letters": letters}, {"letters": offsets}, meta)
