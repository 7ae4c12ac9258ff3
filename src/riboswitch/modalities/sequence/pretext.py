"""Sequences with letters hidden, to be guessed from their neighbours."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from riboswitch.bio.letter_codes import ALPHABETS
from riboswitch.config.settings import fraction, one_of, positive_int
from riboswitch.data.task import GAP

HIDDEN = {"protein": "X", "dna": "N", "rna": "N"}


def corrupt(
    inputs: Sequence[str], *, alphabet: str = "protein", copies: int = 4, hidden: float = 0.15, seed: int = 0
) -> tuple[list[str], list[str]]:
    """Copies of sequences, each with other letters hidden.

    Parameters
    ----------
    inputs : sequence of str
    alphabet : {"protein", "dna", "rna"}
    copies : int
        Of each sequence.
    hidden : float
        Share of the letters that is replaced by the unknown one (X, or N).
    seed : int

    Returns
    -------
    masked, labels : list of str
        Shape (inputs * copies,), the copies of the first input first. A label is the letter at a hidden
        place and ``.`` at all others; letters that are not in the alphabet are never asked for.

    References
    ----------
    Masked language modelling: Devlin et al., "BERT", NAACL 2019.
    """
    one_of("alphabet for pre-training", alphabet, tuple(HIDDEN))
    positive_int("copies", copies)
    fraction("hidden", hidden)
    rng = np.random.default_rng(seed)
    known = np.zeros(256, bool)
    known[[ord(letter) for letter in ALPHABETS[alphabet]]] = True
    masked, labels = [], []
    for text in inputs:
        letters = np.frombuffer(text.encode("latin-1", "replace"), np.uint8)
        for _ in range(copies):
            away = (rng.random(len(letters)) < hidden) & known[letters]
            masked.append(_text(np.where(away, ord(HIDDEN[alphabet]), letters)))
            labels.append(_text(np.where(away, letters, ord(GAP))))
    return masked, labels


def _text(codes: np.ndarray) -> str:
    return codes.astype(np.uint8).tobytes().decode("latin-1")
