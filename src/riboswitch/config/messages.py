"""One readable line for the errors of jsonschema."""

from __future__ import annotations

import datetime
import difflib
import re
from collections.abc import Iterable, Sequence
from typing import Any

from jsonschema.exceptions import ValidationError

from riboswitch.errors import shorten
from riboswitch.io.cells import number

KINDS = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a section of keys",
    "null": "empty",
}
# Rules for a single value: "<key> must <rule>, found <value>".
LIMITS = {
    "minimum": "be {0} or more",
    "maximum": "be {0} or less",
    "exclusiveMinimum": "be more than {0}",
    "exclusiveMaximum": "be less than {0}",
    "multipleOf": "be a multiple of {0}",
    "pattern": "be text of the form {0}",
    "minLength": "be {0} characters long or longer",
    "maxLength": "be {0} characters long or shorter",
    "minItems": "have {0} items or more",
    "maxItems": "have {0} items or fewer",
    "minProperties": "have {0} keys or more",
    "maxProperties": "have {0} keys or fewer",
    "uniqueItems": "not hold the same item twice",
}


def explain(errors: Sequence[ValidationError], config: Any) -> tuple[str, str]:
    """Describe the mistake to correct first.

    Parameters
    ----------
    errors : sequence of ValidationError
        All errors that jsonschema found in ``config``; at least one.
    config : object
        The configuration, for the order of its keys.

    Returns
    -------
    problem, hint : str
        What is wrong (the key, the value, the allowed values), and what to do about it, possibly empty.
    """
    return _worded(_first(errors, config))


def _first(errors: Sequence[ValidationError], config: Any) -> ValidationError:
    """The error to report; of alternatives (anyOf, oneOf) one in the alternative that seems meant."""
    error = min(errors, key=lambda e: (_rank(e), _position(config, e.absolute_path), _says_less(e)))
    meant = [branch for branch in _branches(error) if not any(map(_is_another_kind, branch))]
    if not meant:
        return error
    return _first(min(meant, key=lambda branch: (any(map(_is_another_choice, branch)), len(branch))), config)


def _rank(error: ValidationError) -> int:
    return {"additionalProperties": 0, "required": 2}.get(str(error.validator), 1)


def _branches(error: ValidationError) -> list[list[ValidationError]]:
    """The errors in each alternative of anyOf or oneOf."""
    branches: dict[Any, list[ValidationError]] = {}
    for inner in error.context or ():
        branches.setdefault(inner.relative_schema_path[0], []).append(inner)
    return list(branches.values())


def _says_less(error: ValidationError) -> bool:
    return error.validator not in ("const", "enum")


def _is_another_kind(error: ValidationError) -> bool:
    """Whether an alternative cannot be meant: the value itself does not have its type, constant or form."""
    return not error.relative_path and error.validator in ("type", "const", "enum", "pattern")


def _is_another_choice(error: ValidationError) -> bool:
    """Whether the key that distinguishes alternatives, such as ``kind: file``, belongs to another one."""
    return len(error.relative_path) == 1 and error.validator in ("const", "enum")


def _position(config: Any, path: Iterable[Any]) -> list[int]:
    """Position of a path in the file: the index of each of its keys in its section."""
    position = []
    for key in path:
        position.append(list(config).index(key) if isinstance(config, dict) else key)
        config = config[key]
    return position


def _worded(error: ValidationError) -> tuple[str, str]:
    """Problem and hint in plain words."""
    value: Any = error.instance
    allowed: Any = error.validator_value
    key, rule = _name(error), str(error.validator)
    if rule == "additionalProperties":
        return _worded_unknown(error)
    if rule == "required":
        missing = [name for name in allowed if name not in value]
        return f"{key} lacks the key{'s' * (len(missing) > 1)} {', '.join(missing)}", ""
    if rule in LIMITS:
        return f"{key} must {LIMITS[rule].format(allowed)}, found {describe(value)}", ""
    wanted = list(dict.fromkeys(_wanted(error)))
    if not wanted:
        return f"{key} breaks the schema's rule {rule!r}, found {describe(value)}", ""
    choice = " or ".join(wanted) if len(wanted) < 3 else f"one of {', '.join(wanted)}"
    return f"{key} must be {choice}, found {describe(value)}", _hint(value, wanted)


def _wanted(error: ValidationError) -> list[str]:
    """The allowed kinds and constants of the value, of all alternatives if there are any."""
    allowed: Any = error.validator_value
    if error.validator == "type":
        return [KINDS[kind] for kind in ([allowed] if isinstance(allowed, str) else allowed)]
    if error.validator == "enum":
        return [_plain(choice) for choice in allowed]
    if error.validator == "const":
        # Alternatives that differ by a constant: the constant of each is allowed.
        rivals = error.parent.context if error.parent else [error]
        same = [e for e in rivals or () if e.validator == "const" and e.relative_path == error.relative_path]
        return [_plain(e.validator_value) for e in same]
    outer = [[e for e in branch if not e.relative_path] for branch in _branches(error)]
    # If a branch has both a type and an enum, the enum is more precise.
    return [word for branch in outer if branch for word in _wanted(min(branch, key=_says_less))]


def _hint(value: Any, wanted: list[str]) -> str:
    kinds = set(KINDS.values()) & set(wanted)
    if isinstance(value, str):
        if kinds & {KINDS["number"], KINDS["integer"]} and (number := _as_number(value)):
            return f"YAML takes this for text; write {number} without quotes."
        close = difflib.get_close_matches(value, [word for word in wanted if word not in kinds], n=1)
        return f"Did you mean {close[0]}?" if close else ""
    if KINDS["string"] in kinds and isinstance(value, bool | int | float | datetime.date):
        return "Put it in quotes, for YAML reads it as no text."
    return ""


def _as_number(text: str) -> str:
    """A number in the form of YAML 1.1, with a point before an exponent; empty if the text is no number."""
    try:
        value = number(text)
    except ValueError:
        return ""
    shown = repr(int(value) if value.is_integer() and abs(value) < 1e15 else value)
    return shown if "." in shown else shown.replace("e", ".0e")


def _worded_unknown(error: ValidationError) -> tuple[str, str]:
    schema: Any = error.schema
    value: Any = error.instance
    known, forms = list(schema.get("properties", ())), list(schema.get("patternProperties", ()))
    unknown = next(k for k in value if k not in known and not any(re.search(f, k) for f in forms))
    problem = f"unknown key {dotted([*error.absolute_path, unknown])}"
    if close := difflib.get_close_matches(unknown, known, n=1):
        return problem, f"Did you mean {close[0]}?"
    choice = ", ".join(sorted(known) + [f"names of the form {form}" for form in forms])
    return problem, f"Known here: {choice}." if choice else "No keys are allowed here."


def _name(error: ValidationError) -> str:
    name = dotted(error.absolute_path)
    return f"every key of {name}" if "propertyNames" in error.absolute_schema_path else name


def dotted(path: Iterable[Any]) -> str:
    """A path of keys and indices as text, like ``train.layers[2].size``."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".") or "the configuration"


def _plain(value: Any) -> str:
    """A value as it is written in YAML."""
    if value is None:
        return "empty"
    return str(value).lower() if isinstance(value, bool) else str(value)


def describe(value: Any) -> str:
    """A value in words that are short enough for a message."""
    if isinstance(value, str):
        return f"the text {shorten(value)!r}"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if isinstance(value, dict) and value:
        return f"a section with the keys {shorten(', '.join(map(str, value)))}"
    if isinstance(value, dict):
        return "an empty section"
    return "nothing" if value is None else _plain(value)
