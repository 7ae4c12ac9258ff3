"""GFF3, line by line: a line that breaks the specification is listed with its fault, and the rest is read.

Specification: https://github.com/The-Sequence-Ontology/Specifications/blob/master/gff3.md
The columns source and score are not used, nor are parents; they are not checked.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple, TextIO
from urllib.parse import unquote

from riboswitch.bio.fasta import fasta_entries
from riboswitch.errors import InputError, Problem, shorten
from riboswitch.io.cells import whole
from riboswitch.io.opening import encoding_problem, printable

COLUMNS = 9


@dataclass(frozen=True, slots=True)
class Feature:
    """One line: ``start`` and ``end`` from 1, both inclusive; text is percent-decoded."""

    line: int
    contig: str
    source: str
    kind: str
    start: int
    end: int
    strand: str
    phase: int
    attributes: dict[str, str]


class FaultyLine(NamedTuple):
    """A line that cannot be used, and what could be read of it; the kind is empty if that is not certain."""

    line: int
    kind: str
    attributes: dict[str, str]
    problem: Problem

    @property
    def name(self) -> str:
        """Locus tag or ID, if it could be read."""
        return name_of(self.attributes)


class Gff3(NamedTuple):
    """A file: its features, title and sequence of each entry of its ``##FASTA`` part, and faulty lines."""

    features: list[Feature]
    sequences: list[tuple[str, str]]
    faulty: list[FaultyLine]


def read_gff3(handle: TextIO) -> Gff3:
    """Read a file.

    A missing phase (``.``) is read as 0, since some programs leave it out.
    """
    features: list[Feature] = []
    faulty: list[FaultyLine] = []
    for number, text in enumerate(handle, 1):
        line = text.rstrip("\n")
        if line.startswith("##FASTA"):
            return Gff3(features, _sequences(handle), faulty)
        if line.startswith(">"):
            return Gff3(features, _sequences(chain([text], handle)), faulty)
        if line.strip() and not line.startswith("#"):
            found = _feature(line, number)
            if isinstance(found, Feature):
                features.append(found)
            else:
                faulty.append(found)
    return Gff3(features, [], faulty)


def _sequences(lines: Iterable[str]) -> list[tuple[str, str]]:
    return [(printable(title), sequence) for title, sequence in fasta_entries(lines)]


def name_of(attributes: Mapping[str, str]) -> str:
    """What to call a feature: its locus tag, else its ID."""
    return attributes.get("locus_tag") or attributes.get("ID", "")


def circular_contigs(features: Iterable[Feature]) -> set[str]:
    """Contigs that have a feature which declares them circular."""
    return {f.contig for f in features if f.attributes.get("Is_circular", "").lower() == "true"}


def joined(features: Iterable[Feature], kinds: Collection[str]) -> list[list[Feature]]:
    """The features of these kinds, each with all its lines in reading order along the strand.

    As the specification says, lines with the same ID are one feature, and a feature that crosses the origin
    of a circular contig has an end past the contig's length.
    """
    lines: dict[object, list[Feature]] = {}
    for feature in features:
        if feature.kind in kinds:
            name = feature.attributes.get("ID")
            lines.setdefault((feature.kind, name) if name else feature.line, []).append(feature)
    return [sorted(g, key=lambda f: f.start, reverse=g[0].strand == "-") for g in lines.values()]


def broken(faulty: Iterable[FaultyLine]) -> dict[tuple[str, str], FaultyLine]:
    """Features of which a line is faulty, by kind and ID: what is left of them is not the whole feature."""
    return {(f.kind, f.attributes["ID"]): f for f in reversed([*faulty]) if "ID" in f.attributes}


def place_problem(
    lines: Iterable[Feature], lengths: Mapping[str, int], circular: Collection[str]
) -> tuple[int, Problem] | None:
    """The number of a line that does not lie on the contigs, and why; None if all do."""
    head, *rest = sorted(lines, key=lambda f: f.line)
    seen: set[tuple[int, int]] = set()
    for line in (head, *rest):
        if problem := off_contig(line, lengths, line.contig in circular):
            return line.line, problem
        if (line.contig, line.strand) != (head.contig, head.strand):
            hint = f"Line {head.line} has it on {head.contig} {head.strand}."
            return line.line, _one_id("on two contigs or strands", line, hint)
        if line.attributes.get("locus_tag") != head.attributes.get("locus_tag"):
            return line.line, _one_id("for two genes", line, f"Line {head.line} has it, too.")
        if (line.start, line.end) in seen:
            return line.line, _one_id("twice at the same place", line, "Give each feature an ID of its own.")
        seen.add((line.start, line.end))
    return None


