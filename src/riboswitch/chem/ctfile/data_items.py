"""The data items of an SD record: what stands between ``M  END`` and ``$$$$``.

An item is a header, as ``>  <NAME>``, and lines of a value up to an empty line. A line of blanks counts as
empty. What can be read in one way only is read; anything else is a `Problem`, so that no item is lost and no
two are fused.

References
----------
BIOVIA, "CTFile Formats" (2020), chapter "SDfiles".
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from riboswitch.errors import Problem, shorten

END = "$$$$"
"""What a line that ends a record starts with."""

_NAMED = re.compile(r">([^<>]*)<(.*)>([^<>]*)")
_NUMBERED = re.compile(r">(?:[^<>]*\s)?(DT\d+)((?:\s[^<>]*)?)")
_TWO_NAMES = re.compile(r">.*<")
# What else a header may hold: a record number, a field number, a registry number, where the item is kept.
_OTHER = r"(?:DT\d+|\([^<>()]*\)|FROM ARCHIVES)"
_OTHERS = re.compile(rf"(?:\s*{_OTHER})*\s*")
# A header that may follow a value at once: no value is likely to look so.
_PLAIN = re.compile(rf">\s+(?:(?:\d+|{_OTHER})\s+)*<\s*[^\W\d][^<>]*>(?:\s+{_OTHER})*\s*")
_HINT = "Export it again, with one empty line after each value and none within it."


def read(lines: Sequence[str], first: int = 1) -> dict[str, str] | Problem:
    """Read the items after ``M  END``.

    Parameters
    ----------
    lines : sequence of str
        Without line ends; the line that ends the record is the last one, if there is one.
    first : int
        Number of the first line in its record.

    Returns
    -------
    dict of str to str, or Problem
        Values by name, lines joined by a line feed. A header with a field number only, as ``> DT12``, has the
        name ``DT12``. Code: ``BAD_RECORD``.
    """
    ended = bool(lines) and lines[-1].startswith(END)
    if ended and lines[-1].strip() != END:
        return _doubt(first + len(lines) - 1, lines[-1], f"ends it with more text than {END}")
    items: dict[str, str] = {}
    at, stop = 0, len(lines) - ended
    while at < stop:
        if not lines[at].strip():
            at += 1
            continue
        end = _value_end(lines, at + 1, stop)
        item = _item(lines, at, end, first)
        if isinstance(item, Problem):
            return item
        name, value = item
        if items.setdefault(name, value).strip() != value.strip():
            return _bad(f"the item {shorten(name)!r} stands twice, with different values")
        at = end
    return items


def _item(lines: Sequence[str], at: int, end: int, first: int) -> tuple[str, str] | Problem:
    """Name and value of the item with its header at ``at`` and its last line before ``end``."""
    name, value = _name(lines[at], first + at), "\n".join(lines[at + 1 : end])
    if isinstance(name, Problem):
        return name
    if end == len(lines):
        return _bad(f"the file ends within the item {shorten(name)!r}: its value may be cut")
    if not value.strip() and not _OTHERS.fullmatch(_header(lines[at])[1]):
        return _doubt(first + at, lines[at], "may hold the value in its header")
    for i in range(at + 1, end):
        if lines[i].startswith(">") and _header(lines[i])[0] is not None:
            return _doubt(first + i, lines[i], "may be a value or the header of the next item")
    return name, value


def _name(line: str, number: int) -> str | Problem:
    """The name in a header."""
    if not line.startswith(">"):
        return _doubt(number, line, "belongs to no data item")
    name = _header(line)[0]
    if not name:
        return _doubt(number, line, "is the header of an item without a name")
    return _doubt(number, line, "has more than one name") if _TWO_NAMES.search(name) else name


def _header(line: str) -> tuple[str | None, str]:
    """The name in a header, None if there is none, and the text after it."""
    if named := _NAMED.fullmatch(line):
        return named[2].strip(), named[3]
    numbered = _NUMBERED.fullmatch(line.rstrip())
    return (numbered[1], numbered[2]) if numbered else (None, "")


def _value_end(lines: Sequence[str], start: int, stop: int) -> int:
    """Index of the line after a value: an empty one, the next header, or the end of the record."""
    return next((i for i in range(start, stop) if not lines[i].strip() or _PLAIN.fullmatch(lines[i])), stop)


def _doubt(number: int, line: str, what: str) -> Problem:
    return _bad(f"line {number} of the record {what}: {shorten(line.strip(), 60)!r}")


def _bad(reason: str) -> Problem:
    return Problem("BAD_RECORD", reason, _HINT)
