"""The folders of several scanned genomes, and what became of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pandas as pd

from riboswitch.data.calls import Calls
from riboswitch.errors import InputError
from riboswitch.io.table_writer import read_written, write_text_table

CALLS, SAMPLES = "calls.parquet", "samples.tsv"
"""The file of a genome, and that of a folder of genomes."""

OK, REJECTED = "ok", "rejected"
SAMPLE_COLUMNS = ("row", "sample", "status", "taxon", "contigs", "bases", "calls", "candidates", "genes",
                  "mutations", "losses", "code", "reason", "hint")  # fmt: skip
"""Columns of ``samples.tsv``: one row a genome. ``row`` is its row in the sample sheet."""


_COUNTED = ("contigs", "bases", "calls", "candidates", "genes", "mutations", "losses")


def counted(calls: Calls) -> dict[str, object]:
    """The cells of ``samples.tsv`` that the calls of a genome give."""
    numbers = calls.meta.get("counts", {})
    return {"taxon": calls.meta.get("taxon") or ""} | {name: numbers.get(name, 0) for name in _COUNTED}


def write_samples(rows: Iterable[dict[str, object]], folder: Path) -> pd.DataFrame:
    """Write ``samples.tsv``, and return it; a cell that is not known is empty."""
    table = pd.DataFrame(list(rows), columns=[*SAMPLE_COLUMNS], dtype=object).fillna("")
    write_text_table(table, folder / SAMPLES, "\t")
    return table


def read_samples_table(folder: Path) -> pd.DataFrame:
    """Read ``samples.tsv``, all cells as text.

    Raises
    ------
    InputError
        If it is damaged.
    """
    path = folder / SAMPLES
    try:
        table = read_written(path, "\t")
    except (OSError, ValueError) as error:
        raise InputError("cannot be read", where=str(path), found=error, hint="Scan again.") from error
    if [*table] != [*SAMPLE_COLUMNS] or not table["status"].isin([OK, REJECTED]).all():
        raise InputError(
            "not a table of samples", where=str(path), hint="riboswitch scan --samples writes it."
        )
    return table


def scanned_folders(folders: Iterable[Path]) -> Iterator[dict[str, str | Path]]:
    """One row for each genome of some folders, in their order: the columns of ``samples.tsv`` that are known.

    Parameters
    ----------
    folders : iterable of Path
        Each is the folder of one genome (``calls.parquet``), or what ``riboswitch scan --samples`` wrote.

    Yields
    ------
    dict
        With ``sample``, ``status`` and ``folder``.

    Raises
    ------
    InputError
        If a folder is neither, or two genomes have one name.
    """
    known: dict[str, Path] = {}
    for folder in folders:
        for row in _rows(Path(folder)):
            name = str(row["sample"])
            if name in known:
                raise InputError("two genomes have one name", where=str(folder), found=name,
                                 hint=f"The other is in {known[name]}.")  # fmt: skip
            known[name] = Path(folder)
            yield row


def _rows(folder: Path) -> Iterator[dict[str, str | Path]]:
    if (folder / CALLS).is_file():
        yield {"sample": folder.name, "status": OK, "folder": folder}
    elif (folder / SAMPLES).is_file():
        for row in read_samples_table(folder).to_dict("records"):
            yield {**row, "folder": folder / row["sample"]}
    else:
        raise InputError("no scanned genomes", where=str(folder), found=f"neither {CALLS} nor {SAMPLES}",
                         hint="riboswitch scan writes them.")  # fmt: skip
