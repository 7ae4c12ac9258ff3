"""The genes that were called in a genome, and the files that others read them from."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from riboswitch.io.files import atomic_path
from riboswitch.tracks.gff3 import seqid
from riboswitch.tracks.table import SOFTWARE

COLUMNS = ["id", "contig", "start", "end", "strand", "partial", "start_codon", "network", "score",
           "length_aa", "protein", "dna"]  # fmt: skip
SEQUENCES = ["protein", "dna"]
LINE = 60
Row = dict[str, Any]


@dataclass
class Genes:
    """Genes called in one genome.

    Attributes
    ----------
    table : DataFrame
        `COLUMNS`, in genome order. ``start`` and ``end`` count from 1, both inclusive, the stop codon inside;
        on a circular contig ``end`` may pass the contig's length. ``partial`` says which ends run off the
        contig, ``network`` is the network's probability, ``score`` the natural log-odds of all evidence.
    lengths : dict of str to int
        Of the contigs.
    circular : set of str
        Contigs without ends.
    meta : dict
        JSON values: the genome's name, counts, and whether scores were adapted to it.
    """

    table: pd.DataFrame
    lengths: dict[str, int]
    circular: set[str] = field(default_factory=set)
    meta: dict[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.table)

    def save(self, folder: str | Path) -> list[Path]:
        """Write genes.gff3, genes.bed, genes.tsv, genes.faa and genes.ffn; their paths."""
        writers: dict[str, Callable[[], Iterator[str]]] = {
            "gff3": self._gff3, "bed": self._bed, "tsv": self._tsv,
            "faa": lambda: self._fasta("protein"), "ffn": lambda: self._fasta("dna"),
        }  # fmt: skip
        paths = []
        for suffix, lines in writers.items():
            paths.append(Path(folder) / f"genes.{suffix}")
            with atomic_path(paths[-1]) as temporary:
                temporary.write_text("".join(line + "\n" for line in lines()), "utf-8")
        return paths

    def rows(self) -> list[Row]:
        """One dict a gene."""
        return [{str(k): v for k, v in row.items()} for row in self.table.to_dict("records")]

    def _gff3(self) -> Iterator[str]:
        yield "##gff-version 3"
        for name, length in self.lengths.items():
            contig = seqid(name)
            yield f"##sequence-region {contig} 1 {length}"
            if name in self.circular:
                told = f"ID={contig};Is_circular=true"
                yield "\t".join([contig, SOFTWARE, "region", "1", str(length), ".", "+", ".", told])
        for row in self.rows():
            told = f"ID={seqid(row['id'])};start_type={row['start_codon'] or 'edge'}"
            told += f";partial={_edges(row)};network={row['network']:.6g}"
            place = [seqid(row["contig"]), SOFTWARE, "CDS", str(row["start"]), str(row["end"])]
            yield "\t".join([*place, f"{row['score']:.6g}", row["strand"], "0", told])

    def _bed(self) -> Iterator[str]:
        """BED6: over the origin of a circular contig in two lines; the score is 1000 times ``network``."""
        for row in self.rows():
            first, last, length = row["start"] - 1, row["end"], self.lengths[row["contig"]]
            pieces = [(first, last)] if last <= length else [(first, length), (0, last - length)]
            name = re.sub(r"[^\x21-\x7e]", "_", row["id"])
            for begin, end in pieces:
                score = str(round(1000 * row["network"]))
                yield "\t".join([row["contig"], str(begin), str(end), name, score, row["strand"]])

    def _tsv(self) -> Iterator[str]:
        columns = [c for c in COLUMNS if c not in SEQUENCES]
        yield "\t".join(columns)
        for row in self.rows():
            yield "\t".join(f"{row[c]:.6g}" if isinstance(row[c], float) else str(row[c]) for c in columns)

    def _fasta(self, column: str) -> Iterator[str]:
        """Titles as Prodigal writes them, so that what reads its files reads these."""
        for row in self.rows():
            strand = "1" if row["strand"] == "+" else "-1"
            told = f"ID={row['id']};partial={_edges(row)};start_type={row['start_codon'] or 'Edge'}"
            yield " # ".join([f">{row['id']}", str(row["start"]), str(row["end"]), strand, told])
            text = row[column]
            yield from (text[i : i + LINE] for i in range(0, len(text), LINE))


def _edges(row: Row) -> str:
    """1 for an end that runs off the contig, the left one first."""
    ends = ["5'" in row["partial"], "3'" in row["partial"]]
    return "".join(str(int(e)) for e in (ends if row["strand"] == "+" else ends[::-1]))
