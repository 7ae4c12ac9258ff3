"""Labels of records that may be bounds; their bounds stand beside the column of the target.

In the column of the target a censored label is a gap: whatever reads only that never takes a bound for a
measurement. The columns of bounds exist only where a label is censored.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from riboswitch.data.bounds.arrays import columns_of, read_bounds
from riboswitch.data.bounds.bound import Bound
from riboswitch.data.records import MAKE_AGAIN, Records
from riboswitch.errors import InputError

KEY = "bounds"
"""Entry of the meta of records: the targets that have bounds."""


def labels_of(records: Records, target: str) -> list[Any]:
    """The labels of a target, one a record: numbers or texts, bounds, None for a gap."""
    column = records.table[target]
    found = [None if gap else label for label, gap in zip(column.tolist(), column.isna(), strict=True)]
    if target in records.meta.get(KEY, ()):
        ends = zip(*(records.table[name].tolist() for name in columns_of(target)), strict=True)
        found = [
            Bound(*end) if label is None and not np.isnan(end[0]) else label
            for label, end in zip(found, ends, strict=True)
        ]
    return found


def set_labels(records: Records, target: str, labels: Sequence[Any], dtype: Any) -> None:
    """Write the labels of a target that `labels_of` gave; the table of ``records`` changes.

    Raises
    ------
    InputError
        If there are bounds, and a column of the file has the name of theirs.
    """
    table = records.table
    exact = [None if isinstance(label, Bound) else label for label in labels]
    table[target] = pd.Series(exact, index=table.index, dtype=dtype)
    marked = [name for name in records.meta.get(KEY, ()) if name != target]
    if target in records.meta.get(KEY, ()):
        for name in columns_of(target):
            del table[name]
    if any(isinstance(label, Bound) for label in labels):
        _require_free(table, target)
        ends = [(label.low, label.high) if isinstance(label, Bound) else (np.nan, np.nan) for label in labels]
        for name, values in zip(columns_of(target), zip(*ends, strict=True), strict=True):
            table[name] = pd.Series(list(values), index=table.index, dtype="float64")
        marked.append(target)
    records.meta.pop(KEY, None)
    if marked:
        records.meta[KEY] = sorted(marked)


def _require_free(table: pd.DataFrame, target: str) -> None:
    for name in columns_of(target):
        if name in table:
            raise InputError("a column has the name of one for bounds", found=name,
                             hint="Rename it, or choose the columns to keep.")  # fmt: skip


def bounds_of(records: Records, targets: Sequence[str]) -> np.ndarray | None:
    """The bounds of the labels, shape (records, targets, 2); None if no label is censored.

    Raises
    ------
    InputError
        If a column of bounds is missing, or does not hold bounds.
    """
    marked = [target for target in targets if target in records.meta.get(KEY, ())]
    for name in (name for target in marked for name in columns_of(target)):
        if name not in records.table:
            raise InputError("a column of bounds is missing", found=name, hint=MAKE_AGAIN)
    if not marked:
        return None
    every = read_bounds(records.table, marked, "records")
    found = np.full((len(records), len(targets), 2), np.nan)
    if every is not None:
        found[:, [targets.index(target) for target in marked]] = every
    return None if np.isnan(found).all() else found


def without_labels(records: Records, hidden: np.ndarray, targets: Sequence[str]) -> Records:
    """The records without the labels of some rows; ``hidden`` is a mask of shape (rows,)."""
    table = records.table.copy()
    for target in targets:
        if target in table:
            table[target] = table[target].astype(object).where(~hidden, None)
        if target in records.meta.get(KEY, ()):
            for name in columns_of(target):
                table[name] = table[name].where(~hidden)
    return Records(table, records.rejected, records.read, records.meta)
