"""Errors of the disk, each as one line that names the file, the fault and what to do."""

from __future__ import annotations

import errno
import os
import re
import shutil
import socket
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from riboswitch.errors import InputError, RiboswitchError, StorageError

STDOUT = "standard output"
AGAIN = "run again: what is finished is kept."
FULL = {errno.ENOSPC, errno.EDQUOT}
ONLY_WRITING = FULL | {errno.EFBIG, errno.EROFS}  # reading never ends in one of these
FAILING = {errno.EIO, errno.ENXIO, errno.ESTALE, errno.ENOTCONN, errno.ESHUTDOWN, errno.ETIMEDOUT}
FORBIDDEN = {errno.EACCES, errno.EPERM}
MISPLACED = {errno.EISDIR, errno.ENOTDIR, errno.EEXIST, errno.ENOTEMPTY, errno.ENAMETOOLONG, errno.ELOOP}
LEAVING = (KeyboardInterrupt, SystemExit, GeneratorExit)
# How pyarrow and safetensors write an errno in their messages.
ERRNO_IN_TEXT = re.compile(r"(?:os error|errno) (\d+)", re.IGNORECASE)


class _FaultsNamed(ABC):
    """A block that raises errors of the disk with the name of a file.

    Parameters
    ----------
    path : path or str
    """

    def __init__(self, path: str | Path):
        self.path = path

    def __enter__(self) -> None:
        return

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if fault := self.fault(error):
            raise fault from error

    @abstractmethod
    def fault(self, error: BaseException | None) -> RiboswitchError | None:
        """The error to raise instead of ``error``; None to leave it as it is."""


class Writing(_FaultsNamed):
    """A block that writes a file or `STDOUT`. An error of the disk in it becomes a `StorageError`."""

    def fault(self, error: BaseException | None) -> StorageError | None:
        """The `StorageError` for an error of the disk; None for any other error."""
        return writing_fault(error, self.path)


class Reading(_FaultsNamed):
    """A block that reads a file. A failing disk or a missing permission in it becomes an `InputError`.

    The file itself may be in order, so the message does not ask to make it again.
    """

    def fault(self, error: BaseException | None) -> InputError | None:
        """The `InputError` for an error of the disk with this file; None for any other error."""
        problem = reading_fault(error, self.path)
        return InputError(problem, where=str(self.path)) if problem else None


def unnamed_fault(error: OSError) -> StorageError:
    """The `StorageError` for an error that reached the command line without the name of a file."""
    names = _names(error)
    where = names[-1] if names else "input or output"
    if error.errno in ONLY_WRITING:
        return _fault(error.errno, where if names else STDOUT)
    return StorageError(f"{error.strerror or error}, on {socket.gethostname()}", where=where)


def writing_fault(error: BaseException | None, path: str | Path) -> StorageError | None:
    """The `StorageError` for an error of the disk while ``path`` is written; None for any other error.

    The errors that ``error`` came from are searched too: pyarrow and safetensors give the errno only there,
    or only in their text.
    """
    for cause in _causes(error):
        if isinstance(cause, RiboswitchError):
            return None
        number, names = _number(cause), _names(cause)
        own = not names or any(_is_beside(name, path) for name in names)
        if number in ONLY_WRITING:
            return _fault(number, path if own else names[-1])
        if own and number in (FAILING | FORBIDDEN | MISPLACED if names else FAILING):
            return _fault(number, path)
        # numpy and libraries in Rust give no errno when the disk is full: look at the disk itself.
        if number is None and not isinstance(cause, LEAVING) and _free(path) == 0:
            return _fault(errno.ENOSPC, path)
    return None


def require_room(path: str | Path, size: int) -> None:
    """Raise unless ``size`` bytes are free where ``path`` will be written.

    For libraries that do not report a full disk.

    Raises
    ------
    StorageError
    """
    if (free := _free(path)) is not None and free < size:
        raise _fault(errno.ENOSPC, path)


def reading_fault(error: BaseException | None, path: str | Path) -> str:
    """How the disk kept ``path`` from being read; empty if ``error`` is about anything else."""
    for cause in _causes(error):
        if isinstance(cause, RiboswitchError):
            return ""
        number, names = _number(cause), _names(cause)
        if number is not None and number in FAILING | FORBIDDEN and (not names or str(path) in names):
            return f"cannot be read ({os.strerror(number)}, on {socket.gethostname()})"
    return ""


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: list[BaseException] = []
    while error is not None and error not in seen:
        yield error
        seen.append(error)
        error = error.__cause__ or error.__context__


def _number(error: BaseException) -> int | None:
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno
    match = ERRNO_IN_TEXT.search(str(error))
    return int(match[1]) if match else None


def _names(error: BaseException) -> list[str]:
    """The files that an error is about: two if a file was being renamed."""
    names = (getattr(error, attribute, None) for attribute in ("filename", "filename2"))
    return [os.fsdecode(name) for name in names if isinstance(name, str | bytes | os.PathLike)]


def _is_beside(name: str, path: str | Path) -> bool:
    """Whether a file is ``path``, lies in the same folder, or is a folder above it."""
    folder = Path(path).resolve().parent
    absolute = Path(name).resolve()
    return absolute.parent == folder or absolute == folder or absolute in folder.parents


def _fault(number: int, path: str | Path) -> StorageError:
    if number in FULL:
        return StorageError(_full(number, path), where=str(path), hint=f"Make room and {AGAIN}")
    said, host = os.strerror(number), socket.gethostname()
    if number == errno.EFBIG:
        problem, hint = "larger than a file may be here", f"Raise the limit (ulimit -f) and {AGAIN}"
    elif number == errno.EROFS:
        problem, hint = f"cannot be written: the file system is read-only on {host}", "Write elsewhere."
    elif number in FAILING:
        problem = f"reading or writing failed ({said}, on {host})"
        hint = f"If the disk works on another machine, {AGAIN}"
    elif number in FORBIDDEN:
        problem, hint = "may not be written here: permission denied", "Write elsewhere, or ask its owner."
    else:
        problem, hint = f"cannot be written here ({said})", "Give another place."
    return StorageError(problem, where=str(path), hint=hint)


def _full(number: int, path: str | Path) -> str:
    if number == errno.EDQUOT:
        return "your quota of the disk is used up"
    if (folder := _existing_folder(path)) is None:
        return "the disk is full"
    if hasattr(os, "statvfs") and (disk := os.statvfs(folder)).f_files and not disk.f_favail:
        return f"the disk takes no more files ({disk.f_files} on {_mount(folder)})"
    usage = shutil.disk_usage(folder)
    return f"the disk is full ({_size(usage.free)} free of {_size(usage.total)} on {_mount(folder)})"


def _free(path: str | Path) -> int | None:
    folder = _existing_folder(path)
    return None if folder is None else shutil.disk_usage(folder).free


def _existing_folder(path: str | Path) -> Path | None:
    """The nearest folder above ``path`` that exists."""
    if path == STDOUT:
        return None
    with suppress(OSError):
        return next((f for f in Path(path).resolve().parents if f.is_dir()), None)
    return None


def _mount(folder: Path) -> Path:
    return next((f for f in (folder, *folder.parents) if os.path.ismount(f)), folder)


def _size(size: float) -> str:
    unit, name = (1e9, "GB") if size >= 1e9 else (1e6, "MB")
    return f"{size / unit:.1f} {name}"
