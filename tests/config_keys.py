"""Keys of the configuration: in the schema, and on the page that explains them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
SCHEMA = json.loads((ROOT / "workflow/schemas/config.schema.json").read_text("utf-8"))


def _keys(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every key of the schema with its dotted path and its own schema."""
    schema = resolved(schema)
    for name, below in schema.get("properties", {}).items():
        here = f"{path}.{name}".lstrip(".")
        yield here, resolved(below)
        yield from _keys(below, here)
    if isinstance(rest := schema.get("additionalProperties"), dict):
        yield from _keys(rest, f"{path}.NAME")
    if "items" in schema:
        yield from _keys(schema["items"], f"{path}[]")


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    reference = schema.get("$ref")
    return schema if reference is None else SCHEMA["$defs"][reference.rsplit("/", 1)[1]] | schema


KEYS = dict(_keys(SCHEMA))


def key_rows() -> dict[str, tuple[str, str]]:
    """What config/README.md says of each key: its default and its meaning."""
    lines = (ROOT / "config/README.md").read_text("utf-8").splitlines()
    cells = [line.strip("| ").split(" | ", 2) for line in lines if line.startswith("| `")]
    return {row[0].strip("`"): (row[1], row[2]) for row in cells if len(row) == 3}
