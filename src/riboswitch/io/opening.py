"""Opening files of text: plain or compressed, any line end, standard input.

The first bytes of a file decide whether it is compressed, not its name. A fault of a file is an `InputError`
that names the file, also where it comes to light only while reading.
"""

from __future__ import annotations

import codecs
import gzip
import io
import re
import stat
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, TextIO

import pyarrow as pa

from riboswitch.errors import InputError, Problem
from riboswitch.io.disk_faults import Reading

COMPRESSED = {".gz": "gzip", ".bgz": "gzip", ".zst": "zstd"}
"""Suffixes of compressed files."""

_MAGIC = {"gzip": b"\x1f\x8b", "zstd": b"\x28\xb5\x2f\xfd"}
_UNDECODABLE = re.compile(r"[\udc80-\udcff]")


def location(path: str | Path) -> str:
    """The file in messages: its path, or ``standard input`` for ``-``."""
    return "standard input" if str(path) == "-" else str(path)


def compression(start: bytes) -> str | None:
    """``gzip`` or ``zstd`` if the first bytes of a file say so."""
    return next((name for name, magic in _MAGIC.items() if start.startswith(magic)), None)


@contextmanager
def open_bytes(path: str | Path) -> Iterator[BinaryIO]:
    """Open a file (``-``: standard input) to read its uncompressed bytes.

    Gzip may have several members (as bgzip writes), zstd several frames. The handle has ``peek``.

    Raises
    ------
    InputError
        If the file cannot be opened or read, or is damaged; also from the body of the ``with``.
    """
    where = location(path)
    with unchanged(path), _open(path, where) as handle, Reading(where), _damage_named(where):
        start = handle.peek(4)[:4]
        packed = compression(start)
        _refuse_suffix(path, start, packed)
        if packed == "gzip":
            with gzip.open(handle) as unpacked:
                yield unpacked  # type: ignore[misc]
        elif packed == "zstd":
            with io.BufferedReader(_Zstd(handle), 2**17) as unpacked:
                yield unpacked
        else:
            yield handle


class Watch:
    """Tells whether a file stays the same from now on: the same file, of the same size and time.

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
        return InputError(
            "the file changed while it was read", where=location(self.path), found=found, hint=hint
        )


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


@contextmanager
def open_text(path: str | Path) -> Iterator[TextIO]:
    r"""Open a file (``-``: standard input) as UTF-8 text.

    A byte order mark is skipped; ``\n``, ``\r\n`` and ``\r`` all end a line.

    Raises
    ------
    InputError
        As `open_bytes`, and for an empty file and text that is not UTF-8.
    """
    where = location(path)
    with open_bytes(path) as handle:
        if not _text_start(handle, where):
            raise InputError("the file is empty", where=where)
        try:
            yield io.TextIOWrapper(handle, encoding="utf-8-sig", newline=None)
        except UnicodeDecodeError as error:
            # The decoder counts from its last chunk, which ends where the file was read to.
            before = handle.tell() - len(error.object) if handle.seekable() else None
            position = None if before is None else before + error.start
            raise InputError(_not_utf8(error.object[error.start], position), where=where) from error


@contextmanager
def open_lines(path: str | Path) -> Iterator[Lines]:
    """Open a file (``-``: standard input) as lines of which single ones may be faulty.

    Raises
    ------
    InputError
        As `open_bytes`, and for UTF-16.
    """
    with open_bytes(path) as handle:
        yield Lines(handle, location(path))


class Lines:
    """Lines of UTF-8 text with their line ends. A byte order mark is skipped.

    Undecodable bytes do not raise. They become lone surrogates, and `problem` tells of them when the row that
    holds them is complete.

    Parameters
    ----------
    handle : binary file
        With ``peek``.
    where : str
        The file in messages.
    """

    def __init__(self, handle: BinaryIO, where: str):
        self.where = where
        self._position = len(codecs.BOM_UTF8) if _text_start(handle, where).startswith(codecs.BOM_UTF8) else 0
        self._bad: tuple[int, int] | None = None  # the first undecodable byte of a row, and its position
        self._text = io.TextIOWrapper(handle, "utf-8-sig", errors="surrogateescape", newline="")

    def __iter__(self) -> Iterator[str]:
        """Go on with the next line, also after another iterator."""
        for line in self._text:
            if line.isascii():
                self._position += len(line)
            else:
                self._note(line)
            yield line

    def _note(self, line: str) -> None:
        if self._bad is None and (bad := _UNDECODABLE.search(line)):
            self._bad = ord(bad[0]) - 0xDC00, self._position + _size(line[: bad.start()])
        self._position += _size(line)

    def problem(self, text: str) -> Problem | None:
        """Why the lines since the last call are no text, if so.

        Parameters
        ----------
        text : str
            What those lines hold; it is searched for NUL characters.
        """
        bad, self._bad = self._bad, None
        if bad is not None:
            return Problem("BAD_ENCODING", _not_utf8(*bad), "Save the file as UTF-8.")
        if "\0" in text:
            return Problem("NUL_BYTE", "a NUL character in the row", "The file may be damaged.")
        return None


def printable(text: str) -> str:
    r"""The text with undecodable bytes shown as ``\xNN``, so that it can be written anywhere."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _size(text: str) -> int:
    return len(text.encode("utf-8", "surrogateescape"))


