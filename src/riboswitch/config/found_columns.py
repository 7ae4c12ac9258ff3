"""Columns of a table that a reader finds by their names, where the user named none.

A column that the user names is always taken. Without one, names are compared in small letters and without
blanks and marks, so ``Compound ID`` is ``compoundid``. Some names are clearer than others; of equally clear
ones there must be only one, since a guess between two could be wrong without a word.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from riboswitch.errors import InputError, shorten

Item = TypeVar("Item")

SAMPLE = 16  # rows that are looked at before the first is given; a stream may bring its rows slowly

_OWNER = "compound|cmpd|cpd|molecule|mol|drug|ligand|substance|sample|structure|entry|record|catalog(ue)?|"
_OWNER += "library|product|sequence|seq|protein|gene"
_BASE = "chembl|zinc|drugbank|pubchem|chebi|mcule|molport|enamine|uniprot|refseq|genbank|ncbi"
ID_COLUMNS = (
    "id",
    f"({_OWNER})?({_BASE})?(compound)?(id|ids|identifier|accession)|({_OWNER})(no|number|code)|({_BASE})"
    "|cid|sid|entry|locustag",
    f"({_OWNER})?(name|names|title)",
    "cas|casno|casnumber|casrn|casregistrynumber",
)
"""Names of a column of ids, as regular expressions of `plain` names, the clearest first."""


@dataclass
class Found:
    """What a reader found out about a file.

    Attributes
    ----------
    columns : dict of str to (str or None)
        For what the user named no column, such as ``ids``: the column that was taken, None if there is none.
    options : dict
        Reading options that come from what was found.
    learned : dict
        Reading options, JSON values, that a model keeps: it reads new files as this one, such as the names of
        its features.
    notes : list of str
        What else people should know of the file. They are complete when all rows were taken.
    """

    columns: dict[str, str | None] = field(default_factory=dict)
    options: dict[str, str] = field(default_factory=dict)
    learned: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, meta: Mapping[str, Any]) -> Found:
        """What the meta of records keeps of what was found."""
        return cls(meta.get("found", {}), notes=meta.get("notes", []))

    @property
    def sentence(self) -> str:
        """What was found, for people; empty if nothing was looked for."""
        parts = [
            f"{what} from column {column!r}" for what, column in self.columns.items() if column is not None
        ]
        sentences = [f"reads {', '.join(parts)}"] if parts else []
        sentences += [f"no column of {what} was found, so rows are numbered"
                 for what, column in self.columns.items() if column is None]  # fmt: skip
        return "; ".join([*sentences, *self.notes])


class Stream(Iterator[Item], Generic[Item]):
    """The rows of a file, one at a time, and what their reader found out about the file.

    Attributes
    ----------
    found : Found
        Its columns are known when the first row was taken, its counts when all were.
    """

    def __init__(self, rows: Iterator[Item], found: Found | None = None):
        self._rows, self.found = rows, found or Found()

    def __next__(self) -> Item:
        return next(self._rows)


def found_by(rows: Iterable[object]) -> Found:
    """What the reader of these rows found out; nothing if they are no `Stream`."""
    return rows.found if isinstance(rows, Stream) else Found()


def plain(name: str) -> str:
    """A name in small letters, without blanks and marks."""
    return re.sub(r"[\W_]", "", name.casefold())


def find_column(
    columns: Sequence[str], patterns: Sequence[str], what: str, option: str, where: str
) -> str | None:
    """Find the column that holds something, by its name.

    Parameters
    ----------
    columns : sequence of str
        All columns.
    patterns : sequence of str
        Regular expressions of `plain` names, the clearest first. A column with the very text of the first is
        taken before all others.
    what, option : str
        What is looked for, and the option that names it, as ``--id-column`` (empty: there is none).
    where : str
        The file.

    Returns
    -------
    str or None
        None if no name fits.

    Raises
    ------
    InputError
        If several names are equally clear.
    """
    if patterns and patterns[0] in columns:
        return patterns[0]
    for pattern in patterns:
        fitting = [name for name in columns if re.fullmatch(pattern, plain(name))]
        if len(fitting) > 1:
            hint = f"{option} names the one to read." if option else "Leave only one of them."
            raise InputError(f"several columns may hold the {what}", where=where, found=", ".join(fitting),
                             hint=hint)  # fmt: skip
        if fitting:
            return fitting[0]
    return None


def no_column(
    what: str, option: str, columns: Sequence[str], where: str, is_input: Callable[[str], bool]
) -> InputError:
    """The error for a table in which no column holds the inputs.

    Parameters
    ----------
    what, option : str
        As in `find_column`.
    columns : sequence of str
    where : str
    is_input : callable
        Whether a text can be read as an input, and hardly is a name: then the first line is no header.
    """
    hint = header_hint(columns, what, is_input)
    if not hint:
        hint = f"{option} names it. Columns: {shorten(', '.join(columns), 200)}."
        if len(columns) == 1 or columns[0].startswith("#"):
            hint += " If lines stand above the header, --skip-lines says how many."
    return InputError(f"no column of {what} was found", where=where, hint=hint)


def header_hint(columns: Sequence[str], what: str, is_input: Callable[[str], bool]) -> str:
    """What to do if the first line of a table is a row and no header; empty if it is a header."""
    inputs = [is_input(name) for name in columns]
    if not any(inputs):
        return ""
    others = iter(["id", *(f"other_{number}" for number in range(2, len(columns)))])
    names = [plain(what) if i == inputs.index(True) else next(others) for i in range(len(columns))]
    return f"The first line looks like data: give the file a header line, here {', '.join(names)}."


def refuse_swapped(
    pairs: Sequence[tuple[str, str]],
    is_input: Callable[[str], bool],
    what: str,
    where: str,
    hint: str,
    least: int = 1,
) -> None:
    """Raise `InputError` if most ids can be read as inputs and most inputs cannot.

    Parameters
    ----------
    pairs : sequence of (id, input)
        Of the first rows, without empty ones.
    is_input : callable
        Whether a text can be read as an input.
    what : str
        What the inputs are.
    where, hint : str
    least : int
        Characters that an id must have to be taken for an input.
    """
    half = len(pairs) / 2
    if not pairs or sum(is_input(text) for _, text in pairs) >= half:
        return
    if sum(len(name) >= least and is_input(name) for name, _ in pairs) > half:
        name, text = pairs[0]
        raise InputError(f"ids and {what} look swapped", where=where,
                         found=f"id {shorten(name, 20)}, input {shorten(text, 20)}", hint=hint)  # fmt: skip


def compare_names(
    where: str,
    wanted: Sequence[str],
    there: Sequence[str],
    missing: str,
    found: Found,
    *,
    what: str,
    more: str,
    gaps: str,
) -> None:
    """Compare the names that are wanted with those of a file; the order does not matter.

    Parameters
    ----------
    where : str
        The file.
    wanted, there : sequence of str
    missing : {"refuse", "gap"}
        What is done if the file lacks some.
    found : Found
        Takes notes of what is read as gaps and of what is left out.
    what : str
        What the names are of, as ``channels``.
    more : str
        What the others of the file are, for the note.
    gaps : str
        The option that reads missing ones as gaps, for the hint.

    Raises
    ------
    InputError
        If the file has none, or lacks some that may not be missing.
    """
    gone = [name for name in wanted if name not in {*there}]
    others = [name for name in there if name not in {*wanted}]
    if len(gone) == len(wanted):
        raise InputError(f"none of the {len(wanted)} {what} is in the file", where=where,
                         found=shorten(", ".join(there), 80),
                         hint=f"Wanted: {shorten(', '.join(wanted), 100)}.")  # fmt: skip
    if gone and missing == "refuse":
        raise InputError(f"{len(gone)} of {len(wanted)} {what} are missing", where=where,
                         found=shorten(", ".join(gone), 80),
                         hint=f"Add them, or read them as gaps with {gaps}.")  # fmt: skip
    if gone:
        found.notes.append(f"reads {len(gone)} of {len(wanted)} {what} as gaps, since the file lacks them: "
                           f"{shorten(', '.join(gone), 80)}")  # fmt: skip
    if others:
        found.notes.append(f"leaves out {len(others)} {more}: {shorten(', '.join(others), 80)}")
