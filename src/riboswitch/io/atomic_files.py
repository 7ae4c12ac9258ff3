"""Writing files as a whole or not at all; digests, and whether a file changes. `strict_json` reads JSON."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from json.encoder import encode_basestring_ascii
from pathlib import Path
from typing import Any

from riboswitch.errors import InputError, UsageError
from riboswitch.io.disk_faults import Reading, Writing


@contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path`` that takes its name only if the block succeeds.

    The content is on the disk before the file gets its name. A killed run or a power failure leaves the old
    file or the new one, never a part of one.

    Raises
    ------
    UsageError
        If ``path`` is a folder.
    StorageError
        If the disk is full, may not be written to, or fails.
    """
    path = Path(path)
    if path.is_dir():
        raise UsageError("is a folder, where a file is to be written", where=str(path))
    with Writing(path):
        temporary = _temporary(path)
    try:
        with Writing(path):
            yield temporary
            sync(temporary)
            os.chmod(temporary, 0o666 & ~_umask())
            os.replace(temporary, path)
            sync_folder(path.parent)
    finally:
        with suppress(OSError):  # it must not hide the first error
            temporary.unlink(missing_ok=True)


def check_folder(path: str | Path) -> None:
    """Raise if ``path`` is a file, where a folder is to be written.

    Raises
    ------
    UsageError
    """
    if Path(path).exists() and not Path(path).is_dir():
        raise UsageError("is a file, where a folder is to be written", where=str(path))


def _temporary(path: Path) -> Path:
    missing = [f for f in path.parents if not f.exists()]
    path.parent.mkdir(parents=True, exist_ok=True)
    for folder in missing:
        sync_folder(folder.parent)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".partial")
    os.close(handle)
    return Path(name)


def sync(path: Path) -> None:
    """Wait until the content of a file is on the disk."""
    with open(path, "rb") as written:
        os.fsync(written.fileno())


def sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are on the disk, where the system supports that."""
    if os.name == "nt":
        return
    try:
        number = os.open(folder, os.O_RDONLY)
    except PermissionError:  # a folder that can be written to but not listed
        return
    try:
        os.fsync(number)
    except OSError as error:
        if error.errno not in (
            errno.EINVAL,
            errno.ENOTSUP,
            errno.EBADF,
        ):  # not supported everywhere
            raise
    finally:
        os.close(number)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def sha256(path: str | Path) -> str:
    """Hexadecimal SHA-256 of a file's bytes."""
    with Reading(path), open(path, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


class Watch:
    """Says whether a file stays the same from now on: the same file, of the same size and time.

    A pipe, as standard input is, has neither, and is not watched.
    """

    def __init__(self, path: str | Path):
        self.path, self.before = path, _state(path)

    def check(self) -> None:
        """Raise `InputError` if the file has changed."""
        if self.before is None or (now := _state(self.path)) == self.before:
            return
        raise self.changed("it is gone" if now is None else f"{now[0]} bytes, {self.before[0]} before")

    def changed(self, found: str | None = None) -> InputError:
        """The error that says so."""
        hint = "Run again when nothing writes to it."
        return InputError("the file changed while it was read", where=str(self.path), found=found, hint=hint)


@contextmanager
def unchanged(path: str | Path) -> Iterator[None]:
    """Raise `InputError` at the end of the block if the file has changed; see `Watch`."""
    watch = Watch(path)
    yield
    watch.check()


def _state(path: str | Path) -> tuple[int, ...] | None:
    """Size, time of the last change, device and number of a regular file; None for anything else."""
    if str(path) == "-":
        return None
    try:
        facts = Path(path).stat()
    except OSError:  # who opens it names the fault
        return None
    if not stat.S_ISREG(facts.st_mode):
        return None
    return facts.st_size, facts.st_mtime_ns, facts.st_dev, facts.st_ino


def write_json(value: Any, path: str | Path) -> None:
    """Write JSON with sorted keys. Equal values give equal bytes."""
    with atomic_path(path) as temporary:
        temporary.write_text(json_text(value), "utf-8")


def json_text(value: Any) -> str:
    """The value as JSON with sorted keys, a line each: equal values give equal text."""
    parts: list[str] = []
    _indented(value, "\n", parts.append)
    return "".join(parts) + "\n"


def _indented(value: Any, line: str, write: Callable[[str], object]) -> None:
    """What ``json.dumps`` writes with an indent of one, without its generators; ``line`` begins each line."""
    if isinstance(value, dict) and value:
        before, inner = "{", f"{line} "
        for key, own in sorted(value.items()):
            write(f"{before}{inner}{_scalar(key if isinstance(key, str) else _scalar(key))}: ")
            _indented(own, inner, write)
            before = ","
        write(f"{line}}}")
    elif isinstance(value, list | tuple) and value:
        before, inner = "[", f"{line} "
        for own in value:
            write(f"{before}{inner}")
            _indented(own, inner, write)
            before = ","
        write(f"{line}]")
    else:
        write(_scalar(value))


def _scalar(value: Any) -> str:
    return encode_basestring_ascii(value) if type(value) is str else _ENCODER.encode(value)


_ENCODER = json.JSONEncoder(allow_nan=False)
