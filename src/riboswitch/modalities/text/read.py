"""Read texts: tables with columns of text, files of tokens with tags (`conll`), and plain text.

| code           | the text                                                     |
|----------------|--------------------------------------------------------------|
| `NO_TEXT`      | is empty, or holds no word and no mark                        |
| `TOO_SHORT`    | has fewer tokens than ``min_tokens``                          |
| `TOO_LONG`     | has more tokens than ``max_tokens``                           |
| `CONTROL_CHARACTER` | holds a control character that is no white space         |

Rows of tables are also rejected as `io.delimited` says, sentences as `conll` says.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from riboswitch.config.found_columns import ID_COLUMNS, Found, Stream, find_column, no_column
from riboswitch.config.settings import Limits, check_values, one_of
from riboswitch.data.ids import id_problem
from riboswitch.data.records import Record, Rejection
from riboswitch.errors import Problem, UsageError, shorten
from riboswitch.io.cells import is_missing
from riboswitch.io.delimited import DELIMITERS, TableRow, joined_columns, read_table, require_column
from riboswitch.io.formats import check_skip, format_of, source_name
from riboswitch.io.opening import encoding_problem, location, open_lines, open_text, printable
from riboswitch.modalities.text import conll
from riboswitch.modalities.text.tokens import tokens

FORMATS = ("csv", "tsv", "iob", "txt")
SUFFIXES = {"iob": (".iob", ".iob2", ".bio", ".conll"), "txt": (".txt", ".text")}
UNITS = ("line", *conll.UNITS)
FILE_OPTIONS = (
    "format",
    "skip_lines",
    "input_column",
    "id_column",
    "unit",
    "entities",
    "repeated_ids",
    "columns",
)
INPUT_COLUMNS: tuple[str, ...] = ("text", "texts|sentences?|notes?|documents?|abstracttext")
TITLES, ABSTRACTS = "(primary|article|paper)?titles?", "abstracts?(note)?"
IDS = (*ID_COLUMNS[:2], "(pm|pmc|pubmed|doc|document|article|paper|note|ref|reference)(id|no|number)|doi")
CARRIED: dict[str, str] = {}
REPEATED = ("reject", "keep")
NO_ID = Problem("MISSING_ID", "the row has no id", "Give each text an id.")
TAGS, DOCUMENT = "tags", "document"
"""Fields of records of files with tags: the labels of the tokens, and the document."""
SAME = ("same tokens", "texts with other white space")
JOINT = "\n"
"""Between a title and its abstract."""
LIMITS = {"min_tokens": Limits(True, 1), "max_tokens": Limits(True, 1, optional=True)}
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1b\x7f]")


class _Row(NamedTuple):
    number: int
    id: str
    text: str
    fields: dict[str, Any]
    problem: Problem | None = None


class _Rules(NamedTuple):
    min_tokens: int
    max_tokens: int | None
    repeated_ids: str
    columns: Sequence[str] | None = None


def read(
    path: str | Path, *,
    format: str | None = None, skip_lines: int = 0, input_column: str | None = None,
    id_column: str | None = None, unit: str | None = None, entities: Sequence[str] = (),
    min_tokens: int = 1, max_tokens: int | None = None,
    repeated_ids: str = "reject", columns: Sequence[str] | None = None,
) -> Stream[Record | Rejection]:  # fmt: skip
    """Read the texts of a file.

    Parameters
    ----------
    path : path
        Plain, or compressed with gzip, bgzip or zstd; ``-`` reads standard input.
    format : {"csv", "tsv", "iob", "txt"}, optional
        Format of the file; by default its suffix says it. ``iob``: a token and its tag on each line.
    skip_lines : int
        Lines above the header of a CSV or TSV file.
    input_column : str, optional
        Column of a table with the texts, or several, as ``title+abstract``; by default found by name.
    id_column : str, optional
        Column of a table with ids; by default it is found by its name, else rows are numbered.
    unit : {"line", "sentence", "document"}, optional
        What is one text: of plain text a ``line`` or the whole ``document`` (the default); of a file with
        tags a ``sentence`` (the default) or a ``document``. A row of a table is one text.
    entities : sequence of str
        The letter of each type of mention in a file with tags, as ``Chemical=C``, and ``Species=-`` to leave
        a type out; by default the first letter of its name.
    min_tokens : int
        Fewest tokens of a text.
    max_tokens : int, optional
        Most tokens of a text.
    repeated_ids : {"reject", "keep"}
        What is done with rows without an id, or with that of an earlier row, if the column is named.
    columns : sequence of str, optional
        Columns to keep as fields; by default all that are no text.

    Yields
    ------
    Record or Rejection, one for each text, in order; ``row`` is counted from 1.

    Raises
    ------
    InputError, UsageError
    """
    rules = _rules(min_tokens, max_tokens, repeated_ids, columns)
    known = format_of(path, format, FORMATS, SUFFIXES)
    check_skip(skip_lines, known, tuple(DELIMITERS))
    _check_options(known, unit, entities, input_column, id_column)
    found, source = Found(), source_name(path)
    if known in DELIMITERS:
        rows = _table_rows(path, DELIMITERS[known], skip_lines, (input_column, id_column), found)
        strict = rules._replace(repeated_ids=repeated_ids if id_column else "keep")
        return Stream(_records(rows, source, strict), found)
    rows = (
        _tagged_rows(path, unit or "sentence", entities, found) if known == "iob" else _plain_rows(path, unit)
    )
    return Stream(_records(rows, source, rules), found)


def read_list(
    values: Iterable[Any],
    ids: Sequence[str] | None = None,
    *,
    min_tokens: int = 1,
    max_tokens: int | None = None,
    repeated_ids: str = "reject",
) -> Iterator[Record | Rejection]:
    """Read texts in memory by the same rules as `read`.

    Parameters
    ----------
    values : iterable of str
    ids : sequence of str, optional
        ``row-<n>`` if not given.

    Yields
    ------
    Record or Rejection
        One for each text, in order.
    """
    rules = _rules(min_tokens, max_tokens, repeated_ids, None)
    names = (f"row-{n}" for n in itertools.count(1)) if ids is None else iter(ids)
    rows = (
        _Row(number, name, str(value or ""), {})
        for number, (name, value) in enumerate(zip(names, values, strict=ids is not None), 1)
    )
    return _records(rows, "list", rules)


def identity(components: Mapping[str, Any]) -> str:
    """Return the tokens: texts with other white space are the same."""
    return " ".join(tokens(components["text"]))


def kin(components: Mapping[str, Any]) -> frozenset[str]:
    """Return the words in small letters, without marks; of a text of marks alone its tokens."""
    words = " ".join(token for token in tokens(components["text"].casefold()) if token[0].isalnum())
    return frozenset({words or identity(components)})


def kin_hint(components: Mapping[str, Any]) -> str:
    """Return the key of `kin`, which is quick to make."""
    return next(iter(kin(components)))


def label_lengths(components: Mapping[str, Any]) -> tuple[int, ...]:
    """Return the number of tokens: each may have a label."""
    return (len(tokens(components["text"])),)


def _rules(
    min_tokens: int, max_tokens: int | None, repeated_ids: str, columns: Sequence[str] | None
) -> _Rules:
    check_values(LIMITS, min_tokens=min_tokens, max_tokens=max_tokens)
    if max_tokens is not None and max_tokens < min_tokens:
        raise UsageError("max_tokens is less than min_tokens", found=f"{max_tokens} and {min_tokens}")
    one_of("way with repeated ids", repeated_ids, REPEATED)
    return _Rules(min_tokens, max_tokens, repeated_ids, columns)


def _check_options(
    format: str, unit: str | None, entities: Sequence[str], input_column: str | None, id_column: str | None
) -> None:
    """Refuse an option that a format does not have."""
    units = {"iob": conll.UNITS, "txt": ("line", "document")}.get(format, ())
    if unit is not None and unit not in units:
        hint = (
            f"Choose one of: {', '.join(units)}." if units else "A row of a table is one text: leave it out."
        )
        raise UsageError(f"a {format} file has no such unit", found=unit, hint=hint)
    if entities and format != "iob":
        raise UsageError("only a file with tags has types of mentions", found=", ".join(entities),
                         hint="Leave --entities out, or set --format iob.")  # fmt: skip
    if format not in DELIMITERS and (named := input_column or id_column):
        raise UsageError("only a table has columns to name", found=named,
                         hint="Leave --input-column and --id-column out.")  # fmt: skip


def _table_rows(
    path: str | Path, delimiter: str, skip: int, named: tuple[str | None, str | None], found: Found
) -> Iterator[_Row]:
    with open_lines(path, skip) as lines:
        columns, rows = read_table(lines, delimiter)
        texts = _text_columns(columns, named[0], lines.where, found)
        ids = named[1] or find_column([c for c in columns if c not in texts], IDS, "ids", "--id-column",
                                      lines.where)  # fmt: skip
        if named[1]:
            require_column(named[1], columns, lines.where)
        else:
            found.columns["ids"] = ids
        place = {name: number for number, name in enumerate(columns)}
        for row in rows:
            if row.problem:
                yield _Row(row.number, f"row-{row.number}", shorten(row.text, 100), {}, row.problem)
                continue
            yield _of_cells(row, place, texts, ids, bool(named[1]))


def _of_cells(
    row: TableRow, place: Mapping[str, int], texts: list[str], ids: str | None, named: bool
) -> _Row:
    cells = [row.cells[place[name]].strip() for name in texts]
    text = JOINT.join(cell for cell in cells if cell and not is_missing(cell))
    name = row.cells[place[ids]].strip() if ids else ""
    fields = {column: row.cells[i] for column, i in place.items() if column not in (*texts, ids)}
    return _Row(row.number, name if name or named else f"row-{row.number}", text, fields)


def _text_columns(columns: list[str], named: str | None, where: str, found: Found) -> list[str]:
    """The columns whose texts are joined: those that are named, that of texts, or titles and abstracts."""
    if named is not None:
        texts = joined_columns(named, columns)
        for name in texts:
            require_column(name, columns, where)
        return texts
    one = find_column(columns, INPUT_COLUMNS, "texts", "--input-column", where)
    both = [
        find_column(columns, [pattern], "texts", "--input-column", where) for pattern in (TITLES, ABSTRACTS)
    ]
    texts = [one] if one else [name for name in both if name]
    if not texts:
        raise no_column("texts", "--input-column", columns, where, lambda text: len(tokens(text)) > 5)
    found.columns["texts"] = "+".join(texts)
    return texts


def _tagged_rows(path: str | Path, unit: str, entities: Sequence[str], found: Found) -> Iterator[_Row]:
    where = location(path)
    sentences = conll.read_sentences(path)
    letters = conll.letters_of(sentences, entities, where)
    named = any(sentence.document is not None for sentence in sentences)
    sentences = conll.joined(sentences, where) if unit == "document" else sentences
    known = conll.has_tags(sentences)
    if not (named and unit == "document"):
        found.columns["ids"] = None
    if letters:
        found.notes.append("letters of the tags: " + ", ".join(f"{n} {x}" for n, x in letters.items()))
    both = zip(sentences, conll.tagged(sentences, letters), strict=True)
    for number, (sentence, labels) in enumerate(both, 1):
        name = sentence.document if unit == "document" and sentence.document else f"row-{number}"
        if isinstance(labels, Problem):
            yield _Row(number, name, shorten(printable(sentence.text), 100), {}, labels)
            continue
        fields = ({TAGS: labels} if known else {}) | ({DOCUMENT: sentence.document or ""} if named else {})
        yield _Row(number, name, sentence.text, fields)


def _plain_rows(path: str | Path, unit: str | None) -> Iterator[_Row]:
    if unit == "line":
        with open_lines(path) as lines:
            for number, line in enumerate(lines, 1):
                yield _Row(number, f"row-{number}", line.strip(), {}, lines.problem(line))
        return
    with open_text(path) as handle:
        yield _Row(1, source_name(path).split(".")[0] or "row-1", handle.read().strip(), {})


def _records(rows: Iterator[_Row], source: str, rules: _Rules) -> Iterator[Record | Rejection]:
    taken: dict[str, int] = {}
    for row in rows:
        strict = rules.repeated_ids == "reject"
        problem = row.problem or (id_problem(row.id, taken, NO_ID) if strict else None)
        problem = problem or _text_problem(row.text, rules)
        name = row.id or f"row-{row.number}"
        if problem is not None:
            shown = shorten(printable(row.text), 100) or "no text"
            yield Rejection(row.number, name, shown, *problem, source=source)
            continue
        taken[name] = row.number
        kept = (
            row.fields
            if rules.columns is None
            else {c: row.fields[c] for c in rules.columns if c in row.fields}
        )
        yield Record(row.number, name, {"text": row.text}, kept, source)


def _text_problem(text: str, rules: _Rules) -> Problem | None:
    """Why a text cannot be used."""
    if problem := encoding_problem(text, "text"):
        return problem
    if control := _CONTROL.search(text):
        reason = f"the character {ord(control[0])} at position {control.start() + 1}"
        return Problem("CONTROL_CHARACTER", reason, "Remove it: the file may be damaged.")
    number = len(tokens(text))
    if not number:
        return Problem("NO_TEXT", "there is no word and no mark", "Leave the row out.")
    if number < rules.min_tokens:
        return Problem("TOO_SHORT", f"{number} tokens, fewer than {rules.min_tokens}")
    if rules.max_tokens is not None and number > rules.max_tokens:
        return Problem("TOO_LONG", f"{number} tokens, more than {rules.max_tokens}", "Cut it into parts.")
    return None
