"""List the licence of every installed distribution; fail where one is unknown, or copyleft in the core.

``python tools/licences.py`` (or ``make audit``) writes a table: distribution, version, part, licence. The
part is ``core`` (riboswitch cannot run without it), ``extra`` (its extras bring it) or ``other``.
"""

from __future__ import annotations

import re
import sys
from importlib.metadata import Distribution, PackageNotFoundError, distribution, distributions
from typing import NamedTuple

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = "riboswitch"
CLASSIFIER = "License :: OSI Approved :: "
COPYLEFT = re.compile(r"\b(A?GPL|GNU (Affero )?General Public)", re.IGNORECASE)
LESSER = re.compile(r"\bLGPL|\bLesser General|\bexception\b", re.IGNORECASE)
LONGEST = 80  # a longer field holds the text of the licence, which begins with its name


class Entry(NamedTuple):
    """One line of the table."""

    name: str
    version: str
    part: str
    licence: str

    @property
    def trouble(self) -> str:
        """Why it cannot stay as it is; empty if it can."""
        if not self.licence:
            return "states no licence"
        return "is under the GPL alone" if self.part == "core" and only_gpl(self.licence) else ""


def licence_of(found: Distribution) -> str:
    """The licence: the expression of the metadata, the classifiers, the field, or the file beside it."""
    meta = found.metadata
    if expression := meta.get("License-Expression"):
        return expression
    named = [c.removeprefix(CLASSIFIER) for c in meta.get_all("Classifier") or () if c.startswith(CLASSIFIER)]
    if named := [name for name in named if name != "License :: OSI Approved"]:
        return " AND ".join(named)
    lines = [line.strip() for line in (meta.get("License") or "").splitlines() if line.strip()]
    return lines[0][:LONGEST] if lines and lines[0].upper() != "UNKNOWN" else _title_of_file(found)


def _title_of_file(found: Distribution) -> str:
    """The first line of the licence that is installed with it, where this is a title."""
    for path in found.files or ():
        if re.match(r"(licen[cs]e|copying)\b", path.name, re.IGNORECASE):
            title = path.read_text("utf-8").strip().partition("\n")[0].strip()
            if re.search(r"\bLicen[cs]e\b", title) and len(title) <= LONGEST:
                return title
    return ""


def only_gpl(licence: str) -> bool:
    """Whether none of the alternatives of a licence is free of the GPL."""
    choices = re.split(r"\bOR\b", licence)
    return all(COPYLEFT.search(choice) and not LESSER.search(choice) for choice in choices)


def needed_by(name: str, extras: tuple[str, ...] = ()) -> set[str]:
    """Names of all distributions that one needs, however deep, with these of its extras."""
    seen: set[tuple[str, str]] = set()
    todo = [Requirement(f"{name}[{','.join(extras)}]" if extras else name)]
    while todo:
        requirement = todo.pop()
        try:
            words = distribution(requirement.name).requires or []
        except PackageNotFoundError:  # of another platform, or of an extra that is not installed
            continue
        for extra in requirement.extras | {""}:
            key = canonicalize_name(requirement.name), extra
            if key not in seen:
                seen.add(key)
                below = map(Requirement, words)
                todo += [r for r in below if r.marker is None or r.marker.evaluate({"extra": extra})]
    return {found for found, _ in seen}


def table() -> list[Entry]:
    """An entry for each installed distribution, by name."""
    extras = tuple(distribution(PROJECT).metadata.get_all("Provides-Extra") or ())
    core, all_ = needed_by(PROJECT), needed_by(PROJECT, extras)
    entries = {}
    for found in distributions():
        name = canonicalize_name(found.metadata["Name"])
        part = "core" if name in core else "extra" if name in all_ else "other"
        entries.setdefault(name, Entry(name, found.version, part, licence_of(found)))
    return [entries[name] for name in sorted(entries)]


def main() -> int:
    """Print the table and what is wrong with it; 1 if something is."""
    entries = table()
    print("distribution", "version", "part", "licence", sep="\t")
    for entry in entries:
        print(*entry, sep="\t")
    troubles = [f"{entry.name} {entry.version} {entry.trouble}" for entry in entries if entry.trouble]
    for trouble in troubles:
        print(f"licences: {trouble}", file=sys.stderr)
    return 1 if troubles else 0


if __name__ == "__main__":
    sys.exit(main())