def require_common_contig(features: Iterable[Feature], contigs: Collection[str], where: str) -> None:
    """Raise if there are features and none lies on a contig: the files do not belong together."""
    named = dict.fromkeys(f.contig for f in features)
    if named and not named.keys() & set(contigs):
        hint = f"It names {_few(named)}; the genome has {_few(contigs)}."
        raise InputError("the annotation is of another genome: no contig is in both", where=where, hint=hint)


def off_contig(feature: Feature, lengths: Mapping[str, int], circular: bool) -> Problem | None:
    """Why a line does not lie on the contigs; None if it does."""
    if feature.contig not in lengths:
        hint = f"The genome has {_few(lengths)}."
        return Problem("NO_CONTIG", f"the contig is not in the genome; found {feature.contig!r}", hint)
    length = lengths[feature.contig]
    if feature.end > length * (2 if circular else 1):
        reason = f"the feature ends at {feature.end}, past the end of its contig, which has {length} bases"
        return Problem("PAST_END", reason, "Give the genome that this file annotates.")
    return None


def _one_id(what: str, line: Feature, hint: str) -> Problem:
    return Problem("BAD_LOCATION", f"one ID {what}; found {line.attributes['ID']!r}", hint)


def _few(names: Iterable[str]) -> str:
    first = list(names)[:4]
    return ", ".join(first[:3]) + ", …" * (len(first) > 3)


def _feature(line: str, number: int) -> Feature | FaultyLine:
    cells = line.split("\t")
    while len(cells) > COLUMNS and not cells[-1].strip():  # tabs at the end
        cells.pop()
    attributes, odd = _attributes(cells[COLUMNS - 1] if len(cells) >= COLUMNS else "")
    problem = _problem(line, cells, odd)
    if problem is not None:
        kind = unquote(printable(cells[2])) if len(cells) >= COLUMNS - 1 else ""
        return FaultyLine(number, kind, attributes, problem)
    contig, source, kind, start, end, _, strand, phase, _ = cells
    return Feature(
        number,
        unquote(contig),
        unquote(source),
        unquote(kind),
        int(start),
        int(end),
        strand,
        0 if phase == "." else int(phase),
        attributes,
    )


def _problem(line: str, cells: list[str], odd: str) -> Problem | None:
    """What is wrong with a line; ``odd`` is a piece of its last cell that is no attribute."""
    if fault := encoding_problem(line, "line"):
        return fault
    if len(cells) != COLUMNS:
        hint = "The columns are separated by tabs." if len(cells) == 1 else ""
        found = shorten(" ".join(line.split()))
        return Problem("RAGGED_ROW", f"{len(cells)} columns, not {COLUMNS}; found {found!r}", hint)
    contig, _, kind, start, end, _, strand, phase, _ = cells
    if contig in ("", "."):
        return Problem("NO_CONTIG", "the line names no contig")
    if problem := _place(start, end, strand):
        return problem
    if kind == "CDS" and strand not in ("+", "-"):
        return Problem("NO_STRAND", f"a CDS must have a strand, + or -; found {strand!r}")
    if phase not in (".", "0", "1", "2"):
        return Problem("BAD_QUALIFIER", f"the phase must be 0, 1, 2 or .; found {shorten(phase)!r}")
    if odd:
        hint = "It looks like GTF; convert it to GFF3." if '"' in odd else "Write name=value;name=value."
        return Problem("BAD_QUALIFIER", f"an attribute is not name=value; found {shorten(odd)!r}", hint)
    return None


def place(text: str) -> int:
    """The position that a text is; 0 if it is none."""
    try:
        return whole(text)
    except ValueError:
        return 0


def _place(start: str, end: str, strand: str) -> Problem | None:
    for name, text in (("start", start), ("end", end)):
        if not place(text):
            reason = f"the {name} must be a whole number from 1; found {shorten(text)!r}"
            return Problem("BAD_LOCATION", reason)
    if place(start) > place(end):
        hint = "Swap them; the strand has its own column."
        return Problem("BAD_LOCATION", f"start lies after end; found '{start} {end}'", hint)
    if strand not in ("+", "-", ".", "?"):
        return Problem("BAD_LOCATION", f"the strand must be +, -, . or ?; found {shorten(strand)!r}")
    return None


def _attributes(text: str) -> tuple[dict[str, str], str]:
    """The attributes of a cell, and its first piece that is none."""
    pairs: Iterator[tuple[str, str, str]] = (item.strip().partition("=") for item in text.split(";"))
    found, odd = {}, ""
    for name, equals, value in pairs:
        if equals and name:
            found[unquote(name)] = unquote(printable(value))
        elif (name or equals) and name != ".":
            odd = odd or name or equals + value
    return found, odd
