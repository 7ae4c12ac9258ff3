"""VCF 4.x: the alleles of each row, one by one; alleles that are not plain letters have a problem.

Only the first five columns are read: no samples, filters or INFO.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from riboswitch.errors import InputError, Problem, shorten
from riboswitch.io.opening import encoding_problem, open_text, printable

HEADER = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"
COLUMNS = HEADER.count("\t") + 1
_LETTERS = re.compile("[ACGTN]+")
_SYMBOL = re.compile("<[^<>]+>")
_BREAKEND = re.compile(r".*[\[\]].*|\.[ACGTNacgtn]+|[ACGTNacgtn]+\.")


@dataclass(frozen=True, slots=True)
class Variant:
    """One alternative allele.

    Attributes
    ----------
    row : int
        Number of the row in the file, from 1; alleles of one row share it.
    id : str
        As in the file; made of position and alleles if the file has none.
    contig : str
    pos : int
        Position of the first letter of ``ref``, from 1; 0 if it cannot be read.
    ref, alt : str
        In upper case if they are letters.
    problem : Problem or None
        Codes ``RAGGED_ROW``, ``BAD_ENCODING``, ``BAD_LOCATION``, ``BAD_ALLELE``, ``SYMBOLIC_ALLELE``,
        ``SPANNING_DELETION``, ``BREAKEND``, ``NO_VARIANT``.
    """

    row: int
    id: str
    contig: str
    pos: int
    ref: str
    alt: str
    problem: Problem | None = None


def read_vcf(path: str | Path) -> Iterator[Variant]:
    """Every alternative allele of a file, in order; a row that cannot be read gives one with a problem.

    Parameters
    ----------
    path : path
        Plain, or compressed with gzip, bgzip or zstd.

    Raises
    ------
    InputError
        If it is no VCF 4.x, or has no line of column names.
    """
    with open_text(path, errors="surrogateescape") as handle:
        _check_head(handle, str(path))
        row = 0
        for line in handle:
            text = line.rstrip("\n")
            if text and not text.startswith("#"):
                row += 1
                yield from _alleles(row, text)


def _check_head(handle: TextIO, where: str) -> None:
    """Read to the column names."""
    first = handle.readline().rstrip("\n")
    if not first.startswith("##fileformat=VCFv4."):
        hint = "The first line must be ##fileformat=VCFv4.x; convert BCF with bcftools view."
        raise InputError("not a VCF of version 4", where=f"{where} line 1", found=printable(first), hint=hint)
    for number, line in enumerate(handle, 2):
        if line.startswith("##"):
            continue
        if f"{line.rstrip()}\t".startswith(f"{HEADER}\t"):
            return
        hint = f"It must be {HEADER.expandtabs(1)}, divided by tabs."
        line_number = f"{where} line {number}"
        raise InputError(
            "no line of column names", where=line_number, found=printable(line.strip()), hint=hint
        )
    raise InputError("no line of column names", where=where, hint="The file may be cut off.")


def _alleles(row: int, text: str) -> Iterator[Variant]:
    cells = text.split("\t")
    if len(cells) < COLUMNS:
        reason = f"{len(cells)} columns, and there must be at least {COLUMNS}, divided by tabs"
        yield Variant(row, f"row-{row}", "", 0, "", "", Problem("RAGGED_ROW", reason))
        return
    if fault := encoding_problem("".join(cells[:5]), "row"):
        yield Variant(row, f"row-{row}", printable(cells[0]), 0, "", "", fault)
        return
    contig, pos, given, ref, alts = cells[:5]
    number = int(pos) if re.fullmatch("[0-9]{1,12}", pos) else 0
    for alt in alts.split(","):
        problem = _position_problem(pos, number) or _problem(ref.upper(), alt)
        shown = alt.upper() if _LETTERS.fullmatch(alt.upper()) else alt
        made = shorten(f"{contig}:{pos}:{ref.upper()}>{shown}")
        name = made if given in ("", ".") else given
        yield Variant(row, name, contig, number, ref.upper(), shown, problem)


def _position_problem(pos: str, number: int) -> Problem | None:
    if number:
        return None
    reason = "position 0 is before the first base" if pos == "0" else f"{pos!r} is no position"
    return Problem("BAD_LOCATION", reason, "Positions are counted from 1.")


def _problem(ref: str, alt: str) -> Problem | None:
    """The problem of a pair of alleles; None if there is none."""
    if not _LETTERS.fullmatch(ref):
        return Problem("BAD_ALLELE", f"REF {shorten(ref)!r} is not made of A, C, G, T and N")
    if alt == "*":
        return Problem("SPANNING_DELETION", "the allele '*' is deleted by another row")
    if alt == "." or alt.upper() == ref:
        return Problem("NO_VARIANT", "the alternative allele equals the reference")
    if _SYMBOL.fullmatch(alt):
        return Problem("SYMBOLIC_ALLELE", f"the allele {shorten(alt)} has no letters",
                       "Write out its sequence: the model reads letters.")  # fmt: skip
    if _BREAKEND.fullmatch(alt):
        return Problem("BREAKEND", f"{shorten(alt)!r} joins two places, or has an open end")
    if not _LETTERS.fullmatch(alt.upper()):
        return Problem("BAD_ALLELE", f"ALT {shorten(alt)!r} is not made of A, C, G, T and N")
    return None
