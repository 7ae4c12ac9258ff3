"""Opening text: plain or gzip, any line ends, with the fault named when it is not what it claims to be."""

from __future__ import annotations

import codecs
import gzip
import io
import sys
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO, TextIO

from riboswitch.errors import InputError, UsageError
from riboswitch.io.disk_faults import Reading

SUFFIXES = {
    "fasta": (".fa", ".fna", ".faa", ".fsa", ".ffn", ".fasta"),
    "fastq": (".fq", ".fastq"),
    "genbank": (".gb", ".gbk", ".gbff"),
    "embl": (".embl",),
    "csv": (".csv",),
    "tsv": (".tsv",),
    "gff3": (".gff", ".gff3"),
}
ZIPPED = (".gz", ".bgz")
FIRST = {"fasta": b">", "fastq": b"@", "genbank": b"LOCUS", "embl": b"ID "}
LOOKS = {
    b">": "FASTA",
    b"@": "FASTQ",
    b"LOCUS": "GenBank",
    b"ID ": "EMBL",
    b"##gff": "GFF3",
    b"<": "a web page or XML",
    b"%PDF": "PDF",
    b"PK\x03\x04": "a zip archive or a spreadsheet",
}


def format_of(path: str | Path, format: str | None, known: tuple[str, ...]) -> str:
    """The format as told, or else by the suffix of the name (``.gz`` and ``.bgz`` aside)."""
    if format is not None:
        if format not in known:
            raise UsageError("no such format", found=format, hint=f"Choose one of: {', '.join(known)}.")
        return format
    if str(path) == "-":
        raise UsageError("standard input has no name to tell its format by", hint="Give the format.")
    name = Path(path).name.lower()
    for ending in ZIPPED:
        name = name.removesuffix(ending)
    for candidate in known:
        if name.endswith(SUFFIXES[candidate]):
            return candidate
    suffixes = " ".join(s for candidate in known for s in SUFFIXES[candidate])
    raise InputError(
        "the name does not tell the format",
        where=str(path),
        hint=f"Rename it ({suffixes}) or give the format.",
    )


def source_name(path: str | Path) -> str:
    """What to call the file in tables: its base name."""
    return "stdin" if str(path) == "-" else Path(path).name


@contextmanager
def open_text(path: str | Path, format: str) -> Iterator[TextIO]:
    r"""Open a file (``-``: standard input) as UTF-8 text.

    A byte-order mark is skipped; ``\n``, ``\r\n`` and ``\r`` all end a line. Gzip may have several members.

    Raises
    ------
    InputError
        Also from the body of the ``with``, for faults that come to light only while reading.
    """
    with ExitStack() as stack:
        packed = stack.enter_context(_open_bytes(path))
        binary = _unpack(packed, path)
        with Reading(path), _faults_named(path, binary):
            head = binary.peek(4096)  # type: ignore[attr-defined]
            if not head:
                raise InputError("the file is empty", where=str(path))
            _check_start(head, format, path)
            yield stack.enter_context(io.TextIOWrapper(binary, encoding="utf-8-sig", newline=None))


def _open_bytes(path: str | Path) -> BinaryIO:
    if str(path) == "-":
        # A copy, so that closing it leaves the caller's standard input open.
        return io.BufferedReader(io.BytesIO(sys.stdin.buffer.read()))
    try:
        return open(path, "rb")
    except FileNotFoundError as error:
        raise InputError("no such file", where=str(path)) from error
    except IsADirectoryError as error:
        raise InputError("it is a folder, not a file", where=str(path)) from error
    except OSError as error:
        raise InputError("cannot be opened", where=str(path), found=error.strerror) from error


def _unpack(packed: BinaryIO, path: str | Path) -> BinaryIO:
    head = packed.peek(2)[:2]  # type: ignore[attr-defined]
    zipped = head == b"\x1f\x8b"
    if str(path) != "-" and head:
        named = str(path).lower().endswith(ZIPPED)
        if named and not zipped:
            raise InputError(
                "named .gz but not compressed", where=str(path), hint="Remove .gz from the name."
            )
        if zipped and not named:
            raise InputError("compressed but not named .gz", where=str(path), hint="Add .gz to the name.")
    return gzip.GzipFile(fileobj=packed) if zipped else packed  # type: ignore[return-value]


@contextmanager
def _faults_named(path: str | Path, binary: BinaryIO) -> Iterator[None]:
    try:
        yield
    except UnicodeDecodeError as error:
        raise _not_text(path, binary, error) from error
    except EOFError as error:
        hint = "Copy or download it again."
        raise InputError("the compressed file ends too early", where=str(path), hint=hint) from error
    except (gzip.BadGzipFile, zlib.error) as error:
        hint = "Copy or download it again."
        raise InputError("the compressed file is damaged", where=str(path), found=error, hint=hint) from error


def _not_text(path: str | Path, binary: BinaryIO, error: UnicodeDecodeError) -> InputError:
    byte = error.object[error.start]
    problem = f"not UTF-8 text: byte 0x{byte:02x}"
    if binary.seekable():
        # The decoder counts from its last chunk, which ends where the file was read to.
        problem += f" at position {binary.tell() - len(error.object) + error.start + 1}"
    utf16 = error.object.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return InputError(problem, where=str(path), hint="It is UTF-16: save it as UTF-8." if utf16 else "")


def _check_start(head: bytes, format: str, path: str | Path) -> None:
    """Refuse a file whose first line that is not blank cannot begin its format."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return  # reading will name the byte
    lines = head.removeprefix(codecs.BOM_UTF8).splitlines()
    number = next((n for n, line in enumerate(lines, 1) if line.strip()), 0)
    if not number:
        raise InputError("the file holds only blank lines", where=str(path))
    line = lines[number - 1]
    if line.startswith(FIRST.get(format, b"")):
        return
    looks = next((name for mark, name in LOOKS.items() if line.startswith(mark)), "")
    raise InputError(
        f"not {format}: the first line should begin with {FIRST[format].decode().strip()!r}",
        where=f"{path} line {number}",
        found=line.decode("utf-8", "replace"),
        hint=f"It looks like {looks}." if looks else "",
    )
