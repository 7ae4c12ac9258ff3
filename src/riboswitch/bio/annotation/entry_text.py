"""The text of GenBank and EMBL entries: cut into features, with a first line that Biopython reads.

Biopython refuses an entry for its first line, or for one location, and drops the last character of a location
without its bracket. So first lines are written anew, and locations are checked before it sees them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from riboswitch.errors import Problem, shorten
from riboswitch.io.opening import encoding_problem, printable

_START = {"genbank": re.compile(r"LOCUS\s"), "embl": re.compile(r"ID\s")}
ADVICE = "Name and length may be run together: annotate with shorter contig names."
_KEYWORD = re.compile(
    r"(?:DEFINITION|ACCESSION|VERSION|DBLINK|DBSOURCE|PROJECT|KEYWORDS|SEGMENT|SOURCE|REFERENCE|COMMENT|PRIMARY|FEATURES"
    r"|BASE|ORIGIN|CONTIG|WGS|NID|PID)(?:\s|$)"
)
_HEAD = {"genbank": re.compile(r"FEATURES\b"), "embl": re.compile(r"FH\b")}  # before the features
_BODY = {"genbank": re.compile(r"FEATURES\b|ORIGIN|CONTIG|BASE COUNT|WGS"), "embl": re.compile("F[HT]|SQ|CO")}
WRAPPED = 4  # lines among which the second keyword of an entry must be, if the first line is wrapped
_LENGTH = re.compile(r"\s(?P<length>[0-9]{1,12})\s+(?P<unit>bp|aa|rc)\b", re.IGNORECASE)
_TOGETHER = re.compile(r"^(?P<name>\S*[0-9])\s+(?P<unit>bp|aa|rc)\b", re.IGNORECASE)
_FEATURE = re.compile(r" {1,20}(\S+)(.*)")  # a key is indented by less than its qualifiers

_BASE = r"[<>]?[0-9]{1,12}"
_EDGE = rf"(?:\([0-9]{{1,12}}\.[0-9]{{1,12}}\)|one-of\([0-9]{{1,12}}(?:,[0-9]{{1,12}})*\)|{_BASE})"
_PIECE = re.compile(rf"(?:[A-Za-z0-9_.|-]+:)?(?:{_EDGE}\.\.{_EDGE}|{_BASE}\^{_BASE}|{_BASE}(?![0-9.]))")
_NESTED = re.compile(r"complement\(@\)|(?:join|order)\(@(?:,@)+\)")


class FeatureText(NamedTuple):
    """One feature: number of its first line in the file, its lines, and what is wrong with it."""

    line: int
    kind: str
    location: str
    name: str
    lines: list[str]
    problem: Problem | None


@dataclass
class EntryText:
    """The lines of one entry.

    Attributes
    ----------
    line : int
        Number of its first line in the file, from 1.
    lines : list of str
        Without the final ``//``.
    ended : bool
        Whether there is one.
    """

    line: int
    lines: list[str] = field(default_factory=list)
    ended: bool = False


class FirstLine(NamedTuple):
    """What the LOCUS line of a GenBank entry says; the length is None if it does not say it."""

    name: str
    length: int | None
    unit: str
    circular: bool
    problem: Problem | None = None

    def text(self, letters: int) -> str:
        """The line as Biopython reads it, for a sequence of so many letters."""
        topology, molecule = ("circular" if self.circular else "linear"), "" if self.unit == "aa" else "DNA"
        return f"LOCUS       x {letters:>26} {self.unit}    {molecule:<7} {topology:<8} UNK 01-JAN-1980\n"


def split_entries(lines: Iterable[str], format: str) -> Iterator[EntryText]:
    """Cut a file into entries. An entry ends with ``//``, or where the next one begins."""
    start, entry = _START[format], None
    for number, line in enumerate(lines, 1):
        if entry is not None and start.match(line):
            yield entry
            entry = None
        if entry is None:
            if not line.strip():
                continue
            entry = EntryText(number)
        if line.rstrip() == "//":
            entry.ended = True
            yield entry
            entry = None
        else:
            entry.lines.append(line)
    if entry is not None:
        yield entry


