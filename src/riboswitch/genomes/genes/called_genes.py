"""The genes that were called in a genome."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from riboswitch.tracks.gene_files import TABLE_COLUMNS, write_gene_files, write_gff3

COLUMNS = [*TABLE_COLUMNS, "protein", "dna"]


@dataclass
class Genes:
    """Genes called in one genome.

    Attributes
    ----------
    table : DataFrame
        `COLUMNS`, in genome order. ``start`` and ``end`` count from 1, both inclusive, the stop codon inside;
        on a circular contig ``end`` may pass the contig's length. ``partial`` says which ends run off the
        contig, ``network`` is the network's probability (None without one), ``score`` the natural log-odds of
        all evidence.
    lengths : dict of str to int
        Of the contigs.
    circular : set of str
        Contigs without ends.
    meta : dict
        JSON values: the genome's name, counts, and what the genes were found by.
    """

    table: pd.DataFrame
    lengths: dict[str, int]
    circular: set[str] = field(default_factory=set)
    meta: dict[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.table)

    def rows(self) -> list[dict[str, Any]]:
        """One dict a gene."""
        return [{str(k): v for k, v in row.items()} for row in self.table.to_dict("records")]

    def save(self, folder: str | Path) -> list[Path]:
        """Write genes.gff3, genes.bed, genes.tsv, genes.faa and genes.ffn; return their paths."""
        return write_gene_files(self.rows(), folder, self.lengths, self.circular)

    def save_gff3(self, path: str | Path) -> None:
        """Write the GFF3 file alone."""
        write_gff3(self.rows(), path, self.lengths, self.circular)
