"""Parsers of FASTA, FASTQ and tables: from text to rows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TextIO

from Bio.SeqIO.FastaIO import SimpleFastaParser
from Bio.SeqIO.QualityIO import FastqGeneralIterator

from riboswitch.bio.alphabet import COUNTS
from riboswitch.data.records import REQUIRED
from riboswitch.errors import InputError, Problem
from riboswitch.io.delimited import read_table, require_column
from riboswitch.io.opening import Lines, printable

BLANKS = " \t\v\f\r\n"  # what ends an id in a title; a no-break space does not
_BLANKS = re.compile(f"[{BLANKS}]+")


@dataclass(frozen=True, slots=True)
class Row:
    """One entry of a file, unchanged; ``problem`` is set if the parser finds that it cannot be used."""

    id: str
    sequence: str
    fields: dict[str, Any] = field(default_factory=dict)
    problem: Problem | None = None


def fasta_rows(handle: TextIO) -> Iterator[Row]:
    """Entries of a FASTA file; the text after the id is the field ``description``."""
    for title, sequence in SimpleFastaParser(handle):
        yield titled(title, sequence)


def fastq_rows(handle: TextIO, where: str) -> Iterator[Row]:
    """Entries of a FASTQ file, without their qualities.

    A broken entry is an InputError, since it is not certain where the next entry begins.
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
    """A row from a FASTA or FASTQ entry: the title holds the id, then the description."""
    name, *rest = _BLANKS.split(title.strip(BLANKS), maxsplit=1)
    return Row(name, sequence, {"description": rest[0] if rest else ""})


def table_rows(lines: Lines, delimiter: str, id_column: str, input_column: str) -> Iterator[Row]:
    """Rows of a CSV or TSV file with a header; the other columns are fields, as text.

    A column whose name every record has (`REQUIRED`, ``sequence``) or may have (`COUNTS`) becomes
    ``file_<name>``.
    """
    columns, rows = read_table(lines, delimiter)
    for name in (id_column, input_column):
        require_column(name, columns, lines.where)
    at_id, at_input = columns.index(id_column), columns.index(input_column)
    taken = {*REQUIRED, "sequence", *COUNTS}
    names = {i: f"file_{c}" if c in taken else c for i, c in enumerate(columns) if i not in (at_id, at_input)}
    for row in rows:
        if row.problem:
            name = printable(row.cells[at_id]) if at_id < len(row.cells) else ""
            yield Row(name, row.text, {}, row.problem)
        else:
            cells = row.cells
            fields = {name: cells[i] for i, name in names.items()}
            yield Row(cells[at_id], cells[at_input].strip(), fields)
