"""GFF3, read strictly: a line that breaks the specification is an error that names the line.

Specification: https://github.com/The-Sequence-Ontology/Specifications/blob/master/gff3.md
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import NoReturn, TextIO
from urllib.parse import unquote

from Bio.SeqIO.FastaIO import SimpleFastaParser

from riboswitch.errors import InputError

COLUMNS = 9


@dataclass(frozen=True, slots=True)
class Feature:
    """One line: ``start`` and ``end`` from 1, both inclusive; text already percent-decoded."""

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
    """Read all features, and the title and sequence of every entry of a ``##FASTA`` part.

    A missing phase (``.``) is read as 0, for programs that leave it out.
    """
    features: list[Feature] = []
    for number, text in enumerate(handle, 1):
        line = text.rstrip("\n")
        if line.startswith("##FASTA"):
            return features, list(SimpleFastaParser(handle))
        if line.startswith(">"):
            return features, list(SimpleFastaParser(chain([text], handle)))
        if line.strip() and not line.startswith("#"):
            features.append(_feature(line, number, f"{where} line {number}"))
    return features, []


def circular_contigs(features: Iterable[Feature]) -> set[str]:
    """Contigs that a feature as long as themselves declares circular."""
    return {f.contig for f in features if f.attributes.get("Is_circular") == "true"}


def check_places(features: Iterable[Feature], lengths: dict[str, int], where: str) -> None:
    """Raise if a feature lies on no known contig or past the end of a linear one."""
    features = list(features)
    circular = circular_contigs(features)
    for feature in features:
        place = f"{where} line {feature.line}"
        if feature.contig not in lengths:
            hint = f"The genome has {', '.join(list(lengths)[:3])}{', …' if len(lengths) > 3 else ''}."
            raise InputError("the contig is not in the genome", where=place, found=feature.contig, hint=hint)
        length = lengths[feature.contig]
        if feature.end > length * (2 if feature.contig in circular else 1):
            problem = f"the feature ends past the end of its contig, which has {length} bases"
            hint = "Give the genome that this file annotates."
            raise InputError(problem, where=place, found=feature.end, hint=hint)


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
    if not text.isascii() or not text.isdecimal() or int(text) < 1:
        _fail(f"the {name} must be a whole number from 1", text, where)
    return int(text)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
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
