"""All errors that a user can meet, in one tree.

RiboswitchError            exit code
├── DataError              1   the data are wrong
│   ├── InputError             a file that is missing, damaged or of another kind
│   ├── RejectedError          more rows were rejected than the user allows
│   ├── LeakError              a group is on both sides of a split
│   ├── FetchError             a source that cannot be downloaded, or has other contents than expected
│   └── BundleError            a model bundle that cannot be used here
├── UsageError             2   the command or the configuration is wrong
│   └── ConfigError
├── StorageError           1   the disk is full, read-only, failing or gone
│   └── LockedError            another run is writing there
├── WorkerError            1   a worker process was killed
└── Stopped              143   stopped by SIGTERM: a time limit, scancel, a shutdown
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import NamedTuple

_ONE_LINE = str.maketrans("\n\r", "  ")  # names in a message may hold line breaks


class RiboswitchError(Exception):
    """A mistake of the user or a fault in the data, with a message of one line.

    Parameters
    ----------
    problem : str
        The problem, in one clause.
    where : str, optional
        The file, and the row if known, such as ``library.csv row 12``.
    found : object, optional
        The wrong value; long values are shortened.
    hint : str, optional
        What the user can do.
    """

    exit_code = 1

    def __init__(self, problem: str, *, where: str = "", found: object = None, hint: str = ""):
        self.problem, self.where, self.found, self.hint = problem, str(where), found, hint
        super().__init__(self.line(hint))

    def line(self, hint: str) -> str:
        """The message with this hint."""
        line = f"{self.where}: {self.problem}" if self.where else self.problem
        if self.found is not None:
            line += f"; found {shorten(self.found)!r}"
        line = f"{line}. {hint}" if hint else line
        return line.translate(_ONE_LINE)


class DataError(RiboswitchError):
    """The data are wrong."""


class InputError(DataError):
    """A file that is missing, damaged or of another kind."""


class RejectedError(DataError):
    """More rows were rejected than the user allows."""


class LeakError(DataError):
    """A group is on both sides of a split."""


class FetchError(DataError):
    """A source that cannot be downloaded, or has other contents than expected."""


class BundleError(DataError):
    """A model bundle that cannot be used here."""


class UsageError(RiboswitchError):
    """The command is wrong."""

    exit_code = 2


class ConfigError(UsageError):
    """The configuration is wrong."""


class StorageError(RiboswitchError):
    """The disk is full, read-only, failing or gone."""


class LockedError(StorageError):
    """Another run is writing there."""


class WorkerError(RiboswitchError):
    """A worker process was killed."""


class Stopped(RiboswitchError):
    """Stopped by SIGTERM: a time limit, scancel, a shutdown."""

    exit_code = 143


def shorten(value: object, width: int = 60) -> str:
    """``value`` as text of at most ``width`` characters, shortened in the middle."""
    text = str(value)
    if len(text) <= width:
        return text
    return f"{text[: width - 15]}…{text[-14:]}"


def meant(name: str, names: Iterable[str], otherwise: str) -> str:
    """A hint: the name that was probably meant, or else ``otherwise``."""
    close = difflib.get_close_matches(name, names, 1)
    return f"Did you mean {close[0]!r}?" if close else otherwise


class Problem(NamedTuple):
    """Why a row, a sequence or a structure cannot be used: a stable code, a reason, and a hint."""

    code: str
    reason: str
    hint: str = ""
