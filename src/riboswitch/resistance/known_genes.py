"""The known resistance genes: which of them is nearest to a protein, and what is known of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from riboswitch.bio.alignment import align
from riboswitch.bio.search import Search
from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.records import Records
from riboswitch.errors import InputError


@dataclass
class KnownGenes:
    """Known resistance proteins, ready to be searched.

    Attributes
    ----------
    table : DataFrame
        Records with their class in the column ``drug_class``.
    search : Search
        The same proteins in the same order.
    """

    table: pd.DataFrame
    search: Search

    @classmethod
    def build(
        cls, records: Records, target: str, classes: Sequence[str], none: str, *, k: int, min_shared: int
    ) -> KnownGenes:
        """From the records whose ``target`` is not ``none``.

        Raises
        ------
        InputError
            If there is no such target, or a record is of a class that the model does not have.
        """
        if target not in records.table:
            raise InputError("the references have no column of classes", found=target,
                             hint="Give the records that the model was trained on.")  # fmt: skip
        known = records.table[records.table[target] != none].reset_index(drop=True)
        known["drug_class"] = known[target]
        foreign = known.loc[~known[target].isin(classes), target]
        if len(foreign):
            raise InputError("a reference is of a class that the model does not know", found=foreign.iloc[0])
        return cls(known, Search.of(known["sequence"].tolist(), k, min_shared))

    def nearest(self, proteins: RaggedArrays) -> tuple[np.ndarray, np.ndarray]:
        """The best-scoring known gene of each encoded protein.

        Returns
        -------
        hits, shares : ndarray
            Shape (proteins,): the row of the gene, and the fraction that the alignment's score is of the
            gene's score with itself; -1 and 0 where no gene shares enough k-mers.
        """
        numbers, scores = self.search(proteins.only.values["letters"], proteins.only.offsets["letters"])
        best = np.arange(len(scores)), scores.argmax(1)
        hits, points = numbers[best], scores[best]
        shares = np.where(hits >= 0, points / self.search.own[hits] if len(self.search) else 0.0, 0.0)
        return hits[proteins.items()], shares[proteins.items()]

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
