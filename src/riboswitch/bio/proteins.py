"""The proteins of a genome, and where their genes lie if an annotation says so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from riboswitch.bio.alphabet import check, guess
from riboswitch.bio.annotation.contig_rules import name_problem
from riboswitch.bio.annotation.left_out import IgnoredFeature
from riboswitch.bio.annotation.protein_places import Place, Places, read_places
from riboswitch.bio.fasta import Row, fasta_rows
from riboswitch.bio.genome import Genome
from riboswitch.data.records import Rejection
from riboswitch.errors import InputError, Problem
from riboswitch.io.formats import open_format, source_name
from riboswitch.io.opening import MOST_IN_MEMORY, location, open_text, printable

STOP = "*"
SNIFFED = 2**20
"""So many characters tell whether a file holds proteins or DNA."""

_HINTS = {
    "DNA_IN_PROTEIN": "It looks like DNA: give it as the genome.",
    "GAP": "Give proteins that are not aligned.",
}
_TAG = re.compile(r"\[(protein_id|locus_tag)=([^\]]+)\]")  # NCBI's translated_cds.faa
_NCBI = re.compile(r"lcl\|.+_prot_(.+)_[0-9]+")


@dataclass(frozen=True, slots=True)
class Protein:
    """One protein.

    Attributes
    ----------
    id : str
    sequence : str
        In upper case, without the final ``*``; stops within it are ``*``.
    place : Place, optional
        Where its gene lies.
    """

    id: str
    sequence: str
    place: Place | None = None

    @property
    def key(self) -> str:
        """Its name, and its place: a protein may have several genes."""
        return f"{self.id} {self.place}" if self.place else self.id


@dataclass
class Proteins:
    """Proteins, in the order of their file.

    Attributes
    ----------
    entries : list of Protein
        A protein with two genes is there twice.
    source : str
        Name of the file.
    contigs : dict of str to int
        Contigs on which they lie, with their lengths: if the annotation does not say them, as far as its
        genes go.
    ignored : list of IgnoredFeature
        Lines of the annotation that cannot be used.
    rejected : list of Rejection
        Entries that cannot be used.
    unplaced : list of Rejection
        Proteins without a feature, although there is an annotation. They are used, without a place.
    annotated : bool
        Whether there is an annotation.
    """

    entries: list[Protein]
    source: str = ""
    contigs: dict[str, int] = field(default_factory=dict)
    ignored: list[IgnoredFeature] = field(default_factory=list)
    rejected: list[Rejection] = field(default_factory=list)
    unplaced: list[Rejection] = field(default_factory=list)
    annotated: bool = False

    def __len__(self) -> int:
        return len(self.entries)

    @property
    def by_key(self) -> dict[str, Protein]:
        """The entries by their keys."""
        return {protein.key: protein for protein in self.entries}

    @property
    def with_stops(self) -> int:
        """Entries with a stop within their sequence."""
        return sum(STOP in protein.sequence for protein in self.entries)


def read_proteins(
    path: str | Path, annotation: str | Path | None = None, *, genome: Genome | None = None
) -> Proteins:
    """Read proteins, with their places if there is an annotation.

    An entry that cannot be used is listed with the reason, and the rest is read.

    Parameters
    ----------
    path : path
        FASTA; plain, or compressed with gzip, bgzip or zstd.
    annotation : path, optional
        GFF3 whose features name the proteins.
    genome : Genome, optional
        Their assembly. Without an ``annotation`` its locus tags say where the proteins lie.

    Raises
    ------
    InputError
        If a file cannot be read, no protein can be used, or the annotation names none of them.
    """
    refuse_reads(path)
    proteins = Proteins([], source_name(path), annotated=annotation is not None)
    places = _places(annotation, genome)
    with open_format(path, "fasta", errors="surrogateescape", most=MOST_IN_MEMORY) as handle:
        titles = _read(handle, proteins)
    _require_proteins(proteins, location(path))
    if places is not None:
        _place(proteins, places, titles, str(annotation or ""))
        if genome is None:
            proteins.ignored = places.ignored
            proteins.contigs = {c: places.lengths.get(c, end) for c, end in places.ends.items()}
    return proteins


def holds_proteins(path: str | Path) -> bool:
    """Whether a FASTA file holds proteins rather than DNA, by its beginning."""
    if str(path) == "-":
        return False
    refuse_reads(path)
    with open_text(path, errors="surrogateescape") as handle:
        if _first_mark(handle.buffer.peek(4096)) != b">":  # type: ignore[attr-defined]
            return False
        lines = handle.read(SNIFFED).splitlines()
    letters = "".join(line for line in lines if not line.startswith(">"))
    return bool(letters) and guess(letters) == "protein"


def refuse_reads(path: str | Path) -> None:
    """Raise `InputError` for reads of a sequencer."""
    if str(path) == "-":
        return
    with open_text(path, errors="surrogateescape") as handle:
        if _first_mark(handle.buffer.peek(4096)) == b"@":  # type: ignore[attr-defined]
            raise InputError(
                "reads are out of scope", where=str(path), found="FASTQ or SAM", hint="Assemble them first."
            )


def _first_mark(head: bytes) -> bytes:
    return head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]


def _read(handle: Iterator[str], proteins: Proteins) -> dict[str, tuple[int, str]]:
    """Fill in the entries; returns for each its number in the file and the rest of its title."""
    titles: dict[str, tuple[int, str]] = {}
    seen: set[str] = set()
    for number, row in enumerate(fasta_rows(handle), 1):  # type: ignore[arg-type]
        sequence, problem = _usable(row, seen)
        seen.add(row.id)
        if problem is None:
            proteins.entries.append(Protein(row.id, sequence))
            titles[row.id] = number, row.fields["description"]
        else:
            given = printable(row.sequence[:400])
            proteins.rejected.append(
                Rejection(number, printable(row.id), given, *problem, source=proteins.source)
            )
    return titles


def _usable(row: Row, taken: set[str]) -> tuple[str, Problem | None]:
    """The protein of an entry, and why it cannot be used if so. Stops within it are no reason."""
    if problem := name_problem(row.id, taken, "protein"):
        return "", problem
    sequence, problem = check(row.sequence.removesuffix(STOP).replace(STOP, "X"), "protein")
    if problem is not None:
        return "", problem._replace(hint=_HINTS.get(problem.code, problem.hint))
    given = row.sequence.upper().removesuffix(STOP)
    return "".join(STOP if a == STOP else b for a, b in zip(given, sequence, strict=True)), None


def _require_proteins(proteins: Proteins, where: str) -> None:
    if proteins.entries:
        return
    if not proteins.rejected:
        raise InputError("there is no protein in the file", where=where)
    first = proteins.rejected[0]
    many = len(proteins.rejected)
    what = f"none of the {many} proteins can be used; the first, " if many > 1 else ""
    raise InputError(f"{what}{first.id or 'entry 1'}: {first.reason}", where=where, hint=first.hint)


def _places(annotation: str | Path | None, genome: Genome | None) -> Places | None:
    if annotation is not None:
        lengths = {} if genome is None else genome.lengths
        return read_places(annotation, lengths, () if genome is None else genome.circular)
    if genome is None or not genome.cds:
        return None
    by_tag: dict[str, list[Place]] = {}
    for gene in genome.cds:
        if gene.locus_tag and gene.strand in ("+", "-"):
            place = Place(gene.contig, gene.start, gene.end, gene.strand, gene.locus_tag, gene.partial)
            by_tag.setdefault(gene.locus_tag, []).append(place)
    return Places([by_tag])


def _place(proteins: Proteins, places: Places, titles: dict[str, tuple[int, str]], where: str) -> None:
    """Give each protein its places; one entry for each."""
    found: list[Protein] = []
    for protein in proteins.entries:
        number, title = titles[protein.id]
        here = places.of(_names(protein.id, title))
        found += [Protein(protein.id, protein.sequence, place) for place in dict.fromkeys(here)]
        if not here:
            found.append(protein)
            proteins.unplaced.append(
                Rejection(number, protein.id, "", *_NO_FEATURE, "annotation", proteins.source)
            )
    if where and len(proteins.unplaced) == len(proteins.entries):
        raise InputError("the annotation names none of the proteins", where=where,
                         found=proteins.entries[0].id, hint=_SPELLINGS)  # fmt: skip
    proteins.entries = found


_SPELLINGS = "A protein is named by protein_id, ID, locus_tag or Name of its CDS or gene."
_NO_FEATURE = Problem("NO_FEATURE", "no feature has its name: it is used, without a place", _SPELLINGS)


def _names(name: str, title: str) -> list[str]:
    """What a feature may call a protein with this id and title."""
    names = [name, *(value for _, value in _TAG.findall(title))]
    if ncbi := _NCBI.fullmatch(name):
        names.append(ncbi[1])
    return names
