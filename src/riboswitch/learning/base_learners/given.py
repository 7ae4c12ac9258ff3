"""Predictions that another method made: a column of the records, compared with ours on the same rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pandas as pd

from riboswitch.config.named_words import named_words
from riboswitch.data.predictions import KEY_COLUMNS, STACK
from riboswitch.data.task import GAP, Task
from riboswitch.errors import InputError, UsageError
from riboswitch.io.cells import is_missing

TAKEN = ("network", "shuffled", STACK, "mean_of_all", *KEY_COLUMNS)
"""Names that a given method cannot have."""


def named_columns(words: Sequence[str]) -> dict[str, str]:
    """Columns by the name of their method, from words NAME=COLUMN; `UsageError` for any other word."""
    return named_words(words, "predictions of another method need a name and a column",
                       "As --given published=COLUMN, each name once.")  # fmt: skip


def check_given(given: Mapping[str, str], task: Task, table: pd.DataFrame, taken: Collection[str]) -> None:
    """Raise `UsageError` for a name that is taken, or a task of several targets; `InputError` for a column.

    Parameters
    ----------
    given : mapping
        Column of each method.
    task : Task
    table : DataFrame
        The records.
    taken : collection of str
        Names of other methods.
    """
    if given and len(task.targets) > 1:
        raise UsageError("predictions of another method are of one target", found=list(task.targets),
                         hint="Compare target by target.")  # fmt: skip
    for name, column in given.items():
        if name in (*TAKEN, *taken):
            raise UsageError("a method of this name is there already", where="given", found=name,
                             hint="Give the predictions another name.")  # fmt: skip
        if column not in table:
            raise InputError(f"no such column of predictions of {name}", found=column,
                             hint=f"Columns: {', '.join(map(str, table.columns))}.")  # fmt: skip


def given_outputs(task: Task, table: pd.DataFrame, column: str) -> np.ndarray:
    """Predictions in a column of records.

    A cell holds a number (regression), a probability (binary), a class (multi-class), or a text with one
    class for each position. A class becomes the probability 1.

    Parameters
    ----------
    task : Task
        With one target.
    table : DataFrame
        Records.
    column : str

    Returns
    -------
    ndarray
        float64, shape (units, outputs); NaN where there is no prediction.

    Raises
    ------
    InputError
        For a cell that holds something else. It names the record.
    """
    cells = table[column]
    if task.level == "position":
        _check_lengths(task, table, column)
        cells = pd.Series([letter for text in cells for letter in text], dtype=object)
        return _of_classes(task, cells, [GAP])
    if task.kind == "multiclass":
        outputs = _of_classes(task, cells.astype(object), [])
        missing = cells.map(is_missing).to_numpy(bool)
        _refuse(np.isnan(outputs).any(1) & ~missing, table, column, "the prediction is no class of the task")
        return outputs
    read = Task("regression", (column,)).labels(table, where=f"column {column!r}")
    if task.kind == "binary":
        outside = (read[:, 0] < 0) | (read[:, 0] > 1)
        _refuse(outside, table, column, "the prediction is no probability from 0 to 1")
    return read


def require_given(name: str, outputs: np.ndarray, ids: Sequence[str]) -> np.ndarray:
    """The predictions of rows that are compared; `InputError` if one has none."""
    gone = np.isnan(outputs).any(1)
    if gone.any():
        raise InputError(f"{int(gone.sum())} of {len(gone)} test rows have no prediction of {name}",
                         where=f"record {ids[int(gone.argmax())]}", found="nothing",
                         hint="All methods are compared on the same rows: leave the method out, or such "
                         "rows.")  # fmt: skip
    return outputs


def _of_classes(task: Task, cells: pd.Series, gaps: Sequence[str]) -> np.ndarray:
    numbers = {name: i for i, name in enumerate(task.classes)}
    found = np.array([-1 if v in gaps else numbers.get(str(v), -1) for v in cells], np.int64)
    outputs = np.eye(len(task.classes))[np.maximum(found, 0)]
    outputs[found < 0] = np.nan
    return outputs


def _check_lengths(task: Task, table: pd.DataFrame, column: str) -> None:
    labels = table[task.targets[0]].str.len().to_numpy()
    lengths = np.array([len(v) if isinstance(v, str) else -1 for v in table[column]])
    _refuse(lengths != labels, table, column, "a prediction needs one class for each label of a position")
    known = {*task.classes, GAP}
    foreign = np.array([not set(v) <= known for v in table[column]], bool)
    _refuse(foreign, table, column, f"a prediction is not one of {''.join(task.classes)} or '{GAP}'")


def _refuse(bad: np.ndarray, table: pd.DataFrame, column: str, problem: str) -> None:
    if bad.any():
        row = int(bad.argmax())
        raise InputError(problem, where=f"column {column!r}, record {table['id'].iloc[row]}",
                         found=table[column].tolist()[row])  # fmt: skip
