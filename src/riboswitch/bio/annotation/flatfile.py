"""GenBank and EMBL: whole entries, or the features annotated in them."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable, Container, Iterator
from contextlib import suppress
from typing import NamedTuple, TextIO

from Bio import SeqIO
from Bio.Seq import Seq
from Bio.SeqFeature import AfterPosition, BeforePosition, CompoundLocation, SeqFeature
from Bio.SeqRecord import SeqRecord

from riboswitch.bio import codons
from riboswitch.bio.annotation.entry_text import (
    EntryText,
    FeatureText,
    count_letters,
    cut_features,
    first_line,
    split_entries,
    unreadable,
)
from riboswitch.bio.fasta import Row
from riboswitch.errors import InputError, Problem
from riboswitch.io.cells import whole
from riboswitch.io.opening import printable


class Feature(NamedTuple):
    """A feature of an entry: its kind, name and line, and what Biopython made of it, or why nothing."""

    kind: str
    name: str
    line: int
    parsed: SeqFeature | None
    problem: Problem | None


class Entry(NamedTuple):
    """One entry.

    Attributes
    ----------
    id : str
        Accession and version, else the name on the LOCUS line; empty if there is none.
    line : int
        Number of its first line in the file.
    record : SeqRecord
        Biopython's, without the features.
    features : list of Feature
        In file order.
    problem : Problem or None
        Why the entry cannot be used.
    """

    id: str
    line: int
    record: SeqRecord
    features: list[Feature]
    problem: Problem | None


def entries(handle: TextIO, format: str, where: str) -> Iterator[Entry]:
    """Entries one by one, each with the problem that was found in it.

    Raises
    ------
    InputError
        If the file ends inside an entry.
    """
    for number, text in enumerate(split_entries(handle, format), 1):
        entry = _genbank(text) if format == "genbank" else _embl(text)
        if not text.ended and entry.problem:
            hint = "Copy or download it again."
            raise InputError("the file ends inside a record", where=f"{where} record {number}", hint=hint)
        yield entry


def entry_rows(handle: TextIO, format: str, where: str) -> Iterator[Row]:
    """Whole entries, by accession and version."""
    for entry in entries(handle, format, where):
        sequence = str(entry.record.seq) if entry.problem is None else ""
        yield Row(entry.id, sequence, {"description": entry.record.description}, entry.problem)


def feature_rows(handle: TextIO, format: str, kind: str, where: str) -> Iterator[Row]:
    """The DNA of the features of one kind.

    The id is the locus tag, else the protein id, else the position. Fields: ``contig``, ``start`` and ``end``
    (from 1, inclusive), ``strand``, ``gene``, ``product``, ``partial`` (which ends are open),
    ``codon_start``, ``transl_table`` (0 if not given).
    """
    found = False
    for entry in entries(handle, format, where):
        if entry.problem and not entry.features:
            found = True
            yield Row(entry.id, "", {}, entry.problem)
        for feature in entry.features:
            if feature.kind == kind:
                found = True
                yield _feature_row(feature, entry)
    if not found:
        raise InputError(f"no {kind} feature in the file", where=where)


def placement_problem(feature: SeqFeature, record: SeqRecord) -> Problem | None:
    """Why a feature's sequence cannot be cut from its entry; None if it can."""
    location = feature.location
    if not len(location):
        return Problem("BAD_LOCATION", "the location lies between two bases")
    if feature.type == "CDS" and isinstance(location, CompoundLocation) and location.operator != "join":
        return Problem("BAD_LOCATION", "order(...) does not say that the pieces of a CDS are joined")
    if any(part.ref for part in location.parts):
        return Problem("REMOTE_LOCATION", "the location names another entry")
    if location.end > len(record.seq):
        reason = f"the feature ends at {location.end}, its contig at {len(record.seq)}"
        return Problem("PAST_END", reason)
    return None


def qualifier(feature: SeqFeature, name: str) -> str:
    """First value of a qualifier; empty if it has none."""
    return feature.qualifiers.get(name, [""])[0]


