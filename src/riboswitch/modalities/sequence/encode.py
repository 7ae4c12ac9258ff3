"""Sequences as small integers: 0 is padding, 1 is any letter that is not in the alphabet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from riboswitch.bio.codons import UNKNOWN, base_codes, codon_codes
from riboswitch.config.settings import known_names, positive_int
from riboswitch.data.arrays import RaggedArrays
from riboswitch.errors import InputError, UsageError
from riboswitch.numeric.offsets import offsets_of

ALPHABETS = {"protein": "ACDEFGHIKLMNPQRSTVWY", "dna": "ACGT", "rna": "ACGU"}
CODON = "codon"  # DNA read in threes from its first base


def encode(inputs: Sequence[str], ids: Sequence[str], settings: dict[str, Any] | None = None) -> RaggedArrays:
    """Encode sequences letter by letter, or codon by codon.

    Parameters
    ----------
    inputs, ids : sequence of str
    settings : dict, optional
        ``alphabet``: ``"protein"`` (default), ``"dna"``, ``"rna"``, or ``"codon"`` (DNA in frame, one or two
        bases at the end left out). ``window``: how many letters each sequence must have, for networks that
        look at places; 0 for any. The meta of earlier arrays is accepted.

    Returns
    -------
    RaggedArrays
        Field ``letters``: uint8, values 1 (unknown) to ``letters`` (its number in the meta) + 1.

    Raises
    ------
    UsageError
        For an alphabet that there is not.
    InputError
        If a sequence is not as long as the window.
    """
    settings = settings or {}
    known_names(settings, ["alphabet", "letters", "modality", "window"], "encoder")
    alphabet, window = settings.get("alphabet", "protein"), settings.get("window", 0)
    if alphabet not in (*ALPHABETS, CODON):
        raise UsageError("no such alphabet", found=alphabet, hint=f"Choose of {', '.join(ALPHABETS)}, codon.")
    positive_int("window", window, least=0)
    if len(ids) != len(inputs):
        raise ValueError(f"{len(ids)} ids for {len(inputs)} inputs")
    letters, lengths = (_codons if alphabet == CODON else _letters)(inputs, alphabet)
    if window and (lengths != window).any():
        row = int(np.argmax(lengths != window))
        raise InputError(
            f"a sequence is not as long as the window of {window}",
            where=f"record {ids[row]}",
            found=int(lengths[row]),
            hint="Set min_length and max_length in reading: such rows are then rejected.",
        )
    meta = {"modality": "sequence", "alphabet": alphabet, "letters": len(ALPHABETS.get(alphabet, range(64)))}
    if window:
        meta["window"] = window
    return RaggedArrays(list(ids), {"letters": letters}, {"letters": offsets_of(lengths)}, meta)


def encode_dna(texts: Sequence[str], settings: dict[str, Any]) -> RaggedArrays:
    """Encode pieces of DNA for a model of DNA or RNA: for the latter T is read as U."""
    if settings["alphabet"] == "rna":
        texts = [text.replace("T", "U") for text in texts]
    return encode(texts, [str(i) for i in range(len(texts))], settings)


def _letters(inputs: Sequence[str], alphabet: str) -> tuple[np.ndarray, np.ndarray]:
    table = np.ones(256, np.uint8)
    for number, letter in enumerate(ALPHABETS[alphabet], start=2):
        table[[ord(letter), ord(letter.lower())]] = number
    texts = [s.encode("latin-1", "replace") for s in inputs]
    return table[np.frombuffer(b"".join(texts), np.uint8)], np.array([len(t) for t in texts], np.int64)


def _codons(inputs: Sequence[str], alphabet: str) -> tuple[np.ndarray, np.ndarray]:
    read = [codon_codes(base_codes(s))[::3] for s in inputs]
    codes = np.concatenate([np.empty(0, np.uint8), *read])
    return np.where(codes == UNKNOWN, 1, codes + 2).astype(np.uint8), np.array(
        [len(r) for r in read], np.int64
    )