def _not_utf8(byte: int, position: int | None) -> str:
    """``position`` counts from 0, the message from 1."""
    where = "" if position is None else f" at position {position + 1}"
    return f"not UTF-8 text: byte 0x{byte:02x}{where}"


def _text_start(handle: BinaryIO, where: str) -> bytes:
    """The first bytes of a text; `InputError` if they are UTF-16."""
    start: bytes = handle.peek(4)[:4]  # type: ignore[attr-defined]
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise InputError("the text is UTF-16", where=where, hint="Save it as UTF-8.")
    return start


def _open(path: str | Path, where: str) -> io.BufferedReader:
    if str(path) == "-":
        if sys.stdin is None:
            raise InputError("it is closed", where=where)
        return io.BufferedReader(_StandardInput(), 2**17)
    try:
        return open(path, "rb")
    except FileNotFoundError as error:
        raise InputError("no such file", where=where) from error
    except IsADirectoryError as error:
        raise InputError("it is a folder, not a file", where=where) from error
    except OSError as error:
        raise InputError("cannot be opened", where=where, found=error.strerror) from error


class _StandardInput(io.RawIOBase):
    """Standard input, which stays open when this is closed."""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """Read what there is, but at least the first bytes, which tell the compression."""
        count = 0
        while count < 4 and (more := sys.stdin.buffer.readinto1(memoryview(buffer)[count:])):  # type: ignore[union-attr]
            count += more
        return count


def _refuse_suffix(path: str | Path, start: bytes, packed: str | None) -> None:
    """A plain file that is named as compressed is often a download that failed."""
    for suffix, name in COMPRESSED.items():
        if str(path).lower().endswith(suffix) and start and packed is None:
            problem = f"named {suffix} but not compressed with {name}"
            raise InputError(problem, where=str(path), hint="Rename the file, or get it again.")


class _Truncated(Exception):
    """A zstd stream that ends too early."""


class _Damaged(Exception):
    """A zstd stream that cannot be decoded."""


class _Zstd(io.RawIOBase):
    """The uncompressed bytes of a zstd stream."""

    def __init__(self, packed: BinaryIO):
        self._stream = pa.CompressedInputStream(packed, "zstd")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            data = self._stream.read(len(buffer))
        except (pa.ArrowInvalid, OSError) as error:
            if isinstance(error, OSError) and error.errno is not None:  # the disk's, not the stream's
                raise
            raise (_Truncated if "runcated" in str(error) else _Damaged)(str(error)) from error
        buffer[: len(data)] = data
        return len(data)


@contextmanager
def _damage_named(where: str) -> Iterator[None]:
    hint = "Copy or download it again."
    try:
        yield
    except (EOFError, _Truncated) as error:
        raise InputError("the compressed file ends too early", where=where, hint=hint) from error
    except (gzip.BadGzipFile, zlib.error, _Damaged) as error:
        raise InputError("the compressed file is damaged", where=where, found=error, hint=hint) from error
