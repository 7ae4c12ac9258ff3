"""From text to rows: one small parser for each format of single sequences."""

from __future__ import annotations

import csv
import difflib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TextIO

from Bio.SeqIO.FastaIO import SimpleFastaParser
from Bio.SeqIO.QualityIO import FastqGeneralIterator

from riboswitch.bio.alphabet import COUNTS, Problem
from riboswitch.data.records import REQUIRED
from riboswitch.errors import InputError

LONGEST_FIELD = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Row:
    """One entry of a file as it stands there; ``problem`` if its parser already knows it cannot be used."""

    id: str
    sequence: str
    fields: dict[str, Any] = field(default_factory=dict)
    problem: Problem | None = None


def fasta_rows(handle: TextIO) -> Iterator[Row]:
    """Entries of a FASTA file; what follows the id is the field ``description``."""
    for title, sequence in SimpleFastaParser(handle):
        yield titled(title, sequence)


def fastq_rows(handle: TextIO, where: str) -> Iterator[Row]:
    """Entries of a FASTQ file, without their qualities.

    A broken entry is an InputError, since nothing tells for certain where the next one begins.
    """
    number = 0
    reads = FastqGeneralIterator(handle)
    while True:
        number += 1
        try:
            title, sequence, _ = next(reads)
        except StopIteration:
            return
        except UnicodeDecodeError:
            raise
        except ValueError as error:
            raise InputError("damaged FASTQ", where=f"{where} record {number}", found=error) from error
        yield titled(title, sequence)


def titled(title: str, sequence: str) -> Row:
    """A row of a FASTA or FASTQ entry: the title is its id, then its description."""
    name, *rest = title.split(None, 1)[:2] or [""]
    return Row(name, sequence, {"description": rest[0] if rest else ""})


def table_rows(
    handle: TextIO, delimiter: str, id_column: str, input_column: str, where: str
) -> Iterator[Row]:
    """Rows of a CSV or TSV file with a header; the other columns are fields, as text.

    A column named like one that every record has (``source``, ``row``, ``id``, ``input``) or may have (the
    `COUNTS` of letters) becomes ``file_<name>``.
    """
    csv.field_size_limit(LONGEST_FIELD)
    reader = csv.reader(handle, delimiter=delimiter, strict=True)
    lines = _lines(reader, where)
    header = next(lines)
    at_id, at_input = _column(header, id_column, where), _column(header, input_column, where)
    others = [i for i in range(len(header)) if i not in (at_id, at_input)]
    taken = {*REQUIRED, *COUNTS}
    names = {i: f"file_{header[i]}" if header[i] in taken else header[i] for i in others}
    for cells in lines:
        if len(cells) != len(header):
            reason = f"{len(cells)} cells under a header of {len(header)}"
            problem = Problem("WRONG_COLUMNS", reason, "Quote cells that contain the separator.")
            yield Row(cells[at_id].strip() if at_id < len(cells) else "", delimiter.join(cells), {}, problem)
        else:
            fields = {names[i]: cells[i] for i in others}
            yield Row(cells[at_id].strip(), cells[at_input].strip(), fields)


def _lines(reader: Any, where: str) -> Iterator[list[str]]:
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            hint = "Check the quotes there."
            raise InputError(
                "damaged table", where=f"{where} line {reader.line_num}", found=error, hint=hint
            ) from error
        if cells:
            yield cells


def _column(header: list[str], name: str, where: str) -> int:
    if header.count(name) == 1:
        return header.index(name)
    problem = f"no column {name!r}" if name not in header else f"more than one column {name!r}"
    close = difflib.get_close_matches(name, header, 1) or [h for h in header if h.lower() == name.lower()]
    hint = f"Its columns: {', '.join(header)}." + (
        f" Did you mean {close[0]!r}?" if close and name not in header else ""
    )
    raise InputError(problem, where=where, hint=hint)
