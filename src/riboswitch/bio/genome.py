"""A genome: its contigs and their annotated genes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, TextIO

from Bio.SeqFeature import SeqFeature
from Bio.SeqRecord import SeqRecord

from riboswitch.bio import flatfile
from riboswitch.bio.alphabet import check, reverse_complement
from riboswitch.bio.fasta import fasta_rows
from riboswitch.bio.gff3 import (
    Feature,
    check_places,
    circular_contigs,
    joined,
    place_problem,
    read_gff3,
    require_common_contig,
)
from riboswitch.errors import InputError, Problem
from riboswitch.io.formats import format_of, open_format, source_name

FORMATS = ("fasta", "genbank", "embl", "gff3")


@dataclass(frozen=True, slots=True)
class Gene:
    """One annotated coding sequence, or a feature of another kind.

    Attributes
    ----------
    contig : str
    start, end : int
        From 1, both inclusive, as in GFF3. On a circular contig ``end`` may pass the contig's length.
    strand : {"+", "-", "."}
        ``.`` only for features without a strand, and those joined from both.
    locus_tag, gene, product : str
        Empty if not annotated.
    kind : str
        ``CDS``, ``pseudogene`` (a CDS that is marked as one), or another kind of feature.
    phase : {0, 1, 2}
        Bases before the first codon.
    partial : str
        The open ends: ``5'``, ``3'``, both or none.
    parts : tuple of (int, int)
        Start and end of each piece, in reading order; one piece unless the gene is joined.
    reverse : tuple of bool
        Of a gene joined from both strands: whether each piece is read from the reverse strand. Else empty.
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
    reverse: tuple[bool, ...] = ()


class Unplaced(NamedTuple):
    """A feature that does not lie on the contigs: its name, its kind, and why."""

    name: str
    kind: str
    problem: Problem


@dataclass
class Genome:
    """Contigs by id, upper-case, in file order; genes in the order of the annotation.

    Attributes
    ----------
    contigs : dict of str to str
    cds : list of Gene
    source : str
        Name of the file.
    others : list of Gene
        Features of the other kinds that were asked for.
    unplaced : list of Unplaced
        Features that do not lie on the contigs, if the genome was not read strictly.
    circular : set of str
        Contigs that the file declares circular.
    """

    contigs: dict[str, str]
    cds: list[Gene] = field(default_factory=list)
    source: str = ""
    others: list[Gene] = field(default_factory=list)
    unplaced: list[Unplaced] = field(default_factory=list)
    circular: set[str] = field(default_factory=set)

    def __len__(self) -> int:
        return sum(map(len, self.contigs.values()))

    @property
    def lengths(self) -> dict[str, int]:
        return {name: len(sequence) for name, sequence in self.contigs.items()}

    def of_kind(self, kind: str) -> list[Gene]:
        """Features of one kind; ``CDS`` includes pseudogenes."""
        return self.cds if kind == "CDS" else [f for f in self.others if f.kind == kind]

    def add(self, gene: Gene, kind: str) -> None:
        """Add a CDS to `cds`, and a feature of another kind to `others`."""
        (self.cds if kind == "CDS" else self.others).append(gene)


def read_genome(
    path: str | Path,
    annotation: str | Path | None = None,
    *,
    format: str | None = None,
    kinds: Collection[str] = (),
    strict: bool = True,
) -> Genome:
    """Read a genome, with its annotation if there is one.

    Parameters
    ----------
    path : path
        FASTA, GenBank, EMBL, or GFF3 with a ``##FASTA`` part; plain, or compressed with gzip, bgzip or zstd.
    annotation : path, optional
        GFF3 for the contigs of ``path``; it replaces the annotation there.
    format : {"fasta", "genbank", "embl", "gff3"}, optional
        Of ``path``; by the suffix of its name unless given.
    kinds : collection of str
        Kinds of feature to read beside CDS.
    strict : bool
        Raise for a feature that does not lie on a contig; else it is listed as unplaced.

    Raises
    ------
    InputError
        If a file cannot be read, a contig is not DNA, or a gene does not lie on a contig.
    """
    format, wanted = format_of(path, format, FORMATS), {"CDS", *kinds}
    genome = Genome({}, [], source_name(path))
    with open_format(path, format) as handle:
        if format in ("genbank", "embl"):
            _fill_from_flatfile(genome, handle, format, str(path), wanted, strict)
        elif format == "gff3":
            _fill_from_gff3(genome, handle, str(path), wanted, strict)
        else:
            _fill_from_fasta(genome, handle, str(path))
    if annotation is not None:
        genome.cds, genome.others, genome.unplaced = [], [], []
        with open_format(annotation, "gff3") as handle:
            _annotate(genome, read_gff3(handle, str(annotation))[0], str(annotation), wanted, strict)
    return genome


def extract(genome: Genome, gene: Gene) -> str:
    """The gene's DNA, along its own strand (along the contig if it has none)."""
    contig, parts = genome.contigs[gene.contig], gene.parts or ((gene.start, gene.end),)
    pieces = [cut(contig, start, end) for start, end in parts]
    backward = gene.reverse or [gene.strand == "-"] * len(pieces)
    return "".join(reverse_complement(p) if b else p for p, b in zip(pieces, backward, strict=True))


def cut(contig: str, start: int, end: int) -> str:
    """Letters ``start`` to ``end``, from 1, both inclusive; past the end they go on at the origin."""
    over = len(contig)
    return contig[start - 1 : end] + contig[max(0, start - 1 - over) : max(0, end - over)]


