"""Where the genes of proteins lie: features of a GFF3 file by the names that programs give to proteins.

NCBI writes a protein's accession into ``protein_id`` and ``Name``, and ``cds-`` and the accession as ``ID``.
Prokka and Bakta name proteins by ``ID`` and ``locus_tag``. Prodigal names them by contig and number, and
writes ``ID=1_2`` for the second gene of the first contig.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, TextIO

from riboswitch.bio.annotation.gff3 import Feature, broken, circular_contigs, joined, off_contig, read_gff3
from riboswitch.bio.annotation.left_out import IgnoredFeature
from riboswitch.io.cells import whole
from riboswitch.io.formats import open_format
from riboswitch.io.opening import MOST_IN_MEMORY

KINDS = ("CDS", "gene", "pseudogene")
"""Features that may be those of proteins, the surest first."""

NEAR_END = 3
"""A gene that ends within so many bases of its contig's end may go on beyond it."""

_NUMBERED = re.compile(r"[0-9]+_([0-9]+)")
_REGION = re.compile(r"##sequence-region\s+(\S+)\s+[0-9]+\s+([0-9]{1,18})\s*")


class Place(NamedTuple):
    """Where the gene of a protein lies.

    Attributes
    ----------
    contig : str
    start, end : int
        From 1, both inclusive, as annotated: with the stop codon.
    strand : {"+", "-"}
    locus_tag : str
        Empty if there is none.
    open : str
        Ends of the protein that may lie beyond the contig: ``5'``, ``3'``, both or none.
    """

    contig: str
    start: int
    end: int
    strand: str
    locus_tag: str = ""
    open: str = ""

    def __str__(self) -> str:
        return f"{self.contig}:{self.start}-{self.end}({self.strand})"


@dataclass
class Places:
    """Places by the names of proteins.

    Attributes
    ----------
    by_name : list of mapping of str to list of Place
        One mapping for each spelling, the surest first.
    lengths : dict of str to int
        Of contigs, as far as the file says.
    ignored : list of IgnoredFeature
        Lines and features that cannot be used.
    """

    by_name: list[Mapping[str, list[Place]]] = field(default_factory=list)
    lengths: dict[str, int] = field(default_factory=dict)
    ignored: list[IgnoredFeature] = field(default_factory=list)

    def of(self, names: Iterable[str]) -> list[Place]:
        """Where the protein with one of these names lies; several places if its gene is there twice."""
        spelled = [*names]
        return next((list(found[n]) for found in self.by_name for n in spelled if n in found), [])

    @property
    def ends(self) -> dict[str, int]:
        """The last annotated base of each contig with a place."""
        last: dict[str, int] = {}
        for place in (p for found in self.by_name for group in found.values() for p in group):
            last[place.contig] = max(last.get(place.contig, 0), place.end)
        return last


def read_places(path: str | Path, lengths: Mapping[str, int], circular: Collection[str] = ()) -> Places:
    """Read the places of proteins from a GFF3 file.

    Parameters
    ----------
    path : path
    lengths : mapping of str to int
        Of the contigs of the assembly; empty if it is not at hand.
    circular : collection of str
        Its contigs without ends.
    """
    known: dict[str, int] = {}
    with open_format(path, "gff3", errors="surrogateescape", most=MOST_IN_MEMORY) as handle:
        read = read_gff3(_noting_lengths(handle, known))  # type: ignore[arg-type]
    known |= {f.contig: f.end for f in read.features if f.kind == "region" and f.start == 1}
    found = Places(lengths=dict(lengths) or known)
    endless = {*circular} | circular_contigs(read.features)
    incomplete = broken(read.faulty)
    for kind in KINDS:
        by_name: dict[str, dict[str, list[Place]]] = {}
        for lines in joined(read.features, [kind]):
            head = lines[0]
            fault = incomplete.get((kind, head.attributes.get("ID", "")))
            beyond = off_contig(head, lengths, head.contig in endless) if lengths else None
            if head.strand in ("+", "-") and fault is None and beyond is None:
                place = _place(lines, found.lengths.get(head.contig), head.contig in endless)
                for spelling, name in _names(head):
                    by_name.setdefault(spelling, {}).setdefault(name, []).append(place)
        found.by_name += [by_name[s] for s in ("protein_id", "ID", "locus_tag", "Name") if s in by_name]
    where = str(path)
    found.ignored = [
        IgnoredFeature(f.name, f.kind, f"{where} line {f.line}", f.line, f.problem, True) for f in read.faulty
    ]
    return found


def _noting_lengths(handle: TextIO, lengths: dict[str, int]) -> Iterator[str]:
    """The lines of a file; lengths of contigs that its header names are kept."""
    for line in handle:
        if found := _REGION.fullmatch(line):
            lengths[found[1]] = whole(found[2])
        yield line
        if line.startswith(("##FASTA", ">")):
            yield from handle


def _names(feature: Feature) -> Iterator[tuple[str, str]]:
    """The spellings under which a feature may name its protein."""
    for spelling in ("protein_id", "locus_tag", "Name"):
        if name := feature.attributes.get(spelling):
            yield spelling, name
    if name := feature.attributes.get("ID"):
        yield "ID", name
        if name.startswith("cds-"):
            yield "ID", name.removeprefix("cds-")
        if numbered := _NUMBERED.fullmatch(name):
            yield "ID", f"{feature.contig}_{numbered[1]}"


def _place(lines: list[Feature], length: int | None, endless: bool) -> Place:
    head = lines[0]
    start, end = min(f.start for f in lines), max(f.end for f in lines)
    left = (not endless and start <= NEAR_END) or any("start_range" in f.attributes for f in lines)
    right = not endless and length is not None and end > length - NEAR_END
    right = right or any("end_range" in f.attributes for f in lines)
    first, last = (left, right) if head.strand == "+" else (right, left)
    ends = "5'" * first + "3'" * last
    return Place(head.contig, start, end, head.strand, head.attributes.get("locus_tag", ""), ends)
