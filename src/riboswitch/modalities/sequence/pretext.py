"""The pre-training task: hidden letters are predicted from their neighbours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from riboswitch.bio.letter_codes import ALPHABETS as LETTERS
from riboswitch.config.settings import Limits, check_values, one_of
from riboswitch.data.task import GAP, Kind
from riboswitch.modalities.optional_parts import Exercise
from riboswitch.modalities.parts import Inputs
from riboswitch.modalities.sequence.encode import encode

KIND: Kind = "per_position"
NETWORK: Mapping[str, Any] = {}
TARGET = "hidden_letter"
HIDDEN = {"protein": "X", "dna": "N", "rna": "N"}
ALPHABETS = tuple(HIDDEN)
LIMITS = {"copies": Limits(whole=True, at_least=1), "hidden": Limits(above=0, below=1)}


def exercise(
    inputs: Inputs,
    ids: Sequence[str],
    *,
    alphabet: str = "protein",
    copies: int = 4,
    hidden: float = 0.15,
    seed: int = 0,
) -> Exercise:
    """Copies of sequences with hidden letters, encoded, and the letters to be guessed; see `corrupt`."""
    masked, labels = corrupt(inputs, alphabet=alphabet, copies=copies, hidden=hidden, seed=seed)
    new_ids = [f"{i}#{n}" for i in ids for n in range(copies)]
    return Exercise(masked, encode(masked, new_ids, {"alphabet": alphabet}), {TARGET: labels})


def corrupt(
    inputs: Inputs, *, alphabet: str = "protein", copies: int = 4, hidden: float = 0.15, seed: int = 0
) -> tuple[dict[str, list[Any]], list[str]]:
    """Copy sequences and hide other letters in each copy.

    Parameters
    ----------
    inputs : mapping
        ``{"sequence": letters of each record}``.
    alphabet : {"protein", "dna", "rna"}
    copies : int
        Copies of each sequence.
    hidden : float
        Fraction of the letters that are replaced by the unknown letter (X or N).
    seed : int

    Returns
    -------
    masked : dict
        ``{"sequence": list of str}``, inputs * copies long, the copies of the first input first.
    labels : list of str
        One for each copy, of the same length: the letter at each hidden position, and ``.`` at all others.
        Letters outside the alphabet are never hidden.

    References
    ----------
    Masked language modelling: Devlin et al., "BERT", NAACL 2019.
    """
    one_of("alphabet for pre-training", alphabet, ALPHABETS)
    check_values(LIMITS, copies=copies, hidden=hidden)
    rng = np.random.default_rng(seed)
    known = np.zeros(256, bool)
    known[[ord(letter) for letter in LETTERS[alphabet]]] = True
    masked, labels = [], []
    for text in inputs["sequence"]:
        letters = np.frombuffer(text.encode("latin-1", "replace"), np.uint8)
        for _ in range(copies):
            chosen = (rng.random(len(letters)) < hidden) & known[letters]
            masked.append(_text(np.where(chosen, ord(HIDDEN[alphabet]), letters)))
            labels.append(_text(np.where(chosen, letters, ord(GAP))))
    return {"sequence": masked}, labels


def _text(codes: np.ndarray) -> str:
    return codes.astype(np.uint8).tobytes().decode("latin-1")
