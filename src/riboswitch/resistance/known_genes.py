"""The known resistance genes that frames are compared with, and what is known of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from riboswitch.bio.alignment import align
from riboswitch.data.records import Records
from riboswitch.numeric.offsets import gather_index, offsets_of, running_sums
from riboswitch.resistance.curated.database import Database
from riboswitch.resistance.curated.families import Families
from riboswitch.resistance.curated.references import Reference
from riboswitch.resistance.house_classes import house_classes
from riboswitch.resistance.likeness import Likeness

DECOYS = "decoys"
"""Source of the records that are no proteins of an organism."""

CORE = 2
WORD, ALIKE = 4, 0.4
"""Alleles that share so many of their words are near-equal: one of them stands for all."""


@dataclass(frozen=True, eq=False)
class KnownGenes:
    """Known resistance proteins, ready to be searched.

    Attributes
    ----------
    references : sequence of Reference
        One of each set of near-equal alleles.
    families : Families
    likeness : Likeness
        The same proteins in the same order, beside proteins that do not resist.
    """

    references: Sequence[Reference]
    families: Families
    likeness: Likeness

    @classmethod
    def of(cls, database: Database, others: Sequence[str]) -> KnownGenes:
        """The proteins of a database's core that resist by their presence.

        Parameters
        ----------
        database : Database
            With the records joined to it.
        others : sequence of str
            Proteins that do not resist, beside those of the database.
        """
        families = database.families
        known = unlike(r for r in database.references if _resists(r, families))
        no_genes = [*dict.fromkeys([*others, *database.housekeeping])]
        return cls(known, families, Likeness.of([r.sequence for r in known], no_genes))

    def classes(self, hit: int) -> str:
        """Drug classes of a gene in our words, separated by ``/``."""
        reference = self.references[hit]
        of_families = "/".join(dict.fromkeys(self.families.by_name[n].drug_class for n in reference.nodes))
        return house_classes(reference.drug_class or of_families)

    def describe(self, protein: str, hit: int) -> dict[str, Any]:
        """What is known of gene ``hit``, and its alignment with the protein; empty values if it is -1."""
        if hit < 0:
            return dict.fromkeys(_TEXTS, "") | dict.fromkeys(_NUMBERS, 0.0) | {"reference_length_aa": 0}
        reference = self.references[hit]
        alignment = align(protein, reference.sequence)
        known = reference.known
        return {
            "nearest_gene": known[0].gene if reference.of_record else self._symbol(reference),
            "nearest_accession": reference.accession,
            "nearest_class": self.classes(hit),
            "phenotype_classes": ", ".join(dict.fromkeys(c for k in known for c in k.classes)),
            "antibiotics": ", ".join(dict.fromkeys(d for k in known for d in k.drugs)),
            "mechanism": reference.mechanism,
            "pmid": ", ".join(dict.fromkeys(k.pmid for k in known if k.pmid)),
            "identity": round(alignment.identity, 4),
            "coverage": round(alignment.coverage, 4),
            "query_coverage": round(alignment.query_coverage, 4),
            "reference_length_aa": len(reference.sequence),
        }

    def _symbol(self, reference: Reference) -> str:
        return "/".join(self.families.by_name[node].symbol for node in reference.nodes)


_TEXTS = ("nearest_gene", "nearest_accession", "nearest_class", "phenotype_classes", "antibiotics",
          "mechanism", "pmid")  # fmt: skip
_NUMBERS = ("identity", "coverage", "query_coverage")


def that_do_not_resist(records: Records | None, target: str, none: str) -> list[str]:
    """Proteins of no class among records, and the homologues that came with them; decoys are no proteins."""
    if records is None or target not in records.table:
        return []
    table = records.table
    of_none = table[table[target] == none]
    if "source" in of_none:
        of_none = of_none[of_none["source"] != DECOYS]
    return [*of_none["sequence"], *records.meta.get("homologues", {}).values()]


def unlike(references: Iterable[Reference]) -> list[Reference]:
    """One of each set of near-equal alleles of a family, the longest; in the order of the references."""
    alleles = list(references)
    families: dict[str, list[int]] = {}
    for number, reference in enumerate(alleles):
        families.setdefault(reference.node, []).append(number)
    several = [number for of_family in families.values() if len(of_family) > 1 for number in of_family]
    words = _Words.of([alleles[number].sequence for number in several])
    kept = {of_family[0] for of_family in families.values() if len(of_family) == 1}
    first = 0
    for of_family in families.values():
        if len(of_family) > 1:
            rows = np.arange(first, first + len(of_family))
            kept |= {several[row] for row in words.unlike(rows)}
            first += len(of_family)
    return [alleles[number] for number in sorted(kept)]


@dataclass(frozen=True, eq=False)
class _Words:
    """The words of proteins, each word of a protein once.

    Attributes
    ----------
    words, offsets : ndarray
        int64: numbers of the words of all proteins, one protein after the other; where each begins.
    lengths : ndarray
        int64: of the proteins, in residues.
    marked : ndarray
        bool, one for each number that a word can have; all false between calls.
    """

    words: np.ndarray
    offsets: np.ndarray
    lengths: np.ndarray
    marked: np.ndarray

    @classmethod
    def of(cls, proteins: Sequence[str]) -> _Words:
        """The words of proteins as text."""
        lengths = np.array([len(protein) for protein in proteins], np.int64)
        words, possible = _words(proteins, lengths)
        owners = np.repeat(np.arange(len(lengths)), lengths)
        owners, words = np.divmod(np.unique((owners * possible + words)[words >= 0]), possible)
        return cls(words, offsets_of(np.bincount(owners, minlength=len(lengths))), lengths,
                   np.zeros(possible, bool))  # fmt: skip

    def unlike(self, rows: np.ndarray) -> list[int]:
        """Those of some proteins that are no near-equal alleles of a longer one that is kept."""
        rows, kept = rows[np.argsort(-self.lengths[rows], kind="stable")], []
        while len(rows):
            kept.append(int(rows[0]))
            rows = rows[1:][~self._alike(rows[0], rows[1:])]
        return kept

    def _alike(self, one: int, others: np.ndarray) -> np.ndarray:
        """Whether each of some proteins shares so many words with one."""
        if not len(others):
            return np.zeros(0, bool)
        own = self.words[self.offsets[one] : self.offsets[one + 1]]
        self.marked[own] = True
        index, begins = gather_index(self.offsets, others)
        sums = running_sums(self.marked[self.words[index]])
        self.marked[own] = False
        shared, many = sums[begins[1:]] - sums[begins[:-1]], np.diff(begins)
        alike: np.ndarray = shared >= ALIKE * np.minimum(many, len(own))
        return alike


def _words(proteins: Sequence[str], lengths: np.ndarray) -> tuple[np.ndarray, int]:
    """The number of the word that begins at each residue, and how many numbers there can be.

    A word that the end of its protein cuts has -1; a protein that is shorter than a word is one word.
    """
    residues = np.frombuffer("".join(proteins).encode("latin-1", "replace"), np.uint8)
    codes = np.cumsum(np.bincount(residues, minlength=256) > 0)[residues]  # 0 is no residue
    possible = int(codes.max(initial=0)) + 1
    offsets = offsets_of(lengths)
    left = np.repeat(offsets[1:], lengths) - np.arange(len(codes))  # residues from here to the end
    padded = np.append(codes, np.zeros(WORD, codes.dtype))
    words = np.zeros(len(codes), np.int64)
    for place in range(WORD):
        words = words * possible + np.where(place < left, padded[place : place + len(codes)], 0)
    whole = left >= np.minimum(WORD, np.repeat(lengths, lengths))
    return np.where(whole, words, -1), possible**WORD


def _resists(reference: Reference, families: Families) -> bool:
    """Whether a protein is of the core, and of no other type than resistance to drugs."""
    core = reference.matters_by_presence and reference.reportable == CORE
    return core and all(families.by_name[node].type == "AMR" for node in reference.nodes)
