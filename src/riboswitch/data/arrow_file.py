"""Encoded items in Arrow's file format: written once, read a few thousand items at a time.

A field is a column of lists, one list an item. A field of shape (n, k) is a column of lists of lists of k
numbers. Values keep their types, so the file stays small.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from riboswitch.data.arrays import Ragged, RaggedArrays
from riboswitch.io.atomic_files import atomic_path
from riboswitch.io.parquet import META_KEY
from riboswitch.numeric.offsets import offsets_of

BATCH_ROWS = 2_048  # rows of an Arrow record batch, which is compressed and read as a whole


def cut(arrays: RaggedArrays, start: int, stop: int) -> RaggedArrays:
    """Take records ``start`` to ``stop`` (excluded), one item each; views if no records share an item."""
    items, values, offsets = arrays.each_item(), {}, {}
    for name, bounds in items.offsets.items():
        values[name] = items.values[name][bounds[start] : bounds[stop]]
        offsets[name] = bounds[start : stop + 1] - bounds[start]
    (component,) = arrays.components
    return RaggedArrays.of_items(component, arrays.ids[start:stop], Ragged(values, offsets), arrays.meta)


def concatenated(parts: Sequence[RaggedArrays]) -> RaggedArrays:
    """Concatenate records of several arrays with the same fields, one item each; all values are copied."""
    items, (component,) = [p.each_item() for p in parts], parts[0].components
    values = {n: np.concatenate([i.values[n] for i in items]) for n in items[0].values}
    offsets = {n: offsets_of(np.concatenate([i.lengths(n) for i in items])) for n in values}
    ids = [i for p in parts for i in p.ids]
    return RaggedArrays.of_items(component, ids, Ragged(values, offsets), parts[0].meta)


def to_batch(arrays: RaggedArrays) -> pa.RecordBatch:
    """Convert records to an Arrow record batch, one row each; it does not hold the ids."""
    items, (component,) = arrays.each_item(), arrays.components
    columns = {name: _column(items.values[name], items.offsets[name]) for name in sorted(items.values)}
    header = json.dumps({"component": component, "meta": arrays.meta}, sort_keys=True).encode()
    return pa.RecordBatch.from_pydict(columns, metadata={META_KEY: header})


def _column(values: np.ndarray, offsets: np.ndarray) -> pa.Array:
    flat = pa.array(np.ascontiguousarray(values).reshape(-1))
    if values.ndim == 2:
        flat = pa.FixedSizeListArray.from_arrays(flat, values.shape[1])
    return pa.ListArray.from_arrays(pa.array(offsets.astype(np.int32)), flat)


def from_batches(
    batches: Sequence[pa.RecordBatch], ids: Sequence[str], header: dict[str, Any]
) -> RaggedArrays:
    """Convert record batches, or slices of them, to records; values are copied once.

    Batches from a file must have been validated (`pyarrow.RecordBatch.validate`, ``full=True``).

    Raises
    ------
    ValueError
        If a column does not hold lists of numbers, or the number of ids is another.
    """
    values, offsets = {}, {}
    for name in batches[0].schema.names:
        pieces = [_piece(batch.column(name)) for batch in batches]
        values[name] = np.concatenate([v for v, _ in pieces])
        offsets[name] = offsets_of(np.concatenate([lengths for _, lengths in pieces]))
    made = RaggedArrays.of_items(header["component"], ids, Ragged(values, offsets), header["meta"])
    made.check()
    return made


def _piece(column: pa.ListArray) -> tuple[np.ndarray, np.ndarray]:
    """Values and lengths of a column's items, as views."""
    if not pa.types.is_list(column.type) or column.null_count or column.values.null_count:
        raise ValueError(f"a column of {column.type} is no list of numbers")
    bounds, child = column.offsets.to_numpy(), column.values
    if pa.types.is_fixed_size_list(child.type):
        width = child.type.list_size
        values = child.values.to_numpy().reshape(-1, width)
    else:
        values = child.to_numpy()
    return values[bounds[0] : bounds[-1]], np.diff(bounds)


def save(arrays: RaggedArrays, path: Path) -> None:
    """Write items; equal content gives equal bytes."""
    options = pa.ipc.IpcWriteOptions(compression="zstd", use_threads=False)
    schema = to_batch(cut(arrays, 0, 0)).schema
    with atomic_path(path) as temporary, pa.ipc.new_file(str(temporary), schema, options=options) as file:
        for start in range(0, len(arrays), BATCH_ROWS):
            file.write_batch(to_batch(cut(arrays, start, min(start + BATCH_ROWS, len(arrays)))))


def reader(path: Path) -> pa.ipc.RecordBatchFileReader:
    """Open a file to read single record batches.

    It is not memory-mapped, so only these are in memory. It is read without threads: a process has one core.
    """
    return pa.ipc.open_file(pa.OSFile(str(path)), options=pa.ipc.IpcReadOptions(use_threads=False))
