"""Calls: the genes that were recognised in a genome, their scores, and counts of everything examined."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from riboswitch.errors import InputError
from riboswitch.io.parquet import read_parquet, write_parquet

CALL_COLUMNS = [
    "genome", "orf_id", "contig", "start", "end", "strand", "partial", "locus_tag", "status", "drug_class",
    "probability", "probability_sd", "nearest_gene", "nearest_accession", "nearest_class", "identity",
    "coverage", "query_coverage", "novelty", "score", "q_value", "decoys_above", "phenotype_classes",
    "antibiotics", "mechanism", "pmid", "gene_length_aa", "reference_length_aa", "why",
]  # fmt: skip


@dataclass
class Calls:
    """Calls and candidates of one genome.

    Attributes
    ----------
    table : DataFrame
        `CALL_COLUMNS`; coordinates are 1-based and inclusive, stop codon included. ``status`` is ``call``
        (model and homology agree) or ``candidate`` (only one of them supports it: never used in the join).
    meta : dict
        JSON values: the genome and its contigs, thresholds, and counts of everything examined.
    """

    table: pd.DataFrame
    meta: dict[str, Any] = field(default_factory=dict)

    @property
    def confident(self) -> pd.DataFrame:
        """Rows with the status ``call``."""
        return self.table[self.table["status"] == "call"].reset_index(drop=True)

    @property
    def candidates(self) -> pd.DataFrame:
        """Rows with the status ``candidate``."""
        return self.table[self.table["status"] == "candidate"].reset_index(drop=True)

    def save(self, path: str | Path) -> None:
        """Write Parquet."""
        write_parquet(self.table[CALL_COLUMNS], path, self.meta)

    @classmethod
    def load(cls, path: str | Path) -> Calls:
        """Read a file that `save` wrote; `InputError` if it is not a table of calls."""
        table, meta = read_parquet(path)
        if not set(CALL_COLUMNS) <= set(table):
            raise InputError("not a table of calls", where=str(path), hint="riboswitch scan writes one.")
        return cls(table, meta)
