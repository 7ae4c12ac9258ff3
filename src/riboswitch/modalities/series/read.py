"""Read series: long tables, ``.ts``, ``.npz``, EDF and WFDB, with a table of labels and groups beside them.

The names of the channels are a reading option, which a model keeps: so a new file is read by the names,
whatever the order of its channels. Besides the codes in `values` there are

| code          | the series                                                        |
|---------------|-------------------------------------------------------------------|
| `NO_RECORD`   | is not in the table of records                                    |
| `MIXED_LABEL` | has several labels                                                |
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from riboswitch.config.found_columns import Found, Stream, find_column
from riboswitch.config.settings import Limits, check_values, one_of
from riboswitch.data.ids import id_problem
from riboswitch.data.records import Record, Rejection
from riboswitch.errors import InputError, Problem, UsageError, shorten
from riboswitch.io.cells import is_missing
from riboswitch.io.delimited import DELIMITERS, read_small_table, require_column
from riboswitch.io.formats import check_skip, format_of
from riboswitch.modalities.defaults import label_lengths as label_lengths
from riboswitch.modalities.series.files.layout import MISSING_CHANNELS, Layout, SeriesFile, Taken, take
from riboswitch.modalities.series.files.long_table import IDS, read_long
from riboswitch.modalities.series.files.npz import read_npz
from riboswitch.modalities.series.files.signals import read_edf, read_wfdb
from riboswitch.modalities.series.files.ts import read_ts
from riboswitch.modalities.series.values import Cutting, Raw, channels_of, checked, cut, in_memory

FORMATS = ("csv", "tsv", "parquet", "ts", "npz", "edf", "wfdb")
SUFFIXES = {"ts": (".ts",), "edf": (".edf",), "wfdb": (".hea",)}
TABLES = (*DELIMITERS, "parquet")
FILE_OPTIONS = ("format", "skip_lines", "id_column", "time_column", "channel_column", "value_column",
                "records", "choose", "leave_out", "labels", "missing_channels", "repeated_ids",
                "columns")  # fmt: skip
INPUT_COLUMNS: tuple[str, ...] = ()
CARRIED: dict[str, str] = {}
REPEATED = ("reject", "keep")
NO_ID = Problem("MISSING_ID", "the series has no id", "Give each series an id.")
SAME = ("the same values at the same times", "")
START = "window_start"
"""Field with the time at which a window begins, counted from the first step of its series."""
_CUTTING = {"every": Limits(above=0, optional=True), "window": Limits(above=0, optional=True),
            "longest": Limits(whole=True, at_least=1)}  # fmt: skip


def read(
    path: str | Path, *,
    format: str | None = None, skip_lines: int = 0, id_column: str | None = None,
    time_column: str | None = None, channel_column: str | None = None, value_column: str | None = None,
    records: str | None = None, channel_names: Sequence[str] | None = None, choose: Sequence[str] = (),
    leave_out: Sequence[str] = (), labels: Sequence[str] = (), missing_channels: str = "refuse",
    every: float | None = None, window: float | None = None, longest: int = 20_000,
    repeated_ids: str = "reject", columns: Sequence[str] | None = None,
) -> Stream[Record | Rejection]:  # fmt: skip
    """Read the series of a file.

    Parameters
    ----------
    path : path
        A long table (CSV, TSV, Parquet), ``.ts``, ``.npz``, EDF, or the header of a WFDB record (`files`).
    format : {"csv", "tsv", "parquet", "ts", "npz", "edf", "wfdb"}, optional
        Format of the file; by default its suffix says it.
    skip_lines : int
        Lines above the header of a CSV or TSV file.
    id_column : str, optional
        Column that says which series a row is of; by default found by its name. Without one: one series.
    time_column : str, optional
        Column of a table with times: numbers, clock times or dates; by default found by its name, else steps
        are counted.
    channel_column : str, optional
        Column with the name of the channel, of a table with a row for each value.
    value_column : str, optional
        Column with the value, of such a table.
    records : str, optional
        A table with a row for each series, as a path from the folder of the file: its id, labels and groups.
    channel_names : sequence of str, optional
        Names of the channels, in the order of the arrays; by default they are found. A model keeps them.
    choose : sequence of str
        Patterns of names of channels, as ``acc_*``; by default all columns of numbers are channels, but for
        those that name a person.
    leave_out : sequence of str
        Channels, or columns of numbers, that are not read.
    labels : sequence of str
        Columns with labels, which are never channels. riboswitch parse adds its targets.
    missing_channels : {"refuse", "gap"}
        If the file lacks some of the ``channel_names``: refuse it, or read them as gaps.
    every : float, optional
        Length of a bin of time, whose values are averaged.
    window : float, optional
        Length of a window of time: each is a record, called ``ID@START``.
    longest : int
        Most steps of a series, or of a window.
    repeated_ids : {"reject", "keep"}
        What is done with series without an id, or with that of an earlier one, if a column of ids is named.
    columns : sequence of str, optional
        Columns to keep as fields; by default all that are no channels.

    Yields
    ------
    Record or Rejection, one for each series or window, in order; ``row`` counts the series from 1.

    Raises
    ------
    InputError, UsageError
    """
    _check(missing_channels, repeated_ids, channel_names)
    how = _cutting(every, window, longest)
    layout = Layout(choose, leave_out, labels, id_column, time_column, channel_column, value_column,
                    missing_channels, channel_names)  # fmt: skip
    found = Found()
    file = _read_file(path, format_of(path, format, FORMATS, SUFFIXES), skip_lines, layout, found)
    taken = take(file.where, file.channels, layout, found)
    beside = None if records is None else _read_records(Path(path).parent / records, file.where)
    rules = _Rules(taken, beside, how, repeated_ids == "reject" and bool(file.named), columns)
    return Stream(_records(file, rules, found), found)


def _check(missing_channels: str, repeated_ids: str, channel_names: Sequence[str] | None) -> None:
    one_of("way with missing channels", missing_channels, MISSING_CHANNELS)
    one_of("way with repeated ids", repeated_ids, REPEATED)
    _check_names(channel_names)


def _read_file(path: str | Path, known: str, skip_lines: int, layout: Layout, found: Found) -> SeriesFile:
    """The series of a file of a known format."""
    check_skip(skip_lines, known, tuple(DELIMITERS))
    if known in TABLES:
        file = read_long(path, known, skip_lines, layout, found)
    elif named := [*filter(None, layout[3:7])]:
        raise UsageError("only tables have columns to name", found=named[0], hint=f"The file is {known}.")
    else:
        file = {"ts": read_ts, "npz": read_npz, "edf": read_edf, "wfdb": read_wfdb}[known](path)
    if file.named is None:
        found.columns["ids"] = None
    return file


def read_list(
    values: Iterable[Any],
    ids: Sequence[str] | None = None,
    *,
    channel_names: Sequence[str] | None = None,
    every: float | None = None,
    window: float | None = None,
    longest: int = 20_000,
    repeated_ids: str = "reject",
) -> Iterator[Record | Rejection]:
    """Read series in memory by the same rules as `read`.

    Parameters
    ----------
    values : iterable
        Mappings as ``{"time": [0, 1], "pulse": [71, None]}``, JSON texts of them, or arrays (steps,
        channels). Without times, steps are counted.
    ids : sequence of str, optional
        ``row-<n>`` if not given.
    channel_names : sequence of str, optional
        By default those of the first value.
    every, window, longest, repeated_ids
        As for `read`.

    Yields
    ------
    Record or Rejection
        One for each value, or window of it, in order.
    """
    one_of("way with repeated ids", repeated_ids, REPEATED)
    _check_names(channel_names)
    return _of_list(values, ids, channel_names, _cutting(every, window, longest), repeated_ids == "reject")


def identity(components: Mapping[str, Any]) -> str:
    """Return a key that is equal for equal values at equal times."""
    series = np.asarray(components["series"], np.float32) + np.float32(0)  # -0 is 0
    series = np.where(np.isnan(series), np.float32(np.nan), series)
    return hashlib.sha256(str(series.shape).encode() + series.tobytes()).hexdigest()[:24]


def kin(components: Mapping[str, Any]) -> frozenset[str]:
    """Return the identity: series have no other kin."""
    return frozenset({identity(components)})


kin_hint = identity


class _Rules(NamedTuple):
    """How the series of a file become records."""

    taken: Taken
    beside: Mapping[str, Mapping[str, Any]] | None
    how: Cutting
    strict: bool
    kept: Sequence[str] | None


def _check_names(names: Sequence[str] | None) -> None:
    if names is not None and (not names or len({*names}) < len(names)):
        problem = "a channel is named twice" if names else "no channel is named"
        raise UsageError(problem, found=shorten(", ".join(names), 80))


def _cutting(every: float | None, window: float | None, longest: int) -> Cutting:
    check_values(_CUTTING, every=every, window=window, longest=longest)
    if every is not None and window is not None and window < every:
        raise UsageError("a window must be at least as long as a bin", found=f"{window:g} for {every:g}")
    return Cutting(every, window, longest)


def _read_records(path: Path, series: str) -> dict[str, dict[str, Any]]:
    """The rows of a table of records by id.

    Raises
    ------
    InputError
        If it cannot be read, has no column of ids, or an id twice.
    """
    where = str(path)
    columns, rows = read_small_table(path, DELIMITERS[format_of(path, None, tuple(DELIMITERS))])
    ids = find_column(columns, IDS, "ids", "", where)
    if ids is None:
        raise InputError("no column of ids was found, by which series are joined", where=where,
                         found=", ".join(columns), hint="Call it id.")  # fmt: skip
    require_column(ids, columns, where)
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        cells = dict(zip(columns, row.cells, strict=True))
        name = cells.pop(ids).strip()
        if is_missing(name) or name in found:
            raise InputError("a series stands twice" if name else "a row has no id", found=name,
                             where=f"{where} row {row.number}", hint="Give each series one row.")  # fmt: skip
        found[name] = cells
    return found


def _records(file: SeriesFile, rules: _Rules, found: Found) -> Iterator[Record | Rejection]:
    given: dict[str, int] = {}
    lost, used = 0, set[str]()
    for row, raw in enumerate(file.series, 1):
        name = raw.id if raw.id.strip() or rules.strict else f"row-{row}"
        if file.named is None and rules.how.window is not None:
            name = f"{file.name.split('.')[0]}:{name}"  # windows of several files would be called alike
        problem = raw.problem or (id_problem(name, given, NO_ID) if rules.strict else None)
        beside = (rules.beside or {}).get(name, {})
        used.add(name)
        if problem is None and rules.beside is not None and name not in rules.beside:
            problem = Problem("NO_RECORD", f"the table of records has no row {shorten(name, 30)!r}",
                              "Add the row, or leave the series out.")  # fmt: skip
        made = problem or _cut(raw, rules)
        if isinstance(made, Problem):
            yield Rejection(row, name, _shown(raw, file), *made, source=file.name)
            continue
        given[name] = row
        fields = {**raw.fields, **beside}
        lost += made.left_out
        for start, series in made.parts:
            own = fields if rules.how.window is None else {**fields, START: start}
            kept = own if rules.kept is None else {n: own[n] for n in rules.kept if n in own}
            yield Record(row, _part(name, start, rules.how), {"series": series}, kept, file.name)
    if lost:
        found.notes.append(f"leaves out {lost} steps at ends of series that do not fill half a window")
    if rules.beside is not None and (more := rules.beside.keys() - used):
        found.notes.append(f"{len(more)} rows of the table of records have no series: "
                           f"{shorten(', '.join(sorted(more)), 60)}")  # fmt: skip


class _Made(NamedTuple):
    """What a series gives: its parts with their beginnings, and how many steps belong to none."""

    parts: list[tuple[float, np.ndarray]]
    left_out: int


def _cut(raw: Raw, rules: _Rules) -> _Made | Problem:
    values = rules.taken.of(raw.values) if len(raw.values) else np.empty((0, len(rules.taken.channels)))
    return _finished(raw.times, values, rules.taken.channels, rules.how)


def _finished(times: np.ndarray, values: np.ndarray, names: Sequence[str], how: Cutting) -> _Made | Problem:
    whole = checked(times, values, names)
    if isinstance(whole, Problem):
        return whole
    parts = cut(whole, how)
    if isinstance(parts, Problem):
        return parts
    lost = 0 if how.every is not None else len(whole) - sum(len(part.series) for part in parts)
    return _Made([(part.start, part.series) for part in parts], lost)


def _part(name: str, start: float, how: Cutting) -> str:
    return name if how.window is None else f"{name}@{start:g}"


def _shown(raw: Raw, file: SeriesFile) -> str:
    return f"{len(raw.times)} steps of {len(file.channels)} channels" if len(raw.times) else "a series"


def _of_list(
    values: Iterable[Any],
    ids: Sequence[str] | None,
    channels: Sequence[str] | None,
    how: Cutting,
    strict: bool,
) -> Iterator[Record | Rejection]:
    names = (f"row-{n}" for n in itertools.count(1)) if ids is None else iter(ids)
    given: dict[str, int] = {}
    for row, (name, value) in enumerate(zip(names, values, strict=ids is not None), 1):
        channels = channels_of(value) if channels is None else channels
        problem = id_problem(name, given, NO_ID) if strict else None
        raw = problem or in_memory(value, channels)
        made = raw if isinstance(raw, Problem) else _finished(
            raw.times, raw.values, channels or [f"channel_{n + 1}" for n in range(raw.values.shape[1])], how
        )  # fmt: skip
        if isinstance(made, Problem):
            yield Rejection(row, name, shorten(str(value), 100) or "nothing", *made, source="list")
            continue
        given[name] = row
        for start, series in made.parts:
            fields = {} if how.window is None else {START: start}
            yield Record(row, _part(name, start, how), {"series": series}, fields, "list")
