"""A genome: its contigs and their annotated genes."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from riboswitch.bio.alphabet import reverse_complement
from riboswitch.bio.annotation.contig_rules import contig_rejection, lost_contig, usable_contig
from riboswitch.bio.annotation.gff3 import (
    Feature,
    Gff3,
    broken,
    circular_contigs,
    joined,
    name_of,
    off_contig,
    place_problem,
    read_gff3,
    require_common_contig,
)
from riboswitch.bio.annotation.left_out import IgnoredFeature, require_contigs, require_features
from riboswitch.bio.fasta import fasta_rows, titled
from riboswitch.data.records import Rejection
from riboswitch.errors import InputError, Problem
from riboswitch.io.formats import format_of, open_format, source_name
from riboswitch.io.opening import MOST_IN_MEMORY

if TYPE_CHECKING:  # GenBank and EMBL alone need Biopython's parsers, which take long to import
    from Bio.SeqFeature import SeqFeature

    from riboswitch.bio.annotation import flatfile

FORMATS = ("fasta", "genbank", "embl", "gff3")


SAYS_CIRCULAR = re.compile(r"(?<![\w-])(topology=circular|circular=(true|yes|y))(?!\w)", re.IGNORECASE)
"""In a FASTA title: the words of NCBI, Unicycler, Flye and their like."""


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
    ignored : list of IgnoredFeature
        Features that cannot be used: faulty ones, and those that do not lie on the contigs.
    rejected : list of Rejection
        Contigs that cannot be used.
    circular : set of str
        Contigs that the file declares circular.
    """

    contigs: dict[str, str]
    cds: list[Gene] = field(default_factory=list)
    source: str = ""
    others: list[Gene] = field(default_factory=list)
    ignored: list[IgnoredFeature] = field(default_factory=list)
    rejected: list[Rejection] = field(default_factory=list)
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
    coding: bool = True,
) -> Genome:
    """Read a genome, with its annotation if there is one.

    A contig or a feature that cannot be used is listed with the reason, and the rest is read.

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
    coding : bool
        Whether to read CDS.

    Raises
    ------
    InputError
        If a file cannot be read, no contig can be used, or more than half of the features of an
        ``annotation`` cannot.
    """
    format, wanted = format_of(path, format, FORMATS), {*kinds, *(["CDS"] if coding else [])}
    genome = Genome({}, [], source_name(path))
    reader = _Reader(genome, str(path), wanted)
    with open_format(path, format, errors="surrogateescape", most=MOST_IN_MEMORY) as handle:
        if format in ("genbank", "embl"):
            reader.entries(handle, format)
        elif format == "gff3":
            reader.gff3(handle)
        else:
            reader.fasta(handle)
    require_contigs(len(genome.contigs), genome.rejected, str(path))
    if annotation is not None:
        genome.cds, genome.others, genome.ignored = [], [], []
        beside = _Reader(genome, str(annotation), wanted)
        with open_format(annotation, "gff3", errors="surrogateescape", most=MOST_IN_MEMORY) as handle:
            beside.annotate(read_gff3(handle))
        hint = "Give the annotation of this genome, or none."
        require_features(len(genome.cds) + len(genome.others), genome.ignored, str(annotation), hint)
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


