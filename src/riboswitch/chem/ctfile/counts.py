"""The counts of a mol block: what it announces must be what it lists, and not too much."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from riboswitch.chem import size
from riboswitch.errors import Problem

COUNTS_LINE = 3
_CONTINUED, _V30 = "-", "M  V30 "


def check(lines: Sequence[str], max_atoms: int) -> Problem | None:
    """Check a mol block before it is parsed.

    RDKit checks the counts of a V2000 block, but reads a V3000 block with counts of 0 without its bonds.

    Parameters
    ----------
    lines : sequence of str
        The block, from the title to ``M  END``.
    max_atoms : int
        Most heavy atoms of the molecule.

    Returns
    -------
    Problem or None
        Codes: ``BAD_RECORD TOO_LARGE``.
    """
    counts = lines[COUNTS_LINE]
    if "V3000" in counts:
        return _check_v3000(lines, max_atoms)
    atoms, bonds = _number(counts[:3]), _number(counts[3:6])
    return None if atoms is None or bonds is None else size.tangled(1, atoms, bonds - atoms + 1)


def _check_v3000(lines: Sequence[str], max_atoms: int) -> Problem | None:
    stated: dict[str, int] = {}
    listed: dict[str, list[list[str]]] = {"ATOM": [], "BOND": [], "SGROUP": []}
    block = ""
    for words in _v30_lines(lines):
        if words[0] == "COUNTS":
            numbers = [_number(word) for word in words[1:4]]
            stated = {name: n for name, n in zip(listed, numbers, strict=False) if n is not None}
        elif words[0] in ("BEGIN", "END"):
            block = words[1] if words[0] == "BEGIN" and len(words) > 1 else ""
        elif block in listed:
            listed[block].append(words)
    for name, rows in listed.items():
        rows = [row for row in rows if row[0] != "DEFAULT"]
        if stated.get(name, 0) != len(rows):
            reason = f"the counts state {stated.get(name, 0)} lines of {name}, but there are {len(rows)}"
            return Problem("BAD_RECORD", reason, "The record was cut or edited; export it again.")
    if stated.get("ATOM", 0) <= size.SMALL and stated.get("BOND", 0) <= size.SMALL:
        return None
    symbols = {row[0]: row[1] for row in listed["ATOM"] if len(row) > 1}
    bonds = [(row[2], row[3]) for row in listed["BOND"] if len(row) > 3]
    return size.graph_too_large(symbols, bonds, max_atoms)


def _v30_lines(lines: Sequence[str]) -> Iterator[list[str]]:
    """The words of each V3000 line; a line that ends with a hyphen goes on in the next."""
    before = ""
    for line in lines[COUNTS_LINE + 1 :]:
        if not line.startswith(_V30):
            continue
        text = before + line[len(_V30) :].rstrip()
        if text.endswith(_CONTINUED):
            before = text[:-1]
            continue
        before = ""
        if words := text.split():
            yield words


def _number(text: str) -> int | None:
    return int(text) if text.strip().isdecimal() else None
