"""Make up sequences: random letters. They stem from no data."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from riboswitch.bio.letter_codes import CODON

LENGTHS = 60, 180  # letters, or residues of what is translated: the least and the most
_LETTERS = {"dna": "ACGT", "rna": "ACGU", "protein": "ACDEFGHIKLMNPQRSTVWY"}
_STOPS = ("TAA", "TAG", "TGA", "AGA", "AGG", "TTA", "TCA")  # those of all tables but rare ones


def invent(number: int, seed: int, reading: Mapping[str, Any], encoder: Mapping[str, Any]) -> list[str]:
    """Return sequences in the alphabet of the files: genes if these are translated or read in codons."""
    chance = random.Random(seed)
    most = reading.get("max_length") or LENGTHS[1]
    least = min(max(LENGTHS[0], reading.get("min_length", 1)), most)
    most = max(min(LENGTHS[1], most), least)
    alphabet = reading.get("alphabet", "dna")
    made = []
    for _ in range(number):
        letters = encoder.get("window") or chance.randint(least, most)
        if reading.get("translate"):
            made.append("ATG" + _codons(chance, letters - 1) + "TAA")
        elif encoder.get("alphabet") == CODON:
            made.append(_codons(chance, max(letters // 3, 1)))
        else:
            made.append("".join(chance.choices(_LETTERS[alphabet], k=letters)))
    return [text.replace("T", "U") for text in made] if reading.get("rna") else made


def _codons(chance: random.Random, number: int) -> str:
    """So many codons, none of them a stop."""
    codons = ("".join(chance.choices(_LETTERS["dna"], k=3)) for _ in iter(int, 1))
    kept = (codon for codon in codons if codon not in _STOPS)
    return "".join(next(kept) for _ in range(number))
