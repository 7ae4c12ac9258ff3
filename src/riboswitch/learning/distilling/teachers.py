"""What teachers said of public inputs, and the labels that follow for a student: only answers are read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from riboswitch.data.task import Task
from riboswitch.errors import InputError, UsageError
from riboswitch.io.disk_faults import Reading
from riboswitch.io.parquet import read_parquet
from riboswitch.io.table_writer import SEPARATORS, read_written
from riboswitch.learning.distilling.noise import BUDGET

SIMILARITY = "similarity"
"""Column of answers: how similar each input is to the nearest training input of the teacher."""
CLOSENESS = 8.0
"""Each 0.1 of similarity raises the weight of an answer by a factor of 2.2, e ** 0.8. Chosen on solubility,
passage of the blood-brain barrier and SR-p53, each cut into three owners by scaffold: the best of 0 to 15."""
HINT = "It must be what riboswitch predict or riboswitch add-noise wrote for this library."


@dataclass(frozen=True)
class Teacher:
    """The answers of one owner's model to every row of the public library.

    Attributes
    ----------
    name : str
        The file.
    answers : ndarray
        float64, shape (rows, outputs): probabilities or values; NaN where there is none.
    budget : dict
        ``epsilon`` and ``delta`` of the noise that was added; empty without noise.
    similarity : ndarray, optional
        float64, shape (rows,): to the nearest training input, NaN where there is no answer; None if the owner
        does not say.
    """

    name: str
    answers: np.ndarray
    budget: dict[str, float]
    similarity: np.ndarray | None = None

    @classmethod
    def read(cls, path: str | Path, task: Task, ids: Sequence[str]) -> Teacher:
        """Read a file of answers.

        Parameters
        ----------
        path : path
            A table (.csv, .tsv, .parquet) with ``id`` and the columns of the task.
        task : Task
        ids : sequence of str
            Of every row of the library, in its order.

        Raises
        ------
        InputError
            If a column is missing, the rows are not those of the library, or an answer is not a number.
        """
        return cls.of(read_answers(path), task, ids, str(path))

    @classmethod
    def of(cls, table: pd.DataFrame, task: Task, ids: Sequence[str], name: str) -> Teacher:
        """The answers in a table; see `read`."""
        missing = [column for column in ("id", *task.columns) if column not in table]
        if missing:
            found = f"no column {missing[0]!r} among {', '.join(map(str, table.columns))}"
            raise InputError("these are no answers to this task", where=name, found=found, hint=HINT)
        if len(table) != len(ids):
            found = f"{len(table)} rows, and the library has {len(ids)}"
            raise InputError("the answers are not those to this library", where=name, found=found, hint=HINT)
        other = np.flatnonzero(table["id"].astype(str).to_numpy() != np.asarray(ids, object))
        if len(other):
            row = int(other[0])
            found = f"id {table['id'].iloc[row]!r} where the library has {ids[row]!r}"
            raise InputError("the answers are not those to this library", where=f"{name} row {row + 1}",
                             found=found, hint=HINT)  # fmt: skip
        answers = numbers(table, task.columns, name)
        if np.isnan(answers).all():
            raise InputError("it has no answer at all", where=name, hint=HINT)
        budget = {key: float(table[key].iloc[0]) for key in BUDGET if key in table}
        if task.kind != "regression" and not budget:
            _require_probabilities(answers, task, name)
        return cls(name, answers, budget, _similarity(table, answers, name))

    @property
    def answered(self) -> np.ndarray:
        """Which rows have an answer."""
        return ~np.isnan(self.answers[:, 0])


def read_answers(path: str | Path) -> pd.DataFrame:
    """Read a table of answers, cells as text if it is a text file.

    Raises
    ------
    UsageError, InputError
        If the name has another suffix, or the file is missing or no table.
    """
    suffix = Path(path).suffix
    if suffix not in (*SEPARATORS, ".parquet"):
        raise UsageError("answers are a table: .csv, .tsv or .parquet", where=str(path), hint=HINT)
    try:
        if suffix == ".parquet":
            return read_parquet(path)[0]
        with Reading(path):
            return read_written(path, SEPARATORS[suffix])
    except FileNotFoundError as error:
        raise InputError("no such file", where=str(path)) from error
    except (ValueError, KeyError, OverflowError) as error:
        raise InputError("not a table of answers", where=str(path), found=error, hint=HINT) from error


def soft_labels(teachers: Sequence[Teacher], weights: Sequence[float] | None = None) -> np.ndarray:
    """The mean of the answers of those teachers that answered, shape (rows, outputs); NaN where none did.

    If the teachers say how similar an input is to what they were trained on, those count more that know such
    inputs (`CLOSENESS`).

    Parameters
    ----------
    teachers : sequence of Teacher
    weights : sequence of float, optional
        How much each teacher counts; by default all the same.

    Raises
    ------
    UsageError
        If there is not one weight a teacher, or one is not above zero.
    InputError
        If some teachers say how similar inputs are, and others do not.
    """
    chosen = [1.0] * len(teachers) if weights is None else [*weights]
    if len(chosen) != len(teachers):
        raise UsageError("give one weight for each file of answers", where="--weight",
                         found=f"{len(chosen)} weights, {len(teachers)} files")  # fmt: skip
    if not all(np.isfinite(w) and w > 0 for w in chosen):
        raise UsageError("a weight must be above zero", where="--weight", found=min(chosen))
    answers = np.stack([teacher.answers for teacher in teachers])
    weight = np.array(chosen)[:, None, None] * _closeness(teachers)[:, :, None] * ~np.isnan(answers)
    total = weight.sum(0)
    mean = (np.nan_to_num(answers) * weight).sum(0) / np.maximum(total, 1e-300)
    return np.where(total > 0, mean, np.nan)


def _closeness(teachers: Sequence[Teacher]) -> np.ndarray:
    """What the similarity of inputs makes of the weight of each answer, shape (teachers, rows)."""
    silent = [teacher.name for teacher in teachers if teacher.similarity is None]
    if silent and len(silent) < len(teachers):
        raise InputError(f"no column {SIMILARITY!r}, which other answers have", where=silent[0],
                         hint="All owners run riboswitch predict --similarity, or none of them.")  # fmt: skip
    near = [
        np.zeros(len(teacher.answers)) if teacher.similarity is None else np.nan_to_num(teacher.similarity)
        for teacher in teachers
    ]
    return np.exp(CLOSENESS * np.stack(near))


def _similarity(table: pd.DataFrame, answers: np.ndarray, name: str) -> np.ndarray | None:
    """How similar the inputs are to what a teacher was trained on; None if the table does not say."""
    if SIMILARITY not in table:
        return None
    found = numbers(table, [SIMILARITY], name)[:, 0]
    bad = ~np.isnan(answers[:, 0]) & ~((found >= 0) & (found <= 1))
    if bad.any():
        row = int(bad.argmax())
        cell = table[SIMILARITY].iloc[row]
        raise InputError(
            "a similarity is between 0 and 1", where=f"{name} row {row + 1}", found=cell, hint=HINT
        )
    return found


def numbers(table: pd.DataFrame, columns: Sequence[str], name: str) -> np.ndarray:
    """Columns of answers, shape (rows, columns); a row with an empty cell has none.

    Raises
    ------
    InputError
        If a cell is neither empty nor a finite number.
    """
    found = np.empty((len(table), len(columns)))
    for place, column in enumerate(columns):
        cells: Any = table[column].where(table[column].astype(str).str.strip() != "", np.nan)
        found[:, place] = pd.to_numeric(cells, errors="coerce").to_numpy(np.float64)
        bad = np.flatnonzero(~np.isfinite(found[:, place]) & cells.notna().to_numpy())
        if len(bad):
            where, cell = f"{name} row {int(bad[0]) + 1}", cells.iloc[int(bad[0])]
            raise InputError(f"{column!r} is not a number", where=where, found=cell)
    found[np.isnan(found).any(1)] = np.nan
    return found


def _require_probabilities(answers: np.ndarray, task: Task, name: str) -> None:
    known = ~np.isnan(answers[:, 0])
    off = known & ((answers < 0) | (answers > 1)).any(1)
    if task.kind == "multiclass":
        off |= known & (np.abs(answers.sum(1) - 1) > 0.01)
    if off.any():
        row = int(off.argmax())
        found = ", ".join(f"{value:g}" for value in answers[row])
        raise InputError(
            "answers that are no probabilities", where=f"{name} row {row + 1}", found=found, hint=HINT
        )