@dataclass
class _Reader:
    """Fills a genome from one file: ``where`` names it, ``wanted`` the kinds of feature to read."""

    genome: Genome
    where: str
    wanted: set[str]
    names: set[str] = field(default_factory=set)

    def fasta(self, handle: TextIO) -> None:
        for number, row in enumerate(fasta_rows(handle), 1):
            usable = self._add_contig(number, row.id, "".join(row.sequence.split()))
            if usable and SAYS_CIRCULAR.search(row.fields["description"]):
                self.genome.circular.add(row.id)

    def gff3(self, handle: TextIO) -> None:
        read = read_gff3(handle)
        if not read.sequences:
            hint = "Give the FASTA file. With --annotation this one is its annotation."
            raise InputError("the GFF3 has no sequences", where=self.where, hint=hint)
        for number, (title, sequence) in enumerate(read.sequences, 1):
            self._add_contig(number, titled(title, "").id, sequence)
        self.annotate(read)

    def entries(self, handle: TextIO, format: str) -> None:
        from riboswitch.bio.annotation import flatfile

        genome = self.genome
        for number, entry in enumerate(flatfile.entries(handle, format, self.where), 1):
            sequence = "" if entry.problem else str(entry.record.seq)
            if not self._add_contig(number, entry.id, sequence, entry.problem):
                lost = lost_contig(genome.rejected[-1])
                for feature in entry.features:
                    if feature.kind in self.wanted:
                        self._ignore(feature.kind, feature.name, feature.line, lost)
                continue
            if entry.record.annotations.get("topology") == "circular":
                genome.circular.add(entry.id)
            for feature in entry.features:
                self._add_feature(feature, entry)

    def _add_contig(self, number: int, name: str, sequence: str, problem: Problem | None = None) -> bool:
        """Add a contig, or its rejection; whether it can be used."""
        clean, problem = usable_contig(name, sequence, self.names, problem)
        self.names.add(name)
        if problem is None:
            self.genome.contigs[name] = clean
        else:
            self.genome.rejected.append(contig_rejection(number, name, sequence, problem, self.genome.source))
        return problem is None

    def annotate(self, read: Gff3) -> None:
        """Put the features of a GFF3 file on the contigs."""
        genome, rejected = self.genome, {r.id: r for r in self.genome.rejected}
        require_common_contig(read.features, genome.contigs.keys() | rejected.keys(), self.where)
        genome.circular |= circular_contigs(read.features) & genome.contigs.keys()
        lengths = {name: n for name, n in genome.lengths.items() if name not in rejected}
        incomplete = broken(read.faulty)
        for lines in joined(read.features, self.wanted):
            head, trouble = lines[0], place_problem(lines, lengths, genome.circular)
            if fault := incomplete.get((head.kind, head.attributes.get("ID", ""))):
                self._ignore(head.kind, fault.name, fault.line, fault.problem)
            elif trouble is None:
                genome.add(gene_of(lines), head.kind)
            else:
                line, problem = trouble
                lost = rejected.get(head.contig)
                self._ignore(
                    head.kind, name_of(head.attributes), line, lost_contig(lost) if lost else problem
                )
        self._ignore_lines(read, lengths)

    def _ignore_lines(self, read: Gff3, lengths: dict[str, int]) -> None:
        """Faulty lines of no feature that is listed already, and features that are not needed."""
        listed = {(f.kind, f.attributes["ID"]) for f in read.features if "ID" in f.attributes}
        listed = {key for key in listed if key[0] in self.wanted}
        for line in read.faulty:
            key = line.kind, line.attributes.get("ID", "")
            if key not in listed:
                listed |= {key} if key[1] else set()
                self._ignore(line.kind, line.name, line.line, line.problem)
        rejected = {r.id for r in self.genome.rejected}
        for feature in read.features:
            if feature.kind in self.wanted or feature.contig in rejected:
                continue
            if problem := off_contig(feature, lengths, feature.contig in self.genome.circular):
                self._ignore(feature.kind, name_of(feature.attributes), feature.line, problem)

    def _add_feature(self, feature: flatfile.Feature, entry: flatfile.Entry) -> None:
        from riboswitch.bio.annotation import flatfile

        problem, phase = feature.problem, 0
        if feature.parsed is not None:
            codon_start, bad_start = flatfile.number(feature.parsed, "codon_start", 1, (1, 2, 3))
            problem, phase = flatfile.placement_problem(feature.parsed, entry.record), codon_start - 1
            problem = problem or (bad_start if feature.kind in self.wanted else None)
        if problem is not None:
            self._ignore(feature.kind, feature.name, feature.line, problem)
        elif feature.kind in self.wanted:
            self.genome.add(_placed(feature.parsed, entry, phase), feature.kind)

    def _ignore(self, kind: str, name: str, line: int, problem: Problem) -> None:
        used = kind in self.wanted or not kind  # a line whose kind cannot be read may be needed
        where = f"{self.where} line {line}"
        self.genome.ignored.append(
            IgnoredFeature(name, kind, where, line, problem, used and bool(self.wanted))
        )


def _open_ends(lines: list[Feature]) -> str:
    """NCBI marks an open end with ``start_range`` or ``end_range``, by position whatever the strand."""
    left = any("start_range" in f.attributes for f in lines)
    right = any("end_range" in f.attributes for f in lines)
    first, last = (right, left) if lines[0].strand == "-" else (left, right)
    return "5'" * first + "3'" * last


def _placed(feature: SeqFeature, entry: flatfile.Entry, phase: int) -> Gene:
    from riboswitch.bio.annotation import flatfile

    location = feature.location
    start, end = flatfile.span(feature, entry.record)
    backward = tuple(part.strand == -1 for part in location.parts)
    pseudo = feature.type == "CDS" and {"pseudo", "pseudogene"} & feature.qualifiers.keys()
    return Gene(
        contig=entry.id,
        start=start,
        end=end,
        strand={1: "+", -1: "-"}.get(location.strand, "."),
        locus_tag=flatfile.qualifier(feature, "locus_tag"),
        gene=flatfile.qualifier(feature, "gene"),
        product=flatfile.qualifier(feature, "product"),
        kind="pseudogene" if pseudo else feature.type,
        phase=phase,
        partial=flatfile.open_ends(feature),
        parts=tuple((int(p.start) + 1, int(p.end)) for p in location.parts),
        reverse=backward if any(backward) and not all(backward) else (),
    )
