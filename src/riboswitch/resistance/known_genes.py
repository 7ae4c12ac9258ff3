"""The known resistance genes that frames are compared with, and what is known of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from riboswitch.bio.alignment import align
from riboswitch.data.records import Records
from riboswitch.resistance.curated.database import Database
from riboswitch.resistance.curated.families import Families
from riboswitch.resistance.curated.references import Reference
from riboswitch.resistance.house_classes import house_classes
from riboswitch.resistance.likeness import Likeness
from riboswitch.resistance.ontology.aro import Term

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
            **reference.term.columns,
        }

    def _symbol(self, reference: Reference) -> str:
        return "/".join(self.families.by_name[node].symbol for node in reference.nodes)


_TEXTS = ("nearest_gene", "nearest_accession", "nearest_class", "phenotype_classes", "antibiotics",
          "mechanism", "pmid", *Term().columns)  # fmt: skip
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
    families: dict[str, list[tuple[int, Reference]]] = {}
    for number, reference in enumerate(references):
        families.setdefault(reference.node, []).append((number, reference))
    kept = [entry for alleles in families.values() for entry in _unlike(alleles)]
    return [reference for _, reference in sorted(kept, key=lambda entry: entry[0])]


def _unlike(alleles: Sequence[tuple[int, Reference]]) -> list[tuple[int, Reference]]:
    if len(alleles) == 1:
        return [*alleles]
    kept: list[tuple[int, Reference]] = []
    seen: list[tuple[np.ndarray, set[str]]] = []
    for number, reference in sorted(alleles, key=lambda entry: -len(entry[1].sequence)):
        letters = np.frombuffer(reference.sequence.encode("latin-1", "replace"), np.uint8)
        if any(_surely_alike(letters, other, len(words)) for other, words in seen):
            continue
        own = _words(reference.sequence)
        if all(len(own & words) < ALIKE * min(len(own), len(words)) for _, words in seen):
            kept.append((number, reference))
            seen.append((letters, own))
    return kept


def _surely_alike(one: np.ndarray, other: np.ndarray, words: int) -> bool:
    """Whether an allele differs so little from one that is no shorter that they must share enough words.

    They are laid side by side from their beginnings and from their ends. A residue is in no more than `WORD`
    words, and each residue beyond the shorter allele begins one word: so that all but so many of the
    ``words`` of the other are shared. Most alleles are recognised by this, without a set of their own.
    """
    most = words - ALIKE * words - (len(other) - len(one))
    sides = (other[: len(one)], other[len(other) - len(one) :]) if most >= 0 else ()
    return any(WORD * np.count_nonzero(one != side) <= most for side in sides)


def _words(protein: str) -> set[str]:
    return {protein[i : i + WORD] for i in range(max(len(protein) - WORD + 1, 1))}


def _resists(reference: Reference, families: Families) -> bool:
    """Whether a protein is of the core, and of no other type than resistance to drugs."""
    core = reference.matters_by_presence and reference.reportable == CORE
    return core and all(families.by_name[node].type == "AMR" for node in reference.nodes)
