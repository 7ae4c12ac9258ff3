"""Read sequences of any common format, one by one, into records and rejections.

What `Policy` does to a record is counted in its fields ``ambiguous`` and ``lower``, and in ``gaps`` or
``stops`` if these are removed or masked. Letters are counted as they are in the file, of DNA even if it is
translated; masked stops of a translation are residues. A translation reads a start codon of the table as M
unless the 5' end is open. One or two bases after the last codon are not translated, and are counted in the
field ``trailing_bases``. With ``genes: find`` an entry gives a record for each of its genes; all have the
number of its row. The fields ``changes``, ``partial`` and `PART_COLUMNS` then say how each is read.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from riboswitch.bio import codons
from riboswitch.bio.alphabet import Policy, clean, reverse_complement
from riboswitch.bio.annotation.feature_rows import annotated_rows, gff3_rows
from riboswitch.bio.annotation.flatfile import entry_rows, feature_rows
from riboswitch.bio.fasta import INPUT_COLUMNS as NAMES
from riboswitch.bio.fasta import SEQUENCES, Row, fasta_rows, fastq_rows, table_rows
from riboswitch.config.found_columns import SAMPLE, Found, Stream, refuse_swapped
from riboswitch.config.settings import one_of
from riboswitch.data.ids import id_problem
from riboswitch.data.records import Record, Rejection
from riboswitch.errors import Problem, UsageError
from riboswitch.io.delimited import DELIMITERS
from riboswitch.io.formats import check_skip, format_of, open_format, source_name
from riboswitch.io.opening import location, open_lines
from riboswitch.modalities.sequence.translation import FOUND_COLUMNS, Part, found_proteins, stored_protein

FORMATS = ("fasta", "fastq", "genbank", "embl", "gff3", "csv", "tsv")
FILE_OPTIONS = ("format", "genes", "features", "annotation", "skip_lines", "input_column", "id_column",
                "repeated_ids", "columns")  # fmt: skip
GENES = ("stored", "find")
INPUT_COLUMNS = NAMES
CARRIED: dict[str, str] = {}  # sequences may be long, and have ids
REPEATED = ("reject", "keep")
NO_ID = Problem("MISSING_ID", "the entry has no id")
LEAST = 10  # letters of an id that is taken for a sequence


def read(
    path: str | Path, *,
    format: str | None = None, skip_lines: int = 0,
    alphabet: str = "dna", rna: bool = False, translate: bool = False, genes: str = "stored",
    table: int = 11, features: str | None = None, annotation: str | None = None,
    input_column: str | None = None, id_column: str | None = None, repeated_ids: str = "reject",
    columns: Sequence[str] | None = None,
    min_length: int = 1, max_length: int | None = None, max_ambiguous: float = 1.0,
    gaps: str = "reject", lower: str = "keep", stops: str = "reject",
) -> Stream[Record | Rejection]:  # fmt: skip
    """Read the sequences of a file.

    Parameters
    ----------
    path : path
        Plain, or compressed with gzip, bgzip or zstd; ``-`` reads standard input.
    format : {"fasta", "fastq", "genbank", "embl", "gff3", "csv", "tsv"}, optional
        Format of the file; by default its suffix says it. GFF3 must have a ``##FASTA`` part.
    alphabet : {"dna", "rna", "protein"}
        Alphabet of the file. See `alphabet` for the letters and what is refused.
    rna : bool
        DNA is written with U in the file; U is read as T.
    translate : bool
        Give the protein of each gene, in frame 0 (a feature's own ``codon_start``), without the final stop.
    genes : {"stored", "find"}
        Translate the gene as it is stored, or find the genes of an entry (`genomes.entry_genes`).
    table : int
        NCBI translation table; a feature's own ``transl_table`` has precedence.
    features : str, optional
        Kind of feature, such as CDS, to read from GenBank, EMBL or GFF3 instead of whole entries.
    annotation : str, optional
        GFF3 file that annotates a FASTA file, as a path from its folder.
    skip_lines : int
        Lines above the header of a CSV or TSV file, such as a title.
    input_column : str, optional
        Column of a CSV or TSV file with the sequences, or several, as ``A+B``; by default found by its name.
    id_column : str, optional
        Column of a CSV or TSV file with ids; by default it is found by its name, else rows are numbered.
    repeated_ids : {"reject", "keep"}
        Rows without an id, or with that of an earlier row, are rejected; or kept, and one without an id is
        called row-1, row-2, ... A column that was found and not named never rejects a row.
    columns : sequence of str, optional
        Columns to keep as fields (of a table, or ``description`` of FASTA); all by default.
    min_length : int
        Fewest letters of a sequence, or residues if it is translated.
    max_length : int, optional
        Most letters of a sequence, or residues if it is translated.
    max_ambiguous : float
        Largest fraction of ambiguity codes.
    gaps : {"reject", "remove"}
        Reject sequences with gaps, or remove the gaps.
    lower : {"keep", "mask"}
        Read lower-case letters as upper-case ones, or as N (X in proteins).
    stops : {"reject", "mask"}
        Reject proteins with internal stops, or read the stops as X.

    Yields
    ------
    Record or Rejection, one for each entry (or gene of it), in order; ``row`` is counted from 1.

    Raises
    ------
    InputError, UsageError
    """
    policy = Policy(alphabet, rna, max_ambiguous, gaps, lower, stops)
    code, find = _table(alphabet, translate, table), _finds(genes, translate, features, stops)
    rules = _RowRules(policy, code, min_length, max_length, repeated_ids, columns, find)
    known = format_of(path, format, FORMATS)
    layout = _Layout(known, skip_lines, features, annotation, input_column, id_column)
    return _stream(path, layout, rules)


def read_list(
    sequences: Iterable[str | None],
    ids: Sequence[str] | None = None,
    *,
    alphabet: str = "dna",
    rna: bool = False,
    translate: bool = False,
    table: int = 11,
    min_length: int = 1,
    max_length: int | None = None,
    max_ambiguous: float = 1.0,
    gaps: str = "reject",
    lower: str = "keep",
    stops: str = "reject",
    repeated_ids: str = "reject",
) -> Iterator[Record | Rejection]:
    """Read sequences in memory by the same rules as `read`.

    Parameters
    ----------
    sequences : iterable of str
    ids : sequence of str, optional
        ``row-<n>`` if not given.

    Yields
    ------
    Record or Rejection
        One for each sequence, in order.
    """
    policy = Policy(alphabet, rna, max_ambiguous, gaps, lower, stops)
    rules = _RowRules(policy, _table(alphabet, translate, table), min_length, max_length, repeated_ids)
    names = (f"row-{n}" for n in itertools.count(1)) if ids is None else iter(ids)
    rows = (
        Row(name, str(sequence or "")) for name, sequence in zip(names, sequences, strict=ids is not None)
    )
    return _records(rows, "list", rules)


SAME = ("same sequence", "")


def identity(components: Mapping[str, Any]) -> str:
    """Return a key that is equal for duplicate sequences."""
    return str(components["sequence"]).upper()


def kin(components: Mapping[str, Any]) -> frozenset[str]:
    """Return keys of a sequence: the sequence itself and, of DNA or RNA, its reverse complement."""
    sequence = identity(components)
    if not set(sequence) <= set("ACGTUN"):
        return frozenset({sequence})
    dna = sequence.replace("U", "T")
    return frozenset({dna, reverse_complement(dna)})


def kin_hint(components: Mapping[str, Any]) -> str:
    """Return the length: a sequence and its reverse complement have the same."""
    return str(len(components["sequence"]))


def label_lengths(components: Mapping[str, Any]) -> tuple[int, ...]:
    """Return the numbers of labels that a sequence may have: one for each letter, or for each codon."""
    letters = len(components["sequence"])
    return letters, letters // 3


class _RowRules(NamedTuple):
    """Rules for each row; ``table`` is the translation table, or None if rows are not translated."""

    policy: Policy
    table: int | None
    min_length: int
    max_length: int | None
    repeated_ids: str
    columns: Sequence[str] | None = None
    find: bool = False

    def kept(self, fields: dict[str, Any]) -> dict[str, Any]:
        """The fields that were asked for, and those that say how the gene was found."""
        if self.columns is None:
            return fields
        names = [*self.columns, *(FOUND_COLUMNS if self.find else ())]
        return {name: fields[name] for name in names if name in fields}


class _Layout(NamedTuple):
    """How a file is laid out; see `read`."""

    format: str
    skip_lines: int
    features: str | None
    annotation: str | None
    input_column: str | None
    id_column: str | None

    def check(self) -> None:
        """Raise `UsageError` if an option has no use for the format."""
        if self.annotation is not None and (self.format != "fasta" or self.features is None):
            hint = "It goes with a FASTA file and a kind of features, such as CDS."
            raise UsageError("this annotation has no use", found=self.annotation, hint=hint)
        annotated = self.annotation is not None or self.format in ("genbank", "embl", "gff3")
        if self.features is not None and not annotated:
            hint = "Leave --features out, or give GenBank, EMBL or GFF3. A FASTA file needs --annotation."
            raise UsageError(f"{self.format} has no features to read", found=self.features, hint=hint)
        check_skip(self.skip_lines, self.format, tuple(DELIMITERS))


def _finds(genes: str, translate: bool, features: str | None, stops: str) -> bool:
    """Whether genes are looked for."""
    one_of("way to read genes", genes, GENES)
    if genes == "find" and (features is not None or not translate or stops != "reject"):
        hint = "Set translate, and leave out features, which say where genes lie, and stops."
        raise UsageError("genes are found in whole entries that are translated", found=genes, hint=hint)
    return genes == "find"


def _table(alphabet: str, translate: bool, table: int) -> int | None:
    codons.genetic_code(table)
    if translate and alphabet != "dna":
        raise UsageError("only DNA can be translated", found=alphabet, hint="Set --alphabet dna.")
    return table if translate else None


def _stream(path: str | Path, layout: _Layout, rules: _RowRules) -> Stream[Record | Rejection]:
    layout.check()
    if layout.format not in DELIMITERS:
        return Stream(_records(_rows(path, layout), source_name(path), rules))
    found = Found()
    rows = _table_rows(path, layout, rules, found)
    if layout.id_column is None:
        rules = rules._replace(repeated_ids="keep")
    return Stream(_records(rows, source_name(path), rules), found)


def _table_rows(path: str | Path, layout: _Layout, rules: _RowRules, found: Found) -> Iterator[Row]:
    with open_lines(path, layout.skip_lines) as lines:
        columns = layout.id_column, layout.input_column, rules.columns or ()
        rows = table_rows(lines, DELIMITERS[layout.format], *columns, found)
        first = list(itertools.islice(rows, SAMPLE))
        pairs = [(row.id, row.sequence) for row in first if row.id and row.sequence and not row.problem]
        hint = "--input-column and --id-column name the right ones."
        refuse_swapped(pairs, lambda text: clean(text, rules.policy).problem is None, SEQUENCES,
                       lines.where, hint, LEAST)  # fmt: skip
        yield from itertools.chain(first, rows)


def _rows(path: str | Path, layout: _Layout) -> Iterator[Row]:
    format, features, annotation, where = layout.format, layout.features, layout.annotation, location(path)
    # Readers of features reject bytes that are no text, feature by feature.
    errors = "surrogateescape" if format in ("genbank", "embl", "gff3") else "strict"
    with open_format(path, format, errors=errors) as handle:
        if format == "gff3":
            yield from gff3_rows(handle, features, where)
        elif annotation is not None:
            yield from annotated_rows(handle, Path(path).parent / annotation, str(features), where)
        elif features is not None:
            yield from feature_rows(handle, format, features, where)
        else:
            yield from _entries(handle, format, where)


def _entries(handle: TextIO, format: str, where: str) -> Iterator[Row]:
    if format == "fasta":
        return fasta_rows(handle)
    return fastq_rows(handle, where) if format == "fastq" else entry_rows(handle, format, where)


def _records(rows: Iterator[Row], source: str, rules: _RowRules) -> Iterator[Record | Rejection]:
    one_of("way with repeated ids", rules.repeated_ids, REPEATED)
    taken: dict[str, int] = {}
    strict = rules.repeated_ids == "reject"
    for number, row in enumerate(rows, 1):
        name = row.id if row.id or strict else f"row-{number}"
        problem = row.problem or id_problem(name, taken, NO_ID)
        for part in [Part(name, "", {}, problem)] if problem else _read_row(name, row, rules):
            problem = part.problem or (id_problem(part.id, taken, NO_ID) if part.id != name else None)
            if problem is not None:
                yield Rejection(number, part.id, row.sequence, *problem, source=source)
                continue
            if strict:
                taken[name] = taken[part.id] = number
            yield Record(number, part.id, {"sequence": part.sequence}, rules.kept(part.fields), source)


def _read_row(name: str, row: Row, rules: _RowRules) -> list[Part]:
    """The cleaned (and translated) sequence of a row, or one for each gene that is found in it."""
    sequence, counts, problem = clean(row.sequence, rules.policy)
    part = Part(name, sequence, {**row.fields, **counts}, problem)
    if problem is not None or rules.table is None:
        parts = [part]
    elif rules.find:
        parts = found_proteins(*part[:3], rules.table)
    else:
        parts = [Part(name, *stored_protein(*part[1:3], rules.table, rules.policy))]
    return [p._replace(problem=p.problem or _length_problem(p.sequence, rules)) for p in parts]


def _length_problem(sequence: str, rules: _RowRules) -> Problem | None:
    shortest, longest = rules.min_length, rules.max_length
    if len(sequence) < shortest:
        return Problem("TOO_SHORT", f"{len(sequence)} letters, fewer than {shortest}")
    if longest is not None and len(sequence) > longest:
        return Problem("TOO_LONG", f"{len(sequence)} letters, more than {longest}")
    return None
