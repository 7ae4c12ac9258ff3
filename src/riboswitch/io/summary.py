"""The counts that a step reports when it is done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from riboswitch.io.atomic_files import write_json
from riboswitch.io.log.messages import say


def codes_text(by_code: Mapping[str, int]) -> str:
    """Rejections by code in words, the commonest first: ``77 CONFLICTING_LABEL, 56 BAD_SMILES``."""
    commonest = sorted(by_code.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{n:,} {code}" for code, n in commonest)


def write_note(text: str) -> None:
    """Write one sentence about the input to standard error, if there is anything to say."""
    if text:
        say("note", " ".join(text.split()), "riboswitch: note: ")


def write_summary(counts: dict[str, Any], path: Path | None, lines: Iterable[str] = ()) -> None:
    """Write the counts to standard error, and all of them to ``path`` as JSON.

    The plain counts are one line, the rejections that ``by_code`` counts the next one. Then come ``lines``.
    """
    if path is not None:
        write_json(counts, path)
    flat = ", ".join(f"{key} {value}" for key, value in counts.items() if not isinstance(value, dict | list))
    by_code = counts.get("by_code") or {}
    rejected = [f"rejected {sum(by_code.values()):,}: {codes_text(by_code)}"] if by_code else []
    say("summary", flat, "riboswitch: ", counts=counts)
    for line in (*rejected, *lines):
        say("summary", line, "riboswitch: ")
