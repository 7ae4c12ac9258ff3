"""What training and test sequences have in common: letters, strands, proteins, k-mers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from riboswitch.bio.alphabet import reverse_complement
from riboswitch.bio.codons import base_codes
from riboswitch.bio.letter_codes import ALPHABETS, FIRST, letter_codes
from riboswitch.bio.relatives.alike import Rules, alike
from riboswitch.bio.relatives.coding import likely_proteins
from riboswitch.bio.relatives.minimisers import Letters
from riboswitch.config.settings import check_settings, number
from riboswitch.modalities.optional_parts import AuditKind, Compared, Partners, Sketch
from riboswitch.modalities.parts import Inputs
from riboswitch.numeric.offsets import offsets_of

KINDS = {
    "exact": AuditKind("red", "the same letters"),
    "reverse_complement": AuditKind("red", "the same DNA, read on the other strand"),
    "same_protein": AuditKind("red", "genes for one protein, in other codons or with other ends"),
    "within": AuditKind("red", "one lies in the other, on either strand, with half of the test row or more"),
    "near_identical": AuditKind("red", "nearly the same letters, on either strand"),
    "shared_kmers": AuditKind("amber", "many k-mers of the test row are in a training row, on either strand"),
    "shared_protein_kmers": AuditKind("amber", "many k-mers of the test row's likely protein are in that of "
                                               "one training row"),
}  # fmt: skip
SAME = ("exact",)
MEASURES = {
    "kmers": "share of the k-mers of a test row that one training row has (15 bases, 6 residues)",
    "protein_kmers": "the same for the proteins that the rows code for (6 residues)",
}
FIELDS: tuple[str, ...] = ()
# A k-mer of this length is in a random sequence of the size of a data set once at most.
K = {"nucleic": 15, "protein": 6}
SHORTEST = {"nucleic": 20, "protein": 10}


@dataclass(frozen=True)
class AuditSettings:
    """When two sequences count as related.

    Attributes
    ----------
    identity : float
        Least identity of sequences that are nearly identical: 1 - edits / letters of the shorter one.
    kmers : float
        Least share of the k-mers of a test row that one training row has.
    protein_kmers : float
        Least share of the k-mers of its protein.
    """

    identity: float = number(0.95, at_least=0.9, at_most=1)
    kmers: float = number(0.3, above=0, at_most=1)
    protein_kmers: float = number(0.2, above=0, at_most=1)

    def __post_init__(self) -> None:
        check_settings(self)


def sketch(inputs: Inputs, reading: Mapping[str, Any]) -> Sketch:
    """Sketch sequences: their letters (RNA as DNA), their DNA on either strand, and their likely proteins."""
    sequences = [s.upper() for s in inputs["sequence"]]
    alphabet = "protein" if reading.get("translate") else reading.get("alphabet", "dna")
    if alphabet == "protein":
        return Sketch({"exact": [*sequences]}, {})
    sequences = [s.replace("U", "T") for s in sequences]
    keys: dict[str, list[str | None]] = {"exact": [*sequences]}
    if alphabet == "dna":  # the complement of an RNA is another molecule
        keys["reverse_complement"] = [min(s, reverse_complement(s)) for s in sequences]
    keys["same_protein"] = likely_proteins(sequences, reading.get("table", 11))
    return Sketch(keys, {})


def compare(train: Sketch, test: Sketch, settings: AuditSettings, threads: int) -> Compared:
    """Find the training sequences that test sequences lie in, nearly equal, or share k-mers with."""
    if "same_protein" not in test.keys:
        kinds, nearest = _letters_alike(train, test, settings, threads)
        return Compared(kinds, {"kmers": nearest})
    kinds, nearest = _letters_alike(train, test, settings, threads)
    proteins = [_protein_letters(side.keys["same_protein"]) for side in (test, train)]
    rules = Rules(K["protein"], SHORTEST["protein"], settings.identity)
    nobody = np.zeros(len(test.keys["exact"]), bool)
    found = alike(proteins[0], proteins[1], rules, nobody, threads).contained
    of_proteins = Partners(found.reference, found.share)
    kinds["shared_protein_kmers"] = _at_least(of_proteins, settings.protein_kmers)
    return Compared(kinds, {"kmers": nearest, "protein_kmers": of_proteins})


def _letters_alike(
    train: Sketch, test: Sketch, settings: AuditSettings, threads: int
) -> tuple[dict[str, Partners], Partners]:
    """Kinds by letters, and the partner with most k-mers."""
    nucleic = "same_protein" in test.keys
    kind = "nucleic" if nucleic else "protein"
    rules = Rules(K[kind], SHORTEST[kind], settings.identity)
    both = "reverse_complement" in test.keys
    letters = [_letters(_known(side.keys["exact"]), nucleic, both) for side in (test, train)]
    equal = set(train.keys["reverse_complement" if both else "exact"])
    own = test.keys["reverse_complement" if both else "exact"]
    asked = np.array([key not in equal for key in own], bool)
    found = alike(letters[0], letters[1], rules, asked, threads)
    nearest = Partners(found.contained.reference, found.contained.share)
    kinds = {
        "within": Partners(found.within, found.share),
        "near_identical": Partners(found.near, found.identity),
        "shared_kmers": _at_least(nearest, settings.kmers),
    }
    return kinds, nearest


def _at_least(nearest: Partners, least: float) -> Partners:
    return Partners(np.where(np.nan_to_num(nearest.value) >= least, nearest.train, -1), nearest.value)


def _known(keys: Sequence[str | None]) -> list[str]:
    return [key or "" for key in keys]


def _letters(sequences: Sequence[str], nucleic: bool, both: bool) -> Letters:
    if not nucleic:
        return _protein_letters(sequences)
    return Letters(base_codes("".join(sequences)), offsets_of([*map(len, sequences)]), 4, both)


def _protein_letters(proteins: Sequence[str | None]) -> Letters:
    codes, offsets = letter_codes(_known(proteins), "protein")
    return Letters(codes - np.uint8(FIRST), offsets, len(ALPHABETS["protein"]))
