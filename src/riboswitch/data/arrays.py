"""Ragged arrays: many items of different lengths in one flat array, with offsets.

Item ``i`` of the field ``atoms`` is ``values["atoms"][offsets["atoms"][i]:offsets["atoms"][i + 1]]``.
"""

from __future__ import annotations

import json
import lzma
import zipfile
import zlib
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from riboswitch.errors import InputError
from riboswitch.io.atomic_files import atomic_path
from riboswitch.io.disk_faults import Reading
from riboswitch.numeric.offsets import gather_index, offsets_of

# Errors of np.load for a file that is empty, truncated, damaged or not an .npz.
_UNREADABLE = (ValueError, KeyError, OSError, EOFError, TypeError, AttributeError, RuntimeError,
               zipfile.BadZipFile, zlib.error, lzma.LZMAError)  # fmt: skip


@dataclass
class Ragged:
    """Items of one component.

    Attributes
    ----------
    values : dict of str to ndarray
        For each field all items, one after the other, shape (total length, ...).
    offsets : dict of str to ndarray
        For each field int64 of shape (items + 1,).
    """

    values: dict[str, np.ndarray]
    offsets: dict[str, np.ndarray]

    @classmethod
    def pack(cls, items: Sequence[dict[str, np.ndarray]]) -> Ragged:
        """Pack items, each a dict of arrays with the same keys."""
        values, offsets = {}, {}
        for name in items[0] if items else ():
            parts = [item[name] for item in items]
            values[name] = np.concatenate(parts)
            offsets[name] = offsets_of([len(p) for p in parts])
        return cls(values, offsets)

    def __len__(self) -> int:
        return max((len(o) - 1 for o in self.offsets.values()), default=0)

    def check(self) -> None:
        """Raise `ValueError` unless the offsets cut the values of every field into the same items.

        Arrays from a file are checked before they are used: compiled loops follow offsets unchecked.
        """
        for name, value in self.values.items():
            bounds = self.offsets[name]
            if (
                bounds.ndim != 1
                or bounds.dtype != np.int64
                or value.ndim < 1
                or value.dtype.kind not in "iuf"
            ):
                raise ValueError(f"the arrays of {name} are of another kind")
            if len(bounds) != len(self) + 1 or bounds[0] != 0 or bounds[-1] != len(value):
                raise ValueError(f"the offsets of {name} do not fit its values")
            if (bounds[1:] < bounds[:-1]).any():
                raise ValueError(f"the offsets of {name} do not ascend")

    def lengths(self, name: str) -> np.ndarray:
        """Length of every item in one field, shape (items,)."""
        return np.diff(self.offsets[name])

    def item(self, i: int) -> dict[str, np.ndarray]:
        """The arrays of one item, as views."""
        return {n: v[self.offsets[n][i] : self.offsets[n][i + 1]] for n, v in self.values.items()}

    def take(self, items: Sequence[int] | np.ndarray) -> Ragged:
        """The items with these numbers, in that order; a number may occur several times."""
        items = np.asarray(items, dtype=np.int64)
        values, offsets = {}, {}
        for name, value in self.values.items():
            index, offsets[name] = gather_index(self.offsets[name], items)
            values[name] = value[index]
        return Ragged(values, offsets)


