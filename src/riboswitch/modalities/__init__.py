"""Registry of the modalities. Each is a folder here with a `Modality` in its ``__init__``."""

from __future__ import annotations

import importlib
from pathlib import Path

from riboswitch.errors import UsageError
from riboswitch.modalities.base import Modality

DEFAULT = "molecule"
"""The modality of files for which none is named."""

_registered: dict[str, Modality] = {}


def names() -> list[str]:
    """Names of all modalities, in alphabetical order."""
    folders = {path.parent.name for path in Path(__file__).parent.glob("*/__init__.py")}
    return sorted(folders | _registered.keys())


def find(name: str) -> Modality:
    """Return the modality with this name.

    Raises
    ------
    UsageError
        If there is no such modality.
    """
    if name in _registered:
        return _registered[name]
    if name not in names():
        raise UsageError("no such modality", found=name, hint=f"Choose one of: {', '.join(names())}.")
    return register(importlib.import_module(f"riboswitch.modalities.{name}").MODALITY)


def offers() -> dict[str, frozenset[str]]:
    """Return the parts that each modality offers, by name; imports none of them."""
    return {name: frozenset(find(name).parts) for name in names()}


def register(modality: Modality) -> Modality:
    """Add a modality that is defined elsewhere, for this process only; returns it."""
    _registered[modality.name] = modality
    return modality
