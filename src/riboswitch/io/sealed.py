"""Sealed JSON: a file that holds the digest of its own content, and may list those of other files."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, TypedDict

from riboswitch.errors import InputError
from riboswitch.io.atomic_files import json_text, sha256, write_json
from riboswitch.io.disk_faults import Reading
from riboswitch.io.strict_json import LARGEST, parse_json

SEAL = "digest"  # key of the digest of all other values


class FileDigest(TypedDict):
    """Size and SHA-256 of a file."""

    bytes: int
    sha256: str


def sealed(value: dict[str, Any]) -> dict[str, Any]:
    """The value with its digest under `SEAL`; a digest that it has already is replaced."""
    bare = {key: part for key, part in value.items() if key != SEAL}
    return bare | {SEAL: hashlib.sha256(json_text(bare).encode()).hexdigest()}


def write_sealed(value: dict[str, Any], path: str | Path) -> None:
    """Write JSON with its digest. Equal values give equal bytes."""
    write_json(sealed(value), path)


def read_sealed(path: str | Path) -> tuple[Any, bool]:
    """Read JSON that `write_sealed` wrote.

    Returns
    -------
    value : JSON value
        None if the file is not JSON.
    whole : bool
        Whether every byte is as it was written.

    Raises
    ------
    InputError
        If the file is missing, or the disk fails.
    """
    try:
        with Reading(path):
            written = Path(path).read_bytes()
        value = parse_json(written) if len(written) <= LARGEST else None
        whole = isinstance(value, dict) and json_text(sealed(value)).encode() == written
    except FileNotFoundError as error:
        raise InputError("no such file", where=str(path)) from error
    except (ValueError, RecursionError):
        return None, False
    return value, whole


def file_digest(path: str | Path) -> FileDigest:
    """Size and SHA-256 of a file."""
    return {"bytes": Path(path).stat().st_size, "sha256": sha256(path)}


def is_intact(path: Path, listed: Any) -> bool:
    """Whether a file is there and has the size and the digest that are listed."""
    with Reading(path):
        if not isinstance(listed, dict) or not path.is_file() or path.stat().st_size != listed.get("bytes"):
            return False
        return sha256(path) == listed.get("sha256")
