"""Settings and their limits.

A settings dataclass states the default and the limits of a field once, as ``epochs: int = whole(20)``, and
calls `check_settings`. The schema of the configuration has the same limits; a test compares the two.
"""

from __future__ import annotations

import dataclasses
import inspect
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import NoneType, UnionType
from typing import Any, Literal, NamedTuple, TypeVar, Union, get_args, get_origin, get_type_hints

from riboswitch.errors import UsageError, meant

T = TypeVar("T")


def build(cls: type[T], values: Mapping[str, Any], where: str = "settings") -> T:
    """Make a settings dataclass from a mapping.

    Raises
    ------
    UsageError
        For an unknown key, with the name that was probably meant; or a value outside its limits.
    """
    known_names(values, [f.name for f in dataclasses.fields(cls)], where)  # type: ignore[arg-type]
    limited = limits_of(cls)  # the dataclass checks these itself
    _check_types(cls, {name: value for name, value in values.items() if name not in limited}, where)
    return cls(**values)


def keywords(function: Callable[..., Any], values: Mapping[str, Any] | None, where: str) -> dict[str, Any]:
    """The mapping as keyword arguments of ``function``; `UsageError` for a key that it does not take."""
    known_names(values or {}, parameters_of(function), where)
    _check_types(function, values or {}, where)
    return dict(values or {})


def parameters_of(function: Callable[..., Any]) -> list[str]:
    """The names of the keyword-only arguments of a function."""
    kind = inspect.Parameter.KEYWORD_ONLY
    return [n for n, p in inspect.signature(function).parameters.items() if p.kind is kind]


def _check_types(source: Any, values: Mapping[str, Any], where: str) -> None:
    """Raise `UsageError` for a value that is not of the simple type that a dataclass or function states."""
    types = get_type_hints(source)
    for name, value in values.items():
        if not _is_a(value, types.get(name, Any)):
            raise UsageError(f"{name} has a value of another type", where=where, found=value)


def _is_a(value: object, type_: Any) -> bool:
    """Whether a value is of a type; true for all types but the simple ones, their unions and lists."""
    if isinstance(type_, UnionType) or get_origin(type_) is Union:
        return any(_is_a(value, each) for each in get_args(type_))
    if get_origin(type_) is Literal:
        return value in get_args(type_)
    if get_origin(type_) in (list, Sequence):
        items = get_args(type_)
        if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
            return False
        return all(_is_a(item, *items) for item in value)
    if type_ in (int, float) and isinstance(value, bool):
        return False
    if type_ is float:
        return isinstance(value, int | float)
    return isinstance(value, type_) if type_ in (int, str, bool, NoneType) else True


def known_names(values: Iterable[str], known: list[str], where: str) -> None:
    """Raise `UsageError` for a name that is not known, with the one that was probably meant."""
    for key in values:
        if key not in known:
            hint = meant(key, known, f"Known: {', '.join(known)}.")
            raise UsageError(f"unknown setting {key!r}", where=where, hint=hint)


class Limits(NamedTuple):
    """The allowed values of a setting; None means no limit.

    Attributes
    ----------
    whole : bool
        Whether it is a whole number.
    at_least, above, at_most, below : float, optional
    choices : tuple of str
        If there are any, the setting is one of them instead of a number.
    optional : bool
        Whether it may be None.
    """

    whole: bool = False
    at_least: float | None = None
    above: float | None = None
    at_most: float | None = None
    below: float | None = None
    choices: tuple[str, ...] = ()
    optional: bool = False

    def check(self, name: str, value: object) -> None:
        """Raise `UsageError` unless ``value`` is within the limits."""
        if value is None and self.optional:
            return
        if self.choices:
            one_of(name, value, self.choices)
        elif not self._holds(value):
            raise UsageError(f"{name} must {self}", found=value)

    def _holds(self, value: object) -> bool:
        if isinstance(value, bool) or not isinstance(value, int if self.whole else int | float):
            return False
        return (
            math.isfinite(value)
            and (self.at_least is None or value >= self.at_least)
            and (self.above is None or value > self.above)
            and (self.at_most is None or value <= self.at_most)
            and (self.below is None or value < self.below)
        )

    def __str__(self) -> str:
        """In words that follow "must"."""
        if not self.whole and self.at_least == 0 and 1 in (self.at_most, self.below):
            return "lie between 0 and 1"
        named = (("of at least", self.at_least), ("above", self.above), ("of at most", self.at_most),
                 ("below", self.below))  # fmt: skip
        words = " and ".join(f"{word} {limit:g}" for word, limit in named if limit is not None)
        return f"be a {'whole ' * self.whole}number {words}".rstrip()

    def schema(self) -> dict[str, Any]:
        """Return the same as keys of a JSON Schema."""
        if self.choices:
            return {"enum": list(self.choices)}
        named = {"minimum": self.at_least, "exclusiveMinimum": self.above, "maximum": self.at_most,
                 "exclusiveMaximum": self.below}  # fmt: skip
        kind = {"type": "integer" if self.whole else "number"}
        return kind | {key: limit for key, limit in named.items() if limit is not None}


FRACTION = Limits(at_least=0, at_most=1)


def whole(default: int | None, *, at_least: int = 1, at_most: int | None = None) -> Any:
    """Return the field of a settings dataclass that holds a whole number."""
    return _limited(default, Limits(True, at_least, at_most=at_most))


def number(default: float | None, **limits: float) -> Any:
    """Return a field that holds a number, with ``at_least``, ``above``, ``at_most`` or ``below``."""
    return _limited(default, Limits(**limits))  # type: ignore[arg-type]


def choice(default: str | None, choices: Iterable[str]) -> Any:
    """Return a field that holds one of several names."""
    return _limited(default, Limits(choices=tuple(choices)))


def _limited(default: Any, limits: Limits) -> Any:
    limits = limits._replace(optional=default is None)
    return dataclasses.field(default=default, metadata={"limits": limits})


def limits_of(cls: Any) -> dict[str, Limits]:
    """Return the limits of all fields of a settings dataclass that have limits."""
    return {f.name: f.metadata["limits"] for f in dataclasses.fields(cls) if "limits" in f.metadata}


def check_settings(settings: Any) -> None:
    """Raise `UsageError` if a field of a settings dataclass is not within its limits."""
    for name, limits in limits_of(settings).items():
        limits.check(name, getattr(settings, name))


def check_values(limits: Mapping[str, Limits], **values: object) -> None:
    """Raise `UsageError` if one of the arguments of a function is not within its limits."""
    for name, value in values.items():
        limits[name].check(name, value)


def positive_int(name: str, value: object, least: int = 1) -> None:
    """Raise unless ``value`` is an int (no bool, no 1.5) of at least ``least``."""
    Limits(whole=True, at_least=least).check(name, value)


def fraction(name: str, value: object, below_one: bool = True) -> None:
    """Raise unless ``value`` is a number in [0, 1), or in [0, 1] if not ``below_one``."""
    (Limits(at_least=0, below=1) if below_one else FRACTION).check(name, value)


def positive(name: str, value: object, zero: bool = False) -> None:
    """Raise unless ``value`` is a finite number above zero (or not below it, with ``zero``)."""
    (Limits(at_least=0) if zero else Limits(above=0)).check(name, value)


def one_of(name: str, value: object, choices: tuple[str, ...]) -> None:
    """Raise unless ``value`` is one of ``choices``."""
    if value not in choices:
        raise UsageError(f"no such {name}", found=value, hint=f"Choose of {', '.join(choices)}.")
