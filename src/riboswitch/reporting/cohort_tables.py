"""The tables of a cohort, read for the report."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from riboswitch.errors import InputError
from riboswitch.io.table_writer import read_written
from riboswitch.reporting.findings import Cohort

COHORT = {
    "samples": ("row", "sample", "status", "taxon", "code", "reason", "hint"),
    "genes": ("sample",),
    "mutations": ("sample",),
}
"""Tables of a cohort, and the columns that the report reads."""


def read_cohort(folder: Path) -> Cohort:
    """The tables of a cohort, which have the same samples."""
    tables: list[pd.DataFrame] = []
    for name, needed in COHORT.items():
        path = folder / f"{name}.tsv"
        try:
            table = read_written(path, "\t")
        except FileNotFoundError as error:
            raise InputError("no such file", where=str(path)) from error
        except ValueError as error:
            raise InputError("not a table of a cohort", where=str(path), found=error) from error
        same = not tables or ("sample" in table and table["sample"].tolist() == tables[0]["sample"].tolist())
        if not {*needed} <= {*table} or not same:
            raise InputError(
                "not a table of this cohort", where=str(path), hint="riboswitch cohort writes it."
            )
        tables.append(table)
    return Cohort(*tables)