def gene_of(lines: list[Feature]) -> Gene:
    """One feature of a GFF3 file, from its lines in reading order."""
    attributes, kind = lines[0].attributes, lines[0].kind
    pseudo = kind == "CDS" and attributes.get("pseudo") == "true"
    return Gene(
        contig=lines[0].contig,
        start=min(f.start for f in lines),
        end=max(f.end for f in lines),
        strand=lines[0].strand if lines[0].strand in ("+", "-") else ".",
        locus_tag=attributes.get("locus_tag", ""),
        gene=attributes.get("gene", ""),
        product=attributes.get("product", ""),
        kind="pseudogene" if pseudo else kind,
        phase=lines[0].phase,
        partial=_open_ends(lines),
        parts=tuple((f.start, f.end) for f in lines),
    )


def _fill_from_fasta(genome: Genome, handle: TextIO, where: str) -> None:
    for row in fasta_rows(handle):
        _add_contig(genome, row.id, row.sequence, where)


def _fill_from_gff3(genome: Genome, handle: TextIO, where: str, wanted: set[str], strict: bool) -> None:
    features, entries = read_gff3(handle, where)
    if not entries:
        hint = "Give the FASTA file as the genome and this one as its annotation."
        raise InputError("the GFF3 has no sequences", where=where, hint=hint)
    for title, sequence in entries:
        _add_contig(genome, title.partition(" ")[0], sequence, where)
    _annotate(genome, features, where, wanted, strict)


def _fill_from_flatfile(
    genome: Genome, handle: TextIO, format: str, where: str, wanted: set[str], strict: bool
) -> None:
    for record, problem in flatfile.entries(handle, format, where):
        if problem:
            raise InputError(problem.reason, where=where, found=record.id, hint=problem.hint)
        _add_contig(genome, record.id or "", str(record.seq), where)
        if record.annotations.get("topology") == "circular":
            genome.circular.add(record.id)
        for feature in record.features:
            if feature.type in wanted:
                _add_feature(genome, feature, record, where, strict)


def _add_contig(genome: Genome, name: str, sequence: str, where: str) -> None:
    if not name:
        raise InputError("a contig has no id", where=where)
    if name in genome.contigs:
        raise InputError("two contigs have the same id", where=where, found=name)
    clean, problem = check(sequence, "dna")
    if problem:
        raise InputError(f"contig {name}: {problem.reason}", where=where, hint=problem.hint)
    genome.contigs[name] = clean


def _annotate(genome: Genome, features: list[Feature], where: str, wanted: set[str], strict: bool) -> None:
    """Put the features of a GFF3 file on the contigs."""
    if strict:
        check_places(features, genome.lengths, where)
    else:
        require_common_contig(features, genome.contigs, where)
    genome.circular |= circular_contigs(features) & genome.contigs.keys()
    lengths = genome.lengths
    for lines in joined(features, wanted):
        trouble = place_problem(lines, lengths, genome.circular)
        if trouble is None:
            genome.add(gene_of(lines), lines[0].kind)
        elif strict:
            line, problem = trouble
            raise InputError(problem.reason, where=f"{where} line {line}", hint=problem.hint)
        else:
            name = lines[0].attributes.get("locus_tag") or f"line {trouble[0]}"
            genome.unplaced.append(Unplaced(name, lines[0].kind, trouble[1]))


def _open_ends(lines: list[Feature]) -> str:
    """NCBI marks an open end with ``start_range`` or ``end_range``, by position whatever the strand."""
    left = any("start_range" in f.attributes for f in lines)
    right = any("end_range" in f.attributes for f in lines)
    first, last = (right, left) if lines[0].strand == "-" else (left, right)
    return "5'" * first + "3'" * last


def _add_feature(genome: Genome, feature: SeqFeature, record: SeqRecord, where: str, strict: bool) -> None:
    codon_start, bad_start = flatfile.number(feature, "codon_start", 1, (1, 2, 3))
    problem = flatfile.placement_problem(feature, record) or bad_start
    if problem is None:
        genome.add(_placed(feature, record, codon_start), feature.type)
    elif strict:
        raise InputError(problem.reason, where=f"{where} {record.id}", found=feature.location)
    else:
        name = flatfile.qualifier(feature, "locus_tag") or f"{record.id} {feature.location}"
        genome.unplaced.append(Unplaced(name, feature.type, problem))


def _placed(feature: SeqFeature, record: SeqRecord, codon_start: int) -> Gene:
    location = feature.location
    start, end = flatfile.span(feature, record)
    backward = tuple(part.strand == -1 for part in location.parts)
    pseudo = feature.type == "CDS" and {"pseudo", "pseudogene"} & feature.qualifiers.keys()
    return Gene(
        contig=record.id or "",
        start=start,
        end=end,
        strand={1: "+", -1: "-"}.get(location.strand, "."),
        locus_tag=flatfile.qualifier(feature, "locus_tag"),
        gene=flatfile.qualifier(feature, "gene"),
        product=flatfile.qualifier(feature, "product"),
        kind="pseudogene" if pseudo else feature.type,
        phase=codon_start - 1,
        partial=flatfile.open_ends(feature),
        parts=tuple((int(p.start) + 1, int(p.end)) for p in location.parts),
        reverse=backward if any(backward) and not all(backward) else (),
    )
