"""Files of sktime, aeon and the UEA archive (``.ts``): a line for each series, channels between colons.

``@timeStamps true`` has pairs ``(time,value)``. A question mark is a gap. The last part of a line is the
class (``@classLabel true``) or a number (``@targetLabel true``): the field ``class`` or ``target``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from riboswitch.errors import InputError, Problem
from riboswitch.io.formats import source_name
from riboswitch.io.opening import open_lines
from riboswitch.modalities.series.files.layout import SeriesFile
from riboswitch.modalities.series.values import Raw, numbers, timed

GAP = "?"
_PAIR = re.compile(r"\(([^,()]*),([^,()]*)\)")
_YES = ("true", "yes", "1")


class _Header(NamedTuple):
    """What stands above ``@data``: whether there are times, and the field of a label at the end."""

    stamped: bool
    label: str | None
    channels: int | None


def read_ts(path: str | Path) -> SeriesFile:
    """Read the series of a file.

    Raises
    ------
    InputError
        If there is no header with ``@data``, or no series.
    """
    with open_lines(path) as lines:
        rows = iter(lines)
        header = _header(rows, lines.where)
        texts = [(text.strip(), lines.problem(text)) for text in rows]
        texts = [(text, problem) for text, problem in texts if text and not text.startswith("#")]
        where = lines.where
    if not texts:
        raise InputError("no series stands behind @data", where=where)
    width = header.channels or _width(texts[0][0], header)
    names = [f"channel_{number}" for number in range(1, width + 1)]
    series = [
        _failed(number, problem) if problem else _series(number, text, header, names)
        for number, (text, problem) in enumerate(texts, 1)
    ]
    return SeriesFile(source_name(path), where, names, series, None)


def _header(rows: Iterator[str], where: str) -> _Header:
    said: dict[str, list[str]] = {}
    for text in rows:
        line = text.strip()
        if not line or line.startswith("#"):
            continue
        if not line.startswith("@"):
            raise InputError("a line of data stands above @data", where=where, found=line,
                             hint="Is it a .ts file? It begins with lines as @problemName.")  # fmt: skip
        word, *rest = line[1:].split()
        if word.lower() == "data":
            break
        said[word.lower()] = rest
    else:
        raise InputError("the line @data is missing", where=where, hint="Is it a .ts file?")

    def says(word: str) -> bool:
        return bool(said.get(word)) and said[word][0].lower() in _YES

    label = "class" if says("classlabel") else "target" if says("targetlabel") else None
    counts = said.get("dimensions") or said.get("dimension") or (["1"] if says("univariate") else [])
    many = int(counts[0]) if counts and counts[0].isdecimal() and int(counts[0]) > 0 else None
    return _Header(says("timestamps"), label, many)


def _width(text: str, header: _Header) -> int:
    parts = _parts(text)
    return max(1, len(parts) - (header.label is not None))


def _parts(text: str) -> list[str]:
    """The channels, and the label; a colon within brackets belongs to a time."""
    return [part.strip() for part in re.split(r":(?![^()]*\))", text)]


def _failed(number: int, problem: Problem) -> Raw:
    return Raw(f"row-{number}", np.empty(0), np.empty((0, 0)), {}, problem)


def _series(number: int, text: str, header: _Header, names: Sequence[str]) -> Raw:
    parts = _parts(text)
    wanted = len(names) + (header.label is not None)
    if len(parts) != wanted:
        reason = f"{len(parts)} parts between colons where the header has {wanted}"
        hint = "Write each channel, and the label last if there is one."
        return _failed(number, Problem("RAGGED_ROW", reason, hint))
    fields = {header.label: parts.pop()} if header.label else {}
    channels: list[tuple[np.ndarray, np.ndarray]] = []
    for name, part in zip(names, parts, strict=True):
        made = _channel(part, name, header.stamped)
        if isinstance(made, Problem):
            return _failed(number, made)
        channels.append(made)
    times = np.unique(np.concatenate([at for at, _ in channels]))
    values = np.full((len(times), len(names)), np.nan)
    for place, (at, found) in enumerate(channels):
        values[np.searchsorted(times, at), place] = found
    return Raw(f"row-{number}", times, values, fields)


def _channel(part: str, name: str, stamped: bool) -> tuple[np.ndarray, np.ndarray] | Problem:
    """Times and values of one channel."""
    stamps: Sequence[object] = []
    if stamped:
        pairs = _PAIR.findall(part)
        if _PAIR.sub("", part).strip(", "):
            return Problem("BAD_SERIES", f"channel {name!r} is not written as (time,value),(time,value)",
                           "Set @timeStamps false if there are no times.")  # fmt: skip
        stamps, cells = [time for time, _ in pairs], [cell.strip() for _, cell in pairs]
    else:
        cells = [cell.strip() for cell in part.split(",")]
        stamps = range(len(cells))
    times = timed(stamps)
    if isinstance(times, Problem):
        return times
    if len({*times.tolist()}) < len(times):
        return Problem("REPEATED_TIME", f"channel {name!r} has two values at one time",
                       "Give each time of a series one value.")  # fmt: skip
    values = np.empty(len(cells))
    for step, cell in enumerate(cells):
        made = numbers(["" if cell == GAP else cell], [name], f"at time {times[step]:g}")
        if isinstance(made, Problem):
            return made
        values[step] = made[0]
    return times, values
