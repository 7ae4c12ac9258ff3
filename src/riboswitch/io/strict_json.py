"""JSON that others wrote, read within limits: what is read is values that JSON Schema and Unicode know.

Python's own reader takes more than JSON: NaN, a key that stands twice (the last one counts), halves of
characters, numbers beyond every type, and lists in lists until the interpreter gives up.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, NoReturn

from riboswitch.errors import InputError
from riboswitch.io.disk_faults import Reading

DEEPEST = 50  # lists and objects within each other; our own files have at most ten
LARGEST = 2**28  # bytes of a file of JSON: a manifest of a million files has less
MOST_BITS = 128  # of a whole number: the state of a random generator has as many


def parse_json(text: str | bytes) -> Any:
    """Read a JSON text.

    Raises
    ------
    ValueError
        For text that is not JSON or not UTF-8, lists or objects within each other more than `DEEPEST` times,
        a key that stands twice in an object, a number that is not finite or of more than `MOST_BITS`, and
        text that is no Unicode.
    """
    try:
        text = text.decode("utf-8") if isinstance(text, bytes) else text
        value = json.loads(text, object_pairs_hook=_object, parse_constant=_refused)
    except RecursionError:
        raise ValueError(f"nested more than {DEEPEST} deep") from None
    _check(value)
    return value


def read_json(path: str | Path) -> Any:
    """Read a JSON file (see `parse_json`); `InputError` names one that is missing, too large or not JSON."""
    path = Path(path)
    try:
        with Reading(path):
            if path.stat().st_size > LARGEST:
                raise InputError(f"more than {LARGEST >> 20} MB of JSON", where=str(path))
            return parse_json(path.read_bytes())
    except FileNotFoundError as error:
        raise InputError("no such file", where=str(path)) from error
    except OSError as error:
        raise InputError("cannot be read", where=str(path), found=error.strerror) from error
    except ValueError as error:
        raise InputError("not valid JSON", where=str(path), found=error) from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {twice!r} stands twice in one object")
    return made


def _refused(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number of JSON")


def _check(value: Any) -> None:
    """Raise unless depth, numbers and texts are within the limits. Goes level by level, not by recursion."""
    level = [value]
    for _ in range(DEEPEST + 1):
        for item in level:
            _check_scalar(item)
        level = [inner for item in level for inner in _inside(item)]
        if not level:
            return
    raise ValueError(f"nested more than {DEEPEST} deep")


def _inside(item: Any) -> list[Any]:
    if isinstance(item, dict):
        return [*item, *item.values()]
    return item if isinstance(item, list) else []


def _check_scalar(item: Any) -> None:
    if isinstance(item, str):
        if not item.isascii():
            item.encode()  # UnicodeEncodeError, a ValueError, for half a character
    elif isinstance(item, float):
        if not math.isfinite(item):
            raise ValueError("a number is too large")
    elif isinstance(item, int) and item.bit_length() > MOST_BITS:
        raise ValueError("a number is too large")
