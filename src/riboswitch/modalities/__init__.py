"""Registry of the modalities. Each is a folder here with a `Modality` in its ``__init__``.

Two of them joined by a plus are a modality, too: their pairs, composed by the folder `COMPOSER`.
"""

from __future__ import annotations

import importlib
from pathlib import Path

from riboswitch.errors import UsageError
from riboswitch.modalities.base import Modality

DEFAULT = "molecule"
"""The modality of files for which none is named."""

COMPOSER = "pair"
"""The folder that makes a modality of two others."""
JOINT = "+"
"""Between the names of two modalities: the name of the modality of their pairs."""

_pairs: dict[str, tuple[Modality, Modality, Modality]] = {}
_registered: dict[str, Modality] = {}


def names() -> list[str]:
    """Names of all modalities but pairs, in alphabetical order."""
    folders = {path.parent.name for path in Path(__file__).parent.glob("*/__init__.py")} - {COMPOSER}
    return sorted(folders | _registered.keys())


def pair_names() -> list[str]:
    """Names of the modalities of pairs: each modality with each."""
    single = [name for name in names() if len(find(name).components) == 1]
    return [f"{left}{JOINT}{right}" for left in single for right in single]


def find(name: str) -> Modality:
    """Return the modality with this name; of two names joined by a plus, that of their pairs.

    Raises
    ------
    UsageError
        If there is no such modality, or the two cannot be paired.
    """
    if name in _registered:
        return _registered[name]
    sides = name.split(JOINT)
    if len(sides) == 2 and {*sides} <= {*names()}:
        return _pair(name, *map(find, sides))
    if name not in names():
        hint = f"Choose one of: {', '.join(names())}; or two of them with a plus between them, for pairs."
        raise UsageError("no such modality", found=name, hint=hint)
    return register(importlib.import_module(f"riboswitch.modalities.{name}").MODALITY)


def _pair(name: str, left: Modality, right: Modality) -> Modality:
    """The modality of pairs; made once, unless one of the two is registered anew."""
    known = _pairs.get(name)
    if known is None or known[0] is not left or known[1] is not right:
        composed = importlib.import_module(f"{__name__}.{COMPOSER}").compose(name, left, right)
        known = _pairs[name] = left, right, composed
    return known[2]


def offers() -> dict[str, frozenset[str]]:
    """Return the parts that each modality offers, by name; imports none of them."""
    return {name: frozenset(find(name).parts) for name in (*names(), *pair_names())}


def kinds() -> dict[str, Modality]:
    """Modalities by name, one for each set of settings: those of all pairs are the same."""
    return {name: find(name) for name in names()} | {COMPOSER: find(f"{DEFAULT}{JOINT}{DEFAULT}")}


def register(modality: Modality) -> Modality:
    """Add a modality that is defined elsewhere, for this process only; returns it."""
    _registered[modality.name] = modality
    return modality
