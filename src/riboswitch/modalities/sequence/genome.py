"""A genome: its contigs and the genes annotated on them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TextIO

from Bio.SeqFeature import SeqFeature
from Bio.SeqRecord import SeqRecord

from riboswitch.errors import InputError
from riboswitch.modalities.sequence import flatfile
from riboswitch.modalities.sequence.alphabet import check, reverse_complement
from riboswitch.modalities.sequence.gff import Feature, check_places, read_gff3
from riboswitch.modalities.sequence.parsers import fasta_rows
from riboswitch.modalities.sequence.text import format_of, open_text, source_name

FORMATS = ("fasta", "genbank", "embl", "gff3")


@dataclass(frozen=True, slots=True)
class Gene:
    """One annotated coding sequence.

    Attributes
    ----------
    contig : str
    start, end : int
        From 1, both inclusive, as in GFF3. On a circular contig ``end`` may pass the contig's length.
    strand : {"+", "-"}
    locus_tag, gene, product : str
        Empty if not annotated.
    kind : {"CDS", "pseudogene"}
    phase : {0, 1, 2}
        Bases to leave out before the first codon.
    partial : str
        Which ends are open, of ``5'`` and ``3'``.
    parts : tuple of (int, int)
        Start and end of each piece, in the order they are read; one piece unless the gene is joined.
    """

    contig: str
    start: int
    end: int
    strand: str
    locus_tag: str = ""
    gene: str = ""
    product: str = ""
    kind: str = "CDS"
    phase: int = 0
    partial: str = ""
    parts: tuple[tuple[int, int], ...] = ()


@dataclass
class Genome:
    """Contigs by id, upper-case, in file order; ``cds`` in the order of the annotation."""

    contigs: dict[str, str]
    cds: list[Gene] = field(default_factory=list)
    source: str = ""

    def __len__(self) -> int:
        return sum(map(len, self.contigs.values()))

    @property
    def lengths(self) -> dict[str, int]:
        return {name: len(sequence) for name, sequence in self.contigs.items()}


def read_genome(
    path: str | Path, annotation: str | Path | None = None, *, format: str | None = None
) -> Genome:
    """Read a genome, with its annotation if there is one.

    Parameters
    ----------
    path : path
        FASTA, GenBank, EMBL, or GFF3 with a ``##FASTA`` part; plain or ``.gz``.
    annotation : path, optional
        GFF3 that belongs to the contigs of ``path``; it replaces genes annotated there.
    format : {"fasta", "genbank", "embl", "gff3"}, optional
        Of ``path``; by the suffix of its name unless given.

    Raises
    ------
    InputError
        If a file cannot be read, a contig is not DNA, or a gene does not lie on a contig.
    """
    format = format_of(path, format, FORMATS)
    genome = Genome({}, [], source_name(path))
    with open_text(path, format) as handle:
        _READERS[format](genome, handle, str(path))
    if annotation is not None:
        with open_text(annotation, "gff3") as handle:
            genome.cds = _genes(read_gff3(handle, str(annotation))[0], genome, str(annotation))
    return genome


def extract(genome: Genome, gene: Gene) -> str:
    """The gene's DNA, read along its own strand."""
    contig = genome.contigs[gene.contig]
    pieces = []
    for start, end in gene.parts or ((gene.start, gene.end),):
        piece = contig[start - 1 : end] + contig[: max(0, end - len(contig))]
        pieces.append(piece if gene.strand == "+" else reverse_complement(piece))
    return "".join(pieces)


def _fill_from_fasta(genome: Genome, handle: TextIO, where: str) -> None:
    for row in fasta_rows(handle):
        _add_contig(genome, row.id, row.sequence, where)


def _fill_from_gff3(genome: Genome, handle: TextIO, where: str) -> None:
    features, entries = read_gff3(handle, where)
    if not entries:
        hint = "Give the FASTA file as the genome and this one as its annotation."
        raise InputError("the GFF3 has no sequences", where=where, hint=hint)
    for title, sequence in entries:
        _add_contig(genome, title.partition(" ")[0], sequence, where)
    genome.cds = _genes(features, genome, where)


