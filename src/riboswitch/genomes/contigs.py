"""The contigs of a genome in small pieces: a chromosome is never in memory as a whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from riboswitch.bio.alphabet import LETTERS, NUCLEOTIDES, check
from riboswitch.bio.genome import FORMATS, Genome, read_genome
from riboswitch.errors import InputError, UsageError
from riboswitch.io.formats import format_of, open_format, source_name

PIECE = 1 << 20  # characters


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
    """

    lengths: dict[str, int]
    pieces: Callable[[], Iterator[tuple[str, str]]]
    source: str = ""

    @classmethod
    def open(cls, path: str | Path, format: str | None = None) -> Contigs:
        """Read a file once to check it and to get the lengths.

        FASTA is streamed; the contigs of other formats are held in memory, with their genes.

        Raises
        ------
        InputError
            If the file cannot be read, or a contig has no id, no bases, another's id, or letters that are
            not of DNA.
        UsageError
            For standard input: it cannot be read twice.
        """
        if str(path) == "-":
            raise UsageError(
                "a genome is read twice, and standard input can be read only once", hint="Give a file."
            )
        if format_of(path, format, FORMATS) != "fasta":
            return cls.of(read_genome(path, format=format))

        def pieces() -> Iterator[tuple[str, str]]:
            with open_format(path, "fasta") as handle:
                yield from ((name, text.upper()) for name, text in fasta_pieces(handle))

        return cls(_measure(path), pieces, source_name(path))

    @classmethod
    def of(cls, genome: Genome) -> Contigs:
        """The contigs of a genome in memory, each as one piece."""
        return cls(genome.lengths, lambda: iter(genome.contigs.items()), genome.source)


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
    return next(iter(title.split()), "")


def _measure(path: str | Path) -> dict[str, int]:
    """Length of each contig of a FASTA file; refuses the files that `read_genome` refuses."""
    lengths: dict[str, int] = {}
    ambiguous: dict[str, int] = {}
    with open_format(path, "fasta") as handle:
        for name, text in fasta_pieces(handle):
            if not text:
                _new_contig(name, lengths, path)
                continue
            raw = text.encode("ascii", "replace").upper()
            if raw.translate(None, LETTERS["dna"]):
                _foreign(name, text, lengths[name], path)
            ambiguous[name] = ambiguous.get(name, 0) + len(raw.translate(None, NUCLEOTIDES))
            lengths[name] += len(text)
    for name, length in lengths.items():
        if not length:
            raise InputError(f"contig {name}: the sequence is empty", where=str(path))
        if ambiguous[name] > length / 2:
            raise InputError(f"contig {name}: DNA was asked for and this looks like protein", where=str(path),
                             hint="Give the genome's DNA.")  # fmt: skip
    return lengths


def _new_contig(name: str, lengths: dict[str, int], path: str | Path) -> None:
    if not name:
        raise InputError("a contig has no id", where=str(path))
    if name in lengths:
        raise InputError("two contigs have the same id", where=str(path), found=name)
    lengths[name] = 0


def _foreign(name: str, text: str, before: int, path: str | Path) -> None:
    problem = check(text, "dna")[1]
    assert problem is not None
    position = f"contig {name}, counted from base {before + 1}" if before else f"contig {name}"
    raise InputError(f"{position}: {problem.reason}", where=str(path), hint=problem.hint)
