"""Features of a GFF3 file as rows, like those of GenBank and EMBL in `flatfile`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from riboswitch.bio import codons
from riboswitch.bio.annotation.gff3 import (
    Feature,
    Gff3,
    broken,
    circular_contigs,
    joined,
    place_problem,
    read_gff3,
    require_common_contig,
)
from riboswitch.bio.fasta import Row, fasta_rows, titled
from riboswitch.bio.genome import Gene, Genome, extract, gene_of
from riboswitch.errors import InputError, Problem
from riboswitch.io.cells import whole
from riboswitch.io.formats import open_format


def annotated_rows(fasta: TextIO, annotation: str | Path, kind: str, where: str) -> Iterator[Row]:
    """The DNA of the features of one kind, from a FASTA file and its GFF3.

    Id and fields are those of `flatfile.feature_rows`; a feature with neither locus tag nor protein id has
    its ``ID`` as id.
    """
    contigs = _contigs(fasta_rows(fasta), where)
    with open_format(annotation, "gff3", errors="surrogateescape") as handle:
        read = read_gff3(handle)
    return _rows(read, contigs, kind, str(annotation))


def gff3_rows(handle: TextIO, kind: str | None, where: str) -> Iterator[Row]:
    """The same from a GFF3 file with sequences; without a kind, the whole sequences."""
    read = read_gff3(handle)
    if not read.sequences:
        hint = "Give the FASTA file. With --annotation this one is its annotation."
        raise InputError("the GFF3 has no sequences", where=where, hint=hint)
    rows = [titled(title, sequence) for title, sequence in read.sequences]
    if kind is None:
        return iter(rows)
    return _rows(read, _contigs(rows, where), kind, where)


def _contigs(rows: Iterable[Row], where: str) -> dict[str, str]:
    contigs: dict[str, str] = {}
    for row in rows:
        if row.id in contigs:
            hint = "The annotation could mean either of them."
            raise InputError("two contigs have the same id", where=where, found=row.id, hint=hint)
        contigs[row.id] = row.sequence
    return contigs


def _rows(read: Gff3, contigs: dict[str, str], kind: str, where: str) -> Iterator[Row]:
    groups = joined(read.features, (kind,))
    faulty = [line for line in read.faulty if line.kind in (kind, "")]
    if not groups and not faulty:
        raise InputError(f"no {kind} feature in the file", where=where)
    require_common_contig(read.features, contigs, where)
    genome, circular, incomplete = Genome(contigs), circular_contigs(read.features), broken(read.faulty)
    lengths, listed = genome.lengths, set()
    for lines in groups:
        trouble = place_problem(lines, lengths, circular)
        fault = incomplete.get((kind, lines[0].attributes.get("ID", "")))
        listed |= {fault.attributes["ID"]} if fault else set()
        yield _row(lines, genome, fault.problem if fault else trouble[1] if trouble else None)
    for line in faulty:
        if line.attributes.get("ID", line.line) not in listed:
            reason = f"line {line.line}: {line.problem.reason}"
            yield Row(line.name or f"line {line.line}", "", {}, line.problem._replace(reason=reason))


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
