"""Bytes of a file as lines of text that remember where the undecodable bytes were."""

from __future__ import annotations

import gzip
import io
import os
import re
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader, TextIOWrapper
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa

from riboswitch.errors import InputError
from riboswitch.io.disk_faults import Reading

_UNDECODABLE = re.compile(r"[\udc80-\udcff]")
_BOM = b"\xef\xbb\xbf"
GZIP, ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
COMPRESSED = {".gz": "gzip", ".zst": "zstd"}
"""Endings of the names of compressed files."""


@contextmanager
def open_bytes(path: str | Path, where: str) -> Iterator[BinaryIO]:
    """Open a file or standard input (``-``), unpacked if it is gzip or zstd, whatever its name."""
    try:
        handle = _raw(path)
    except FileNotFoundError as error:
        raise InputError("no such file", where=where) from error
    except OSError as error:
        raise InputError("the file cannot be opened", where=where, found=error.strerror) from error
    with Reading(where), handle:
        start = handle.peek(4)[:4]
        if start[:2] == GZIP:
            with gzip.open(handle) as unpacked:
                yield unpacked  # type: ignore[misc]
        elif start == ZSTD:
            with BufferedReader(_Zstd(handle), 2**17) as unpacked:
                yield unpacked
        else:
            _refuse_name(path, start, where)
            yield handle


def _refuse_name(path: str | Path, start: bytes, where: str) -> None:
    for ending, name in COMPRESSED.items():
        if str(path).lower().endswith(ending) and start:
            problem = f"named {ending} but not compressed with {name}"
            raise InputError(problem, where=where, hint="Rename the file.")


class _Zstd(io.RawIOBase):
    """The unpacked bytes of a zstd stream, with the errors of `gzip`."""

    def __init__(self, packed: BinaryIO):
        self._stream = pa.CompressedInputStream(packed, "zstd")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            data = self._stream.read(len(buffer))
        except (pa.ArrowInvalid, OSError) as error:
            raise EOFError(str(error)) from error
        buffer[: len(data)] = data
        return len(data)


def _raw(path: str | Path) -> BufferedReader:
    if str(path) == "-":
        return os.fdopen(os.dup(sys.stdin.fileno()), "rb")
    return Path(path).open("rb")


@contextmanager
def readable(where: str) -> Iterator[None]:
    """Turn the errors of a damaged compressed file into one that names it."""
    try:
        yield
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        hint = "Fetch or copy the file again."
        raise InputError("the compressed file is damaged or cut short", where=where, hint=hint) from error


class Lines:
    """Text lines of a UTF-8 file, with their line ends; a byte order mark is dropped.

    Undecodable bytes do not raise: `fault` tells of them once the row that holds them is complete.
    """

    def __init__(self, handle: BinaryIO, where: str):
        self.where = where
        start = handle.peek(4)[:4]  # type: ignore[attr-defined]
        if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
            raise InputError("the text is UTF-16", where=where, hint="Save it as UTF-8.")
        self._position = len(_BOM) if start.startswith(_BOM) else 0
        self._bad_byte: int | None = None
        self._text = TextIOWrapper(handle, "utf-8-sig", errors="surrogateescape", newline="")

    def __iter__(self) -> Lines:
        return self

    def __next__(self) -> str:
        line = next(self._text)
        if line.isascii():
            self._position += len(line)
            return line
        if self._bad_byte is None and (bad := _UNDECODABLE.search(line)):
            self._bad_byte = self._position + _size(line[: bad.start()])
        self._position += _size(line)
        return line

    def fault(self, text: str) -> tuple[str, str] | None:
        """Code and reason if the lines since the last call, joined in ``text``, are no text."""
        bad, self._bad_byte = self._bad_byte, None
        if bad is not None:
            return "BAD_ENCODING", f"not UTF-8 at byte {bad} of the file"
        if "\0" in text:
            return "NUL_BYTE", "a NUL character in the row"
        return None


def _size(text: str) -> int:
    return len(text.encode("utf-8", "surrogateescape"))


def printable(text: str) -> str:
    """The text with undecodable bytes shown as ``\\xNN``, so that it can be written anywhere."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
