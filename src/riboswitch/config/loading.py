"""The configuration: read from YAML, checked against a JSON Schema, its defaults filled in.

Every job of a cluster run reads it again: nothing slow is imported here.
"""

from __future__ import annotations

import copy
import json
import math
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

from riboswitch.config import messages, strict_yaml
from riboswitch.errors import ConfigError
from riboswitch.io.strict_json import read_json

Schema = dict[str, Any]
LARGEST = 2**24  # bytes of a configuration


def load(path: str | Path) -> dict[str, Any]:
    """Read a configuration file.

    Parameters
    ----------
    path : str or Path
        JSON, or YAML, which is read with the safe loader only. An empty file is an empty configuration.

    Returns
    -------
    dict
        Keys and values as written; they are not checked against a schema.

    Raises
    ------
    ConfigError
        With file and line, if the file cannot be read, is not YAML, has no keys, or falls into one of YAML's
        traps (`riboswitch.config.strict_yaml.read`).
    """
    text = _read_text(path)
    try:
        config = _json_or_yaml(text)
    except yaml.MarkedYAMLError as error:
        raise _broken(error, path, text) from error
    except (yaml.YAMLError, ValueError) as error:
        raise ConfigError("not readable as YAML", where=str(path), found=error) from error
    if config is None:
        return {}
    if not isinstance(config, dict):
        problem = f"a configuration has keys; this is {messages.describe(config)}"
        raise ConfigError(problem, where=str(path), hint="Write lines of the form `key: value`.")
    return config


def _json_or_yaml(text: str) -> Any:
    if text.lstrip().startswith("{"):
        with suppress(ValueError, RecursionError):  # then it may be YAML, which tells what is wrong
            return json.loads(text, object_pairs_hook=_unique_keys)
    return strict_yaml.read(text)


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({key for key, _ in pairs}) < len(pairs):
        raise ValueError("a key is given twice")
    return dict(pairs)


def _read_text(path: str | Path) -> str:
    try:
        if Path(path).stat().st_size > LARGEST:
            raise ConfigError(f"larger than a configuration may be ({LARGEST >> 20} MB)", where=str(path))
        return Path(path).read_text("utf-8-sig")
    except FileNotFoundError as error:
        raise ConfigError("no such file", where=str(path)) from error
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", where=str(path)) from error
    except UnicodeDecodeError as error:
        raise ConfigError("not UTF-8 text", where=str(path)) from error


def _broken(error: yaml.MarkedYAMLError, path: str | Path, text: str) -> ConfigError:
    problem = error.problem or "not readable as YAML"
    mark = error.problem_mark or error.context_mark
    if mark is None:
        return ConfigError(problem, where=str(path))
    lines = text.splitlines()
    line = lines[mark.line].strip() if mark.line < len(lines) else "the end of the file"
    hint = "Look at the indentation (spaces, no tabs), colons and quotes."
    if isinstance(error, strict_yaml.Refused):
        hint = ""
    return ConfigError(problem, where=f"{path} line {mark.line + 1}", found=line, hint=hint)


# --- checking


def validate(config: dict[str, Any], schema_path: str | Path, where: str = "config") -> None:
    """Check a configuration against a JSON Schema (draft 2020-12).

    Parameters
    ----------
    config : dict
        The configuration.
    schema_path : str or Path
        The schema, as JSON.
    where : str
        Name of the configuration in the message, such as its file.

    Raises
    ------
    ConfigError
        One readable line about one mistake: an unknown key first, since it often causes the others; a missing
        key last; otherwise the first in the file.
    """
    for path, problem in _not_json(config, ()):
        raise ConfigError(f"{messages.dotted(path)} {problem}", where=where)
    validator = Draft202012Validator(read_json(schema_path))
    errors = list(validator.iter_errors(config))
    if errors:
        problem, hint = messages.explain(errors, config)
        raise ConfigError(problem, where=where, hint=hint)


def _not_json(value: Any, path: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], str]]:
    """Values of YAML that JSON Schema cannot check: keys that are not text, and infinite or NaN numbers."""
    if isinstance(value, float) and not math.isfinite(value):
        yield path, f"must be a finite number, found {value}"
    elif isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                yield path, f"has the key {messages.describe(key)}, which is not text; put it in quotes"
            yield from _not_json(item, (*path, key))
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield from _not_json(item, (*path, i))


# --- defaults


def defaults(config: dict[str, Any], schema_path: str | Path) -> dict[str, Any]:
    """Fill in the defaults of a valid configuration.

    Parameters
    ----------
    config : dict
        The configuration; it is not changed.
    schema_path : str or Path
        The schema, as JSON; it may refer only to itself.

    Returns
    -------
    dict
        A copy with the ``default`` of every missing key, in sections and list items at any depth. A missing
        section is added only if it has a default itself (``"default": {}``).
    """
    schema = read_json(schema_path)
    filled = copy.deepcopy(config)
    _fill(filled, schema, schema)
    return filled


def _fill(value: Any, schema: Any, root: Schema) -> None:
    parts = list(_applying(value, schema, root))
    if isinstance(value, dict):
        for key in dict.fromkeys(key for part in parts for key in part.get("properties", ())):
            if key not in value:
                value.update(_default(key, parts, root))
        for key, item in value.items():
            for sub in (sub for part in parts for sub in _of_key(part, key)):
                _fill(item, sub, root)
    elif isinstance(value, list):
        for item in value:
            for part in parts:
                _fill(item, part.get("items", {}), root)


def _default(key: str, parts: list[Schema], root: Schema) -> dict[str, Any]:
    """``{key: default}`` from the first schema that has one, or an empty dict."""
    for own in (sub for part in parts for sub in _of_key(part, key)):
        for schema in _applying(None, own, root):
            if "default" in schema:
                return {key: copy.deepcopy(schema["default"])}
    return {}


def _applying(value: Any, schema: Any, root: Schema) -> Iterator[Schema]:
    """The schema and those that it refers to; of several alternatives the first that accepts the value."""
    if not isinstance(schema, dict):
        return
    yield schema
    if "$ref" in schema:
        yield from _applying(value, _referred(schema["$ref"], root), root)
    for branch in schema.get("allOf", ()):
        yield from _applying(value, branch, root)
    for branch in [*schema.get("anyOf", ()), *schema.get("oneOf", ())]:
        if isinstance(branch, dict) and _accepts(branch, value, root):
            yield from _applying(value, branch, root)
            return


def _accepts(branch: Schema, value: Any, root: Schema) -> bool:
    return Draft202012Validator({"$defs": root.get("$defs", {}), **branch}).is_valid(value)


def _referred(reference: str, root: Schema) -> Any:
    schema: Any = root
    for part in reference.removeprefix("#").split("/")[1:]:
        schema = schema[part.replace("~1", "/").replace("~0", "~")]
    return schema


def _of_key(schema: Schema, key: str) -> list[Any]:
    """The schemas for the value under ``key``."""
    own = [schema["properties"][key]] if key in schema.get("properties", ()) else []
    own += [sub for form, sub in schema.get("patternProperties", {}).items() if re.search(form, key)]
    return own or [schema.get("additionalProperties", {})]
