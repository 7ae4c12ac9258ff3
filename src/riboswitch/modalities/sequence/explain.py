"""Maps of sequences: each letter is substituted by every other letter.

A letter cannot be left out like an atom: all letters behind it would move. Its score is the mean over its
substitutions (docs/explain.md).
"""

from __future__ import annotations

import numpy as np

from riboswitch.bio.letter_codes import ALPHABETS, CODON
from riboswitch.bio.logo import draw
from riboswitch.data.arrays import Ragged, RaggedArrays
from riboswitch.evaluation.maps import Rules
from riboswitch.modalities.optional_parts import Changes
from riboswitch.modalities.sequence.nets.mutagenesis import Substitutions, mutant_answers
from riboswitch.modalities.sequence.nets.sequence_network import Network

__all__ = ["COLOURS", "PART", "answers", "changes", "draw", "parts", "rules", "without_each"]

PART = "letter"
COLOURS: tuple[str, ...] = ()  # logos show scores by height
# Few of many letters matter: maps are compared by value. The mean of three maps with a correlation of 0.4 has
# a reliability of two thirds. The time grows with the square of the length.
rules = Rules(ranked=False, least_stability=0.4, most_parts=5_000)
_FIRST = 2  # code of an alphabet's first letter; 1 is a letter that is not in it
_BASES = "ACGT"


def parts(arrays: RaggedArrays, row: int) -> list[str]:
    """The letters of one sequence, or the bases of its codons. Letters outside the alphabet are N or X."""
    codes, bases = arrays.item(row)["letters"].astype(int), ""
    alphabet = arrays.meta["alphabet"]
    if alphabet != CODON:
        names = np.array(["", "X" if alphabet == "protein" else "N", *ALPHABETS[alphabet]])
        return names[codes].tolist()
    for code in codes:
        bases += "NNN" if code < _FIRST else _codon(code - _FIRST)
    return list(bases)


def changes(arrays: RaggedArrays, row: int) -> Changes:
    """Every single substitution: 3 of a base, 19 of a residue, and all letters for an unknown one."""
    letters, named = _letters(arrays), parts(arrays, row)
    each = [(part, to) for part, name in enumerate(named) for to in letters if to != name]
    return Changes(np.array([part for part, _ in each], np.int64), [to for _, to in each])


def substitutions(arrays: RaggedArrays, row: int) -> Substitutions:
    """The same changes as positions and codes of the encoded sequence."""
    asked, letters = changes(arrays, row), _letters(arrays)
    code = np.array([letters.index(to) for to in asked.to], np.int64)
    if arrays.meta["alphabet"] != CODON:
        return Substitutions(asked.part, code + _FIRST)
    position, weight = asked.part // 3, 4 ** (2 - asked.part % 3)
    codon = arrays.item(row)["letters"].astype(np.int64)[position] - _FIRST
    changed = codon + (code - codon // weight % 4) * weight
    return Substitutions(position, np.where(codon < 0, 1, changed + _FIRST))


def answers(network: Network, arrays: RaggedArrays, row: int) -> np.ndarray:
    """Raw outputs of a network for a sequence and each of its changes, shape (1 + changes, outputs)."""
    return mutant_answers(network, arrays.item(row)["letters"], substitutions(arrays, row))


def without_each(arrays: RaggedArrays, row: int) -> RaggedArrays:
    """The sequence and all its changed forms, in the order of `changes`: 1 + changes items."""
    letters, mutants = arrays.item(row)["letters"], substitutions(arrays, row)
    items = np.repeat(letters[None], 1 + len(mutants.code), axis=0)
    items[np.arange(1, len(items)), mutants.position] = mutants.code
    offsets = np.arange(len(items) + 1, dtype=np.int64) * len(letters)
    ids = [str(number) for number in range(len(items))]  # 0 is the sequence itself
    changed = Ragged({"letters": items.ravel()}, {"letters": offsets})
    return RaggedArrays.of_items("sequence", ids, changed, arrays.meta)


def _letters(arrays: RaggedArrays) -> str:
    return ALPHABETS.get(arrays.meta["alphabet"], _BASES)


def _codon(number: int) -> str:
    return "".join(_BASES[number // weight % 4] for weight in (16, 4, 1))
