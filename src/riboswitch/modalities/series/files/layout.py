"""Which channels of a file are taken, and what a reader of one format gives."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

import numpy as np

from riboswitch.config.found_columns import Found, compare_names
from riboswitch.errors import InputError, shorten
from riboswitch.modalities.series.values import Raw

MISSING_CHANNELS = ("refuse", "gap")


class Layout(NamedTuple):
    """How a file is laid out; see `read.read`."""

    choose: Sequence[str]
    leave_out: Sequence[str]
    labels: Sequence[str]
    id_column: str | None
    time_column: str | None
    channel_column: str | None
    value_column: str | None
    missing_channels: str
    channels: Sequence[str] | None


class SeriesFile(NamedTuple):
    """A file in memory, or as it is read.

    Attributes
    ----------
    name, where : str
        Base name of the file, and its path for messages.
    channels : list of str
        The channels of all series of the file.
    series : iterable of Raw
        With values in the order of ``channels``.
    named : bool or None
        Whether the user, or the format, says what the ids are; None: there are none, so series are numbered.
    """

    name: str
    where: str
    channels: list[str]
    series: Iterable[Raw]
    named: bool | None


class Taken(NamedTuple):
    """The channels of the records, and the place of each in the file; -1: it has none."""

    channels: list[str]
    places: np.ndarray

    def of(self, values: np.ndarray) -> np.ndarray:
        """The values (steps, channels of the file) of these channels, gaps where the file has none."""
        padded = np.column_stack([values, np.full(len(values), np.nan)])
        return padded[:, self.places]


def listed(names: Sequence[str]) -> str:
    """Names for a message."""
    return shorten(", ".join(names), 200)


def take(where: str, there: Sequence[str], layout: Layout, found: Found) -> Taken:
    """Choose channels of a file, and say which.

    Raises
    ------
    InputError
        If there is no channel to take, a pattern fits none, or some that a model needs are missing.
    """
    for pattern in layout.choose:
        if not any(fnmatchcase(name, pattern) for name in there):
            raise InputError("no channel has a name like this", where=where, found=pattern,
                             hint=f"Channels: {listed(there)}.")  # fmt: skip
    own = [
        name
        for name in there
        if name not in layout.leave_out
        and (not layout.choose or any(fnmatchcase(name, pattern) for pattern in layout.choose))
    ]
    if not own:
        raise InputError("no channel was found", where=where,
                         hint=f"--choose names them. There are: {listed(there) or 'none'}.")  # fmt: skip
    if layout.channels is None:
        found.learned["channel_names"] = own
        found.notes.append(f"takes {len(own)} channels: {shorten(', '.join(own), 80)}")
    else:
        compare_names(where, layout.channels, own, layout.missing_channels, found,
                      what="channels", more="channels that the model does not know",
                      gaps="--missing-channels gap")  # fmt: skip
    names = own if layout.channels is None else list(layout.channels)
    place = {name: number for number, name in enumerate(there) if name in own}
    return Taken(names, np.array([place.get(name, -1) for name in names], np.int64))
