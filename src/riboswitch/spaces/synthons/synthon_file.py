"""Files of synthons, one a row: the text format of RDKit's synthon spaces, which Enamine's spaces use, too.

Columns are ``SMILES``, ``synton_id``, ``synton#`` (or ``synton_role``, as synton_1) and ``reaction_id``,
between tabs, commas or blanks; further columns, as ``release``, are ignored.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from riboswitch.data.records import Rejection
from riboswitch.errors import InputError, Problem, shorten
from riboswitch.io.delimited import read_table
from riboswitch.io.formats import source_name
from riboswitch.io.opening import open_lines
from riboswitch.spaces.synthons.synthon import Synthon, read_synthon

_COLUMNS = {
    "smiles": ("smiles",),
    "id": ("synton_id", "synthon_id"),
    "number": ("synton#", "synthon#", "synton_role", "synthon_role"),
    "reaction": ("reaction_id",),
}
_NUMBER = re.compile(r"(?:synth?on_?)?([0-9]{1,3})", re.IGNORECASE)


class SynthonRow(NamedTuple):
    """A synthon of a component of a reaction."""

    row: int
    id: str
    reaction: str
    number: int
    synthon: Synthon
    given: str


def read_rows(path: str | Path) -> Iterator[SynthonRow | Rejection]:
    """Read a file of synthons: one item for each row, in their order.

    Raises
    ------
    InputError
        If the file cannot be read, lacks a column or has no rows.
    """
    where = str(path)
    with open_lines(path) as lines:
        header = next((line for line in lines if line.strip()), "")
        delimiter = next((mark for mark in ("\t", ",") if mark in header), " ")
    with open_lines(path) as lines:
        columns, rows = read_table(lines, delimiter)
        place = _places(columns, where)
        reader, empty = _Reader(source_name(path)), True
        for row in rows:
            empty = False
            if row.problem:
                yield reader.rejection(row.number, "", row.text, row.problem)
            else:
                yield reader(row.number, {name: row.cells[at].strip() for name, at in place.items()})
        if empty:
            raise InputError("there are no rows in it", where=where)


def _places(columns: list[str], where: str) -> dict[str, int]:
    lower = [name.strip().lower() for name in columns]
    found = {}
    for name, known in _COLUMNS.items():
        found[name] = next((lower.index(each) for each in known if each in lower), -1)
        if found[name] < 0:
            hint = "A file of synthons has SMILES, synton_id, synton# and reaction_id."
            raise InputError(f"no column {known[0]}", where=where, found=", ".join(columns), hint=hint)
    return found


class _Reader:
    """Turns rows into synthons or rejections; an id may stand once in a component of a reaction."""

    def __init__(self, source: str):
        self.source = source
        self.seen: dict[tuple[str, int, str], int] = {}
        self.made: dict[str, Synthon | Problem] = {}

    def __call__(self, row: int, cells: dict[str, str]) -> SynthonRow | Rejection:
        number = _NUMBER.fullmatch(cells["number"])
        problem = self._named(cells, number)
        if problem is not None or number is None:
            assert problem is not None
            return self.rejection(row, cells["id"], cells["smiles"], problem)
        made = self.made.get(cells["smiles"])
        if made is None:  # a synthon often stands in several reactions
            made = self.made[cells["smiles"]] = read_synthon(cells["smiles"])
        if isinstance(made, Problem):
            return self.rejection(row, cells["id"], cells["smiles"], made)
        self.seen[cells["reaction"], int(number[1]), cells["id"]] = row
        return SynthonRow(row, cells["id"], cells["reaction"], int(number[1]), made, cells["smiles"])

    def _named(self, cells: dict[str, str], number: re.Match[str] | None) -> Problem | None:
        if not cells["id"]:
            return Problem("MISSING_ID", "no synton_id", "Fill it: hits are named by it.")
        if not cells["reaction"]:
            return Problem("NO_REACTION", "no reaction_id", "Fill it.")
        if number is None:
            reason = f"synton# is {shorten(cells['number'], 20)!r}"
            return Problem("BAD_COMPONENT", reason, "Write the number of the component: 1, 2, 3.")
        first = self.seen.get((cells["reaction"], int(number[1]), cells["id"]))
        if first is not None:
            reason = f"the id {shorten(cells['id'])!r} stands in row {first} already, in the same component"
            return Problem("DUPLICATE_ID", reason, "Ids of a component must be unique.")
        return None

    def rejection(self, row: int, name: str, text: str, problem: Problem) -> Rejection:
        """A row that cannot be used."""
        return Rejection(row, name or f"row-{row}", shorten(text, 200), *problem, source=self.source)
