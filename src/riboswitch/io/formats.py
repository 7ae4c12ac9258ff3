"""Formats of files: the suffix says which, and the first line is checked."""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import TextIO

from riboswitch.errors import InputError, UsageError
from riboswitch.io.opening import COMPRESSED, location, open_text

SUFFIXES = {
    "fasta": (".fa", ".fna", ".faa", ".fsa", ".ffn", ".fasta"),
    "fastq": (".fq", ".fastq"),
    "genbank": (".gb", ".gbk", ".gbff"),
    "embl": (".embl",),
    "gff3": (".gff", ".gff3"),
    "csv": (".csv",),
    "tsv": (".tsv", ".tab"),
    "smi": (".smi", ".smiles", ".ism"),
    "sdf": (".sdf", ".sd"),
    "parquet": (".parquet", ".pq"),
    "npz": (".npz",),
}
"""Formats, and the suffixes that tell them."""

_FIRST = {"fasta": b">", "fastq": b"@", "genbank": b"LOCUS", "embl": b"ID "}
_LOOKS = {
    b">": "FASTA",
    b"@": "FASTQ",
    b"LOCUS": "GenBank",
    b"ID ": "EMBL",
    b"##gff": "GFF3",
    b"<": "a web page or XML",
    b"%PDF": "PDF",
    b"PK\x03\x04": "a zip archive or a spreadsheet",
}


def format_of(
    path: str | Path,
    format: str | None,
    known: tuple[str, ...],
    others: Mapping[str, tuple[str, ...]] = MappingProxyType({}),
) -> str:
    """The format as given, or else by the suffix of the name without that of a compression.

    ``others`` has the suffixes of formats that only one reader knows.

    Raises
    ------
    UsageError
        If the format is not one of ``known``, or not given for standard input.
    InputError
        If the name has no suffix of a known format.
    """
    if format is not None:
        if format not in known:
            raise UsageError("no such format", found=format, hint=f"Choose one of: {', '.join(known)}.")
        return format
    if str(path) == "-":
        raise UsageError("standard input has no name to tell its format by", hint="Give --format.")
    name = Path(path).name.lower()
    for suffix in COMPRESSED:
        name = name.removesuffix(suffix)
    tell = {candidate: others.get(candidate) or SUFFIXES[candidate] for candidate in known}
    for candidate in known:
        if name.endswith(tell[candidate]):
            return candidate
    suffixes = " ".join(suffix for candidate in known for suffix in tell[candidate])
    raise InputError(
        "the name does not tell the format",
        where=str(path),
        hint=f"Rename it ({suffixes}). --format names another format.",
    )


def check_skip(lines: object, format: str, known: Sequence[str]) -> None:
    """Raise `UsageError` unless ``lines`` may be skipped at the beginning of a file of this format."""
    if isinstance(lines, bool) or not isinstance(lines, int) or lines < 0:
        raise UsageError("skip_lines must be a whole number of at least 0", found=lines)
    if lines and format not in known:
        raise UsageError(f"a {format} file has no lines above its rows to skip", found=f"skip_lines {lines}",
                         hint="Leave --skip-lines out.")  # fmt: skip


def source_name(path: str | Path) -> str:
    """What to call the file in tables: its base name."""
    return "stdin" if str(path) == "-" else Path(path).name


@contextmanager
def open_format(
    path: str | Path, format: str, *, errors: str = "strict", most: int | None = None
) -> Iterator[TextIO]:
    """Open a file as `open_text` does, once its first line shows that it may be of the format.

    Raises
    ------
    InputError
    """
    with open_text(path, errors=errors, most=most) as handle:
        _check_start(handle.buffer.peek(4096), format, location(path), errors)  # type: ignore[attr-defined]
        yield handle


def _check_start(head: bytes, format: str, where: str, errors: str) -> None:
    """Refuse a file whose first line that is not blank cannot begin its format."""
    try:
        codecs.getincrementaldecoder("utf-8")(errors).decode(head)
    except UnicodeDecodeError:
        return  # reading will name the byte
    lines = head.removeprefix(codecs.BOM_UTF8).splitlines()
    number = next((n for n, line in enumerate(lines, 1) if line.strip()), 0)
    if not number:
        raise InputError("the file holds only blank lines", where=where)
    line = lines[number - 1]
    if line.startswith(_FIRST.get(format, b"")):
        return
    looks = next((name for mark, name in _LOOKS.items() if line.startswith(mark)), "")
    raise InputError(
        f"not {format}: the first line should begin with {_FIRST[format].decode().strip()!r}",
        where=f"{where} line {number}",
        found=line.decode("utf-8", "replace"),
        hint=f"It looks like {looks}." if looks else "",
    )
