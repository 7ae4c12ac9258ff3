"""Checks of scores before they are ranked: a missing or impossible one would put a compound first or last."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from riboswitch.data.task import FORMS, FROM, HIGH, LOW, SET, TO, Task
from riboswitch.errors import InputError
from riboswitch.screening.nearest import (
    DOMAIN,
    FAMILIARITY,
    NEAREST_COLUMNS,
    OUT_OF_FOLD,
    TRAINING_COLUMNS,
)
from riboswitch.screening.origin import AGAIN
from riboswitch.screening.scorefile import ScoreTable

SUM_TOLERANCE = 1e-3  # of the probabilities of all classes, each rounded to six decimals
SD = "_sd"


def check_scores(scores: ScoreTable) -> None:
    """Check that every row has every score, and that each is possible.

    Parameters
    ----------
    scores : ScoreTable
        Rows that were scored. Its origin names the tasks. Without an origin the columns do: ``TASK.class``
        with ``TASK.p_CLASS``, other ``TASK.p_TARGET``, and other numbers.

    Raises
    ------
    InputError
        Names the file, the row and the column.
    """
    table, where = scores.table, scores.where
    if scores.origin is not None:
        named = scores.origin.tasks().items()
        tasks = [(f"{name}." if name else "", task) for name, task in named]
        for prefix, task in tasks:
            _require_columns(table, prefix, task, where)
    else:
        tasks = list(_tasks_of_columns(table))
    for prefix, task in tasks:
        _check_task(table, prefix, task, where)
    if FORMS in table:  # empty for compounds of one form
        forms = _numbers(table, FORMS, where, gaps=True)
        _refuse((forms < 1) | (forms % 1 != 0), table, FORMS, "not a number of forms", where)


def _require_columns(table: pd.DataFrame, prefix: str, task: Task, where: str) -> None:
    needed = ["class", "probability"] if task.kind == "multiclass" else []
    needed += [f"{name}{end}" for name in task.columns for end in ("", SD)]
    if missing := [f"{prefix}{name}" for name in needed if f"{prefix}{name}" not in table]:
        raise InputError("a column of scores is missing", where=where, found=missing[0], hint=AGAIN)


def _tasks_of_columns(table: pd.DataFrame) -> Iterator[tuple[str, Task]]:
    """The tasks, by the names of the columns; a task of numbers and probabilities counts as two."""
    for name in dict.fromkeys(column.split(".")[0] for column in table if "." in column):
        own = [c.removeprefix(f"{name}.") for c in table if c.startswith(f"{name}.")]
        own = [c for c in own if not c.endswith((FROM, TO, SET))]
        values = [c for c in own if not (c.endswith(SD) and c.removesuffix(SD) in own)]
        shares = [c.removeprefix("p_") for c in values if c.startswith("p_")]
        if "class" in own:
            yield f"{name}.", Task("multiclass", (name,), tuple(shares))
            continue
        others = {
            *TRAINING_COLUMNS,
            OUT_OF_FOLD,
            *NEAREST_COLUMNS,
            DOMAIN,
            FAMILIARITY,
            *(f"p_{share}" for share in shares),
        }
        numbers = [c for c in values if c not in others and not c.endswith((LOW, HIGH))]
        if shares:
            yield f"{name}.", Task("binary", tuple(shares))
        if numbers:
            yield f"{name}.", Task("regression", tuple(numbers))


def _check_task(table: pd.DataFrame, prefix: str, task: Task, where: str) -> None:
    for name in task.columns:
        column = f"{prefix}{name}"
        values = _numbers(table, column, where)
        ends = [end for end in (f"{column}{LOW}", f"{column}{HIGH}") if end in table]
        for each in (column, *ends):
            found = values if each == column else _numbers(table, each, where, gaps=True)
            if task.kind != "regression":
                _refuse((found < 0) | (found > 1), table, each, "not a probability", where)
        for each in (end for end in (f"{column}{FROM}", f"{column}{TO}") if end in table):
            _numbers(table, each, where)
        if f"{prefix}{name}{SD}" in table:
            spread = _numbers(table, f"{prefix}{name}{SD}", where)
            _refuse(spread < 0, table, f"{prefix}{name}{SD}", "not a standard deviation", where)
    if task.kind == "multiclass":
        _check_classes(table, prefix, task, where)
    _check_training(table, prefix, task, where)


def _check_training(table: pd.DataFrame, prefix: str, task: Task, where: str) -> None:
    """What the scores say of the training compounds: a truth value, texts, and a number."""
    flag, label = (f"{prefix}{name}" for name in TRAINING_COLUMNS)
    nearest, similarity = (f"{prefix}{name}" for name in NEAREST_COLUMNS)
    for name in (flag, f"{prefix}{OUT_OF_FOLD}"):
        if name in table:
            known = np.array([isinstance(value, bool | np.bool_) for value in table[name]], bool)
            _refuse(~known, table, name, "neither true nor false", where)
    for column in (label, nearest):
        if column in table:
            text = np.array([isinstance(value, str) for value in table[column]], bool)
            _refuse(~text, table, column, "no text", where)
    if label in table and task.kind == "multiclass":
        known = table[label].isin(["", *task.classes]).to_numpy()
        _refuse(~known, table, label, "not one of the classes of the task", where)
    if similarity in table:
        _numbers(table, similarity, where)


def _check_classes(table: pd.DataFrame, prefix: str, task: Task, where: str) -> None:
    column = f"{prefix}class"
    known = np.array([isinstance(v, str) and v in task.classes for v in table[column]], bool)
    _refuse(~known, table, column, "not one of the classes of the task", where)
    if f"{prefix}probability" not in table:
        raise InputError("a column of scores is missing", where=where, found=f"{prefix}probability",
                         hint=AGAIN)  # fmt: skip
    values = _numbers(table, f"{prefix}probability", where)
    _refuse((values < 0) | (values > 1), table, f"{prefix}probability", "not a probability", where)
    total = sum((_numbers(table, f"{prefix}{name}", where) for name in task.columns), np.zeros(len(table)))
    bad = np.abs(total - 1) > SUM_TOLERANCE
    if bad.any():
        row = int(bad.argmax())
        raise InputError(f"the probabilities of {prefix.rstrip('.')} do not sum to 1: is a class missing?",
                         where=_place(table, row, where), found=round(float(total[row]), 6),
                         hint=AGAIN)  # fmt: skip


def _numbers(table: pd.DataFrame, column: str, where: str, *, gaps: bool = False) -> np.ndarray:
    """A column as float64; `InputError` unless it holds finite numbers, or NaN where gaps may be."""
    values = table[column]
    if not (pd.api.types.is_float_dtype(values) or pd.api.types.is_integer_dtype(values)):
        raise InputError(f"{column}: no numbers", where=where, found=values.dtype, hint=AGAIN)
    numbers = values.to_numpy(np.float64, na_value=np.nan)
    if not gaps:
        _refuse(np.isnan(numbers), table, column, "a score is missing", where)
    _refuse(np.isinf(numbers), table, column, "a score is not finite", where)
    return numbers


def _refuse(bad: np.ndarray, table: pd.DataFrame, column: str, problem: str, where: str) -> None:
    if bad.any():
        row = int(bad.argmax())
        raise InputError(f"{column}: {problem}", where=_place(table, row, where),
                         found=table[column].iloc[row], hint=AGAIN)  # fmt: skip


def _place(table: pd.DataFrame, row: int, where: str) -> str:
    return f"{where} row {table['row'].iloc[row]}"
