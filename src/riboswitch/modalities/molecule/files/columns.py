"""Which columns of a file of molecules hold the structures and the ids."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain, islice

from rdkit import rdBase

from riboswitch.chem.sdf import Row
from riboswitch.chem.smiles import parse
from riboswitch.config.found_columns import (
    ID_COLUMNS,
    SAMPLE,
    Found,
    find_column,
    header_hint,
    no_column,
    refuse_swapped,
)
from riboswitch.data.records import Rejection
from riboswitch.errors import Problem
from riboswitch.io.delimited import require_column
from riboswitch.modalities.molecule.files.tables import Table

INPUT_COLUMNS = (
    "smiles",
    "(.*smiles|smiles.*)",
    "(input|mols?|molecules?|structures?|compoundstructure|molstructure|drug|ligand)",
)
"""Names of a column of SMILES, as regular expressions of `plain` names, the clearest first."""

SMILES = "SMILES"  # what the inputs are called in messages
MOST = 200  # characters of a text that is parsed for this: longer ones may take long
LEAST = 3  # characters of an id that is taken for a SMILES: C or CN may be a name


@dataclass
class Columns:
    """The columns of an open file, and its rows.

    Attributes
    ----------
    rows : iterator of Row or Rejection
    input_column, id_column : str, optional
        None: the format has a fixed place for structures; rows are numbered.
    found : Found
        What was found by its name.
    """

    rows: Iterator[Row | Rejection]
    input_column: str | None
    id_column: str | None
    found: Found = field(default_factory=Found)


def columns_of(table: Table, input_column: str | None, id_column: str | None, where: str) -> Columns:
    """Take the named columns, and find those that are not named.

    Raises
    ------
    InputError
        If there is no such column, none or several can be the one, or ids and structures are swapped.
    """
    found = Columns(table.rows, None if table.structured else input_column, id_column)
    if not table.structured:
        _find_input(table, found, where)
    first = list(islice(table.rows, SAMPLE))
    found.rows = chain(first, table.rows)
    if id_column is None:
        _find_ids(table, first, found, where)
    elif table.columns is not None:
        require_column(id_column, table.columns, where)
    _refuse_swapped(table, first, found, where)
    return found


def _find_input(table: Table, found: Columns, where: str) -> None:
    names = table.columns or []
    if found.input_column is not None:
        with rdBase.BlockLogs():
            require_column(found.input_column, names, where, header_hint(names, SMILES, _is_row))
        return
    found.input_column = find_column(names, INPUT_COLUMNS, SMILES, "--input-column", where)
    if found.input_column is None:
        with rdBase.BlockLogs():
            raise no_column(SMILES, "--input-column", names, where, _is_row)
    found.found.columns[SMILES] = found.found.options["input_column"] = found.input_column


def _find_ids(table: Table, first: list[Row | Rejection], found: Columns, where: str) -> None:
    if table.columns is None or table.structured:  # only columns that are filled
        rows = [row.values.items() for row in first if isinstance(row, Row)]
        names = list(dict.fromkeys(name for items in rows for name, value in items if value is not None))
    else:
        names = [name for name in table.columns if name != found.input_column]
    title = table.structured and "title" in names
    found.id_column = "title" if title else find_column(names, ID_COLUMNS, "ids", "--id-column", where)
    found.found.columns["ids"] = found.id_column
    if found.id_column is not None:
        found.found.options |= {"id_column": found.id_column, "repeated_ids": "keep"}


def _refuse_swapped(table: Table, first: list[Row | Rejection], found: Columns, where: str) -> None:
    if found.id_column is None:
        return
    pairs = []
    for row in first:
        if isinstance(row, Row):
            name = row.values.get(found.id_column)
            text = row.structure if table.structured else row.values.get(str(found.input_column))
            pair = str(name or ""), str(text or "")
            pairs += [pair] if 0 < min(map(len, pair)) <= max(map(len, pair)) <= MOST else []
    now = f"Now they are {found.input_column!r} and {found.id_column!r}."
    hint = f"--input-column and --id-column name the right ones. {now}"
    if table.format == "smi":
        hint = "In a SMILES file the structure is first, then its name: swap the two."
    with rdBase.BlockLogs():
        refuse_swapped(pairs, _is_smiles, SMILES, where, hint, LEAST)


def _is_smiles(text: str) -> bool:
    return not isinstance(parse(text), Problem)


def _is_row(name: str) -> bool:
    """Whether a name of a column is rather a SMILES."""
    return LEAST + 1 < len(name) <= MOST and _is_smiles(name)
