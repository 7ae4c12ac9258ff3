"""What must hold of a bundle that was made to be shared: no training rows, and what stands for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from riboswitch.config.schemas import COUNT, TEXTS, Schema, record

SECRET, KEYS, COMMON = "shared.secret", "shared.keys", "shared.common"
DOMAIN = "domain"
_SECRET_BYTES = 32
_OF_ROWS = ("training.", "stack.", "calibration.")
SHARED: Schema = record(
    {"rows": COUNT, "changes": TEXTS},
    {DOMAIN: record({"least": {"type": "number", "minimum": 0, "maximum": 1}, "rows": COUNT})},
)


def shared_problem(header: Mapping[str, Any], tensors: Mapping[str, np.ndarray]) -> str:
    """What is wrong with the arrays of a shared bundle; empty if nothing is."""
    of_rows = [name for name in tensors if name.startswith(_OF_ROWS)]
    if of_rows or "stack" in header:
        return f"{of_rows[0] if of_rows else 'stack'} in a shared bundle"
    return _of_hashes(tensors) or _of_domain(header["shared"], tensors)


def _of_hashes(tensors: Mapping[str, np.ndarray]) -> str:
    secret = tensors.get(SECRET)
    hashes = {name: values for name, values in tensors.items() if name.startswith(f"{KEYS}.")}
    if secret is None or not hashes:
        return "" if secret is None and not hashes else f"{SECRET} and {KEYS} do not go together"
    if secret.dtype != np.uint8 or secret.shape != (_SECRET_BYTES,):
        return f"{SECRET} is not uint8 of shape ({_SECRET_BYTES},)"
    bad = [name for name, values in hashes.items() if values.dtype != np.uint64 or values.ndim != 1]
    return f"{bad[0]} is not uint64 of one dimension" if bad else ""


def _of_domain(shared: Mapping[str, Any], tensors: Mapping[str, np.ndarray]) -> str:
    common = tensors.get(COMMON)
    if (common is None) != (DOMAIN not in shared):
        return f"{COMMON} and shared.{DOMAIN} do not go together"
    if common is not None and (common.dtype != np.uint8 or common.ndim != 1):
        return f"{COMMON} is not uint8 of one dimension"
    return ""
