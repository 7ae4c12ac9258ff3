"""Strict checks for settings: a whole number is a whole number, a share lies between 0 and 1."""

from __future__ import annotations

import dataclasses
import difflib
import inspect
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from riboswitch.errors import UsageError

T = TypeVar("T")


def build(cls: type[T], values: Mapping[str, Any], where: str = "settings") -> T:
    """Make a settings dataclass from a mapping, refusing keys it does not have.

    Raises
    ------
    UsageError
        With the name that was probably meant.
    """
    known_names(values, [f.name for f in dataclasses.fields(cls)], where)  # type: ignore[arg-type]
    return cls(**values)


def keywords(function: Callable[..., Any], values: Mapping[str, Any] | None, where: str) -> dict[str, Any]:
    """The mapping as keyword arguments of ``function``, refusing keys that it does not take."""
    kind = inspect.Parameter.KEYWORD_ONLY
    known = [n for n, p in inspect.signature(function).parameters.items() if p.kind is kind]
    known_names(values or {}, known, where)
    return dict(values or {})


def known_names(values: Iterable[str], known: list[str], where: str) -> None:
    """Raise `UsageError` for a name that is not known, with the one that was probably meant."""
    for key in values:
        if key not in known:
            close = difflib.get_close_matches(key, known, 1)
            meant = f"Did you mean {close[0]!r}?" if close else f"Known: {', '.join(known)}."
            raise UsageError(f"unknown setting {key!r}", where=where, hint=meant)


def positive_int(name: str, value: object, least: int = 1) -> None:
    """Raise unless ``value`` is an int (no bool, no 1.5) of at least ``least``."""
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise UsageError(f"{name} must be a whole number of at least {least}", found=value)


def fraction(name: str, value: object, below_one: bool = True) -> None:
    """Raise unless ``value`` is a number in [0, 1), or in [0, 1] if not ``below_one``."""
    good = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if not good or not (0 <= value < 1 or (value == 1 and not below_one)):  # type: ignore[operator]
        raise UsageError(f"{name} must lie between 0 and 1", found=value)


def positive(name: str, value: object, zero: bool = False) -> None:
    """Raise unless ``value`` is a finite number above zero (or not below it, with ``zero``)."""
    good = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if not good or value < 0 or (value == 0 and not zero):  # type: ignore[operator]
        raise UsageError(f"{name} must be a number above 0", found=value)


def one_of(name: str, value: object, choices: tuple[str, ...]) -> None:
    """Raise unless ``value`` is one of ``choices``."""
    if value not in choices:
        raise UsageError(f"no such {name}", found=value, hint=f"Choose of {', '.join(choices)}.")
