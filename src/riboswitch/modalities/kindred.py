"""Finds kin among inputs: the same input, or another form of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from riboswitch.modalities.parts import Reader


class Kindred:
    """Inputs, and what is kin to them; see `modalities.parts.Reader.kin`.

    Keys take long. They are made only for inputs that have a hint in common with one of them.

    Parameters
    ----------
    inputs : iterable of mapping
        Components of each.
    reader : Reader
        The modality's reader.
    """

    def __init__(self, inputs: Iterable[Mapping[str, Any]], reader: Reader):
        self.reader = reader
        self._hints: set[str] = set()
        self._rows: dict[str, list[int]] = {}
        for row, components in enumerate(inputs):
            self._hints.add(reader.kin_hint(components))
            for key in reader.kin(components):
                self._rows.setdefault(key, []).append(row)

    def may_have(self, components: Mapping[str, Any]) -> bool:
        """Whether an input can be kin to one of them, by its hint alone."""
        return self.reader.kin_hint(components) in self._hints

    def __call__(self, components: Mapping[str, Any]) -> list[int]:
        """Numbers of those that are kin to an input, ascending."""
        if not self.may_have(components):
            return []
        return sorted({row for key in self.reader.kin(components) for row in self._rows.get(key, ())})

    def __contains__(self, components: Mapping[str, Any]) -> bool:
        return self.may_have(components) and not self._rows.keys().isdisjoint(self.reader.kin(components))
