"""Ragged arrays: many items of different length in one flat array, with offsets.

Item ``i`` of the field ``atoms`` is ``values["atoms"][offsets["atoms"][i]:offsets["atoms"][i + 1]]``.
"""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from riboswitch.errors import InputError
from riboswitch.io.disk_faults import Reading
from riboswitch.io.files import atomic_path
from riboswitch.numeric.offsets import gather_index, offsets_of

# Errors of np.load for a file that is empty, truncated, damaged or not an .npz.
_UNREADABLE = (ValueError, KeyError, OSError, EOFError, TypeError, zipfile.BadZipFile, zlib.error)


@dataclass
class RaggedArrays:
    """Encoded items as arrays. What takes them needs no biology or chemistry.

    Attributes
    ----------
    ids : list of str
        One for each item, in input order.
    values : dict of str to ndarray
        For each field all items one after the other, shape (total length, ...).
    offsets : dict of str to ndarray
        For each field int64 of shape (items + 1,).
    meta : dict
        JSON values: modality and the settings of the encoder.
    """

    ids: list[str]
    values: dict[str, np.ndarray]
    offsets: dict[str, np.ndarray]
    meta: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def pack(cls, ids: Sequence[str], items: Sequence[dict[str, np.ndarray]], **meta: Any) -> RaggedArrays:
        """Pack items, each a dict of arrays with the same keys."""
        if len(ids) != len(items):
            raise ValueError(f"{len(ids)} ids for {len(items)} items")
        values, offsets = {}, {}
        for name in items[0] if items else ():
            parts = [item[name] for item in items]
            values[name] = np.concatenate(parts)
            offsets[name] = offsets_of([len(p) for p in parts])
        return cls(list(ids), values, offsets, dict(meta))

    def __len__(self) -> int:
        return len(self.ids)

    def lengths(self, name: str) -> np.ndarray:
        """Length of every item in one field, shape (items,)."""
        return np.diff(self.offsets[name])

    def item(self, i: int) -> dict[str, np.ndarray]:
        """The arrays of one item, as views."""
        return {n: v[self.offsets[n][i] : self.offsets[n][i + 1]] for n, v in self.values.items()}

    def take(self, rows: Sequence[int] | np.ndarray) -> RaggedArrays:
        """The items at ``rows``, in that order."""
        rows = np.asarray(rows, dtype=np.int64)
        values, offsets = {}, {}
        for name, value in self.values.items():
            index, offsets[name] = gather_index(self.offsets[name], rows)
            values[name] = value[index]
        return RaggedArrays([self.ids[i] for i in rows], values, offsets, dict(self.meta))

    def save(self, path: str | Path) -> None:
        """Write an ``.npz``. Equal content gives equal bytes."""
        header = json.dumps({"ids": self.ids, "meta": self.meta}, sort_keys=True)
        arrays: dict[str, Any] = {"header": np.frombuffer(header.encode(), np.uint8)}
        for name, value in sorted(self.values.items()):
            arrays[f"values.{name}"] = np.ascontiguousarray(value)
            arrays[f"offsets.{name}"] = self.offsets[name]
        with atomic_path(path) as temporary, open(temporary, "wb") as handle:
            np.savez_compressed(handle, **arrays)

    @classmethod
    def load(cls, path: str | Path) -> RaggedArrays:
        """Read back what `save` wrote."""
        try:
            with Reading(path), open(path, "rb") as handle, np.load(handle, allow_pickle=False) as stored:
                header = json.loads(stored["header"].tobytes())
                names = [key.removeprefix("values.") for key in stored.files if key.startswith("values.")]
                values = {n: stored[f"values.{n}"] for n in names}
                offsets = {n: stored[f"offsets.{n}"] for n in names}
            return cls(header["ids"], values, offsets, header["meta"])
        except FileNotFoundError as error:
            raise InputError("no such file", where=str(path)) from error
        except _UNREADABLE as error:
            raise InputError("not a file of encoded features (.npz)", where=str(path)) from error
