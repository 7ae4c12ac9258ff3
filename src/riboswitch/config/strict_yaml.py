"""YAML without its traps: no key twice, no number in another guise, no growth without limit."""

from __future__ import annotations

import json
import re
from typing import Any

import yaml

DEEPEST = 40  # lists and sections within each other
LARGEST = 100_000  # values, with those that aliases repeat
MOST_LETTERS = 5_000_000
PLAIN_NUMBER = re.compile(
    r"[-+]?(0|[1-9][0-9]*)(\.[0-9]*)?([eE][-+]?[0-9]+)?|[-+]?\.[0-9]+([eE][-+]?[0-9]+)?"
)
CODE_KEYS = ("__use_yte__", "__definitions__", "__variables__")
"""Keys by which Snakemake takes a configuration for a program, and runs what stands in it."""


def read(text: str) -> Any:
    """The value of one YAML document; None if it is empty.

    Raises
    ------
    YAMLError
        If it is no YAML, has a key twice or a key that runs code, is nested too deeply, refers to itself,
        grows too large by its aliases, or writes a number in a way that only YAML knows.
    ValueError
        For a number or a date that Python cannot hold.
    """
    if len(text) > MOST_LETTERS:
        raise yaml.YAMLError(f"too large: more than {MOST_LETTERS:,} characters")
    _Size().check(text)
    return yaml.load(text, Loader=_Loader)


class Refused(yaml.MarkedYAMLError):
    """YAML that is well formed, but is not taken."""


class _Size:
    """Depth and size of a document, counted before it is built: building it may never end."""

    def __init__(self) -> None:
        self.open: list[tuple[str | None, int]] = []  # anchor and size of each list or section that is open
        self.sizes: dict[str, int] = {}

    def check(self, text: str) -> None:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            if isinstance(event, yaml.CollectionStartEvent):
                self.open.append((event.anchor, 0))
                if len(self.open) > DEEPEST:
                    raise _error(f"more than {DEEPEST} lists and sections within each other", event)
            elif isinstance(event, yaml.CollectionEndEvent):
                anchor, size = self.open.pop()
                self._add(anchor, size + 1, event)
            elif isinstance(event, yaml.ScalarEvent):
                self._add(event.anchor, 1, event)
            elif isinstance(event, yaml.AliasEvent):
                if event.anchor in (anchor for anchor, _ in self.open):
                    raise _error(f"the section &{event.anchor} holds itself (*{event.anchor})", event)
                self._add(None, self.sizes.get(event.anchor or "", 0), event)

    def _add(self, anchor: str | None, size: int, event: yaml.Event) -> None:
        if anchor is not None:
            self.sizes[anchor] = size
        if self.open:
            outer, before = self.open[-1]
            self.open[-1] = outer, before + size
        if size > LARGEST:
            raise _error(f"aliases make more than {LARGEST:,} values of it", event)


class _Loader(yaml.SafeLoader):
    """The safe loader, but a key that is given twice, or a number in another guise, is an error."""

    def compose_mapping_node(self, anchor: Any) -> Any:
        node = super().compose_mapping_node(anchor)
        seen = set()
        for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
            if key.value in seen:
                raise _error(f"the key {key.value} is given twice", key)
            if key.value in CODE_KEYS:
                raise _error(
                    f"the key {key.value} makes a program of a configuration; this one is not run", key
                )
            seen.add(key.value)
        return node

    def construct_yaml_int(self, node: Any) -> Any:
        return self._plain(node, super().construct_yaml_int)

    def construct_yaml_float(self, node: Any) -> Any:
        if node.value.lower().lstrip("+-") in (".inf", ".nan"):
            return super().construct_yaml_float(node)
        return self._plain(node, super().construct_yaml_float)

    def _plain(self, node: Any, construct: Any) -> Any:
        if PLAIN_NUMBER.fullmatch(node.value):
            return construct(node)
        try:
            number = json.dumps(construct(node))
        except (ValueError, OverflowError):
            number = "another number"
        raise _error(f"{node.value} stands for {number} in YAML; write {number}, or put it in quotes", node)


_Loader.add_constructor("tag:yaml.org,2002:int", _Loader.construct_yaml_int)
_Loader.add_constructor("tag:yaml.org,2002:float", _Loader.construct_yaml_float)


def _error(problem: str, at: Any) -> Refused:
    return Refused(problem=problem, problem_mark=at.start_mark)
