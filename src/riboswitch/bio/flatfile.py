"""GenBank and EMBL: whole entries, or the features annotated in them."""

from __future__ import annotations

import warnings
from collections.abc import Container, Iterator
from contextlib import suppress
from typing import TextIO

from Bio import SeqIO
from Bio.SeqFeature import AfterPosition, BeforePosition, SeqFeature
from Bio.SeqRecord import SeqRecord

from riboswitch.bio import codons
from riboswitch.bio.fasta import Row
from riboswitch.errors import InputError, Problem
from riboswitch.io.cells import whole


def entries(handle: TextIO, format: str, where: str) -> Iterator[tuple[SeqRecord, Problem | None]]:
    """Entries one by one, each with the problem that Biopython found in it.

    Raises
    ------
    InputError
        If an entry cannot be parsed or is cut off.
    """
    records = SeqIO.parse(handle, format)
    number = 0
    while True:
        number += 1
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                record = next(records, None)
            except UnicodeDecodeError:
                raise
            except (ValueError, IndexError, KeyError, AttributeError, AssertionError) as error:
                raise InputError(
                    f"damaged {format}", where=f"{where} record {number}", found=error
                ) from error
        messages = [str(w.message) for w in caught]
        if any(message.startswith("Premature end") for message in messages):
            raise InputError("the file ends inside a record", where=f"{where} record {number}")
        if record is None:
            return
        yield record, _problem(record, messages)


def entry_rows(handle: TextIO, format: str, where: str) -> Iterator[Row]:
    """Whole entries, by accession and version."""
    for record, problem in entries(handle, format, where):
        sequence = str(record.seq) if problem is None else ""
        yield Row(_known(record.id), sequence, {"description": record.description}, problem)


def feature_rows(handle: TextIO, format: str, kind: str, where: str) -> Iterator[Row]:
    """The DNA of the features of one kind.

    The id is the locus tag, else the protein id, else the position. Fields: ``contig``, ``start`` and ``end``
    (from 1, inclusive), ``strand``, ``gene``, ``product``, ``partial`` (which ends are open),
    ``codon_start``, ``transl_table`` (0 if not given).
    """
    found = False
    for record, problem in entries(handle, format, where):
        for feature in record.features:
            if feature.type == kind:
                found = True
                yield _feature_row(feature, record, problem)
    if not found:
        raise InputError(f"no {kind} feature in the file", where=where)


def placement_problem(feature: SeqFeature, record: SeqRecord) -> Problem | None:
    """Why a feature's sequence cannot be cut from its entry; None if it can."""
    location = feature.location
    if location is None:
        return Problem("BAD_LOCATION", f"the location of a {feature.type} cannot be parsed")
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


def _problem(record: SeqRecord, messages: list[str]) -> Problem | None:
    if not record.seq.defined:
        hint = "Download the record with its sequence (GenBank full)."
        return Problem("NO_SEQUENCE", "the record has annotation but no sequence", hint)
    for message in messages:
        if message.startswith("Expected sequence length"):
            return Problem("WRONG_LENGTH", f"the record states another length: {message}")
    return None


def _feature_row(feature: SeqFeature, record: SeqRecord, problem: Problem | None) -> Row:
    problem = problem or placement_problem(feature, record)
    codon_start, bad_start = number(feature, "codon_start", 1, (1, 2, 3))
    table, bad_table = number(feature, "transl_table", 0, codons.TABLES)
    problem = problem or bad_start or bad_table
    fields: dict[str, object] = {
        "contig": _known(record.id),
        "start": 0,
        "end": 0,
        "strand": ".",
        "partial": "",
    }
    if feature.location is not None:
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
