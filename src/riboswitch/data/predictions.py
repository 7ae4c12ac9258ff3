"""Predictions: the predictions of every method for every row, and the labels where they are known.

One row is one (id, repeat, method). If each position of a record has a label, each position has a row and an
id of its own (``<id>:<number>``, from 1). Labels are in the columns ``y_<target>``, predictions in the
columns named by `Task.columns`. A multi-class label is the name of the class.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from riboswitch.config.schemas import FRACTIONS, Schema, mismatch, named
from riboswitch.data.bounds.arrays import bounds_in, read_bounds, with_bounds
from riboswitch.data.task import Task
from riboswitch.errors import InputError, UsageError
from riboswitch.io.parquet import (
    NUMBER_OR_GAP,
    TEXT_OR_GAP,
    check_columns,
    read_parquet,
    write_parquet,
)

KEY_COLUMNS = ["id", "group", "repeat", "part", "method"]
PREDICTION_PARTS = ("train", "valid", "test", "new")
STACK = "stack"  # name of the method that combines others
AGAIN = "Predict again."
META: Schema = {"type": "object", "properties": {"thresholds": named(named(FRACTIONS))}}
SUM_TOLERANCE = 1e-4  # of the probabilities of all classes, which sum to 1


@dataclass(frozen=True)
class Trial:
    """Predictions of every method in one repeat, for the same rows, sorted by id.

    Attributes
    ----------
    repeat : int
        Number of the repeat.
    groups : ndarray
        Group of each row, shape (rows,).
    labels : ndarray
        Shape (rows, targets), NaN where there is a gap.
    outputs, thresholds : dict of str to ndarray
        For each method: predictions, shape (rows, outputs), and cut-offs, shape (targets,).
    ids : ndarray
        Id of each row, shape (rows,).
    bounds : ndarray, optional
        Of labels that are censored, shape (rows, targets, 2).
    """

    repeat: int
    groups: np.ndarray
    labels: np.ndarray
    outputs: dict[str, np.ndarray]
    thresholds: dict[str, np.ndarray]
    ids: np.ndarray
    bounds: np.ndarray | None = None


@dataclass
class Predictions:
    """A checked table of predictions.

    Attributes
    ----------
    table : DataFrame
        Columns ``id``, ``group``, ``repeat`` (int), ``part`` (``train``, ``valid``, ``test`` or ``new``),
        ``method``, then ``y_<target>`` (NaN where there is a gap), then ``task.columns``; where labels are
        censored also the columns of their `bounds`, in which the label is a gap.
    task : Task
    meta : dict
        JSON values. ``thresholds`` maps method, then repeat (as text), to one cut-off a target.
    source : str
        Name of the file, for error messages.
    """

    table: pd.DataFrame
    task: Task
    meta: dict[str, Any] = field(default_factory=dict)
    source: str = field(default="predictions", compare=False, repr=False)

    def __post_init__(self) -> None:
        self.check()

    def __len__(self) -> int:
        return len(self.table)

    def check(self) -> None:
        """Check columns, keys, labels and predictions; raises `InputError`."""
        self._check_columns()
        self._check_keys()
        self._check_outputs()
        _ = self.labels, self.bounds

    def _check_columns(self) -> None:
        missing = [c for c in column_names(self.task) if c not in self.table]
        if missing:
            raise InputError("a column of the predictions is missing", where=self.source, found=missing[0],
                             hint=f"Needed: {', '.join(column_names(self.task))}.")  # fmt: skip

    def _check_keys(self) -> None:
        keys = self.table[KEY_COLUMNS]
        self._refuse(keys.isna().any(axis=1), keys, "id, group, repeat, part or method is empty")
        self._refuse(
            ~keys["part"].isin(PREDICTION_PARTS),
            keys["part"],
            f"the part is none of {', '.join(PREDICTION_PARTS)}",
        )
        if len(keys) and not pd.api.types.is_integer_dtype(keys["repeat"]):
            raise InputError("repeat is not a whole number", where=self.source, found=keys["repeat"].iloc[0])
        twice = keys.duplicated(["id", "repeat", "method"])
        self._refuse(twice, keys, "the same id, repeat and method stand there twice")

    def _check_outputs(self) -> None:
        values = self.table[self.task.columns]
        outputs = self.outputs
        self._refuse(~np.isfinite(outputs).all(axis=1), values, "a prediction is not a finite number")
        if not self.task.of_probabilities:
            return
        outside = ((outputs < 0) | (outputs > 1)).any(axis=1)
        self._refuse(outside, values, "a probability is not within 0 to 1")
        if self.task.kind == "multiclass":
            off = np.abs(outputs.sum(axis=1) - 1) > SUM_TOLERANCE
            self._refuse(off, values, "the probabilities of the classes do not sum to 1")

    def _refuse(self, bad: Any, shown: pd.DataFrame | pd.Series, problem: str) -> None:
        if np.any(bad):
            row = int(np.argmax(bad))
            found = shown.iloc[row]
            raise InputError(problem, where=f"{self.source} row {row + 1}",
                             found=found.to_dict() if isinstance(found, pd.Series) else found)  # fmt: skip

    @property
    def labels(self) -> np.ndarray:
        """Labels as numbers, float64 of shape (rows, targets), NaN where there is a gap."""
        named = self.table[label_columns(self.task)].set_axis(list(self.task.targets), axis=1)
        return self.task.of_units.labels(named, where=self.source)

    @property
    def bounds(self) -> np.ndarray | None:
        """Bounds of labels, float64 of shape (rows, targets, 2); None if no label is censored."""
        return read_bounds(self.table, label_columns(self.task), self.source)

    @property
    def outputs(self) -> np.ndarray:
        """Predictions, float64 of shape (rows, outputs)."""
        try:
            return self.table[self.task.columns].to_numpy(np.float64)
        except (TypeError, ValueError) as error:
            raise InputError("a prediction is not a number", where=self.source, found=error) from error

    @property
    def methods(self) -> list[str]:
        return sorted(self.table["method"].unique())

    def part(self, name: str) -> Predictions:
        """The rows of one part."""
        rows = self.table["part"] == name
        return Predictions(self.table[rows].reset_index(drop=True), self.task, dict(self.meta), self.source)

    def thresholds(self, method: str, repeat: int) -> np.ndarray:
        """Cut-offs that were chosen on validation rows, one a target; 0.5 if none were saved."""
        saved = self.meta.get("thresholds", {}).get(method, {}).get(str(repeat))
        return np.full(len(self.task.targets), 0.5) if saved is None else np.asarray(saved, np.float64)

    def trials(self) -> list[Trial]:
        """The repeats, in order.

        Raises
        ------
        InputError
            If two methods predicted different rows of one repeat.
        """
        return [self._trial(repeat) for repeat in sorted(self.table["repeat"].unique().tolist())]

    def _trial(self, repeat: int) -> Trial:
        rows = self.table["repeat"] == repeat
        ordered = Predictions(self.table[rows].sort_values("id"), self.task, self.meta, self.source)
        bound_columns = bounds_in(self.table, label_columns(self.task))
        compared = ["id", "group", *label_columns(self.task), *bound_columns]
        bounds = ordered.bounds
        outputs: dict[str, np.ndarray] = {}
        for method in self.methods:
            mine = (ordered.table["method"] == method).to_numpy()
            if not outputs:
                first, labels = ordered.table.loc[mine, compared].reset_index(drop=True), ordered.labels[mine]
                bounds = None if bounds is None else bounds[mine]
            elif not first.equals(ordered.table.loc[mine, compared].reset_index(drop=True)):
                raise InputError(f"{self.methods[0]} and {method} were not tried on the same rows",
                                 where=f"{self.source} repeat {repeat}",
                                 hint="Ids, groups and labels must agree for a fair comparison.")  # fmt: skip
            outputs[method] = ordered.outputs[mine]
        cuts = {method: self.thresholds(method, repeat) for method in self.methods}
        groups, ids = first["group"].to_numpy(), first["id"].to_numpy()
        return Trial(repeat, groups, labels, outputs, cuts, ids, bounds)

    def save(self, path: str | Path) -> None:
        """Write Parquet; equal content gives equal bytes."""
        write_parquet(self.table, path, {**self.meta, "task": self.task.to_dict()})

    @classmethod
    def load(cls, path: str | Path) -> Predictions:
        """Read and check a file that `save` wrote."""
        table, meta = read_parquet(path)
        if "task" not in meta:
            raise InputError("a Parquet file, but not one of predictions", where=str(path),
                             hint="Its header does not say what the task is.")  # fmt: skip
        if problem := mismatch(meta, META):
            raise InputError("not the header of predictions", where=str(path), found=problem, hint=AGAIN)
        task = Task.read(meta.pop("task"), str(path))
        _check_file(table, task, meta, str(path))
        return cls(table, task, meta, str(path))

    @classmethod
    def build(
        cls,
        task: Task,
        ids: Sequence[str],
        groups: Sequence[Any],
        repeat: int,
        part: str | Sequence[str],
        method: str,
        labels: np.ndarray | None,
        outputs: np.ndarray,
        thresholds: Sequence[float] | None = None,
        bounds: np.ndarray | None = None,
    ) -> Predictions:
        """Make predictions from arrays.

        Parameters
        ----------
        task : Task
        ids, groups : sequence
            One a row; groups are stored as text.
        repeat, method : int, str
            The same for all rows.
        part : str or sequence of str
            One for all rows, or one a row.
        labels : ndarray or None
            As `Task.labels` returns them, shape (rows, targets); None if no label is known.
        outputs : ndarray
            Probabilities or values, shape (rows, outputs).
        thresholds : sequence of float, optional
            Cut-offs chosen on validation rows, one a target; stored in ``meta``.
        bounds : ndarray, optional
            Of labels that are censored, shape (rows, targets, 2).
        """
        size, targets = len(ids), len(task.targets)
        labels = np.full((size, targets), np.nan) if labels is None else labels
        outputs = np.asarray(outputs, np.float64)
        if labels.shape != (size, targets) or outputs.shape != (size, len(task.columns)):
            raise ValueError(f"{size} ids, labels of shape {labels.shape}, outputs of shape {outputs.shape}")
        keys = {"id": list(map(str, ids)), "group": list(map(str, groups)), "repeat": repeat,
                "part": part if isinstance(part, str) else list(part), "method": method}  # fmt: skip
        table = pd.DataFrame(keys, index=range(size)).astype(
            dict.fromkeys(KEY_COLUMNS, "str") | {"repeat": "int64"}
        )
        table[label_columns(task)] = _named(task, labels)
        table[task.columns] = outputs
        table = with_bounds(table, label_columns(task), bounds)
        cuts = [] if thresholds is None else [float(cut) for cut in thresholds]
        of_repeat = {"thresholds": {method: {str(repeat): cuts}}}
        return cls(table, task, {} if thresholds is None else of_repeat)

    @classmethod
    def concat(cls, parts: Sequence[Predictions]) -> Predictions:
        """Concatenate predictions of one task.

        Meta is merged level by level; entries in which the parts differ are left out.

        Raises
        ------
        InputError
            If the tasks differ.
        UsageError
            If there are no parts.
        """
        if not parts:
            raise UsageError("no predictions to concatenate")
        for part in parts:
            if part.task != parts[0].task:
                raise InputError("the predictions are of another task", where=part.source,
                                 found=part.task.to_dict(), hint=f"{parts[0].source} differs.")  # fmt: skip
        meta = parts[0].meta
        for part in parts[1:]:
            meta = _merged(meta, part.meta)
        named = label_columns(parts[0].task)
        table = pd.concat([p.table[[*column_names(p.task), *bounds_in(p.table, named)]] for p in parts],
                          ignore_index=True)  # fmt: skip
        return cls(table, parts[0].task, meta, ", ".join(dict.fromkeys(p.source for p in parts)))


def _check_file(table: pd.DataFrame, task: Task, meta: dict[str, Any], where: str) -> None:
    """Raise `InputError` unless the columns of a file, and its cut-offs, are of the right types.

    Gaps, and columns that are missing, are left to `Predictions.check`.
    """
    label = TEXT_OR_GAP if task.kind == "multiclass" else NUMBER_OR_GAP
    kinds = dict.fromkeys(KEY_COLUMNS, TEXT_OR_GAP) | {"repeat": NUMBER_OR_GAP}
    kinds |= dict.fromkeys(label_columns(task), label)
    kinds |= dict.fromkeys(bounds_in(table, label_columns(task)), NUMBER_OR_GAP)
    check_columns(table, {name: kind for name, kind in kinds.items() if name in table}, where, AGAIN)
    for name in (name for name in task.columns if name in table and len(table)):
        if not is_numeric_dtype(table[name]) or is_bool_dtype(table[name]):
            raise InputError("a prediction is not a number", where=where, found=table[name].iloc[0])
    for of_method in meta.get("thresholds", {}).values():
        if any(len(cuts) != len(task.targets) for cuts in of_method.values()):
            raise InputError("the header has not one cut-off a target", where=where, hint=AGAIN)


def label_columns(task: Task) -> list[str]:
    """Names of the label columns: ``y_<target>``."""
    return [f"y_{target}" for target in task.targets]


def column_names(task: Task) -> list[str]:
    """Names of all columns, in order; `UsageError` if two are equal."""
    names = [*KEY_COLUMNS, *label_columns(task), *task.columns]
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise UsageError("a target's name is that of another column of the predictions", found=twice[0],
                         hint="Rename the label column.")  # fmt: skip
    return names


def _named(task: Task, labels: np.ndarray) -> pd.DataFrame:
    table = pd.DataFrame(labels, columns=label_columns(task), dtype=np.float64)
    if task.kind != "multiclass":
        return table
    names = dict(enumerate(task.classes))
    return table.map(lambda number: names[int(number)], na_action="ignore").astype("str")


def _merged(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    merged = {**one, **other}
    for key in one.keys() & other.keys():
        if isinstance(one[key], dict) and isinstance(other[key], dict):
            merged[key] = _merged(one[key], other[key])
        elif one[key] != other[key]:
            del merged[key]
    return merged
