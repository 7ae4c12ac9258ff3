"""Entries of FASTA."""

from __future__ import annotations

LINE = 60
"""Letters of a line."""


def entry(title: str, letters: str) -> str:
    """One sequence under its title."""
    lines = [letters[i : i + LINE] for i in range(0, len(letters), LINE)]
    return "".join(f"{line}\n" for line in [f">{title}", *lines])
