"""One series: times and channels, checked, and cut into what the network reads.

A series is an array of float32, shape (steps, 1 + channels): the time since its first step, then the
channels, gaps as NaN. Steps ascend in time, and each has a value of at least one channel.

| code               | the series                                                       |
|--------------------|------------------------------------------------------------------|
| `BAD_NUMBER`       | has a cell that is neither a number nor a gap                    |
| `NOT_FINITE`       | has an infinite value, or one that float32 cannot hold           |
| `BAD_TIME`         | has a time that is no number, clock time or date                 |
| `REPEATED_TIME`    | has two steps at one time                                        |
| `NO_VALUES`        | has gaps only                                                    |
| `TOO_LONG`         | has more steps than ``longest``                                  |
| `BAD_SERIES`       | of a list is no mapping of channels to numbers, and no array     |
| `MISSING_CHANNEL`  | of a list lacks a channel                                        |
| `UNEQUAL_LENGTHS`  | has channels of different lengths                                |
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import numpy as np

from riboswitch.errors import Problem, shorten
from riboswitch.io import cells
from riboswitch.io.strict_json import parse_json

LARGEST = float(np.finfo(np.float32).max)
TIME = "time"
"""The name of the times of a series in memory."""
DECIMALS = "Write numbers with a decimal point; leave a gap empty or write NA."
TIMES = "Write times as numbers, as 7:30 or 7:30:00, or as 2024-05-31T07:30:00, all in one way."
EMPTY = "Leave the series out, or fill it."
IN_MEMORY = 'Give {"time": [0, 1], "pulse": [71, null]}, as a mapping or as JSON text.'
_CLOCK = re.compile(r"([0-9]{1,4}):([0-5][0-9])(?::([0-5][0-9](?:\.[0-9]+)?))?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([ T].*)?")
_PLAIN = re.compile(r"[0-9.eE+-]*")
SLACK = 1e-6  # of a bin or a window: times that are computed in floats miss a border by less


class Raw(NamedTuple):
    """A series of a file before it is checked: times (steps,) and values (steps, channels), float64.

    ``problem`` says why it cannot be used; then both may be empty.
    """

    id: str
    times: np.ndarray
    values: np.ndarray
    fields: dict[str, Any]
    problem: Problem | None = None


class Cutting(NamedTuple):
    """How series become inputs: see the options of the same names of `read.read`."""

    every: float | None = None
    window: float | None = None
    longest: int = 20_000


class Cut(NamedTuple):
    """A series, or a window of one, from ``start`` on; ``left_out`` counts its last steps that fill none."""

    start: float
    series: np.ndarray


def clock(cell: Any) -> tuple[str, float]:
    """The kind of a time, ``number``, ``clock`` or ``date``, and its number: seconds for the last two.

    Raises
    ------
    ValueError
        In words that follow the cell.
    """
    if isinstance(cell, datetime):
        return "date", _aware(cell).timestamp()
    if not isinstance(cell, str):
        value = cells.number_or_gap(cell)
    elif met := _CLOCK.fullmatch(cell.strip()):
        return "clock", 3600.0 * int(met[1]) + 60.0 * int(met[2]) + float(met[3] or 0)
    elif _DATE.fullmatch(cell.strip()):
        try:
            return "date", _aware(datetime.fromisoformat(cell.strip())).timestamp()
        except ValueError:
            raise ValueError("not a date that there is") from None
    else:
        value = cells.number_or_gap(cell)
    if not math.isfinite(value):
        raise ValueError("no time")
    return "number", value


def _aware(date: datetime) -> datetime:
    """A date without a zone is taken as one of UTC: only differences count."""
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def numbers(row: Sequence[Any], names: Sequence[str], at: str) -> np.ndarray | Problem:
    """The cells of one step as float64, gaps as NaN; ``at`` says which step it is, as ``at time 3``."""
    filled = [cell for cell in row if isinstance(cell, str) and cell]
    if len(filled) == sum(cell != "" for cell in row) and _PLAIN.fullmatch("".join(filled)):
        try:
            return np.array([cell or "nan" for cell in row], np.float64)
        except ValueError:
            pass  # the slow way finds which cell it is
    values = np.empty(len(row))
    for place, cell in enumerate(row):
        try:
            values[place] = cells.number_or_gap(cell)
        except ValueError as error:
            shown = shorten(str(cell), 30)
            return Problem("BAD_NUMBER", f"{at}: channel {names[place]!r} is {shown!r}, {error}", DECIMALS)
    return values


def checked(times: np.ndarray, values: np.ndarray, names: Sequence[str]) -> np.ndarray | Problem:
    """A series of its times and values (float64, gaps as NaN), steps in any order; or why there is none.

    Steps without any value are left out; time is counted from the first step that stays.
    """
    with np.errstate(invalid="ignore"):
        large = np.abs(values) > LARGEST
    if large.any():
        step, place = np.argwhere(large)[0].tolist()
        reason = f"at time {times[step]:g}: channel {names[place]!r} is {values[step, place]:g}"
        return Problem("NOT_FINITE", reason, "Correct it, or make it a gap.")
    there = ~np.isnan(values).all(1)
    if not there.any():
        return Problem("NO_VALUES", f"all values of its {len(times)} steps are gaps", EMPTY)
    order = np.argsort(times[there], kind="stable")
    at, kept = times[there][order], values[there][order]
    twice = np.flatnonzero(np.diff(at) <= 0)
    if len(twice):
        reason = f"time {at[twice[0]]:g} stands twice"
        return Problem("REPEATED_TIME", reason, "Give each time of a series one row.")
    return np.column_stack([at - at[0], kept])


def cut(series: np.ndarray, how: Cutting) -> list[Cut] | Problem:
    """Means of the bins of ``every``, then the windows of ``window``; float32."""
    if how.every:
        series = _binned(series, how.every)
    parts = [Cut(0.0, series)] if not how.window else _windows(series, how.window)
    most = max(len(part.series) for part in parts)
    if most > how.longest:
        hint = "--every joins steps, --window cuts a series into shorter ones, --longest allows more."
        return Problem("TOO_LONG", f"{most} steps, more than {how.longest}", hint)
    return [Cut(part.start, part.series.astype(np.float32)) for part in parts]


def _binned(series: np.ndarray, every: float) -> np.ndarray:
    """The mean of each channel in each bin that has a step; the bin's beginning is its time."""
    number = np.floor(series[:, 0] / every + SLACK).astype(np.int64)
    bins, first = np.unique(number, return_index=True)
    known = ~np.isnan(series[:, 1:])
    count = np.add.reduceat(known.astype(np.int64), first, axis=0)
    total = np.add.reduceat(np.where(known, series[:, 1:], 0.0), first, axis=0)
    means = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return np.column_stack([bins * every, means])


