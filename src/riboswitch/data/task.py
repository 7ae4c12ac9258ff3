"""Task: the quantity to predict. Numbers, or yes/no labels (one or several targets, gaps allowed), or one of
several classes; for each record or for each of its positions. Or the time to an event, which some rows never
reach.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from riboswitch.config.schemas import NAMES, TEXT, Schema, mismatch, record
from riboswitch.data.labels import label
from riboswitch.errors import DataError, InputError, UsageError
from riboswitch.io.cells import is_missing

Kind = Literal["regression", "binary", "multiclass", "per_position", "survival"]
OutputKind = Literal["regression", "binary", "multiclass", "survival"]
Level = Literal["record", "position"]
FORMS, LOW, HIGH = "forms", "_low", "_high"
"""Column with the number of forms of an input, and the ends of the columns of the range over them."""
FROM, TO, SET = "_from90", "_to90", "set90"
"""Ends of the columns of an interval of 90 %, and name or end of that with the classes of a set of 90 %."""
RISK = "risk"
"""The output of a survival task: a log hazard, up to a constant; higher means sooner."""
GAP = "."  # in a text of labels: a position without a label

TASK: Schema = record(
    {
        "kind": {"enum": [*get_args(OutputKind)]},
        "targets": {**NAMES, "minItems": 1},
        "classes": {"type": "array", "items": TEXT, "uniqueItems": True},
    },
    {"level": {"enum": [*get_args(Level)]}},
)
"""JSON Schema of `Task.to_dict`."""


@dataclass(frozen=True)
class Task:
    """The kind of a task, its label columns, and for a multi-class task its classes.

    Attributes
    ----------
    kind : str
        ``"regression"``, ``"binary"``, ``"multiclass"`` or ``"survival"``.
    targets : tuple of str
        Label columns; a multi-class task has exactly one. A survival task has two: the time, at least 0, and
        the event, 1 if it happened then, 0 if the row was only followed until then.
    classes : tuple of str
        The class names in output order; empty unless multi-class.
    level : str
        ``"record"`` or ``"position"``. A task of level ``position`` is multi-class. The label of a record is
        then a text with one character for each position (a letter or a codon): its class, or ``.`` for a gap.
    """

    kind: OutputKind
    targets: tuple[str, ...]
    classes: tuple[str, ...] = ()
    level: Level = "record"

    def __post_init__(self) -> None:
        if self.kind not in get_args(OutputKind):
            raise UsageError("no such kind of task", found=self.kind, hint=f"Choose one of {get_args(Kind)}.")
        if self.level == "position" and self.kind != "multiclass":
            raise UsageError("labels of positions must be classes", found=self.kind)
        if not self.targets:
            raise UsageError("a task needs at least one target column")
        if self.kind == "multiclass" and len(self.targets) != 1:
            raise UsageError("a multiclass task has exactly one target", found=self.targets)
        if self.kind == "survival" and len(self.targets) != 2:
            raise UsageError("a survival task has two targets: the time, then the event", found=self.targets,
                             hint="As --target days --target died.")  # fmt: skip

    @classmethod
    def infer(cls, kind: Kind, targets: list[str], table: pd.DataFrame) -> Task:
        """Make a task; its classes are the labels in the column, in alphabetical order.

        ``per_position`` is a multi-class task of level ``position``.
        """
        if kind in ("regression", "binary", "survival") or not targets:
            return cls("multiclass" if kind == "per_position" else kind, tuple(targets))
        if targets[0] not in table:
            raise InputError("no such label column", found=targets[0],
                             hint=f"Columns: {', '.join(map(str, table.columns))}.")  # fmt: skip
        found = [value for value in table[targets[0]].unique() if not is_missing(value)]
        if kind == "per_position":
            letters = set().union(*map(str, found)) - {GAP}
            return cls("multiclass", tuple(targets), tuple(sorted(letters)), "position")
        return cls(kind, tuple(targets), tuple(sorted(map(str, found))))

    @property
    def of_units(self) -> Task:
        """The same task for prediction units: each position is a row of its own."""
        return replace(self, level="record")

    @property
    def outputs(self) -> list[str]:
        """Names of the network's outputs: the classes, or the targets."""
        if self.kind == "survival":
            return [RISK]
        return list(self.classes if self.kind == "multiclass" else self.targets)

    @property
    def of_probabilities(self) -> bool:
        """Whether outputs are probabilities, and not numbers or risks."""
        return self.kind in ("binary", "multiclass")

    @property
    def columns(self) -> list[str]:
        """Names of the prediction columns: ``p_<class or target>``, or the target's own name."""
        return [f"p_{name}" for name in self.outputs] if self.of_probabilities else self.outputs

    def require_labels(self, labels: np.ndarray, repeat: int | None = None) -> None:
        """Raise `InputError` unless each target has a label; labels of shape (training rows, targets)."""
        empty = np.flatnonzero(np.isnan(labels).all(0))
        if len(empty):
            rows = "no training row" if repeat is None else f"no training row of repeat {repeat}"
            raise InputError(f"{rows} has a label of this target", found=self.targets[empty[0]],
                             hint="Leave the target out, or split otherwise.")  # fmt: skip
        if self.kind == "survival":
            self.require_events(labels, "training" if repeat is None else f"training (repeat {repeat})")

    def lacks_events(self, labels: np.ndarray) -> bool:
        """Whether labels of a survival task, shape (rows, 2), are there and none has an event."""
        return self.kind == "survival" and len(labels) > 0 and not bool((labels[:, 1] == 1).any())

    def require_events(self, labels: np.ndarray, part: str) -> None:
        """Raise `InputError` if no row of a survival task has an event; labels of shape (rows, 2)."""
        if self.lacks_events(labels):
            raise InputError(f"no row for {part} has an event", found=self.targets[1],
                             hint="Without events nothing shows who is at risk. Split otherwise; check the "
                             "column: 1 is an event, 0 none.")  # fmt: skip

    def labels(self, table: pd.DataFrame, where: str = "records") -> np.ndarray:
        """Labels as numbers, NaN where there is a gap.

        Returns
        -------
        ndarray
            float64, shape (rows, targets). A multi-class task has class numbers, shape (rows, 1); at level
            ``position`` the shape is (positions of all rows, 1).

        Raises
        ------
        InputError
            If a column is missing, or a label is not a number, not 0 or 1, or an unknown class; or a time is
            negative, or stands without its event.
        """
        missing = [t for t in self.targets if t not in table]
        if missing:
            raise InputError("no such label column", where=where, found=missing[0],
                             hint=f"Columns: {', '.join(map(str, table.columns))}.")  # fmt: skip
        if self.level == "position":
            return self._of_positions(table[self.targets[0]], where)
        if self.kind == "multiclass":
            numbers = {name: i for i, name in enumerate(self.classes)}
            column = table[self.targets[0]]
            # A class of positions may be named "-", which otherwise stands for a gap.
            values = column.map(lambda v: numbers.get(str(v), np.nan if is_missing(v) else -1))
            self._refuse(values == -1, column, where, f"the class is not one of the {len(numbers)} known")
            return values.to_numpy(np.float64)[:, None]
        values = table[list(self.targets)].apply(_numbers)
        for target in self.targets:
            column = table[target]
            bad = values[target].isna() & ~column.map(is_missing).astype(bool)
            self._refuse(bad, column, where, "the label is not a number")
            if self.kind == "binary":
                bad = values[target].notna() & ~values[target].isin([0, 1])
                self._refuse(bad, column, where, "the label is neither 0 nor 1")
        if self.kind == "survival":
            self._check_survival(values, table, where)
        return values.to_numpy(np.float64)

    def _check_survival(self, values: pd.DataFrame, table: pd.DataFrame, where: str) -> None:
        time, event = self.targets
        self._refuse(values[time] < 0, table[time], where, "the time is negative")
        bad = values[event].notna() & ~values[event].isin([0, 1])
        self._refuse(bad, table[event], where, "the event is neither 0 nor 1")
        lone = values[time].isna() != values[event].isna()
        self._refuse(lone, table[time], where, f"of the time and the event {event!r} only one is known")

    def _of_positions(self, column: pd.Series, where: str) -> np.ndarray:
        self._refuse(column.isna(), column, where, "a record has no labels")
        numbers = {name: float(i) for i, name in enumerate(self.classes)} | {GAP: np.nan}
        foreign = column.map(lambda text: bool(set(text) - numbers.keys()))
        self._refuse(foreign, column, where, f"a label is not one of {''.join(self.classes)} or '{GAP}'")
        return np.array([numbers[letter] for text in column for letter in text], np.float64)[:, None]

    @staticmethod
    def _refuse(bad: pd.Series, column: pd.Series, where: str, problem: str) -> None:
        if bad.any():
            row = bad.to_numpy().argmax()
            raise InputError(problem, where=f"{where} record {row + 1}", found=column.iloc[row])

    def to_dict(self) -> dict[str, Any]:
        """JSON values; ``level`` only if it is not ``record``."""
        values = {"kind": self.kind, "targets": list(self.targets), "classes": list(self.classes)}
        return values if self.level == "record" else values | {"level": self.level}

    @classmethod
    def read(cls, value: Any, where: str, error: type[DataError] = InputError) -> Task:
        """Make a task from the header of a file; ``error`` if it is not one of `to_dict`."""
        if problem := mismatch(value, TASK):
            raise error("the header describes no task", where=where, found=problem)
        try:
            return cls.from_dict(value)
        except UsageError as fault:
            raise error("the header describes no task", where=where, found=fault) from fault

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Task:
        """Make a task from the values of `to_dict`."""
        return cls(
            value["kind"], tuple(value["targets"]), tuple(value["classes"]), value.get("level", "record")
        )


def _numbers(column: pd.Series) -> pd.Series:
    """A column of labels as floats, NaN where a label is missing or not a finite number."""
    if not pd.api.types.is_numeric_dtype(column):
        column = column.map(_number)
    values = column.astype("float64")
    return values.where(np.isfinite(values))


def _number(cell: Any) -> float:
    try:
        value = label(cell, "binary" if isinstance(cell, bool) else "regression")
    except ValueError:
        return np.nan
    return value if isinstance(value, float) else np.nan
