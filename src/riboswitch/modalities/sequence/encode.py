"""Sequences as small integers: 0 is padding, 1 is any letter that is not in the alphabet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from riboswitch.arrays import RaggedArrays
from riboswitch.errors import UsageError

ALPHABETS = {"protein": "ACDEFGHIKLMNPQRSTVWY", "dna": "ACGT", "rna": "ACGU"}


def encode(inputs: Sequence[str], ids: Sequence[str], settings: dict[str, Any] | None = None) -> RaggedArrays:
    """Encode sequences letter by letter.

    Parameters
    ----------
    inputs, ids : sequence of str
    settings : dict, optional
        ``alphabet``: ``"protein"`` (default), ``"dna"`` or ``"rna"``.

    Returns
    -------
    RaggedArrays
        Field ``letters``: uint8, values 1 (unknown) to ``letters`` (its number in the meta) + 1.
    """
    alphabet = (settings or {}).get("alphabet", "protein")
    if alphabet not in ALPHABETS:
        raise UsageError("no such alphabet", found=alphabet, hint=f"Choose of {', '.join(ALPHABETS)}.")
    table = np.ones(256, np.uint8)
    for number, letter in enumerate(ALPHABETS[alphabet], start=2):
        table[[ord(letter), ord(letter.lower())]] = number
    items = [{"letters": table[np.frombuffer(s.encode("latin-1", "replace"), np.uint8)]} for s in inputs]
    meta = {"modality": "sequence", "alphabet": alphabet, "letters": len(ALPHABETS[alphabet])}
    return RaggedArrays.pack(ids, items, **meta)