def first_line(lines: list[str], letters: int) -> tuple[FirstLine, list[str]]:
    """Read the LOCUS line, which may go on in the next lines, and return it with the lines that follow it.

    Parameters
    ----------
    lines : list of str
        Of the entry.
    letters : int
        How many the sequence has: divides name and length where they are run together.
    """
    last = next((i for i, line in enumerate(lines[:WRAPPED]) if _KEYWORD.match(line)), 1)
    text = " ".join(" ".join(lines[:last]).split())
    rest = lines[last:]
    if not re.match(r"LOCUS\b", text):
        reason = f"the entry does not begin with a LOCUS line; found {shorten(text)!r}"
        return FirstLine("", None, "bp", False, Problem("BAD_RECORD", reason)), rest
    text = text.partition(" ")[2]
    circular = bool(re.search(r"(?<=\s)circular\b", text, re.IGNORECASE))
    if stated := _LENGTH.search(f" {text}"):
        name = f" {text}"[: stated.start()].strip()
        return FirstLine(name, int(stated["length"]), stated["unit"].lower(), circular), rest
    if together := _TOGETHER.match(text):
        return _divided(together["name"], together["unit"].lower(), circular, letters), rest
    return FirstLine(text.partition(" ")[0], None, "bp", circular), rest


def _divided(text: str, unit: str, circular: bool, letters: int) -> FirstLine:
    """Name and length that are run together: the length is that of the sequence."""
    if not letters:
        return FirstLine(text, None, unit, circular)
    if text.endswith(str(letters)):
        return FirstLine(text.removesuffix(str(letters)), letters, unit, circular)
    reason = f"name and length are run together ({shorten(text)!r}), and the sequence has {letters} letters"
    return FirstLine("", None, unit, circular, Problem("WRONG_LENGTH", reason, ADVICE))


def count_letters(lines: Iterable[str]) -> int:
    """Letters of the sequence: of the lines after ORIGIN."""
    rows = iter(lines)
    for line in rows:
        if re.match(r"ORIGIN\b", line):
            return len("".join(rows).encode("ascii", "replace").translate(None, b"0123456789 \t\r\n"))
    return 0


def cut_features(lines: list[str], first: int, format: str) -> tuple[list[str], list[FeatureText], list[str]]:
    """The lines before the features, the features, and the lines after them.

    Parameters
    ----------
    lines : list of str
    first : int
        Number of the first of them in its file.
    format : {"genbank", "embl"}
    """
    start = next((i for i, line in enumerate(lines) if _BODY[format].match(line)), len(lines))
    while start < len(lines) and _HEAD[format].match(lines[start]):
        start += 1
    stop = start
    while stop < len(lines) and (re.match(r"FT\b| ", lines[stop]) or not lines[stop].strip()):
        stop += 1
    blocks: list[tuple[int, list[str]]] = []
    for number, line in enumerate(lines[start:stop], first + start):
        if _FEATURE.match(_bare(line)):
            blocks.append((number, [line]))
        elif blocks:
            blocks[-1][1].append(line)
    return lines[:start], [_feature(number, block) for number, block in blocks], lines[stop:]


def unreadable(location: str) -> str:
    """Say that a location cannot be read."""
    return f"the location {shorten(location)!r} cannot be read"


def is_location(text: str) -> bool:
    """Whether a text without blanks follows the grammar of INSDC's locations."""
    pieces, before = _PIECE.sub("@", text), ""
    while pieces != before:
        before, pieces = pieces, _NESTED.sub("@", pieces)
    return pieces == "@" != text


def _bare(line: str) -> str:
    """A line of EMBL's feature table as in GenBank."""
    return f"  {line[2:]}" if re.match(r"FT\b", line) else line


def _feature(number: int, block: list[str]) -> FeatureText:
    bare = [_bare(line).rstrip("\n") for line in block]
    match = _FEATURE.match(bare[0])
    assert match is not None
    location = match[2].strip()
    for line in bare[1:]:
        if line.strip().startswith("/"):
            break
        location += line.strip()
    text = "".join(bare)
    tag = re.search(r'/(?:locus_tag|protein_id)="([^"]*)"', text)
    problem = encoding_problem(text, "feature")
    if problem is None and not is_location("".join(location.split())):
        problem = Problem("BAD_LOCATION", unreadable(location))
    return FeatureText(number, match[1], location, printable(tag[1] if tag else ""), block, problem)
