"""GFF3, read strictly: a line that breaks the specification is an error that names the line.

Specification: https://github.com/The-Sequence-Ontology/Specifications/blob/master/gff3.md
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import NoReturn, TextIO
from urllib.parse import unquote

from Bio.SeqIO.FastaIO import SimpleFastaParser

from riboswitch.errors import InputError, Problem
from riboswitch.io.cells import number, whole

COLUMNS = 9
NO_FINITE_SCORES = ("nan", "inf", "-inf")  # some programs write them; no score is used here


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


def read_gff3(handle: TextIO, where: str) -> tuple[list[Feature], list[tuple[str, str]]]:
    """Read all features, and the title and sequence of each entry of a ``##FASTA`` part.

    A missing phase (``.``) is read as 0, since some programs leave it out.
    """
    features: list[Feature] = []
    for line_number, text in enumerate(handle, 1):
        line = text.rstrip("\n")
        if line.startswith("##FASTA"):
            return features, list(SimpleFastaParser(handle))
        if line.startswith(">"):
            return features, list(SimpleFastaParser(chain([text], handle)))
        if line.strip() and not line.startswith("#"):
            features.append(_feature(line, line_number, f"{where} line {line_number}"))
    return features, []


def circular_contigs(features: Iterable[Feature]) -> set[str]:
    """Contigs that have a feature which declares them circular."""
    return {f.contig for f in features if f.attributes.get("Is_circular") == "true"}


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


def place_problem(
    lines: Iterable[Feature], lengths: Mapping[str, int], circular: Collection[str]
) -> tuple[int, Problem] | None:
    """The number of a line that does not lie on the contigs, and why; None if all do."""
    head, *rest = sorted(lines, key=lambda f: f.line)
    for line in (head, *rest):
        if problem := _off_contig(line, lengths, line.contig in circular):
            return line.line, problem
        if (line.contig, line.strand) != (head.contig, head.strand):
            reason = f"one ID on two contigs or strands; found {line.attributes['ID']!r}"
            hint = f"Line {head.line} has it on {head.contig} {head.strand}."
            return line.line, Problem("BAD_LOCATION", reason, hint)
    return None


def require_common_contig(features: Iterable[Feature], contigs: Collection[str], where: str) -> None:
    """Raise if there are features and none lies on a contig: the files do not belong together."""
    named = dict.fromkeys(f.contig for f in features)
    if named and not named.keys() & set(contigs):
        hint = f"It names {_few(named)}; the genome has {_few(contigs)}."
        raise InputError("the annotation is of another genome: no contig is in both", where=where, hint=hint)


def check_places(features: Iterable[Feature], lengths: Mapping[str, int], where: str) -> None:
    """Raise if a feature lies on no known contig or past the end of a linear one."""
    features = list(features)
    circular = circular_contigs(features)
    for feature in features:
        if problem := _off_contig(feature, lengths, feature.contig in circular):
            raise InputError(problem.reason, where=f"{where} line {feature.line}", hint=problem.hint)


def _off_contig(feature: Feature, lengths: Mapping[str, int], circular: bool) -> Problem | None:
    if feature.contig not in lengths:
        hint = f"The genome has {_few(lengths)}."
        return Problem("NO_CONTIG", f"the contig is not in the genome; found {feature.contig!r}", hint)
    length = lengths[feature.contig]
    if feature.end > length * (2 if circular else 1):
        reason = (
            f"the feature ends past the end of its contig, which has {length} bases; found '{feature.end}'"
        )
        return Problem("PAST_END", reason, "Give the genome that this file annotates.")
    return None


def _few(names: Iterable[str]) -> str:
    first = list(names)[:4]
    return ", ".join(first[:3]) + ", …" * (len(first) > 3)


def _feature(line: str, number: int, where: str) -> Feature:
    cells = line.split("\t")
    if len(cells) != COLUMNS:
        hint = "The columns are separated by tabs." if len(cells) == 1 else ""
        raise InputError(f"{len(cells)} columns, not {COLUMNS}", where=where, found=line, hint=hint)
    contig, source, kind, start, end, score, strand, phase, attributes = cells
    first, last = _position(start, "start", where), _position(end, "end", where)
    if first > last:
        _fail("start lies after end", f"{start} {end}", where, "Swap them; the strand has its own column.")
    if score != "." and not _is_number(score):
        _fail("the score is no number", score, where)
    if strand not in ("+", "-", ".", "?"):
        _fail("the strand must be +, -, . or ?", strand, where)
    if kind == "CDS" and strand not in ("+", "-"):
        _fail("a CDS must have a strand, + or -", strand, where)
    if phase not in (".", "0", "1", "2"):
        _fail("the phase must be 0, 1, 2 or .", phase, where)
    return Feature(
        number,
        unquote(contig),
        unquote(source),
        unquote(kind),
        first,
        last,
        strand,
        0 if phase == "." else int(phase),
        dict(_attributes(attributes, where)),
    )


def _position(text: str, name: str, where: str) -> int:
    try:
        position = whole(text)
    except ValueError:
        position = 0
    if position < 1:
        _fail(f"the {name} must be a whole number from 1", text, where)
    return position


def _is_number(text: str) -> bool:
    try:
        number(text)
    except ValueError:
        return text.lower() in NO_FINITE_SCORES
    return True


def _attributes(text: str, where: str) -> Iterator[tuple[str, str]]:
    for item in text.split(";"):
        name, equals, value = item.strip().partition("=")
        if equals and name:
            yield unquote(name), unquote(value)
        elif name and name != ".":
            hint = "It looks like GTF; convert it to GFF3." if '"' in item else "Write name=value;name=value."
            _fail("an attribute is not name=value", item, where, hint)


def _fail(problem: str, found: str, where: str, hint: str = "") -> NoReturn:
    raise InputError(problem, where=where, found=found, hint=hint)
