"""Output tables: CSV, TSV or Parquet by the suffix of the name; CSV on standard output."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

from riboswitch.errors import UsageError
from riboswitch.io.atomic_files import atomic_path
from riboswitch.io.disk_faults import STDOUT, Writing
from riboswitch.io.parquet import write_parquet

SEPARATORS = {".csv": ",", ".tsv": "\t"}


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
            table.to_csv(sys.stdout, index=False, lineterminator="\n")
            sys.stdout.flush()
        return
    path = Path(path)
    if path.suffix == ".parquet":
        write_parquet(table, path)
        return
    with atomic_path(path) as temporary:
        table.to_csv(temporary, sep=SEPARATORS[path.suffix], index=False, lineterminator="\n")
