"""Every error a user can cause, in one tree.

RiboswitchError            exit code
├── DataError              1   the data are at fault
│   ├── InputError             a file that cannot be read as what it claims to be
│   ├── RejectedError          more rows were rejected than the user allows
│   ├── LeakError              a group stands on both sides of a split
│   ├── FetchError             a source that cannot be had, or is not what was asked for
│   └── BundleError            a model bundle that cannot be trusted here
├── UsageError             2   the command or the configuration is at fault
│   └── ConfigError
├── StorageError           1   the disk is at fault: full, not to be written to, failing, gone
│   └── LockedError            somebody else is writing there
├── WorkerError            1   a process that was to help was killed
└── Stopped              143   told to stop by SIGTERM: a time limit, scancel, a shutdown
"""

from __future__ import annotations

from typing import NamedTuple


class RiboswitchError(Exception):
    """A user's mistake or a fault in the data, told in one readable line.

    Parameters
    ----------
    problem : str
        What is wrong, in one clause.
    where : str, optional
        The file (and the row, as ``library.csv row 12``) where it was found.
    found : object, optional
        The offending value; long values are shortened.
    hint : str, optional
        What the user can do about it.
    """

    exit_code = 1

    def __init__(self, problem: str, *, where: str = "", found: object = None, hint: str = ""):
        self.problem, self.where, self.found, self.hint = problem, str(where), found, hint
        super().__init__(self._line())

    def _line(self) -> str:
        line = f"{self.where}: {self.problem}" if self.where else self.problem
        if self.found is not None:
            line += f"; found {shorten(self.found)!r}"
        return f"{line}. {self.hint}" if self.hint else line


class DataError(RiboswitchError):
    """The data are at fault."""


class InputError(DataError):
    """A file that cannot be read as what it claims to be."""


class RejectedError(DataError):
    """More rows were rejected than the user allows."""


class LeakError(DataError):
    """A group stands on both sides of a split."""


class FetchError(DataError):
    """A source that cannot be had, or is not what was asked for."""


class BundleError(DataError):
    """A model bundle that cannot be trusted here."""


class UsageError(RiboswitchError):
    """The command is at fault."""

    exit_code = 2


class ConfigError(UsageError):
    """The configuration is at fault."""


class StorageError(RiboswitchError):
    """The disk is at fault: full, not to be written to, failing, gone."""


class LockedError(StorageError):
    """Somebody else is writing there."""


class WorkerError(RiboswitchError):
    """A process that was to help was killed."""


class Stopped(RiboswitchError):
    """Told to stop by SIGTERM: a time limit, scancel, a shutdown."""

    exit_code = 143


def shorten(value: object, width: int = 60) -> str:
    """``value`` as text of at most ``width`` characters, its middle cut out if need be."""
    text = str(value)
    if len(text) <= width:
        return text
    return f"{text[: width - 15]}…{text[-14:]}"


class Problem(NamedTuple):
    """Why a row, a sequence or a structure cannot be used: a stable code; a reason and a hint for people."""

    code: str
    reason: str
    hint: str = ""
