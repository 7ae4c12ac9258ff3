"""Features of a GFF3 file as rows, like those of GenBank and EMBL in `flatfile`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from riboswitch.bio import codons
from riboswitch.bio.fasta import Row, fasta_rows, titled
from riboswitch.bio.genome import Gene, Genome, extract, gene_of
from riboswitch.bio.gff3 import (
    Feature,
    circular_contigs,
    joined,
    place_problem,
    read_gff3,
    require_common_contig,
)
from riboswitch.errors import InputError, Problem
from riboswitch.io.cells import whole
from riboswitch.io.formats import open_format


def annotated_rows(fasta: TextIO, annotation: str | Path, kind: str, where: str) -> Iterator[Row]:
    """The DNA of the features of one kind, from a FASTA file and its GFF3.

    Id and fields are those of `flatfile.feature_rows`; a feature with neither locus tag nor protein id has
    its ``ID`` as id.
    """
    contigs = _contigs(fasta_rows(fasta), where)
    with open_format(annotation, "gff3") as handle:
        features, _ = read_gff3(handle, str(annotation))
    return _rows(features, contigs, kind, str(annotation))


def gff3_rows(handle: TextIO, kind: str | None, where: str) -> Iterator[Row]:
    """The same from a GFF3 file with sequences; without a kind, the whole sequences."""
    features, entries = read_gff3(handle, where)
    if not entries:
        hint = "Read the FASTA file, and give this one as its annotation."
        raise InputError("the GFF3 has no sequences", where=where, hint=hint)
    rows = [titled(title, sequence) for title, sequence in entries]
    if kind is None:
        return iter(rows)
    return _rows(features, _contigs(rows, where), kind, where)


def _contigs(rows: Iterable[Row], where: str) -> dict[str, str]:
    contigs: dict[str, str] = {}
    for row in rows:
        if row.id in contigs:
            hint = "The annotation could mean either of them."
            raise InputError("two contigs have the same id", where=where, found=row.id, hint=hint)
        contigs[row.id] = row.sequence
    return contigs


def _rows(features: list[Feature], contigs: dict[str, str], kind: str, where: str) -> Iterator[Row]:
    groups = joined(features, (kind,))
    if not groups:
        raise InputError(f"no {kind} feature in the file", where=where)
    require_common_contig(features, contigs, where)
    genome, circular = Genome(contigs), circular_contigs(features)
    lengths = genome.lengths
    for lines in groups:
        trouble = place_problem(lines, lengths, circular)
        yield _row(lines, genome, trouble[1] if trouble else None)


def _row(lines: list[Feature], genome: Genome, problem: Problem | None) -> Row:
    gene, attributes = gene_of(lines), lines[0].attributes
    table, bad_table = _table(attributes.get("transl_table", ""))
    problem = problem or bad_table
    fields = {
        "contig": gene.contig, "start": gene.start, "end": gene.end, "strand": gene.strand,
        "partial": gene.partial, "gene": gene.gene, "product": gene.product,
        "codon_start": gene.phase + 1, "transl_table": table,
    }  # fmt: skip
    name = gene.locus_tag or attributes.get("protein_id") or attributes.get("ID") or position(gene)
    return Row(name, "" if problem else extract(genome, gene), fields, problem)


def _table(text: str) -> tuple[int, Problem | None]:
    if not text:
        return 0, None
    with suppress(ValueError):
        if (table := whole(text)) in codons.TABLES:
            return table, None
    return 0, Problem("BAD_QUALIFIER", f"transl_table={text} cannot be used")


def position(gene: Gene) -> str:
    """Contig, start, end and strand as one word."""
    return f"{gene.contig}:{gene.start}-{gene.end}({gene.strand})"
