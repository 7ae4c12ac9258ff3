"""The files in which others read the genes of a genome: genes.gff3, .bed, .tsv, .faa and .ffn."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from riboswitch.io.atomic_files import atomic_path
from riboswitch.tracks import bed, fasta, gff3
from riboswitch.tracks.cells import of_table

TABLE_COLUMNS = ("id", "contig", "start", "end", "strand", "partial", "start_codon", "network", "score",
                 "length_aa")  # fmt: skip
Gene = Mapping[str, Any]


def write_gene_files(
    genes: Sequence[Gene], folder: str | Path, contig_lengths: Mapping[str, int], circular: Collection[str]
) -> list[Path]:
    """Write all files, and return their paths.

    Parameters
    ----------
    genes : sequence of mapping
        With the keys `TABLE_COLUMNS`, ``protein`` and ``dna``. ``start`` and ``end`` count from 1, both
        inclusive; on a circular contig ``end`` may pass the contig's length.
    folder : path
    contig_lengths : mapping
        In genome order.
    circular : collection of str
        Contigs without ends.
    """
    files = {
        "gff3": _gff3(genes, contig_lengths, circular),
        "bed": _bed(genes, contig_lengths),
        "tsv": _table(genes),
        "faa": (fasta.entry(_title(gene), gene["protein"]) for gene in genes),
        "ffn": (fasta.entry(_title(gene), gene["dna"]) for gene in genes),
    }
    return [_write(Path(folder) / f"genes.{suffix}", lines) for suffix, lines in files.items()]


def write_gff3(
    genes: Sequence[Gene], path: str | Path, contig_lengths: Mapping[str, int], circular: Collection[str]
) -> None:
    """Write the GFF3 file alone; parameters as for `write_gene_files`."""
    _write(Path(path), _gff3(genes, contig_lengths, circular))


def _write(path: Path, lines: Iterable[str]) -> Path:
    with atomic_path(path) as temporary:
        temporary.write_text("".join(lines), "utf-8")
    return path


def _gff3(
    genes: Sequence[Gene], contig_lengths: Mapping[str, int], circular: Collection[str]
) -> Iterator[str]:
    yield gff3.VERSION
    for name, length in contig_lengths.items():
        yield gff3.region(name, length)
        if name in circular:
            attributes = {"ID": gff3.region_id(name), "Is_circular": True}
            yield gff3.line(name, "region", 1, length, attributes, strand="+")
    for gene in genes:
        attributes = {"ID": gene["id"], "start_type": gene["start_codon"] or "edge", "partial": _edges(gene)}
        attributes |= {} if gene["network"] is None else {"network": gene["network"]}
        yield gff3.line(gene["contig"], "CDS", gene["start"], gene["end"], attributes,
                        score=gene["score"], strand=gene["strand"], phase="0")  # fmt: skip


def _bed(genes: Sequence[Gene], contig_lengths: Mapping[str, int]) -> Iterator[str]:
    """BED6, its score 1000 times a probability; a gene over the origin of a circular contig has two lines."""
    for gene in genes:
        first, last, length = gene["start"] - 1, gene["end"], contig_lengths[gene["contig"]]
        pieces = [(first, last)] if last <= length else [(first, length), (0, last - length)]
        for start, end in pieces:
            yield bed.line(gene["contig"], start, end, gene["id"], _probability(gene), gene["strand"])


def _probability(gene: Gene) -> float:
    """The network's, else that of the score, which is log-odds."""
    return 1 / (1 + math.exp(-gene["score"])) if gene["network"] is None else gene["network"]


def _table(genes: Sequence[Gene]) -> Iterator[str]:
    yield "\t".join(TABLE_COLUMNS) + "\n"
    for gene in genes:
        yield (
            "\t".join(of_table("" if gene[column] is None else gene[column]) for column in TABLE_COLUMNS)
            + "\n"
        )


def _title(gene: Gene) -> str:
    """As Prodigal writes it, so that programs that read Prodigal's files read these."""
    strand = "1" if gene["strand"] == "+" else "-1"
    details = f"ID={gene['id']};partial={_edges(gene)};start_type={gene['start_codon'] or 'Edge'}"
    return " # ".join([gene["id"], str(gene["start"]), str(gene["end"]), strand, details])


def _edges(gene: Gene) -> str:
    """1 for an end that runs off the contig, the left one first."""
    ends = ["5'" in gene["partial"], "3'" in gene["partial"]]
    return "".join(str(int(e)) for e in (ends if gene["strand"] == "+" else ends[::-1]))