def _fill_from_flatfile(genome: Genome, handle: TextIO, where: str, *, format: str) -> None:
    for record, problem in flatfile.entries(handle, format, where):
        if problem:
            raise InputError(problem.reason, where=where, found=record.id, hint=problem.hint)
        _add_contig(genome, record.id or "", str(record.seq), where)
        genome.cds += [_annotated(f, record, where) for f in record.features if f.type == "CDS"]


_READERS: dict[str, Callable[[Genome, TextIO, str], None]] = {
    "fasta": _fill_from_fasta,
    "gff3": _fill_from_gff3,
    "genbank": partial(_fill_from_flatfile, format="genbank"),
    "embl": partial(_fill_from_flatfile, format="embl"),
}


def _add_contig(genome: Genome, name: str, sequence: str, where: str) -> None:
    if not name:
        raise InputError("a contig has no id", where=where)
    if name in genome.contigs:
        raise InputError("two contigs have the same id", where=where, found=name)
    clean, problem = check(sequence, "dna")
    if problem:
        raise InputError(f"contig {name}: {problem.reason}", where=where, hint=problem.hint)
    genome.contigs[name] = clean


def _genes(features: list[Feature], genome: Genome, where: str) -> list[Gene]:
    """The coding sequences, lines with the same ID joined."""
    check_places(features, genome.lengths, where)
    joined: dict[str, list[Feature]] = {}
    for feature in features:
        if feature.kind == "CDS":
            joined.setdefault(feature.attributes.get("ID") or f"line {feature.line}", []).append(feature)
    return [_joined(lines, where) for lines in joined.values()]


def _joined(lines: list[Feature], where: str) -> Gene:
    head = lines[0]
    for line in lines[1:]:
        if (line.contig, line.strand) != (head.contig, head.strand):
            name = head.attributes["ID"]
            hint = f"Line {head.line} has it on {head.contig} {head.strand}."
            place = f"{where} line {line.line}"
            raise InputError("one ID on two contigs or strands", where=place, found=name, hint=hint)
    lines = sorted(lines, key=lambda f: f.start, reverse=head.strand == "-")
    told = lines[0].attributes
    return Gene(
        contig=head.contig,
        start=min(f.start for f in lines),
        end=max(f.end for f in lines),
        strand=head.strand,
        locus_tag=told.get("locus_tag", ""),
        gene=told.get("gene", ""),
        product=told.get("product", ""),
        kind="pseudogene" if told.get("pseudo") == "true" else "CDS",
        phase=lines[0].phase,
        partial=_open_ends(lines),
        parts=tuple((f.start, f.end) for f in lines),
    )


def _open_ends(lines: list[Feature]) -> str:
    """NCBI marks an open end with ``start_range`` or ``end_range``, by position whatever the strand."""
    left = any("start_range" in f.attributes for f in lines)
    right = any("end_range" in f.attributes for f in lines)
    first, last = (left, right) if lines[0].strand == "+" else (right, left)
    return "5'" * first + "3'" * last


def _annotated(feature: SeqFeature, record: SeqRecord, where: str) -> Gene:
    codon_start, bad_start = flatfile.number(feature, "codon_start", 1, (1, 2, 3))
    problem = flatfile.placement_problem(feature, record) or bad_start
    if problem or feature.location.strand not in (1, -1):
        reason = problem.reason if problem else "a CDS joins both strands"
        raise InputError(reason, where=f"{where} {record.id}", found=feature.location)
    location = feature.location
    start, end = flatfile.span(feature, record)
    pseudo = {"pseudo", "pseudogene"} & feature.qualifiers.keys()
    return Gene(
        contig=record.id or "",
        start=start,
        end=end,
        strand="+" if location.strand == 1 else "-",
        locus_tag=flatfile.qualifier(feature, "locus_tag"),
        gene=flatfile.qualifier(feature, "gene"),
        product=flatfile.qualifier(feature, "product"),
        kind="pseudogene" if pseudo else "CDS",
        phase=codon_start - 1,
        partial=flatfile.open_ends(feature),
        parts=tuple((int(p.start) + 1, int(p.end)) for p in location.parts),
    )
