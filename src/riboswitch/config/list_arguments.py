"""Lists among the arguments of public functions: one text in the place of a list is refused.

A text is a sequence of its letters. So ``targets="SOL"`` would ask for the columns S, O and L.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

from riboswitch.errors import UsageError

Function = TypeVar("Function", bound=Callable[..., Any])
LISTS = {"list", "tuple", "Sequence", "Iterable", "Collection"}


def lists_checked(function: Function) -> Function:
    """The same function; it raises `UsageError` if a list is needed and a text or path was given."""
    signature = inspect.signature(function)
    names = [name for name, parameter in signature.parameters.items() if needs_list(parameter.annotation)]
    if not names:
        return function

    @wraps(function)
    def checked(*arguments: Any, **options: Any) -> Any:
        try:
            given = signature.bind_partial(*arguments, **options).arguments
        except TypeError:  # the function itself says what is wrong
            return function(*arguments, **options)
        for name in names:
            if isinstance(given.get(name), str | bytes | Path):
                found = repr(given[name])
                raise UsageError(f"{name} must be a list", where=f"riboswitch.{function.__name__}",
                                 found=found, hint=f"Write {name}=[{found}].")  # fmt: skip
        return function(*arguments, **options)

    return checked  # type: ignore[return-value]


def needs_list(annotation: Any) -> bool:
    """Whether a parameter with this annotation (as text) takes lists, and no single text."""
    text = str(annotation)
    while (shorter := re.sub(r"\[[^\[\]]*\]", "", text)) != text:  # without what stands in brackets
        text = shorter
    parts = {part.strip() for part in text.split("|")}
    return bool(parts & LISTS) and not parts & {"str", "Path"}
