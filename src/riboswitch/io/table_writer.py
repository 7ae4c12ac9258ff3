"""Output tables: CSV, TSV or Parquet by the suffix of the name; CSV on standard output.

Any reader of CSV gives the same cells back: those with a line end are quoted, also by a Python whose csv
module leaves a carriage return bare. Texts that a spreadsheet would take for formulas are guarded
(`cells.guarded`), and `read_written` takes the guard away again.
"""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

import pandas as pd

from riboswitch.errors import UsageError
from riboswitch.io.atomic_files import atomic_path
from riboswitch.io.cells import SUSPECTS, guarded, unguarded
from riboswitch.io.disk_faults import STDOUT, Writing
from riboswitch.io.parquet import write_parquet

SEPARATORS = {".csv": ",", ".tsv": "\t"}
ODD = rf"^[{re.escape(''.join(sorted(SUSPECTS)))}]|\r"


def check_suffix(path: str | Path) -> None:
    """Raise if `write_table` cannot write to ``path``. Steps call it before their work starts.

    Raises
    ------
    UsageError
    """
    if str(path) == "-":
        if sys.stdout is None:
            raise UsageError("standard output is closed", hint="Give --output a file.")
        return
    if Path(path).suffix not in (*SEPARATORS, ".parquet"):
        raise UsageError("the output's suffix must be .csv, .tsv or .parquet", found=Path(path).name)
    if Path(path).is_dir():
        raise UsageError("is a folder, where a file is to be written", where=str(path))


def write_table(table: pd.DataFrame, path: str | Path) -> None:
    """Write a table in the format of the path's suffix; ``-`` writes CSV to standard output."""
    check_suffix(path)
    if str(path) == "-":
        with Writing(STDOUT):
            write_rows(table, sys.stdout, ",")
            sys.stdout.flush()
        return
    path = Path(path)
    if path.suffix == ".parquet":
        write_parquet(table, path)
    else:
        write_text_table(table, path, SEPARATORS[path.suffix])


def write_text_table(table: pd.DataFrame, path: str | Path, separator: str) -> None:
    """Write CSV or TSV, whatever the suffix."""
    with atomic_path(path) as temporary, open(temporary, "w", encoding="utf-8", newline="") as file:
        write_rows(table, file, separator)


def write_rows(table: pd.DataFrame, file: TextIO, separator: str, header: bool = True) -> None:
    r"""Write the rows of a table to an open file of text, their ends ``\n``."""
    if _is_plain(table):
        table.to_csv(file, sep=separator, index=False, lineterminator="\n", header=header)
    else:
        rows = _Rows(file)
        _guarded(table).to_csv(rows, sep=separator, index=False, lineterminator=rows.END, header=header)


def text_rows(table: pd.DataFrame, separator: str, header: bool = True) -> str:
    """The text that `write_rows` writes."""
    text = io.StringIO(newline="")
    write_rows(table, text, separator, header)
    return text.getvalue()


def read_written(
    path: str | Path, separator: str, types: str | Mapping[str, str | type] = "str"
) -> pd.DataFrame:
    """Read a table that was written here; an empty cell is an empty text.

    Parameters
    ----------
    path : path
    separator : str
    types : str or mapping
        Type of all columns, or of each by its name.

    Raises
    ------
    FileNotFoundError, ValueError
    """
    table = pd.read_csv(path, sep=separator, dtype=types, keep_default_na=False)
    table.columns = [unguarded(str(name)) for name in table]
    for name in table.select_dtypes(["str", "object"]):
        if table[name].str.startswith("'").any():
            table[name] = table[name].map(unguarded)
    return table


class _Rows(io.TextIOBase):
    r"""A file that takes rows ending in ``\r\n`` and writes them with ``\n``; slower than the file itself.

    The csv module quotes cells that hold a character of the row's end, so both kinds are quoted.
    """

    END = "\r\n"

    def __init__(self, file: TextIO):
        self._write = file.write

    def writable(self) -> bool:
        return True

    def write(self, row: str) -> int:
        """Write one row."""
        return self._write(f"{row[:-2]}\n")


def _is_plain(table: pd.DataFrame) -> bool:
    """Whether no text needs a guard, and none holds a carriage return: then pandas alone writes faster."""
    names = pd.Series([str(name) for name in table], dtype="str")
    return not any(_is_odd(column) for column in (names, *_texts(table).values()))


def _is_odd(column: pd.Series) -> bool:
    if column.dtype == "str":
        return bool(column.str.contains(ODD, na=False).any())
    return any(isinstance(value, str) and re.search(ODD, value) for value in column)


def _texts(table: pd.DataFrame) -> dict[str, pd.Series]:
    return {str(name): table[name] for name in table.select_dtypes(["str", "object", "category"])}


def _guarded(table: pd.DataFrame) -> pd.DataFrame:
    texts = {
        name: pd.Series([guarded(v) if isinstance(v, str) else v for v in column], table.index, "object")
        for name, column in _texts(table).items()
    }
    return table.assign(**texts).rename(columns=lambda name: guarded(str(name)))
