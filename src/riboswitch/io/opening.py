"""Opening files of text: plain or compressed, any line end, standard input.

The first bytes of a file decide whether it is compressed, not its name. A fault of a file is an `InputError`
that names the file, also where it comes to light only while reading.
"""

from __future__ import annotations

import codecs
import gzip
import io
import re
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, TextIO

import pyarrow as pa

from riboswitch.errors import InputError, Problem
from riboswitch.io.atomic_files import unchanged
from riboswitch.io.disk_faults import Reading

COMPRESSED = {".gz": "gzip", ".bgz": "gzip", ".zst": "zstd"}
"""Suffixes of compressed files."""

LONGEST_LINE = 2**24
"""Bytes of a line of a table or list; a bacterial chromosome fits."""

MOST_IN_MEMORY = 2**32
"""Bytes of a text that is kept in memory as a whole; the genome of a mammal fits."""

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


@contextmanager
def open_text(path: str | Path, *, errors: str = "strict", most: int | None = None) -> Iterator[TextIO]:
    r"""Open a file (``-``: standard input) as UTF-8 text.

    A byte order mark is skipped; ``\n``, ``\r\n`` and ``\r`` all end a line. With ``surrogateescape`` as
    ``errors``, bytes that are no UTF-8 become lone surrogates, and the reader must say so row by row.

    Raises
    ------
    InputError
        As `open_bytes`, and for an empty file, text that is not UTF-8, and more than ``most`` bytes of text.
    """
    where = location(path)
    with open_bytes(path) as handle:
        if not _text_start(handle, where):
            raise InputError("the file is empty", where=where)
        source: Any = handle if most is None else _Bounded(handle, most)
        try:
            yield io.TextIOWrapper(source, encoding="utf-8-sig", errors=errors, newline=None)
        except _TooLongError as error:
            hint = "A compressed file may hold far more than its size shows. Cut it into smaller ones."
            raise InputError(f"more than {most} bytes of text", where=where, hint=hint) from error
        except UnicodeDecodeError as error:
            # The decoder counts from its last chunk, which ends where the file was read to.
            before = handle.tell() - len(error.object) if handle.seekable() else None
            position = None if before is None else before + error.start
            raise InputError(_not_utf8(error.object[error.start], position), where=where) from error


@contextmanager
def open_lines(path: str | Path, skip: int = 0) -> Iterator[Lines]:
    """Open a file (``-``: standard input) as lines of which single ones may be faulty.

    The first ``skip`` lines are left out.

    Raises
    ------
    InputError
        As `open_bytes`, and for UTF-16.
    """
    with open_bytes(path) as handle:
        lines = Lines(handle, location(path))
        lines.skip(skip)
        yield lines


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
        bounded: Any = _ShortLines(handle, LONGEST_LINE)
        self._text = io.TextIOWrapper(bounded, "utf-8-sig", errors="surrogateescape", newline="")
        self._read = 0

    def __iter__(self) -> Iterator[str]:
        """Go on with the next line, also after another iterator.

        Raises
        ------
        InputError
            For a line of more than `LONGEST_LINE` bytes, before it is in memory as a whole.
        """
        try:
            for line in self._text:
                self._read += 1
                if line.isascii():
                    self._position += len(line)
                else:
                    self._note(line)
                yield line
        except _TooLongError as error:
            hint = "Is it a table? Sequences of that length belong into FASTA."
            problem, where = (
                f"a line of more than {LONGEST_LINE >> 20} MB",
                f"{self.where} line {self._read + 1}",
            )
            raise InputError(problem, where=where, hint=hint) from error

    def skip(self, many: int) -> None:
        """Pass over lines, whatever they hold."""
        for _ in islice(self, many):
            pass
        self._bad = None

    def _note(self, line: str) -> None:
        data = line.encode("utf-8", "surrogateescape")
        if self._bad is None and (bad := _UNDECODABLE.search(line)):
            before = line[: bad.start()].encode("utf-8")
            self._bad = ord(bad[0]) - 0xDC00, self._position + len(before)
        self._position += len(data)

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


def encoding_problem(text: str, what: str) -> Problem | None:
    """Why a text with undecodable bytes cannot be used, and ``what`` it is; None for any other text."""
    if _UNDECODABLE.search(text) is None:
        return None
    return Problem("BAD_ENCODING", f"the {what} is not UTF-8 text", "Save the file as UTF-8.")


def printable(text: str) -> str:
    r"""The text with undecodable bytes shown as ``\xNN``, so that it can be written anywhere."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


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


class _TooLongError(Exception):
    """A line, or a text, is longer than it may be."""


class _ShortLines(io.BufferedIOBase):
    """The bytes of a file, until a line of it is too long."""

    def __init__(self, handle: BinaryIO, longest: int):
        self._handle, self._longest, self._since = handle, longest, 0

    def readable(self) -> bool:
        return True

    def read1(self, size: int = -1, /) -> bytes:
        """Read some bytes; raise once no line end is among too many."""
        data: bytes = self._handle.read1(size)  # type: ignore[attr-defined]
        end = max(data.rfind(b"\n"), data.rfind(b"\r"))
        self._since = self._since + len(data) if end < 0 else len(data) - end - 1
        if self._since > self._longest:
            raise _TooLongError
        return data


class _Bounded(io.BufferedIOBase):
    """The bytes of a file, as long as they are not too many."""

    def __init__(self, handle: BinaryIO, most: int):
        self._handle, self._left = handle, most

    def readable(self) -> bool:
        return True

    def peek(self, size: int = 0, /) -> bytes:
        """The next bytes, which stay unread."""
        data: bytes = self._handle.peek(size)  # type: ignore[attr-defined]
        return data

    def read1(self, size: int = -1, /) -> bytes:
        """Read some bytes; raise once they are too many."""
        return self._counted(self._handle.read1(size))  # type: ignore[attr-defined]

    def read(self, size: int | None = -1, /) -> bytes:
        """Read all bytes, or so many; raise if they are too many."""
        enough = self._left + 1
        return self._counted(self._handle.read(enough if size is None or size < 0 else min(size, enough)))

    def _counted(self, data: bytes) -> bytes:
        self._left -= len(data)
        if self._left < 0:
            raise _TooLongError
        return data


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
