"""The known resistance genes: which of them is nearest to a protein, and what is known of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from riboswitch.bio.alignment import align
from riboswitch.bio.letter_codes import letter_codes
from riboswitch.bio.search import Search
from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.records import Records
from riboswitch.errors import InputError
from riboswitch.resistance.curated.joined import known_table

DECOYS = "decoys"
"""Source of the records that are no proteins of an organism."""

ITSELF = 0.8
"""A protein whose alignment has so great a share of a known gene's score is that gene, whatever its class."""


@dataclass
class KnownGenes:
    """Known resistance proteins, ready to be searched.

    Attributes
    ----------
    table : DataFrame
        Records with their class in the column ``drug_class``.
    search : Search
        The same proteins in the same order.
    homologues : Search, optional
        Proteins of no class that resemble some of them: housekeeping proteins, as *gpt* and *folA*.
    """

    table: pd.DataFrame
    search: Search
    homologues: Search | None = None

    @classmethod
    def build(
        cls,
        records: Records,
        target: str,
        classes: Sequence[str],
        none: str,
        *,
        k: int,
        min_shared: int,
        others: Sequence[str] = (),
    ) -> KnownGenes:
        """From the records whose ``target`` is not ``none``.

        The other records, the homologues that came with them and ``others`` are proteins of no class.

        Raises
        ------
        InputError
            If there is no such target, or a record is of a class that the model does not have.
        """
        known = known_table(records, target, none)
        foreign = known.loc[~known[target].isin(classes), target]
        if len(foreign):
            raise InputError("a reference is of a class that the model does not know", found=foreign.iloc[0])
        of_none = records.table[(records.table[target] == none) & (records.table["source"] != DECOYS)]
        nearby = records.meta.get("homologues", {}).values()
        made = cls(known, Search.of(known["sequence"].tolist(), k, min_shared))
        return made._beside([*of_none["sequence"], *nearby, *others])

    def _beside(self, proteins: Sequence[str]) -> KnownGenes:
        """With those of some proteins of no class that resemble a known gene and are none themselves."""
        hits, points = self._best(*letter_codes(proteins, "protein"))
        alike = (hits >= 0) & (self._shares(hits, points) < ITSELF)
        chosen = dict.fromkeys(p for p, keep in zip(proteins, alike, strict=True) if keep)
        return replace(self, homologues=Search.of([*chosen], self.search.k, self.search.min_shared))

    def are_homologues(self, proteins: Sequence[str], hits: np.ndarray, shares: np.ndarray) -> np.ndarray:
        """Which proteins are nearer to one of `homologues` than to their known gene, by the score.

        Parameters
        ----------
        proteins : sequence of str
        hits, shares : ndarray
            Shape (proteins,): as of `nearest`.

        Returns
        -------
        ndarray
            bool, shape (proteins,); false where there is no known gene.
        """
        nearer = np.zeros(len(hits), bool)
        rows = np.flatnonzero(hits >= 0)
        if self.homologues is not None and len(self.homologues) and len(rows):
            _, scores = self.homologues(*letter_codes([proteins[i] for i in rows.tolist()], "protein"))
            nearer[rows] = scores.max(1) > shares[rows] * self.search.own[hits[rows]]
        return nearer

    def nearest(self, proteins: RaggedArrays) -> tuple[np.ndarray, np.ndarray]:
        """The best-scoring known gene of each encoded protein.

        Returns
        -------
        hits, shares : ndarray
            Shape (proteins,): the row of the gene, and the fraction that the alignment's score is of the
            gene's score with itself; -1 and 0 where no gene shares enough k-mers.
        """
        hits, points = self._best(proteins.only.values["letters"], proteins.only.offsets["letters"])
        shares = self._shares(hits, points)
        return hits[proteins.items()], shares[proteins.items()]

    def _best(self, letters: np.ndarray, offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        numbers, scores = self.search(letters, offsets)
        best = np.arange(len(scores)), scores.argmax(1)
        return numbers[best], scores[best]

    def _shares(self, hits: np.ndarray, points: np.ndarray) -> np.ndarray:
        return np.where(hits >= 0, points / self.search.own[hits] if len(self.search) else 0.0, 0.0)

    def describe(self, protein: str, hit: int) -> dict[str, Any]:
        """What is known of gene ``hit``, and its alignment with the protein; empty values if it is -1."""
        if hit < 0:
            blank = dict.fromkeys(("nearest_gene", "nearest_accession", "nearest_class", "phenotype_classes",
                                   "antibiotics", "mechanism", "pmid"), "")  # fmt: skip
            return {
                **blank,
                "identity": 0.0,
                "coverage": 0.0,
                "query_coverage": 0.0,
                "reference_length_aa": 0,
            }
        gene = self.table.iloc[hit]
        alignment = align(protein, gene["sequence"])
        return {
            "nearest_gene": _text(gene, "cassette_gene") or gene.get("gene") or gene["id"],
            "nearest_accession": gene.get("accession") or gene["id"],
            "nearest_class": gene["drug_class"],
            "phenotype_classes": gene.get("phenotype_classes") or "",
            "antibiotics": gene.get("antibiotics") or "",
            "mechanism": gene.get("mechanism") or "",
            "pmid": gene.get("pmid") or "",
            "identity": round(alignment.identity, 4),
            "coverage": round(alignment.coverage, 4),
            "query_coverage": round(alignment.query_coverage, 4),
            "reference_length_aa": len(gene["sequence"]),
        }


def _text(gene: pd.Series, column: str) -> str:
    """The text in a column that not all sources of records have."""
    value = gene.get(column)
    return value if isinstance(value, str) else ""
