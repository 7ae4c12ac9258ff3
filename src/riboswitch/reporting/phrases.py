"""Phrases: counts and lists as running text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

from riboswitch.io.download import is_download


def count(number: int, singular: str) -> str:
    """A number with its noun, such as ``3 genes``."""
    return f"{number:,} {singular}{'' if number == 1 else 's'}"


def listed(items: Sequence[str], most: int = 8) -> str:
    """Items as running text. Those beyond ``most`` are only counted."""
    shown = list(items[:most])
    if len(items) > most:
        shown.append(f"{len(items) - most} more")
    if len(shown) < 2:
        return "".join(shown)
    return f"{', '.join(shown[:-1])} and {shown[-1]}"


def without_folders(source: str) -> str:
    """The source of data; of a path the last name only: the folders above it are those of one machine."""
    return source if is_download(source) else f"file:{PurePath(source.removeprefix('file:')).name}"
