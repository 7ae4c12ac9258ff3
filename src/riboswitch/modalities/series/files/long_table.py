"""Long tables: a row for each step of a series, or for each single value.

``id, time, pulse, pressure`` is wide in channels; ``id, time, name, value`` has a row for each value. Rows of
a series may stand anywhere. A table without a column of ids is one series, named by the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from riboswitch.config.found_columns import ID_COLUMNS, Found, find_column
from riboswitch.errors import InputError, Problem, UsageError, shorten
from riboswitch.io.cells import is_missing, is_number, number_or_gap, plain
from riboswitch.io.delimited import DELIMITERS, TableRow, read_table, require_column
from riboswitch.io.formats import source_name
from riboswitch.io.opening import open_lines
from riboswitch.io.parquet import read_parquet
from riboswitch.modalities.series.files.layout import Layout, SeriesFile, listed
from riboswitch.modalities.series.values import DECIMALS, Raw, numbers, timed

_PERSON = "pid|patient|subject|participant|person|case|donor|animal|volunteer"
_SERIES = "series|recording|stay|icustay|visit|encounter|admission|trial|segment|episode|window|utterance"
_KEY = "(id|no|number|key|code)?"
IDS = (*ID_COLUMNS[:2], f"({_SERIES}){_KEY}", f"({_PERSON}){_KEY}")
TIMES = ("time", "(time|clock|date|datetime|chart|elapsed|relative)(stamp|time|point)?"
         "(s|sec|seconds|ms|min|minutes|h|hours|d|days)?",
         "t|seconds?|secs?|minutes?|mins?|hours?|days?|ms|step|frame")  # fmt: skip
PERSONS = f"({_PERSON}){_KEY}"
SHARE = 0.5  # of the different cells of a column that are no gaps: with more numbers it is a channel
MIXED = "MIXED_LABEL"


class _Columns(NamedTuple):
    """Places of the columns; ``name`` and ``value`` are those of a table with a row for each value."""

    ids: int | None
    named: bool
    time: int | None
    name: int | None
    value: int | None
    fields: list[int]
    channels: list[int]


class _Sheet(NamedTuple):
    where: str
    columns: list[str]
    rows: list[TableRow]


def read_long(path: str | Path, format: str, skip_lines: int, layout: Layout, found: Found) -> SeriesFile:
    """Read the series of a table.

    Raises
    ------
    InputError, UsageError
        If it cannot be read, or a column is missing.
    """
    if (layout.channel_column is None) != (layout.value_column is None):
        raise UsageError("a table with a row for each value needs both of its columns",
                         hint="Give --channel-column and --value-column.")  # fmt: skip
    sheet = _of_parquet(path) if format == "parquet" else _of_text(path, format, skip_lines)
    laid = _lay_out(sheet, layout, found)
    name = source_name(path)
    groups = _grouped(sheet, laid, name.split(".")[0])
    if laid.name is not None:
        channels = _met(groups, laid.name)
        series: list[Raw] = [_of_values(one, laid, sheet, channels, layout) for one in groups]
    else:
        channels = [sheet.columns[i] for i in laid.channels]
        series = [_of_steps(one, laid, sheet, layout) for one in groups]
    return SeriesFile(name, sheet.where, channels, series, laid.named)


def _of_text(path: str | Path, format: str, skip_lines: int) -> _Sheet:
    with open_lines(path, skip_lines) as lines:
        columns, rows = read_table(lines, DELIMITERS[format])
        kept = [row for row in rows if row.problem is None or row.problem.code != "EMPTY"]
        return _Sheet(lines.where, columns, kept)


def _of_parquet(path: str | Path) -> _Sheet:
    table, _ = read_parquet(path)
    each = [table.iloc[:, i].tolist() for i in range(table.shape[1])]
    rows = [TableRow(number, list(cells)) for number, cells in enumerate(zip(*each, strict=True), 1)]
    return _Sheet(str(path), [str(name) for name in table.columns], rows)


def _lay_out(sheet: _Sheet, layout: Layout, found: Found) -> _Columns:
    columns, place = sheet.columns, {name: i for i, name in enumerate(sheet.columns)}
    given = (layout.id_column, layout.time_column, layout.channel_column, layout.value_column)
    for name in (*layout.leave_out, *filter(None, given)):
        if name in columns or name not in layout.leave_out or layout.channel_column is None:
            require_column(name, columns, sheet.where)
    ids = layout.id_column or find_column(columns, IDS, "ids", "--id-column", sheet.where)
    rest = [name for name in columns if name != ids]
    time = layout.time_column or find_column(rest, TIMES, "times", "--time-column", sheet.where)
    if layout.id_column is None:
        found.columns["ids"] = ids
        if ids is None:
            found.notes.append("the whole file is one series")
    if layout.time_column is None:
        without = "no column of times was found, so the steps of a series are counted"
        found.notes.append(f"reads times from column {time!r}" if time else without)
    taken = {ids, time, layout.channel_column, layout.value_column, *layout.labels}
    others = [name for name in columns if name not in taken]
    channels = [] if layout.channel_column else _channels(sheet, others, layout)
    fields = [place[name] for name in columns if name not in {*channels, *filter(None, (ids, time, *given))}]
    return _Columns(
        place[ids] if ids else None, layout.id_column is not None, place[time] if time else None,
        place[layout.channel_column] if layout.channel_column else None,
        place[layout.value_column] if layout.value_column else None,
        fields, [place[name] for name in channels],
    )  # fmt: skip


def _channels(sheet: _Sheet, names: Sequence[str], layout: Layout) -> list[str]:
    """Columns of numbers, and those that a model or the user names."""
    wanted = {*(layout.channels or ())}
    free = [name for name in names if name not in layout.leave_out]
    persons = {name for name in free if find_column([name], (PERSONS,), "", "", "") is not None}
    place = {name: i for i, name in enumerate(sheet.columns)}
    good = [row.cells for row in sheet.rows if row.problem is None]
    chosen = [name for name in free if name in wanted or (
        name not in persons and _mostly_numbers({row[place[name]] for row in good}))]  # fmt: skip
    if not chosen and not layout.choose:
        raise InputError("no column of numbers was found", where=sheet.where,
                         hint=f"--choose names the channels. Columns: {listed(sheet.columns)}.")  # fmt: skip
    return chosen or free


def _mostly_numbers(cells: set[Any]) -> bool:
    known = [cell for cell in cells if not is_missing(cell)]
    return bool(known) and sum(map(is_number, known)) > SHARE * len(known)


class _Group(NamedTuple):
    """Rows of one series, in the order of the file; or a row whose series is not known."""

    id: str
    rows: list[TableRow]


def _grouped(sheet: _Sheet, laid: _Columns, name: str) -> list[_Group]:
    """The rows of each series, in the order of its first row."""
    groups: dict[str, _Group] = {}
    for row in sheet.rows:
        if laid.ids is None:
            key = name
        else:
            key = _text(row.cells[laid.ids]).strip() if laid.ids < len(row.cells) else ""
            if row.problem and not key:
                key = f"line-{row.number}"
        groups.setdefault(key, _Group(key, [])).rows.append(row)
    return list(groups.values())


def _text(cell: Any) -> str:
    try:
        return plain(cell)
    except ValueError:
        return str(cell)


def _fields(one: _Group, laid: _Columns, sheet: _Sheet, layout: Layout) -> dict[str, Any] | Problem:
    """The columns that are no channels: the one value of the series, else nothing; a label must be one."""
    fields: dict[str, Any] = {}
    for place in laid.fields:
        name = sheet.columns[place]
        met = {_text(row.cells[place]): row.cells[place] for row in one.rows}
        known = {text: cell for text, cell in met.items() if not is_missing(cell)}
        if len(known) > 1 and name in layout.labels:
            shown = shorten(", ".join(sorted(known)), 40)
            return Problem(MIXED, f"the label {name!r} has {len(known)} values: {shown}",
                           "Give all rows of a series the same label.")  # fmt: skip
        fields[name] = next(iter(known.values())) if len(known) == 1 else ""
    return fields


def _start(
    one: _Group, laid: _Columns, sheet: _Sheet, layout: Layout
) -> tuple[dict[str, Any], np.ndarray] | Problem:
    """Fields and times of a series."""
    bad = next((row for row in one.rows if row.problem), None)
    if bad is not None and bad.problem is not None:
        return bad.problem._replace(reason=f"line {bad.number} below the header: {bad.problem.reason}")
    fields = _fields(one, laid, sheet, layout)
    if isinstance(fields, Problem):
        return fields
    cells = [row.cells[laid.time] for row in one.rows] if laid.time is not None else range(len(one.rows))
    times = timed(cells)
    return times if isinstance(times, Problem) else (fields, times)


def _failed(one: _Group, problem: Problem) -> Raw:
    return Raw(one.id, np.empty(0), np.empty((0, 0)), {}, problem)


def _of_steps(one: _Group, laid: _Columns, sheet: _Sheet, layout: Layout) -> Raw:
    """A series with a row for each step."""
    begun = _start(one, laid, sheet, layout)
    if isinstance(begun, Problem):
        return _failed(one, begun)
    fields, times = begun
    names = [sheet.columns[i] for i in laid.channels]
    values = np.empty((len(times), len(names)))
    for step, row in enumerate(one.rows):
        made = numbers([row.cells[i] for i in laid.channels], names, f"at time {times[step]:g}")
        if isinstance(made, Problem):
            return _failed(one, made)
        values[step] = made
    return Raw(one.id, times, values, fields)


def _met(groups: Sequence[_Group], place: int) -> list[str]:
    """Names of the channels of a table with a row for each value, sorted."""
    names: Iterator[str] = (
        _text(row.cells[place]).strip() for one in groups for row in one.rows if row.problem is None
    )
    return sorted({*names} - {""})


def _of_values(one: _Group, laid: _Columns, sheet: _Sheet, channels: Sequence[str], layout: Layout) -> Raw:
    """A series with a row for each value; values of one channel at one time are averaged."""
    begun = _start(one, laid, sheet, layout)
    if isinstance(begun, Problem):
        return _failed(one, begun)
    assert laid.name is not None and laid.value is not None
    fields, at = begun
    place = {name: i for i, name in enumerate(channels)}
    times, step = np.unique(at, return_inverse=True)
    total, count = np.zeros((len(times), len(channels))), np.zeros((len(times), len(channels)))
    for row, number in zip(one.rows, step.tolist(), strict=True):
        name = _text(row.cells[laid.name]).strip()
        if not name:
            reason = f"at time {times[number]:g}: a value of no channel"
            return _failed(one, Problem("MISSING_CHANNEL", reason, "Name the channel of each value."))
        if name in layout.leave_out:
            continue
        try:
            value = number_or_gap(row.cells[laid.value])
        except ValueError as error:
            shown = shorten(str(row.cells[laid.value]), 30)
            reason = f"at time {times[number]:g}: channel {name!r} is {shown!r}, {error}"
            return _failed(one, Problem("BAD_NUMBER", reason, DECIMALS))
        if value == value:
            total[number, place[name]] += value
            count[number, place[name]] += 1
    with np.errstate(invalid="ignore"):
        return Raw(one.id, times, np.where(count > 0, total / np.maximum(count, 1), np.nan), fields)
