"""Changes of files of our own, one by one and seeded; those of random places are in tests/fuzz.

Every change goes to a reader, which gives the same object or raises a `RiboswitchError`.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np

from riboswitch.data.bundles.sealed_arrays import SEAL, read_sealed_arrays, write_sealed_arrays

OTHERS = (None, True, -1, 1.5, 2**70, "é\n", [], [[1], "a"], {"": None}, "x" * 300)
"""Values of every type of JSON, and of sizes that nobody has memory for."""


def each_change(value: Any, rng: random.Random, some: int = len(OTHERS)) -> Iterator[tuple[str, Any]]:
    """Copies of a JSON value: every key left out, and every value in turn replaced by ``some`` of `OTHERS`.

    Of a list only the first and the last item are changed. The name says which place was changed.
    """
    for path in _places(value):
        name = ".".join(map(str, path))
        if path:
            copy = deepcopy(value)
            del _at(copy, path[:-1])[path[-1]]
            yield f"{name} left out", copy
        for other in rng.sample(OTHERS, some):
            copy = deepcopy([value])
            _at(copy, [0, *path][:-1])[[0, *path][-1]] = deepcopy(other)
            yield f"{name} = {other!r}"[:80], copy[0]


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    if isinstance(value, dict):
        keys: list[Any] = sorted(value)
    else:
        keys = sorted({0, len(value) - 1}) if isinstance(value, list) and value else []
    for key in keys:
        yield from _places(value[key], (*path, key))


def _at(value: Any, path: Any) -> Any:
    for key in path:
        value = value[key]
    return value


def each_array(arrays: dict[str, np.ndarray]) -> Iterator[tuple[str, dict[str, np.ndarray]]]:
    """Copies of named arrays: each in turn left out, of another type, shape or length, or not finite."""
    for name, array in arrays.items():
        yield f"{name} left out", {k: v for k, v in arrays.items() if k != name}
        changes = {
            "as float64": array.astype(np.float64),
            "as int8": array.astype(np.int8),
            "of one more dimension": array[None],
            "shorter": array.reshape(-1)[:-1],
            "empty": array.reshape(-1)[:0],
            "of bytes": array.reshape(-1).view(np.uint8),
            "largest": np.full_like(array, np.finfo(array.dtype).max if array.dtype.kind == "f" else 127),
        }
        if array.dtype.kind == "f":
            changes |= {"NaN": np.full_like(array, np.nan), "infinite": np.full_like(array, np.inf)}
        for what, changed in changes.items():
            if changed.dtype == array.dtype and np.array_equal(changed, array):
                continue  # bytes are bytes, and an array may be of the largest values already
            yield f"{name} {what}", {**arrays, name: changed}
    yield "one more", {**arrays, "0.other": np.zeros(2, np.float32)}
    yield "of a foreign name", {**arrays, "x": np.zeros(2, np.float32)}


def unsealed(path: Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Header and arrays of a sealed file, without the seal: `write_sealed_arrays` makes a new one."""
    header, arrays = read_sealed_arrays(path)
    del header[SEAL]
    return header, arrays


def each_resealed(path: Path, to: Path, rng: random.Random, some: int) -> Iterator[str]:
    """Write each change of a sealed file to ``to``, with a seal that is right."""
    header, arrays = unsealed(path)
    for name, changed in each_change(header, rng, some):
        if isinstance(changed, dict):
            write_sealed_arrays(changed, arrays, to)
            yield f"header: {name}"
    for name, tensors in each_array(arrays):
        write_sealed_arrays(header, tensors, to)
        yield f"arrays: {name}"


def each_damage(data: bytes, rng: random.Random, flips: int, cuts: int) -> Iterator[tuple[str, bytes]]:
    """The bytes with one bit turned, at random places; and cut off, at random places and at both ends."""
    for _ in range(flips):
        at, bit = rng.randrange(len(data)), rng.randrange(8)
        yield f"bit {bit} of byte {at}", data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :]
    for length in (0, 1, 7, 8, 9, len(data) - 1, *(rng.randrange(len(data)) for _ in range(cuts))):
        yield f"the first {length} bytes", data[:length]
