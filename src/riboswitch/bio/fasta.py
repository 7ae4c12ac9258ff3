"""Parsers of FASTA, FASTQ and tables: from text to rows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, TextIO

from riboswitch.bio.alphabet import COUNTS
from riboswitch.config.found_columns import ID_COLUMNS, Found, find_column, no_column
from riboswitch.data.records import REQUIRED
from riboswitch.errors import InputError, Problem
from riboswitch.io.delimited import joined_columns, read_table, require_column
from riboswitch.io.opening import Lines, printable

BLANKS = " \t\v\f\r\n"  # what ends an id in a title; a no-break space does not
_BLANKS = re.compile(f"[{BLANKS}]+")

INPUT_COLUMNS = (
    "sequence",
    "(dna|rna|protein|peptide|nucleotide|aminoacid|aa|nt|cds|gene|promoter|input)?(seq|seqs|sequence|sequences)",
    "(dna|rna|protein|peptide|input)",
)
"""Names of a column of sequences, as regular expressions of `plain` names, the clearest first."""

SEQUENCES = "sequences"  # what the inputs are called in messages

_LETTERS = re.compile("[A-Z*-]{20,}", re.IGNORECASE)  # a sequence rather than the name of a column


@dataclass(frozen=True, slots=True)
class Row:
    """One entry of a file, unchanged; ``problem`` is set if the parser finds that it cannot be used."""

    id: str
    sequence: str
    fields: dict[str, Any] = field(default_factory=dict)
    problem: Problem | None = None


def fasta_entries(handle: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Title and sequence of each entry of a FASTA file, as Biopython's ``SimpleFastaParser`` gives them.

    To import that takes a fifth of the start of a scan: all formats of Biopython come with it.
    """
    title: str | None = None
    lines: list[str] = []
    for line in handle:
        if line[0] == ">":
            if title is not None:
                yield title, _joined(lines)
            title, lines = line[1:].rstrip(), []
        elif title is not None:
            lines.append(line.rstrip())
    if title is not None:
        yield title, _joined(lines)


def _joined(lines: list[str]) -> str:
    return "".join(lines).replace(" ", "").replace("\r", "")


def fasta_rows(handle: TextIO) -> Iterator[Row]:
    """Entries of a FASTA file; the text after the id is the field ``description``."""
    for title, sequence in fasta_entries(handle):
        yield titled(title, sequence)


def fastq_rows(handle: TextIO, where: str) -> Iterator[Row]:
    """Entries of a FASTQ file, without their qualities.

    A broken entry is an InputError, since it is not certain where the next entry begins.
    """
    from Bio.SeqIO.QualityIO import FastqGeneralIterator

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


def table_rows(
    lines: Lines,
    delimiter: str,
    id_column: str | None,
    input_column: str | None,
    needed: Iterable[str],
    found: Found,
) -> Iterator[Row]:
    """Rows of a CSV or TSV file with a header; the other columns are fields, as text.

    Columns that are not named are found by their names, and ``found`` says which they are. A column of ids
    that was found is a field, too. ``input_column`` may name several, as ``A+B``: their cells are joined, and
    they are fields, too. ``needed`` columns must be there. A column whose name every record has
    (`REQUIRED`, ``sequence``) or may have (`COUNTS`) becomes ``file_<name>``.
    """
    columns, rows = read_table(lines, delimiter)
    for name in needed:
        require_column(name, columns, lines.where)
    inputs = _input_columns(columns, input_column, lines.where, found)
    at_input = [columns.index(name) for name in inputs]
    others = [name for i, name in enumerate(columns) if i not in at_input]
    if id_column is None:
        column = found.columns["ids"] = find_column(others, ID_COLUMNS, "ids", "--id-column", lines.where)
    else:
        require_column(id_column, columns, lines.where)
        column = id_column
    at_id = None if column is None else columns.index(column)
    gone, taken = ({at_id} if id_column else set()), {*REQUIRED, "sequence", *COUNTS}
    gone |= {*at_input} if len(at_input) == 1 else set()
    names = {i: f"file_{c}" if c in taken else c for i, c in enumerate(columns) if i not in gone}
    for number, row in enumerate(rows, 1):
        cells = row.cells
        name = cells[at_id] if at_id is not None and at_id < len(cells) else ""
        if not name.strip() and id_column is None:
            name = f"row-{number}"
        if row.problem:
            yield Row(printable(name), row.text, {}, row.problem)
        else:
            yield Row(
                name,
                "".join(cells[i].strip() for i in at_input),
                {field: cells[i] for i, field in names.items()},
            )


def _is_sequence(name: str) -> bool:
    """Whether a name of a column is rather a sequence."""
    return bool(_LETTERS.fullmatch(name))


def _input_columns(columns: list[str], named: str | None, where: str, found: Found) -> list[str]:
    if named is not None:
        names = joined_columns(named, columns)
        for name in names:
            require_column(name, columns, where)
        return names
    column = find_column(columns, INPUT_COLUMNS, SEQUENCES, "--input-column", where)
    if column is None:
        raise no_column(SEQUENCES, "--input-column", columns, where, _is_sequence)
    found.columns[SEQUENCES] = column
    return [column]