def number(
    feature: SeqFeature, name: str, default: int, allowed: Container[int]
) -> tuple[int, Problem | None]:
    """Value of a qualifier that must be one of the allowed numbers, and the problem if it is not."""
    text = qualifier(feature, name)
    if not text:
        return default, None
    with suppress(ValueError):
        if (value := whole(text)) in allowed:
            return value, None
    return default, Problem("BAD_QUALIFIER", f"/{name}={text} cannot be used")


def span(feature: SeqFeature, record: SeqRecord) -> tuple[int, int]:
    """First and last base, from 1; as in GFF3, ``end`` passes the length if the origin is crossed."""
    strand = feature.location.strand
    pieces = feature.location.parts[:: -1 if strand == -1 else 1]
    circular = record.annotations.get("topology") == "circular" and strand is not None
    if circular and pieces[-1].start < pieces[0].start:
        return int(pieces[0].start) + 1, int(pieces[-1].end) + len(record.seq)
    return int(feature.location.start) + 1, int(feature.location.end)


def open_ends(feature: SeqFeature) -> str:
    """Ends that are marked as lying outside (``<``, ``>``): ``5'`` or ``3'`` in the feature's direction."""
    # The ends of the whole location would be wrong: a gene across the origin begins and ends inside of it.
    first, last = feature.location.parts[0], feature.location.parts[-1]
    five = first.end if first.strand == -1 else first.start
    three = last.start if last.strand == -1 else last.end
    return "5'" * _outside(five) + "3'" * _outside(three)


def _outside(position: object) -> bool:
    return isinstance(position, BeforePosition | AfterPosition)


def _genbank(text: EntryText) -> Entry:
    """An entry with its LOCUS line written anew."""
    letters = count_letters(text.lines)
    head, rest = first_line(text.lines, letters)
    skipped = len(text.lines) - len(rest)
    before, features, after = cut_features(rest, text.line + skipped, "genbank")
    before = [line for line in before if not re.match(r"FEATURES\b", line)]
    lines = [head.text(letters or head.length or 0), *before, "FEATURES             Location/Qualifiers\n"]
    record, kept, problem = _parsed(lines, features, after, "genbank")
    named = (_word(before, keyword) for keyword in (r"VERSION\b", r"ACCESSION\b"))
    name = next(filter(None, named), head.name)
    problem = head.problem or problem or _lengths_differ(record, letters, head.length)
    return Entry(printable(name), text.line, record, kept, problem)


def _word(lines: list[str], keyword: str) -> str:
    """The first word after a keyword; empty if there is none."""
    words = (line.split()[1:2] for line in lines if re.match(keyword, line))
    return _known(next(iter(next(words, [])), ""))


def _embl(text: EntryText) -> Entry:
    before, features, after = cut_features(text.lines, text.line, "embl")
    record, kept, problem = _parsed(before, features, after, "embl")
    return Entry(_known(record.id), text.line, record, kept, problem)


def _parsed(
    before: list[str], features: list[FeatureText], after: list[str], format: str
) -> tuple[SeqRecord, list[Feature], Problem | None]:
    """The entry, its features, and its problem. A feature that Biopython cannot parse is left out."""

    def parse(chosen: list[FeatureText]) -> tuple[SeqRecord, list[str]]:
        inside = [line for feature in chosen for line in feature.lines]
        record, messages = _by_biopython([*before, *inside, *after], format)
        if len(record.features) != len(chosen):
            raise ValueError("a line that is no feature")
        return record, messages

    good = [feature for feature in features if feature.problem is None]
    faults = {feature.line: feature.problem for feature in features if feature.problem}
    try:
        try:
            record, messages = parse(good)
        except FAULTS:
            parse([])
            faults |= {feature.line: problem for feature in good if (problem := _alone(feature, parse))}
            good = [feature for feature in good if feature.line not in faults]
            record, messages = parse(good)
    except FAULTS as error:
        reason = f"the entry cannot be parsed: {' '.join(str(error).split())}"
        return SeqRecord(Seq(""), ""), [], Problem("BAD_RECORD", reason, "Export it again.")
    parsed = dict(zip([f.line for f in good], record.features, strict=True))
    faults |= {f.line: Problem("BAD_LOCATION", unreadable(f.location)) for f in good
               if parsed[f.line].location is None}  # fmt: skip
    parsed = {line: feature for line, feature in parsed.items() if line not in faults}
    kept = [Feature(f.kind, _name(f, parsed.get(f.line)), f.line, parsed.get(f.line), faults.get(f.line))
            for f in features]  # fmt: skip
    return record, kept, _problem(record, messages)