def _windows(series: np.ndarray, window: float) -> list[Cut]:
    """Windows one after the other, each with times from its first step on.

    What is left at the end is a window if it spans at least half of one, or is all there is.
    """
    number = np.floor(series[:, 0] / window + SLACK).astype(np.int64)
    ends = np.append(np.flatnonzero(np.diff(number)) + 1, len(series))
    parts, begin = [], 0
    usual = float(np.median(np.diff(series[:, 0]))) if len(series) > 1 else 0.0
    for end in ends.tolist():
        part = series[begin:end].copy()
        start, span = float(number[begin]) * window, part[-1, 0] - part[0, 0] + usual
        last = end == len(series) and begin > 0
        if not last or span >= window / 2 - SLACK * window:
            part[:, 0] -= part[0, 0]
            parts.append(Cut(start, part))
        begin = end
    return parts


def in_memory(value: Any, channels: Sequence[str] | None) -> Raw | Problem:
    """Times and values of a series in memory; ``channels`` names those to take, all by default.

    ``value`` is a mapping of names to lists of equal length, JSON text of one, or an array (steps, channels)
    whose columns are the channels in order. Without times, steps are counted.
    """
    if isinstance(value, np.ndarray) and value.ndim == 2 and value.dtype.kind in "biuf":
        if channels is not None and value.shape[1] != len(channels):
            found = f"an array of {value.shape[1]} channels, not of {len(channels)}"
            return Problem("BAD_SERIES", found, IN_MEMORY)
        return Raw("", np.arange(len(value), dtype=np.float64), value.astype(np.float64), {})
    named = _named(value)
    if isinstance(named, Problem):
        return named
    names = [name for name in named if name != TIME] if channels is None else list(channels)
    if missing := [name for name in names if name not in named]:
        listed = shorten(", ".join(missing), 60)
        return Problem("MISSING_CHANNEL", f"{len(missing)} of {len(names)} channels are missing: {listed}",
                       "Give each channel; null is a gap.")  # fmt: skip
    columns = [named[name] for name in names]
    lengths = {len(column) for column in (*columns, *([named[TIME]] if TIME in named else []))}
    if len(lengths) != 1 or not names:
        reason = f"lists of {', '.join(map(str, sorted(lengths)))} values" if names else "no channel"
        return Problem(
            "UNEQUAL_LENGTHS" if names else "BAD_SERIES", reason, "Give each step a value or null."
        )
    times = timed(named.get(TIME, range(lengths.pop())))
    if isinstance(times, Problem):
        return times
    rows = np.empty((len(times), len(names)))
    for step, row in enumerate(zip(*columns, strict=True)):
        made = numbers(row, names, f"at time {times[step]:g}")
        if isinstance(made, Problem):
            return made
        rows[step] = made
    return Raw("", times, rows, {})


def channels_of(value: Any) -> list[str] | None:
    """The channels of a series in memory: None if it has no names, or is none."""
    named = _named(value)
    return None if isinstance(named, Problem) else [name for name in named if name != TIME]


def timed(times: Sequence[Any]) -> np.ndarray | Problem:
    """Times as float64, all of one kind, or why they are none."""
    kinds, found = set(), np.empty(len(times))
    for step, cell in enumerate(times):
        try:
            kind, found[step] = clock(cell)
        except ValueError as error:
            return Problem("BAD_TIME", f"step {step + 1}: the time is {shorten(str(cell), 30)!r}, {error}",
                           TIMES)  # fmt: skip
        kinds.add(kind)
    if len(kinds) > 1:
        return Problem("BAD_TIME", f"times of two kinds: {' and '.join(sorted(kinds))}", TIMES)
    return found


def _named(value: Any) -> Mapping[str, Sequence[Any]] | Problem:
    if isinstance(value, str):
        try:
            value = parse_json(value)
        except ValueError as error:
            return Problem("BAD_SERIES", f"not JSON: {shorten(str(error), 60)}", IN_MEMORY)
    if not isinstance(value, Mapping):
        return Problem("BAD_SERIES", "not a series", IN_MEMORY)
    named = {str(name): column for name, column in value.items()}
    for name, column in named.items():
        if isinstance(column, str | Mapping) or not isinstance(column, Sequence | np.ndarray):
            return Problem("BAD_SERIES", f"{shorten(name, 30)!r} is no list of numbers", IN_MEMORY)
    return named