@dataclass
class RaggedArrays:
    """Encoded records. Code that works on them needs no biology and no chemistry.

    Each component holds every distinct item once. A record is an id and, for each component, the number of
    its item.

    Attributes
    ----------
    ids : list of str
        One id a record, in input order.
    components : dict of str to Ragged
        The distinct items of each component.
    index : dict of str to ndarray
        For each component the item of each record, int64 of shape (records,).
    meta : dict
        JSON values: modality and the settings of the encoder.
    """

    ids: list[str]
    components: dict[str, Ragged]
    index: dict[str, np.ndarray]
    meta: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of_items(
        cls, component: str, ids: Sequence[str], items: Ragged, meta: dict[str, Any]
    ) -> RaggedArrays:
        """Make records of one component: record ``i`` has item ``i``."""
        return cls(list(ids), {component: items}, {component: np.arange(len(ids))}, meta)

    @classmethod
    def pack(
        cls, component: str, ids: Sequence[str], items: Sequence[dict[str, np.ndarray]], **meta: Any
    ) -> RaggedArrays:
        """Pack one dict of arrays per record; all dicts have the same keys."""
        if len(ids) != len(items):
            raise ValueError(f"{len(ids)} ids for {len(items)} items")
        return cls.of_items(component, ids, Ragged.pack(items), dict(meta))

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def only(self) -> Ragged:
        """The items of the only component."""
        (items,) = self.components.values()
        return items

    def items(self, rows: np.ndarray | None = None) -> np.ndarray:
        """Item numbers of the only component for the records at ``rows`` (all by default), shape (rows,)."""
        (index,) = self.index.values()
        return index if rows is None else index[rows]

    def each_item(self) -> Ragged:
        """The items of the only component, one a record, in order; a copy only if records share items."""
        items = self.items()
        in_order = len(items) == len(self.only) and bool((items == np.arange(len(items))).all())
        return self.only if in_order else self.only.take(items)

    def lengths(self, name: str) -> np.ndarray:
        """Length of a field of the only component in every record, shape (records,)."""
        return self.only.lengths(name)[self.items()]

    def item(self, row: int) -> dict[str, np.ndarray]:
        """The arrays of one record of one component, as views."""
        return self.only.item(int(self.items()[row]))

    def take(self, rows: Sequence[int] | np.ndarray) -> RaggedArrays:
        """The records at ``rows``, in that order, with the items that they need."""
        rows = np.asarray(rows, dtype=np.int64)
        components, index = {}, {}
        for name, items in self.components.items():
            used, index[name] = np.unique(self.index[name][rows], return_inverse=True)
            components[name] = items.take(used)
        return RaggedArrays([self.ids[i] for i in rows], components, index, dict(self.meta))

    def check(self) -> None:
        """Raise `ValueError` unless ids, items and their numbers fit together; see `Ragged.check`."""
        if not isinstance(self.meta, dict) or not all(isinstance(i, str) for i in self.ids):
            raise ValueError("the ids are no texts")
        for component, items in self.components.items():
            items.check()
            numbers = self.index[component]
            if numbers.dtype != np.int64 or numbers.shape != (len(self.ids),):
                raise ValueError(f"there is not one {component} for each id")
            if len(numbers) and not 0 <= numbers.min() <= numbers.max() < len(items):
                raise ValueError(f"there is no such {component}")

    def save(self, path: str | Path) -> None:
        """Write an ``.npz``. Equal content gives equal bytes."""
        header = json.dumps(
            {"ids": self.ids, "meta": self.meta, "components": [*self.components]}, sort_keys=True
        )
        arrays = {"header": np.frombuffer(header.encode(), np.uint8)}
        for component, items in self.components.items():
            arrays[f"index.{component}"] = self.index[component]
            for name, value in sorted(items.values.items()):
                arrays[f"values.{component}.{name}"] = np.ascontiguousarray(value)
                arrays[f"offsets.{component}.{name}"] = items.offsets[name]
        with atomic_path(path) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, array in arrays.items():
                _store(archive, name, array)

    @classmethod
    def load(cls, path: str | Path) -> RaggedArrays:
        """Read a file that `save` wrote.

        Raises
        ------
        InputError
            If the file is missing or damaged, or not one of encoded features.
        """
        try:
            with Reading(path), open(path, "rb") as handle, np.load(handle, allow_pickle=False) as stored:
                header = json.loads(stored["header"].tobytes())
                components = {c: _load_items(stored, c) for c in header["components"]}
                index = {c: stored[f"index.{c}"] for c in components}
            made = cls(list(header["ids"]), components, index, header["meta"])
            made.check()
            return made
        except FileNotFoundError as error:
            raise InputError("no such file", where=str(path)) from error
        except _UNREADABLE as error:
            raise InputError("not a file of encoded features (.npz)", where=str(path), found=error,
                             hint="riboswitch featurize makes one.") from error  # fmt: skip


def _load_items(stored: Any, component: str) -> Ragged:
    prefix = f"values.{component}."
    names = [key.removeprefix(prefix) for key in stored.files if key.startswith(prefix)]
    values = {n: stored[f"{prefix}{n}"] for n in names}
    return Ragged(values, {n: stored[f"offsets.{component}.{n}"] for n in names})


def read_arrays(path: str | Path, hint: str, needed: Sequence[str] = ()) -> dict[str, np.ndarray]:
    """The arrays of an .npz by name.

    Parameters
    ----------
    path : path
    hint : str
        Which arrays the file needs, for the message.
    needed : sequence of str
        Names of arrays that must be there.

    Raises
    ------
    InputError
        If there is no such file, it cannot be read, or an array is missing.
    """
    where = str(path)
    try:
        with Reading(path), open(path, "rb") as handle, np.load(handle, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
    except FileNotFoundError as error:
        raise InputError("no such file", where=where) from error
    except _UNREADABLE as error:
        raise InputError("not a readable .npz", where=where, found=error, hint=hint) from error
    if missing := [name for name in needed if name not in arrays]:
        problem = f"the array {missing[0]!r} is missing"
        raise InputError(problem, where=where, found=", ".join(arrays), hint=hint)
    return arrays


def distinct(values: Sequence[Any]) -> tuple[list[Any], np.ndarray]:
    """Find the distinct values, in the order of their first occurrence, and the number of each value.

    Parameters
    ----------
    values : sequence
        Texts or other hashable values, or arrays. Arrays are compared by their bytes.

    Returns
    -------
    distinct : list
    index : ndarray
        int64, shape (values,): ``values[i]`` equals ``distinct[index[i]]``.
    """
    numbers: dict[Hashable, int] = {}
    found: list[Any] = []
    index = np.empty(len(values), np.int64)
    for i, value in enumerate(values):
        key = _key(value)
        if key not in numbers:
            numbers[key] = len(found)
            found.append(value)
        index[i] = numbers[key]
    return found, index


def _key(value: Any) -> Hashable:
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, value.tobytes()
    key: Hashable = value
    return key


def _store(archive: zipfile.ZipFile, name: str, array: np.ndarray) -> None:
    """Store an array as `np.savez_compressed` does, in bytes that are those of every Python.

    numpy asks for ZIP64 whatever the size, and then releases of Python write different headers.
    """
    member = zipfile.ZipInfo(f"{name}.npy")  # of 1980: no date of today
    member.compress_type = zipfile.ZIP_DEFLATED
    member.file_size = array.nbytes  # known before, it decides whether ZIP64 is needed
    with archive.open(member, "w") as handle:
        np.lib.format.write_array(handle, array, allow_pickle=False)
