"""Sealed files: named arrays and a JSON header in one safetensors file, with a SHA-256 of all of them.

A changed byte anywhere in the file is noticed. The digest is not a signature: it shows damage, not forgery.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from riboswitch.errors import BundleError
from riboswitch.io.atomic_files import atomic_path
from riboswitch.io.disk_faults import Reading
from riboswitch.io.strict_json import parse_json

KEY, SEAL = "riboswitch", "sha256"
DTYPES = {*["BOOL", "U8", "I8", "U16", "I16", "U32", "I32", "U64", "I64", "F16", "F32", "F64"]}
"""Types of arrays that numpy knows by themselves."""

Arrays = Mapping[str, np.ndarray]


def write_sealed_arrays(header: Mapping[str, Any], arrays: Arrays, path: str | Path) -> None:
    """Write header and arrays; equal content gives equal bytes.

    Raises
    ------
    BundleError
        If the header has values that cannot be read back, such as NaN.
    StorageError
    """
    ordered = {name: np.asarray(arrays[name], order="C") for name in sorted(arrays)}
    try:
        plain = parse_json(json.dumps(header))
    except ValueError as error:
        raise BundleError("cannot be written as JSON", where=str(path), found=error) from error
    text = json.dumps({**plain, SEAL: seal(plain, ordered)}, sort_keys=True)
    with atomic_path(path) as temporary:
        # Not save_file: if it is killed, it leaves a temporary file with a name of its own.
        temporary.write_bytes(save(ordered, {KEY: text}))


def read_sealed_arrays(path: str | Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Read header and arrays. The seal is still in the header, for `check_seal`.

    Raises
    ------
    FileNotFoundError
    BundleError
        If the file is no safetensors file, or has no JSON header of riboswitch.
    InputError
        If the disk fails.
    """
    where, hint = str(path), "Pickled checkpoints (.pt, .ckpt) are not read."
    try:
        # open() first: safetensors reports a file without read permission as missing.
        with Reading(path), open(path, "rb"), safe_open(path, framework="np") as stored:
            text = (stored.metadata() or {}).get(KEY, "null")
            types = {name: stored.get_slice(name).get_dtype() for name in stored.keys()}  # noqa: SIM118
            if foreign := sorted(set(types.values()) - DTYPES):
                raise BundleError("an array is of a type that is not read", where=where, found=foreign[0])
            arrays = {name: stored.get_tensor(name) for name in types}
    except FileNotFoundError:
        raise
    except (SafetensorError, OSError, ValueError) as error:
        problem = "not a readable model bundle (.safetensors)"
        raise BundleError(problem, where=where, found=error, hint=hint) from error
    try:
        header = parse_json(text)
    except ValueError as error:
        raise BundleError("the header of the bundle is no JSON", where=where, found=error,
                          hint="Train or import it again, or copy it again.") from error  # fmt: skip
    if not isinstance(header, dict) or "format" not in header:
        raise BundleError("a safetensors file, but not one that riboswitch wrote", where=where)
    return header, arrays


def check_seal(header: dict[str, Any], arrays: Arrays, path: str | Path) -> None:
    """Take the seal out of the header; `BundleError` if it is missing or not that of header and arrays."""
    stated = header.pop(SEAL, None)
    if stated != seal(header, arrays):
        raise BundleError("the file is damaged: its checksum is not that of its content", where=str(path),
                          hint="Copy it again from where it was made, or make it again.")  # fmt: skip


def seal(header: Mapping[str, Any], arrays: Arrays) -> str:
    """SHA-256 of a header of JSON values, and of the names, types, shapes and values of the arrays."""
    sha256 = hashlib.sha256(json.dumps(header, sort_keys=True, allow_nan=False).encode())
    for name in sorted(arrays):
        sha256.update(f"\n{json.dumps(name)} {arrays[name].dtype.str} {arrays[name].shape}".encode())
        sha256.update(np.ascontiguousarray(arrays[name]).reshape(-1).view(np.uint8).data)
    return sha256.hexdigest()
