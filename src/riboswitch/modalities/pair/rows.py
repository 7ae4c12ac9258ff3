"""Rows of pairs become records or rejections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from riboswitch.data.records import Record, Rejection, input_text
from riboswitch.errors import Problem, shorten
from riboswitch.modalities.pair.inputs import SideInputs
from riboswitch.modalities.pair.sides import Pair, Side

MOST_SHOWN = 200  # characters of an input in a rejection


@dataclass
class RowRules:
    """Turns rows into records or rejections.

    Attributes
    ----------
    pair : Pair
    inputs : mapping of str to SideInputs
        By side.
    source : str
        Name of the file.
    repeated_ids : {"reject", "keep"}
    kept : sequence of str, optional
        Columns that are kept; None: all.
    columns_of : dict of str to (str or None)
        The columns of ``left`` and ``right``, and that of ``id`` if there is one.
    """

    pair: Pair
    inputs: Mapping[str, SideInputs]
    source: str
    repeated_ids: str
    kept: Sequence[str] | None
    columns_of: dict[str, str | None] = field(default_factory=dict)
    taken: dict[str, int] = field(default_factory=dict)

    def of_row(self, number: int, cells: Mapping[str, str]) -> Record | Rejection:
        """Read the row of a table; ``cells`` by column."""
        column = self.columns_of["id"]
        name = None if column is None else cells[column]
        values = {side.component: cells[str(self.columns_of[side.name])] for side in self.pair.sides}
        return self._pair(number, name, values, cells)

    def of_value(self, number: int, name: str | None, value: Any) -> Record | Rejection:
        """Read a pair in memory: a mapping of its components."""
        if not isinstance(value, Mapping) or not {*self.pair.components} <= value.keys():
            found = [*value] if isinstance(value, Mapping) else value
            names = " and ".join(self.pair.components)
            problem = Problem("BAD_PAIR", f"not a pair of {names}", f"Give both by name: {names}.")
            return rejection(number, name or f"row-{number}", str(found), problem, self.source)
        return self._pair(number, name, {c: value[c] for c in self.pair.components}, {})

    def _pair(
        self, number: int, name: str | None, values: Mapping[str, Any], cells: Mapping[str, str]
    ) -> Record | Rejection:
        id_problem = None if name is None else self._id_problem(name)
        own = name if name is not None and name.strip() else f"row-{number}"
        if id_problem is not None:
            return rejection(number, own, _shown(values), id_problem, self.source)
        items = {side.name: self.inputs[side.name](values[side.component]) for side in self.pair.sides}
        problems = [_problem(side, items[side.name]) for side in self.pair.sides]
        bad = [problem for problem in problems if problem is not None]
        if bad:
            joined = Problem(bad[0].code, "; ".join(p.reason for p in bad), bad[0].hint)
            return rejection(number, own, _shown(values), joined, self.source)
        if name is not None and self.repeated_ids == "reject":
            self.taken[name] = number
        read = {name: item for name, item in items.items() if isinstance(item, Record)}
        return self._record(number, own, read, cells)

    def _record(
        self, number: int, name: str, items: Mapping[str, Record], cells: Mapping[str, str]
    ) -> Record:
        components: dict[str, Any] = {}
        noted: dict[str, Any] = {}
        for side in self.pair.sides:
            item = items[side.name]
            components[side.component] = item.components[side.modality.component]
            if not self.inputs[side.name].by_id:
                noted |= {f"{side.component}_{key}": value for key, value in item.fields.items()}
        reserved = {"source", "row", "id", *components, *noted}
        fields: dict[str, Any] = {}
        for column in self._kept(cells):
            free = column
            while free in reserved or (free != column and free in cells):
                free = f"input_{free}"
            fields[free] = cells[column]
        return Record(number, name, components, {**fields, **noted}, self.source)

    def _kept(self, cells: Mapping[str, str]) -> list[str]:
        """Columns that become fields: of a side only if it holds ids, which say more than the inputs."""
        gone = {self.columns_of[s.name] for s in self.pair.sides if cells and not self.inputs[s.name].by_id}
        if self.repeated_ids == "reject" and cells:
            gone.add(self.columns_of["id"])
        return [name for name in (cells if self.kept is None else self.kept) if name not in gone]

    def _id_problem(self, name: str) -> Problem | None:
        if self.repeated_ids == "keep":
            return None
        if not name.strip():
            return Problem("MISSING_ID", "the pair has no id", "Fill it, or leave --id-column out.")
        if "\0" in name:
            return Problem("NUL_BYTE", "NUL byte in the id", "The file may be damaged.")
        if name in self.taken:
            reason = f"the id {shorten(name)!r} stands in row {self.taken[name]} already"
            return Problem("DUPLICATE_ID", reason, "Give unique ids, or leave --id-column out.")
        return None


def rejection(number: int, name: str, text: str, problem: Problem, source: str) -> Rejection:
    """Make the rejection of a row that could not be read."""
    code, reason, hint = problem
    return Rejection(number, name, text or "an empty row", code, reason, hint, source=source)


def _problem(side: Side, item: Record | Rejection | Problem) -> Problem | None:
    """Why an input of a side cannot be used, in the words of its own reader."""
    if isinstance(item, Record):
        return None
    code, reason, hint = item if isinstance(item, Problem) else (item.code, item.reason, item.hint)
    return Problem(code, f"{side.component}: {reason}", hint)


def _shown(values: Mapping[str, Any]) -> str:
    return input_text({n: shorten(v, MOST_SHOWN) if isinstance(v, str) else v for n, v in values.items()})
