"""The contigs of a genome in small pieces: a chromosome is never in memory as a whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, TextIO

from riboswitch.bio.alphabet import LETTERS, NUCLEOTIDES, check
from riboswitch.bio.annotation.contig_rules import contig_problem, contig_rejection, name_problem
from riboswitch.bio.annotation.left_out import IgnoredFeature, require_contigs
from riboswitch.bio.fasta import titled
from riboswitch.bio.genome import FORMATS, Genome, read_genome
from riboswitch.data.records import Rejection
from riboswitch.errors import Problem, UsageError
from riboswitch.io.formats import format_of, open_format, source_name

PIECE = 1 << 20  # characters
EXCERPT = 400  # letters of a rejected contig that are shown


@dataclass(frozen=True)
class Contigs:
    """Contigs that are read piece by piece, as often as needed.

    Attributes
    ----------
    lengths : dict
        Bases of each contig, in file order.
    pieces : callable
        Returns an iterator over (contig, piece): the pieces of each contig in order, upper-case.
    source : str
        Name of the file.
    rejected : list of Rejection
        Contigs that cannot be used.
    ignored : list of IgnoredFeature
        Features that cannot be placed; they are not needed.
    """

    lengths: dict[str, int]
    pieces: Callable[[], Iterator[tuple[str, str]]]
    source: str = ""
    rejected: list[Rejection] = field(default_factory=list)
    ignored: list[IgnoredFeature] = field(default_factory=list)

    @classmethod
    def open(cls, path: str | Path, format: str | None = None) -> Contigs:
        """Read a file once to check it and to get the lengths.

        FASTA is streamed; the contigs of other formats are held in memory, with their genes.

        Raises
        ------
        InputError
            If the file cannot be read, or no contig can be used.
        UsageError
            For standard input: it cannot be read twice.
        """
        if str(path) == "-":
            raise UsageError(
                "a genome is read twice, and standard input can be read only once", hint="Give a file."
            )
        if format_of(path, format, FORMATS) != "fasta":
            return cls.of(read_genome(path, format=format, coding=False))

        measured = _measure(path)

        def pieces() -> Iterator[tuple[str, str]]:
            number = 0
            with open_format(path, "fasta", errors="surrogateescape") as handle:
                for name, text in fasta_pieces(handle):
                    number += not text
                    if number not in measured.unusable:
                        yield name, text.upper()

        return cls(measured.lengths, pieces, source_name(path), measured.rejected)

    @classmethod
    def of(cls, genome: Genome) -> Contigs:
        """The contigs of a genome in memory, each as one piece."""
        pieces = genome.contigs.items()
        return cls(genome.lengths, lambda: iter(pieces), genome.source, genome.rejected, genome.ignored)


def fasta_pieces(handle: TextIO, size: int = PIECE) -> Iterator[tuple[str, str]]:
    """Yield (id, piece of sequence) of a FASTA file, reading ``size`` characters at a time.

    Each entry begins with an empty piece. Lines may have any length: a line with a whole chromosome is read
    in pieces, too. White space is left out.
    """
    name, title, line_start = "", None, True
    while block := handle.read(size):
        while block:
            if title is None and line_start and block[0] == ">":
                title, block = "", block[1:]
            elif title is not None:
                text, newline, block = block.partition("\n")
                title += text
                if newline:
                    name, title, line_start = _id(title), None, True
                    yield name, ""
            else:
                stop = block.find("\n>") + 1 or len(block)
                text, block = block[:stop], block[stop:]
                line_start = text.endswith("\n")
                if letters := "".join(text.split()):
                    yield name, letters
    if title is not None:
        yield _id(title), ""


def _id(title: str) -> str:
    return titled(title, "").id


class _Measured(NamedTuple):
    """Lengths of the contigs that can be used; the others, and their numbers in the file."""

    lengths: dict[str, int]
    rejected: list[Rejection]
    unusable: set[int]


@dataclass
class _Entry:
    """What is known of one entry while it is read."""

    name: str
    problem: Problem | None
    length: int = 0
    ambiguous: int = 0
    start: str = ""
    first: str = ""

    def add(self, text: str) -> None:
        """Count a piece, and remember its first bad letter."""
        raw = text.encode("ascii", "replace").upper()
        if self.problem is None and (odd := raw.translate(None, LETTERS["dna"])):
            self.problem, at = check(text, "dna")[1], self.length + raw.index(odd[:1]) + 1
            self.first = f"{text[at - self.length - 1]!r} at position {at} is no letter of DNA"
        self.start = self.start or text[:EXCERPT]
        self.ambiguous += len(raw.translate(None, NUCLEOTIDES))
        self.length += len(text)

    def found(self) -> Problem | None:
        """Its problem, once it is complete."""
        problem, looks_like_protein = self.problem, self.ambiguous > self.length / 10
        if problem is None and not self.length:
            problem = Problem("EMPTY", "the sequence is empty")
        elif problem is None and self.ambiguous > self.length / 2:
            problem = Problem("PROTEIN_IN_DNA", "DNA was asked for and this looks like protein")
        elif problem and problem.code == "PROTEIN_IN_DNA" and not looks_like_protein:
            problem = Problem("NOT_DNA", self.first)
        elif problem and problem.code == "NOT_DNA":
            problem = problem._replace(reason=self.first)
        return problem and contig_problem(problem)


def _measure(path: str | Path) -> _Measured:
    """Read a FASTA file once; what `read_genome` rejects is rejected."""
    lengths: dict[str, int] = {}
    rejected: list[Rejection] = []
    names: set[str] = set()

    def close(entry: _Entry | None, number: int) -> None:
        if entry is None:
            return
        if problem := entry.found():
            rejected.append(contig_rejection(number, entry.name, entry.start, problem, source_name(path)))
        else:
            lengths[entry.name] = entry.length

    entry, number = None, 0
    with open_format(path, "fasta", errors="surrogateescape") as handle:
        for name, text in fasta_pieces(handle):
            if text and entry is not None:
                entry.add(text)
                continue
            close(entry, number)
            entry, number = _Entry(name, name_problem(name, names)), number + 1
            names.add(name)
    close(entry, number)
    require_contigs(len(lengths), rejected, str(path))
    return _Measured(lengths, rejected, {r.row for r in rejected})
