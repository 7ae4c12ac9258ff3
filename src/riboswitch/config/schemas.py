"""Values that were read from a file, compared with a JSON Schema of the program's own formats."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from riboswitch.errors import shorten

Schema = Mapping[str, Any]

# Pieces that several schemas are made of.
TEXT: Schema = {"type": "string"}
NAME: Schema = {"type": "string", "minLength": 1}
TEXTS: Schema = {"type": "array", "items": NAME}
NAMES: Schema = {"type": "array", "items": NAME, "uniqueItems": True}
NUMBER: Schema = {"type": "number"}
NUMBERS: Schema = {"type": "array", "items": NUMBER}
COUNT: Schema = {"type": "integer", "minimum": 0, "maximum": 2**53}
FRACTIONS: Schema = {"type": "array", "items": {"type": "number", "minimum": 0, "maximum": 1}}
SECTION: Schema = {"type": "object"}


def record(required: Schema, optional: Schema | None = None) -> dict[str, Any]:
    """Return the schema of an object with these keys and no others."""
    known = {**required, **(optional or {})}
    return {"type": "object", "required": [*required], "properties": known, "additionalProperties": False}


def either(schema: Schema) -> dict[str, Any]:
    """Return the schema of a value that may be null."""
    return {"anyOf": [{"type": "null"}, dict(schema)]}


def named(of: Schema) -> dict[str, Any]:
    """Return the schema of an object whose keys are names and whose values are alike."""
    return {"type": "object", "additionalProperties": dict(of)}


def mismatch(value: Any, schema: Schema) -> str:
    """Where and how a value differs from a schema, in one clause; empty if it does not.

    Whole numbers are those that are written as such: 1.0 is none, for it cannot count or index anything.
    """
    from riboswitch.config.messages import dotted  # jsonschema takes a moment: only when a file is read

    error = next(iter(_validator()(schema).iter_errors(value)), None)
    while error is not None and error.context:
        error = error.context[-1]
    if error is None:
        return ""
    place = f"{dotted(error.absolute_path)}: " if error.absolute_path else ""
    return f"{place}{shorten(error.message, 100)}"


@cache
def _validator() -> Any:
    from jsonschema import Draft202012Validator, validators

    types = Draft202012Validator.TYPE_CHECKER.redefine("integer", _is_whole)
    return validators.extend(Draft202012Validator, type_checker=types)


def _is_whole(_: Any, value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
