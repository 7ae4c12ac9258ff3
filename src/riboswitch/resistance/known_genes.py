"""The known resistance genes that frames are compared with, and what is known of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from riboswitch.bio.alignment import align
from riboswitch.data.records import Records
from riboswitch.numeric.compiled import compiled
from riboswitch.numeric.offsets import offsets_of
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
    numbers: dict[str, int] = {}
    families = np.array([numbers.setdefault(r.node, len(numbers)) for r in alleles], np.int64)
    words, offsets, possible = _words([r.sequence for r in alleles])
    order = np.lexsort((-np.diff(offsets), families))
    kept = np.zeros(len(alleles), bool)
    _keep_unlike(words, offsets, families, order, possible, kept)
    return [alleles[number] for number in np.flatnonzero(kept)]


def _words(proteins: Sequence[str]) -> tuple[np.ndarray, np.ndarray, int]:
    """The number of the word that begins at each residue, where each protein begins, and how many numbers
    there are.

    A word that the end of its protein cuts has -1; a protein that is shorter than a word is one word.
    """
    residues = np.frombuffer("".join(proteins).encode("latin-1", "replace"), np.uint8)
    offsets = offsets_of([len(protein) for protein in proteins])
    codes = np.cumsum(np.bincount(residues, minlength=256) > 0)[residues]  # 0 is no residue
    possible = int(codes.max(initial=0)) + 1
    ends = np.repeat(offsets[1:], np.diff(offsets))
    padded = np.append(codes, np.zeros(WORD, codes.dtype))
    words = np.zeros(len(codes), np.int64)
    for place in range(WORD):
        at = np.arange(place, place + len(codes))
        words = words * possible + np.where(at < ends, padded[at], 0)
    whole = np.arange(len(codes)) + WORD <= ends
    whole[offsets[:-1][np.diff(offsets) > 0]] = True
    return np.where(whole, words, -1), offsets, possible**WORD


@compiled
def _keep_unlike(
    words: np.ndarray,
    offsets: np.ndarray,
    families: np.ndarray,
    order: np.ndarray,
    possible: int,
    kept: np.ndarray,
) -> None:
    """Mark the proteins that are no near-equal alleles of one before them in ``order``, of their family."""
    different = np.empty(len(words), np.int64)  # the words of each protein, each once
    many = np.zeros(len(order), np.int64)
    seen = np.full(possible, -1, np.int64)  # the last protein with each word
    others = np.empty(len(order), np.int64)  # those of the family that are kept
    known = 0
    for rank in range(len(order)):
        number = order[rank]
        first = offsets[number]
        for at in range(first, offsets[number + 1]):
            if words[at] >= 0 and seen[words[at]] != number:
                seen[words[at]] = number
                different[first + many[number]] = words[at]
                many[number] += 1
        if rank and families[order[rank - 1]] != families[number]:
            known = 0
        kept[number] = True
        for other in others[:known]:
            common = 0
            for at in range(offsets[other], offsets[other] + many[other]):
                common += seen[different[at]] == number
            if common >= ALIKE * min(many[number], many[other]):
                kept[number] = False
                break
        if kept[number]:
            others[known] = number
            known += 1


def _resists(reference: Reference, families: Families) -> bool:
    """Whether a protein is of the core, and of no other type than resistance to drugs."""
    core = reference.matters_by_presence and reference.reportable == CORE
    return core and all(families.by_name[node].type == "AMR" for node in reference.nodes)
