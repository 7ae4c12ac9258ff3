"""Files that no reader of genomes or compounds can read, told by their first bytes."""

from __future__ import annotations

import codecs
import zipfile
from pathlib import Path

from riboswitch.errors import InputError
from riboswitch.io.formats import SUFFIXES, format_of
from riboswitch.io.opening import open_bytes

HEAD = 2**16  # bytes that are looked at

GENOMES, TABLES = "FASTA, GenBank, EMBL or GFF3", "CSV, TSV, SMILES, SDF or Parquet"
FORMAL = {"fasta": "FASTA", "fastq": "FASTQ", "genbank": "GenBank", "embl": "EMBL", "gff3": "GFF3",
          "csv": "CSV", "tsv": "TSV", "smi": "SMILES", "sdf": "SDF", "parquet": "Parquet"}  # fmt: skip
"""Formats as people write them."""

_UNPACK = "Unpack it, or pack it with gzip or zstd."
_TEXT = "Export the table from its program as CSV, in UTF-8."
_KINDS = (
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word file", _TEXT),
    (b"%PDF", "a PDF", _TEXT),
    (b"{\\rtf", "a rich-text document", _TEXT),
    (b"SQLite format 3", "a database (SQLite)", _TEXT),
    (b"\x89PNG", "a picture", "Give the data themselves."),
    (b"\xff\xd8\xff", "a picture", "Give the data themselves."),
    (b"BZh", "compressed with bzip2", _UNPACK),
    (b"\xfd7zXZ", "compressed with xz", _UNPACK),
    (b"7z\xbc\xaf", "a 7z archive", _UNPACK),
    (b"Rar!", "a rar archive", _UNPACK),
    (b"BAM\1", "aligned reads (BAM)", "Assemble the reads first, and give the contigs."),
    (b"CRAM", "aligned reads (CRAM)", "Assemble the reads first, and give the contigs."),
)
_PAGE = (b"<!doctype html", b"<html")


def first_bytes(path: Path) -> bytes:
    """The first bytes of a file, uncompressed, once it is known that they may be text or Parquet.

    Raises
    ------
    InputError
        If the file is missing, a folder, empty, damaged, or of a kind that is not read; it says which.
    """
    with open_bytes(path) as handle:
        head = handle.read(HEAD)
    where = str(path)
    if not head.removeprefix(codecs.BOM_UTF8).strip():
        problem = "the file holds only blank lines" if head else "the file is empty"
        raise InputError(problem, where=where, hint="Was it saved, or downloaded, to its end?")
    if head.startswith(b"PK\x03\x04"):
        raise _archive(path)
    for mark, kind, hint in _KINDS:
        if head.startswith(mark):
            raise InputError(f"this is {kind}", where=where, hint=hint)
    if head.lstrip().lower().startswith(_PAGE):
        hint = "A download often saves the page of an error. Get the file again."
        raise InputError("this is a web page", where=where, hint=hint)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise InputError("the text is UTF-16", where=where, hint="Save it as UTF-8.")
    if b"\0" in head and not head.startswith(b"PAR1"):
        hint = f"Is it the right file? A genome is {GENOMES}; compounds are {TABLES}."
        raise InputError("this is binary data, not text", where=where, hint=hint)
    return head


def refuse_other_format(path: Path, known: tuple[str, ...], what: str, hint: str) -> None:
    """Raise `InputError` if the name of a file tells a format, but none of the ``known``."""
    try:
        named = format_of(path, None, tuple(SUFFIXES))
    except InputError:  # no format at all: the reader says so
        return
    if named not in known:
        raise InputError(f"a {FORMAL[named]} file, where {what}", where=str(path), hint=hint)


def _archive(path: Path) -> InputError:
    """The error for a zip file, which Excel's are, too."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError):
        names = []
    where = str(path)
    if any(name.startswith("xl/") for name in names):
        return InputError("this is an Excel file", where=where,
                          hint="In Excel: File, Save As, CSV UTF-8; one sheet becomes one file.")  # fmt: skip
    if any(name.startswith("word/") for name in names):
        return InputError("this is a Word file", where=where, hint=_TEXT)
    if "mimetype" in names and "content.xml" in names:
        return InputError("this is a spreadsheet (OpenDocument)", where=where, hint=_TEXT)
    return InputError("this is a zip archive", where=where, found=", ".join(names[:3]) or None,
                      hint="Unpack it, and give the file in it.")  # fmt: skip
