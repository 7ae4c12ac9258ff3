"""Sites on a genome, from BED or GFF3: the windows of a model that is aligned at a site."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, TextIO

from riboswitch.bio.annotation.gff3 import name_of, place, read_gff3
from riboswitch.data.records import Rejection
from riboswitch.errors import InputError, Problem, shorten
from riboswitch.io.formats import source_name
from riboswitch.io.opening import encoding_problem, open_text, printable


@dataclass(frozen=True, slots=True)
class Site:
    """One site: ``start`` and ``end`` from 1, both inclusive; ``row`` is its line in the file.

    ``strand`` is ``.`` if the file does not say it.
    """

    contig: str
    start: int
    end: int
    strand: str = "."
    name: str = ""
    row: int = 0

    def __str__(self) -> str:
        return self.name or f"{self.contig}:{self.start}-{self.end}({self.strand})"


class Sites(NamedTuple):
    """The sites of a file, and the lines that are none."""

    sites: list[Site]
    rejected: list[Rejection]
    source: str

    def on(self, contigs: Mapping[str, str], length: int) -> Sites:
        """The sites that lie on the contigs and have this length (0: any); the others are rejected.

        Raises
        ------
        InputError
            If none is left.
        """
        good: dict[tuple[str, int, int, str], Site] = {}
        rejected = list(self.rejected)
        for site in self.sites:
            key = site.contig, site.start, site.end, site.strand
            problem = _misplaced(site, contigs, length)
            if problem is None and key in good:
                problem = Problem("DUPLICATE", f"line {good[key].row} has the same site")
            if problem:
                rejected.append(Rejection(site.row, str(site), "", *problem, source=self.source))
            else:
                good[key] = site
        if not good:
            if not rejected:
                raise InputError("the file holds no site", where=self.source)
            first, many = rejected[0], f"none of the {len(rejected)} sites can be used"
            raise InputError(f"{many}; the first (line {first.row}): {first.reason}", where=self.source,
                             hint=first.hint)  # fmt: skip
        return Sites(list(good.values()), rejected, self.source)


def read_sites(path: str | Path) -> Sites:
    """Read sites from BED (three columns or more) or GFF3, plain or compressed; the content tells which.

    Codes of rejections: ``RAGGED_ROW``, ``BAD_LOCATION``, ``BAD_ENCODING``, and those of GFF3.

    Raises
    ------
    InputError
        If the file cannot be read.
    """
    source = source_name(path)
    with open_text(path, errors="surrogateescape") as handle:
        first = handle.readline()
        handle.seek(0)
        rows = list(_of_gff3(handle) if first.startswith("##gff-version") else _of_bed(handle))
    sites = [row for row in rows if isinstance(row, Site)]
    faults = [(line, name, problem) for line, name, problem in (r for r in rows if not isinstance(r, Site))]
    return Sites(
        sites, [Rejection(n, name, "", *problem, source=source) for n, name, problem in faults], source
    )


Row = Site | tuple[int, str, Problem]


def _of_gff3(handle: TextIO) -> Iterator[Row]:
    read = read_gff3(handle)
    for feature in read.features:
        strand = feature.strand if feature.strand in ("+", "-") else "."
        yield Site(
            feature.contig, feature.start, feature.end, strand, name_of(feature.attributes), feature.line
        )
    for line in read.faulty:
        yield line.line, line.name, line.problem


def _of_bed(handle: TextIO) -> Iterator[Row]:
    for number, text in enumerate(handle, 1):
        line = text.rstrip("\n")
        if line.strip() and not re.match(r"#|(track|browser)\b", line):
            yield _bed_row(number, line)


def _bed_row(number: int, line: str) -> Row:
    cells = line.split("\t")
    contig, start, end, name, _, strand = [*cells[:6], *["", "", "", "", "", "."][len(cells[:6]) :]]
    problem = encoding_problem(line, "line") or _bed_problem(len(cells), start, end, strand)
    if problem:
        return number, printable(name), problem
    return Site(contig, int(start) + 1, int(end), strand, "" if name == "." else name, number)


def _bed_problem(cells: int, start: str, end: str, strand: str) -> Problem | None:
    if cells < 3:
        return Problem("RAGGED_ROW", f"{cells} columns, not 3 or more", "BED is separated by tabs.")
    if not place(end) or (start != "0" and not place(start)) or place(start) >= place(end):
        reason = "start and end must be whole numbers from 0, start below end"
        return Problem("BAD_LOCATION", f"{reason}; found {shorten(f'{start} {end}')!r}")
    if strand not in ("+", "-", "."):
        return Problem("BAD_LOCATION", f"the strand must be +, - or .; found {shorten(strand)!r}")
    return None


def _misplaced(site: Site, contigs: Mapping[str, str], length: int) -> Problem | None:
    if site.contig not in contigs:
        return Problem("NO_CONTIG", f"the genome has no contig {shorten(site.contig)!r}")
    if site.end > len(contigs[site.contig]):
        reason = f"the site ends at {site.end}, and contig {site.contig} at {len(contigs[site.contig])}"
        return Problem("PAST_END", reason, "The sites may be of another assembly.")
    if length and site.end - site.start + 1 != length:
        reason = f"the site has {site.end - site.start + 1} bases, and the model reads {length}"
        return Problem("NOT_A_WINDOW", reason, f"Give the {length} bases of each window.")
    return None