FAULTS = (ValueError, IndexError, KeyError, AttributeError, AssertionError, TypeError)
"""What Biopython raises for a damaged entry."""


def _by_biopython(lines: list[str], format: str) -> tuple[SeqRecord, list[str]]:
    text = printable("".join(line if line.endswith("\n") else f"{line}\n" for line in lines))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        record = next(SeqIO.parse(io.StringIO(f"{text}//\n"), format), None)
    if record is None:
        raise ValueError("no record")
    return record, [str(w.message) for w in caught]


def _alone(
    feature: FeatureText, parse: Callable[[list[FeatureText]], tuple[SeqRecord, list[str]]]
) -> Problem | None:
    """Why a feature cannot be parsed, even if it is the only one."""
    try:
        parse([feature])
    except FAULTS as error:
        return Problem("BAD_LOCATION", f"the feature cannot be parsed: {' '.join(str(error).split())}")
    return None


def _name(text: FeatureText, feature: SeqFeature | None) -> str:
    return text.name if feature is None else qualifier(feature, "locus_tag") or text.name


def _problem(record: SeqRecord, messages: list[str]) -> Problem | None:
    if not record.seq.defined or not len(record.seq):
        hint = "Download the record with its sequence (GenBank full)."
        return Problem("NO_SEQUENCE", "the record has annotation but no sequence", hint)
    for message in messages:
        if message.startswith("Expected sequence length"):
            return Problem("WRONG_LENGTH", f"the record states another length: {message}")
    return None


def _lengths_differ(record: SeqRecord, letters: int, stated: int | None) -> Problem | None:
    """A sequence of another length than the entry states, or than its lines have letters."""
    if len(record.seq) != letters:
        reason = f"{letters} letters after ORIGIN, of which {len(record.seq)} stand in their columns"
        return Problem("BAD_RECORD", reason, "Export it again.")
    if stated not in (None, letters):
        return Problem("WRONG_LENGTH", f"the record states {stated} letters and has {letters}")
    return None


def _feature_row(feature: Feature, entry: Entry) -> Row:
    if feature.parsed is None:
        assert feature.problem is not None
        fields = {"contig": entry.id, "start": 0, "end": 0, "strand": ".", "partial": "", "gene": "",
                  "product": "", "codon_start": 1, "transl_table": 0}  # fmt: skip
        return Row(feature.name or f"line {feature.line}", "", fields, entry.problem or feature.problem)
    return _parsed_row(feature.parsed, entry)


def _parsed_row(feature: SeqFeature, entry: Entry) -> Row:
    record = entry.record
    problem = entry.problem or placement_problem(feature, record)
    codon_start, bad_start = number(feature, "codon_start", 1, (1, 2, 3))
    table, bad_table = number(feature, "transl_table", 0, codons.TABLES)
    problem = problem or bad_start or bad_table
    fields: dict[str, object] = {"contig": entry.id}
    fields["start"], fields["end"] = span(feature, record)
    fields["strand"] = {1: "+", -1: "-"}.get(feature.location.strand, ".")
    fields["partial"] = open_ends(feature)
    fields |= {name: qualifier(feature, name) for name in ("gene", "product")}
    fields |= {"codon_start": codon_start, "transl_table": table}
    position = "{contig}:{start}-{end}({strand})".format(**fields)
    name = qualifier(feature, "locus_tag") or qualifier(feature, "protein_id") or position
    return Row(name, "" if problem else str(feature.extract(record.seq)), fields, problem)


def _known(name: str | None) -> str:
    return "" if not name or name.startswith(("<unknown", ".")) else name
