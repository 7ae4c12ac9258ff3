"""The counts that a step reports when it is done."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from riboswitch.io.atomic_files import write_json


def write_summary(counts: dict[str, Any], path: Path | None) -> None:
    """Write the plain counts to standard error as one line, and all of them to ``path`` as JSON."""
    if path is not None:
        write_json(counts, path)
    flat = ", ".join(f"{key} {value}" for key, value in counts.items() if not isinstance(value, dict | list))
    print(f"riboswitch: {flat}", file=sys.stderr)
