"""Sequences as arrays of letter codes; see `riboswitch.bio.letter_codes`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from riboswitch.bio.letter_codes import ALPHABETS, CODON, alphabet_size, letter_codes
from riboswitch.config.settings import choice, known_names, limits_of, whole
from riboswitch.data.arrays import Ragged, RaggedArrays, distinct
from riboswitch.errors import InputError, Problem
from riboswitch.modalities.defaults import for_networks as for_networks
from riboswitch.modalities.defaults import of_reading as of_reading
from riboswitch.modalities.defaults import serves as serves
from riboswitch.modalities.parts import Inputs


@dataclass(frozen=True)
class EncoderSettings:
    """Settings of the encoding.

    Attributes
    ----------
    alphabet : {"protein", "dna", "rna", "codon"}
        Letters of the sequences; ``codon`` is DNA in frame, one or two bases at the end left out.
    window : int
        Letters that each sequence must have, for networks whose answer depends on positions; 0 for any.
    """

    alphabet: str = choice("protein", (*ALPHABETS, CODON))
    window: int = whole(0, at_least=0, at_most=10_000_000)


LIMITS = limits_of(EncoderSettings)


def problem(components: Mapping[str, Any], settings: Mapping[str, Any]) -> Problem | None:
    """Why a sequence cannot be encoded: codes ``TOO_SHORT``, ``TOO_LONG``."""
    letters, window = len(components["sequence"]), settings.get("window", 0)
    if window and letters != window:
        code = "TOO_SHORT" if letters < window else "TOO_LONG"
        reason = f"{letters} letters, and the model reads windows of exactly {window}"
        return Problem(code, reason, "Cut the sequence as those that the model was trained on.")
    if settings.get("alphabet") == CODON and letters < 3:
        return Problem("TOO_SHORT", "no whole codon")
    return None


def encode(inputs: Inputs, ids: Sequence[str], settings: Mapping[str, Any] | None = None) -> RaggedArrays:
    """Encode sequences letter by letter, or codon by codon.

    Parameters
    ----------
    inputs : mapping
        ``{"sequence": letters of each record}``.
    ids : sequence of str
    settings : mapping, optional
        Fields of `EncoderSettings`. The meta of earlier arrays is accepted.

    Returns
    -------
    RaggedArrays
        Field ``letters``: uint8, values 1 (unknown) to ``meta["letters"]`` + 1.

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
    LIMITS["alphabet"].check("alphabet", alphabet)
    size = alphabet_size(alphabet)
    LIMITS["window"].check("window", window)
    texts, index = distinct(inputs["sequence"])
    if len(ids) != len(index):
        raise ValueError(f"{len(ids)} ids for {len(index)} inputs")
    letters, offsets = letter_codes(texts, alphabet)
    lengths = np.diff(offsets)
    if window and (lengths != window).any():
        row = int(np.argmax(lengths[index] != window))
        raise InputError(
            f"a sequence is not as long as the window of {window}",
            where=f"record {ids[row]}",
            found=int(lengths[index[row]]),
            hint="riboswitch parse --min-length and --max-length reject such rows.",
        )
    meta = {"modality": "sequence", "alphabet": alphabet, "letters": size}
    if window:
        meta["window"] = window
    items = Ragged({"letters": letters}, {"letters": offsets})
    return RaggedArrays(list(ids), {"sequence": items}, {"sequence": index}, meta)


def encode_texts(texts: Sequence[str], settings: Mapping[str, Any]) -> RaggedArrays:
    """Encode sequences without ids; they are numbered from 0."""
    return encode({"sequence": texts}, [str(i) for i in range(len(texts))], settings)
