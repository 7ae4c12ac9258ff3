"""What a file of compounds holds: its columns, and how its first rows read."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from riboswitch.config.found_columns import plain
from riboswitch.data.records import Record, Rejection
from riboswitch.errors import InputError, shorten
from riboswitch.intake.first_bytes import TABLES, first_bytes, refuse_other_format
from riboswitch.io.atomic_files import sha256
from riboswitch.io.formats import format_of
from riboswitch.io.summary import codes_text
from riboswitch.modalities.molecule.files.tables import FORMATS, open_table
from riboswitch.modalities.molecule.read import read
from riboswitch.modalities.molecule.sample import count

MOST = 1000  # rows whose structures are read
SHOWN = 3  # rows that are shown
MAX_REJECTED = 0.5  # as library.max_rejected, by which a run would fail
NAMES = re.compile(
    "(pref|preferred|generic|common|drug|compound|molecule|chemical|trivial|inn|product)?(name|names|title)"
)
"""Plain names of a column with the names of drugs."""


@dataclass(frozen=True)
class CompoundFile:
    """A file of compounds that can be read.

    Attributes
    ----------
    path : Path
        Absolute.
    format, sha256 : str
    rows : int
    exact : bool
        Whether the rows were counted; else their number is an estimate.
    columns : tuple of str
        Empty if each record may have its own.
    reading : dict
        Options of the reader that the user gave.
    found : dict
        Columns that were found by their names: of ``SMILES`` and ``ids``. None: there is none.
    names : str
        Column with names of drugs; empty if none looks like it.
    looked_at, readable : int
        Rows that were read, and those of them that are compounds.
    by_code : dict
        The others by rejection code.
    first : tuple of (int, str, str)
        Row, id and structure of the first compounds.
    first_rejected : Rejection, optional
    repeated : tuple of (str, int, int), optional
        An id that stands twice, with the two rows.
    """

    path: Path
    format: str
    sha256: str
    rows: int
    exact: bool
    columns: tuple[str, ...]
    reading: dict[str, str]
    found: dict[str, str | None]
    names: str
    looked_at: int
    readable: int
    by_code: dict[str, int]
    first: tuple[tuple[int, str, str], ...]
    first_rejected: Rejection | None
    repeated: tuple[str, int, int] | None


def look_at_compounds(path: Path, option: str, smiles: str | None, ids: str | None) -> CompoundFile:
    """Read the first rows of a file of compounds, and describe it.

    Parameters
    ----------
    path : Path
    option : str
        The option that names the file, as ``--library``; those for its columns begin with it.
    smiles, ids : str, optional
        Columns that the user names.

    Raises
    ------
    InputError
        If the file cannot be read, has no column of SMILES, or more than half of its first rows are no
        compounds.
    """
    first_bytes(path)
    refuse_other_format(path, FORMATS, "compounds are needed", f"Give {TABLES}.")
    reading = {key: name for key, name in (("input_column", smiles), ("id_column", ids)) if name is not None}
    try:
        columns = columns_of(path)
        stream = read(path, input_column=smiles, id_column=ids)
        items = list(islice(stream, MOST))
        rows = count(path)
    except InputError as error:
        raise InputError(error.problem, where=error.where, found=error.found,
                         hint=of_this_command(error.hint, option)) from error  # fmt: skip
    _require_compounds(items, path, option)
    good = [item for item in items if isinstance(item, Record)]
    bad = [item for item in items if isinstance(item, Rejection)]
    return CompoundFile(
        path=path, format=format_of(path, None, FORMATS), sha256=sha256(path),
        rows=rows.rows, exact=rows.exact, columns=tuple(columns), reading=reading,
        found=dict(stream.found.columns), names=_names(columns), looked_at=len(items), readable=len(good),
        by_code=dict(Counter(item.code for item in bad)),
        first=tuple((item.row, item.id, str(item.fields["raw_smiles"])) for item in good[:SHOWN]),
        first_rejected=next(iter(bad), None), repeated=_repeated(items, stream.found.columns.get("ids", ids)),
    )  # fmt: skip


def columns_of(path: Path) -> list[str]:
    """Columns of a file; those of the first record if each has its own."""
    with open_table(path) as table:
        if table.columns is not None:
            return table.columns
        rows = (row for row in islice(table.rows, SHOWN) if not isinstance(row, Rejection))
        return list(dict.fromkeys(name for row in rows for name in row.values))


def of_this_command(hint: str, option: str) -> str:
    """A hint of the reader with the options of this command."""
    hint = hint.replace("--input-column", f"{option}-smiles").replace("--id-column", f"{option}-ids")
    return hint.replace("If lines stand above the header, --skip-lines says how many.",
                        "If lines stand above the header, delete them.")  # fmt: skip


def _require_compounds(items: list[Record | Rejection], path: Path, option: str) -> None:
    bad = [item for item in items if isinstance(item, Rejection)]
    if len(bad) <= MAX_REJECTED * len(items):
        return
    first = bad[0]
    codes = codes_text(Counter(item.code for item in bad))
    many = f"{len(bad)} of the first {len(items)} rows are no compounds ({codes})"
    hint = first.hint or f"Is it the right column? {option}-smiles names another."
    raise InputError(f"{many}; the first: {first.reason}", where=f"{path} row {first.row}",
                     found=shorten(first.input, 60), hint=hint)  # fmt: skip


def _names(columns: list[str]) -> str:
    """The column that `rank` should join with drugs by their names."""
    if "name" in columns:
        return "name"
    return next((name for name in columns if NAMES.fullmatch(plain(name))), "")


def _repeated(items: list[Record | Rejection], column: str | None) -> tuple[str, int, int] | None:
    if column is None:
        return None
    seen: dict[str, int] = {}
    for item in items:
        if isinstance(item, Record) and (first := seen.setdefault(item.id, item.row)) != item.row:
            return item.id, first, item.row
    return None
