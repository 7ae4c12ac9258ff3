"""The list of verbs, read from the heads of their files without importing them."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from typing import NamedTuple


class Verb(NamedTuple):
    """The head of a verb's file."""

    name: str
    module: str
    help: str
    panel: str
    order: float
    public: tuple[str, ...]


@cache
def verbs(folder: Path = Path(__file__).parent) -> dict[str, Verb]:
    """All verbs of the folder by name, in the order of the workflow."""
    found = filter(None, map(_read_head, folder.glob("*.py")))
    return {verb.name: verb for verb in sorted(found, key=lambda verb: verb.order)}


def _read_head(path: Path) -> Verb | None:
    """The verb of a file; None if the file has no line ``__verb__ = ...``."""
    text = path.read_text("utf-8")
    start = text.find("\n__verb__ = ")
    if start < 0:
        return None
    head = ast.parse(text[: text.index("\n", start + 1)])
    values = {
        target.id: ast.literal_eval(node.value)
        for node in head.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    panel, order = values["__verb__"]
    name = path.stem.replace("_", "-")
    return Verb(name, path.stem, ast.get_docstring(head) or "", panel, order, tuple(values["__all__"]))
