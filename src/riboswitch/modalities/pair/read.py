"""Reads pairs from tables: each side's inputs are read by its own modality.

A cell holds the input itself, or the id of a record in a file of that side's inputs. Such a file is read by
the reader of the side, so it has any format that this reader knows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from riboswitch.config.found_columns import Found, Stream, find_column
from riboswitch.config.settings import one_of
from riboswitch.data.records import Record, Rejection
from riboswitch.errors import InputError, UsageError, shorten
from riboswitch.io.delimited import DELIMITERS, TableRow, read_table, require_column
from riboswitch.io.formats import check_skip, format_of, source_name
from riboswitch.io.opening import open_lines
from riboswitch.modalities.pair.crossing import crossed, refuse_unused
from riboswitch.modalities.pair.inputs import SideInputs
from riboswitch.modalities.pair.rows import RowRules, rejection
from riboswitch.modalities.pair.sides import Pair, Side, own_settings

FORMATS = tuple(DELIMITERS)
ID_NAMES = ("id", "(pair|row|record|entry|measurement|assay)(id|no|number|code)?")
"""Names of a column of ids of pairs; those of one side, as ``drug_id``, are no ids of pairs."""
REPEATED = ("reject", "keep")


class PairReader:
    """The reader of pairs; see `riboswitch.modalities.parts.Reader`.

    Parameters
    ----------
    pair : Pair
    """

    FILE_OPTIONS: tuple[str, ...] = (
        "format", "skip_lines", "left_column", "right_column", "left_file", "right_file", "left_layout",
        "right_layout", "cross", "id_column", "repeated_ids", "columns",
    )  # fmt: skip
    INPUT_COLUMNS: tuple[str, ...] = ()

    def __init__(self, pair: Pair):
        self.pair = pair

    @property
    def CARRIED(self) -> Mapping[str, str]:
        """What each side carries, with its component before the names."""
        return {
            f"{side.component}_{name}": f"{side.component}_{shown}"
            for side in self.pair.sides
            for name, shown in side.modality.reader.CARRIED.items()
        }

    @property
    def SAME(self) -> tuple[str, str]:
        """That of both sides."""
        words, others = zip(*(side.modality.reader.SAME for side in self.pair.sides), strict=True)
        return " and ".join(dict.fromkeys(words)), " and ".join(dict.fromkeys(filter(None, others)))

    def read(
        self, path: str | Path, *,
        format: str | None = None, skip_lines: int = 0,
        left_column: str | None = None, right_column: str | None = None,
        left_file: str | None = None, right_file: str | None = None,
        left_layout: Mapping[str, Any] | None = None, right_layout: Mapping[str, Any] | None = None,
        cross: str | None = None,
        id_column: str | None = None, repeated_ids: str = "reject", columns: Sequence[str] | None = None,
        left: Mapping[str, Any] | None = None, right: Mapping[str, Any] | None = None,
    ) -> Stream[Record | Rejection]:  # fmt: skip
        """Stream the pairs of a table, one a row: records, or rejections.

        Parameters
        ----------
        path : str or Path
            Plain, or compressed with gzip, bgzip or zstd; ``-`` reads standard input.
        format : {"csv", "tsv"}, optional
            Format of the file; by default its suffix says it.
        skip_lines : int
            Lines above the header that are no rows, such as a title.
        left_column : str, optional
            Column with the left inputs; by default it is found by its name.
        right_column : str, optional
            Column with the right inputs; by default it is found by its name.
        left_file : str, optional
            File with the left inputs, as a path from the folder of the table; the column then holds ids.
        right_file : str, optional
            File with the right inputs, as a path from the folder of the table; the column then holds ids.
        left_layout : mapping, optional
            How the left file is laid out: options of its reader that describe one file.
        right_layout : mapping, optional
            How the right file is laid out: options of its reader that describe one file.
        cross : {"left", "right"}, optional
            Pair each input of this side's file with each input of the table, which is then a file of the
            other side alone, in any of its formats: proteins against a library of molecules. Ids are those
            of both, as ``left|right``.
        id_column : str, optional
            Column with ids of pairs; by default it is found by its name, else rows are numbered.
        repeated_ids : {"reject", "keep"}
            Rows without an id, or with that of an earlier row, are rejected; or kept, and one without an id
            is called row-1, row-2, ... A column that was found and not named never rejects a row.
        columns : sequence of str, optional
            Columns to keep as fields; all by default.
        left : mapping, optional
            What the left inputs mean: the other options of their reader.
        right : mapping, optional
            What the right inputs mean: the other options of their reader.

        What the reader of a side notes about an input is in fields that begin with the side's component.

        Raises
        ------
        InputError, UsageError
            If the file cannot be read, a column is missing, or an option is unknown.
        """
        one_of("way with repeated ids", repeated_ids, REPEATED)
        if cross is not None:
            given = {"left": (left, left_file, left_layout), "right": (right, right_file, right_layout)}
            named = {"left_column": left_column, "right_column": right_column, "id_column": id_column}
            of_tables = {"format": format, "skip_lines": skip_lines or None, "columns": columns or None}
            return self._crossed(path, cross, given, of_tables | named)
        known = format_of(path, format, FORMATS)
        check_skip(skip_lines, known, FORMATS)
        files = {"left": (left_file, left_layout), "right": (right_file, right_layout)}
        options = {"left": left, "right": right}
        inputs = {side.name: _inputs(side, path, *files[side.name], options) for side in self.pair.sides}
        rules = RowRules(self.pair, inputs, source_name(path), repeated_ids, columns)
        named = {"left": left_column, "right": right_column, "id": id_column}
        found = Found()
        return Stream(_records(path, DELIMITERS[known], skip_lines, rules, named, found), found)

    def _crossed(
        self, path: str | Path, cross: str, given: Mapping[str, Any], unused: Mapping[str, Any]
    ) -> Stream[Record | Rejection]:
        """The pairs of each input of one file with each of another."""
        one_of("side to cross", cross, ("left", "right"))
        refuse_unused(cross, unused)
        return Stream(crossed(self.pair, path, cross, given))

    def read_list(
        self,
        values: Iterable[Any],
        ids: Sequence[str] | None = None,
        *,
        repeated_ids: str = "reject",
        left: Mapping[str, Any] | None = None,
        right: Mapping[str, Any] | None = None,
    ) -> Iterator[Record | Rejection]:
        """Stream pairs in memory, by the same rules as `read`.

        Parameters
        ----------
        values : iterable of mapping
            For each pair its two components by name.
        ids : sequence of str, optional
            ``row-<n>`` if not given.
        repeated_ids, left, right
            As for `read`.
        """
        one_of("way with repeated ids", repeated_ids, REPEATED)
        options = {"left": left, "right": right}
        inputs = {s.name: SideInputs(s, own_settings(options, s, "reading")) for s in self.pair.sides}
        rules = RowRules(self.pair, inputs, "list", repeated_ids, ())
        values = list(values)
        if ids is not None and len(ids) != len(values):
            raise UsageError(f"{len(ids)} ids for {len(values)} pairs")
        return (
            rules.of_value(number, None if ids is None else ids[number - 1], value)
            for number, value in enumerate(values, 1)
        )

    def identity(self, components: Mapping[str, Any]) -> str:
        """Return the keys of both sides."""
        return " | ".join(side.modality.reader.identity(side.of(components)) for side in self.pair.sides)

    def kin(self, components: Mapping[str, Any]) -> frozenset[str]:
        """Return keys of a pair: pairs are kin if both of their sides are."""
        left, right = (side.modality.reader.kin(side.of(components)) for side in self.pair.sides)
        return frozenset(f"{one} | {other}" for one in left for other in right)

    def kin_hint(self, components: Mapping[str, Any]) -> str:
        """Return the hints of both sides."""
        return " | ".join(side.modality.reader.kin_hint(side.of(components)) for side in self.pair.sides)

    def label_lengths(self, components: Mapping[str, Any]) -> tuple[int, ...]:
        """Return nothing: a pair has no positions to label."""
        return ()


def make(pair: Pair) -> PairReader:
    """Make the reader of these pairs."""
    return PairReader(pair)


def _inputs(
    side: Side,
    path: str | Path,
    file: str | None,
    layout: Mapping[str, Any] | None,
    options: Mapping[str, Any],
) -> SideInputs:
    own = own_settings(options, side, "reading")
    if file is None:
        if layout:
            raise UsageError(f"a layout of the {side.name} side, and no file", found=[*layout],
                             hint=f"It goes with --{side.name}-file.")  # fmt: skip
        return SideInputs(side, own)
    folder = Path() if str(path) == "-" else Path(path).parent
    return SideInputs(side, own, folder / file, own_settings({side.name: layout}, side, "layout"))


def _records(
    path: str | Path,
    delimiter: str,
    skip_lines: int,
    rules: RowRules,
    named: Mapping[str, str | None],
    found: Found,
) -> Iterator[Record | Rejection]:
    with open_lines(path, skip_lines) as lines:
        table = read_table(lines, delimiter)
        rules.columns_of = _columns(table.columns, rules, named, lines.where, found)
        for name in rules.kept or ():
            require_column(name, table.columns, lines.where)
        if named["id"] is None:
            rules.repeated_ids = "keep"
        for row in table.rows:
            yield _record(row, table.columns, rules)
    for name, side in rules.inputs.items():
        if side.learned:
            found.learned[name] = side.learned


def _record(row: TableRow, columns: Sequence[str], rules: RowRules) -> Record | Rejection:
    if row.problem:
        return rejection(row.number, f"row-{row.number}", row.text, row.problem, rules.source)
    return rules.of_row(row.number, dict(zip(columns, row.cells, strict=True)))


def _columns(
    columns: Sequence[str], rules: RowRules, named: Mapping[str, str | None], where: str, found: Found
) -> dict[str, str | None]:
    """The columns of both sides and of the ids: as they are named, or found by their names."""
    taken = dict(named)
    for name in named.values():
        if name is not None:
            require_column(name, columns, where)
    for side in rules.pair.sides:
        if taken[side.name] is None:
            taken[side.name] = _side_column(side, rules.inputs[side.name].by_id, columns, where)
            found.columns[side.component] = taken[side.name]
    if taken["left"] == taken["right"]:
        raise InputError("one column for both sides", where=where, found=taken["left"],
                         hint="--left-column and --right-column name them.")  # fmt: skip
    if taken["id"] is None:
        others = [name for name in columns if name not in taken.values()]
        taken["id"] = find_column(others, ID_NAMES, "ids", "--id-column", where)
        found.columns["ids"] = taken["id"]
    return taken


def _side_column(side: Side, by_id: bool, columns: Sequence[str], where: str) -> str:
    own = (side.component, side.component.replace("_", ""))
    patterns = [*own, f"{own[1]}(id|name)"] if by_id else [*own, *side.modality.reader.INPUT_COLUMNS]
    option = f"--{side.name}-column"
    name = find_column(columns, patterns, f"{side.component} of the {side.name} side", option, where)
    if name is None:
        raise InputError(f"no column of the {side.name} side ({side.modality.name}) was found", where=where,
                         found=shorten(", ".join(columns), 200), hint=f"{option} names it.")  # fmt: skip
    return name
