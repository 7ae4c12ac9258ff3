"""Calibration: what held-out predictions say of the worth of a model's answers, kept in its bundle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np

from riboswitch.data.model import Model
from riboswitch.data.predictions import Predictions
from riboswitch.data.task import Task
from riboswitch.errors import InputError, UsageError
from riboswitch.learning.trust.drawn import rows_each, rows_of, shift_of
from riboswitch.learning.trust.groupwise import LEVELS, count_groups, least_groups, limit
from riboswitch.learning.trust.maps import ProbabilityMap, fit_map

KEY = "calibration"
ARRAYS = ("outputs", "labels", "groups")
LIMITS, SAMPLE = "limits", "sample"
STANDS_FOR = f"{KEY}.stands_for"
SIMILARITY = f"{KEY}.similarity"
DOMAIN = 0.95
PART = "test"
"""The part of predictions that calibrates: validation rows chose the epoch and the blend."""


@dataclass(frozen=True)
class Calibration:
    """Calibrated predictions of rows that no network saw, with their labels and groups.

    Attributes
    ----------
    task : Task
    maps : tuple of ProbabilityMap
        One for each target of a binary task, one for all classes, none for numbers.
    outputs, labels : ndarray
        Shapes (rows, outputs) and (rows, targets); labels with NaN for gaps. A row that was held out in
        several repeats stands there several times.
    groups : ndarray
        Number of the group of each row, int32 of shape (rows,).
    method : str
        The method that predicted the rows.
    grouping : dict
        How the groups were made: ``method`` and ``options``; empty if that is not known.
    similarity : ndarray, optional
        Similarity of each row to the most similar row that its networks were trained on, shape (rows,). None
        if inputs of the modality cannot be compared.
    stated : mapping of float to ndarray, optional
        `limits` by level, of a shared bundle: it has no rows to compute them from.
    sample : mapping, optional
        The label of which only a sample was drawn: ``label``, ``rows``, ``of``.
    stands_for : ndarray, optional
        How many rows of the experiment each row stands for, shape (rows,). None: each for itself.
    """

    task: Task
    maps: tuple[ProbabilityMap, ...]
    outputs: np.ndarray
    labels: np.ndarray
    groups: np.ndarray
    method: str
    grouping: Mapping[str, Any]
    similarity: np.ndarray | None = None
    stated: Mapping[float, np.ndarray] | None = None
    sample: Mapping[str, Any] | None = None
    stands_for: np.ndarray | None = None

    @classmethod
    def fit(
        cls,
        held_out: Predictions,
        grouping: Mapping[str, Any] | None = None,
        similarity: Mapping[tuple[str, int], float] | None = None,
        sample: Mapping[str, Any] | None = None,
    ) -> Calibration:
        """Fit the maps, and keep the calibrated predictions.

        Parameters
        ----------
        held_out : Predictions
            Predictions of one method; those of the part ``test`` count. Networks and blends of each repeat
            saw none of the groups of its test rows.
        grouping : mapping, optional
            ``method`` and ``options`` of the groups, to group other inputs alike.
        similarity : mapping, optional
            For each id and repeat, how similar the row is to the nearest training row of the repeat.
        sample : mapping, optional
            The label of which only a sample was drawn; see `trust.drawn`.

        Raises
        ------
        UsageError
            If each position has a label.
        InputError
            If there are no such rows, or they are of several methods.
        """
        task = held_out.task
        if task.level != "record":
            raise UsageError("labels of positions are not calibrated on groups", found=task.targets,
                             hint="Leave the held-out predictions out.")  # fmt: skip
        rows = held_out.part(PART)
        if not len(rows) or len(rows.methods) != 1:
            raise InputError("calibration needs test rows predicted by one method", where=held_out.source,
                             found=", ".join(rows.methods) or "no test rows",
                             hint="riboswitch stack writes them, or riboswitch predict --split.")  # fmt: skip
        outputs, labels = rows.outputs, rows.labels
        groups = np.unique(rows.table["group"].to_numpy(str), return_inverse=True)[1].astype(np.int32)
        times = rows.table.groupby("id")["id"].transform("size").to_numpy(np.float64)
        each = rows_each(task, sample)
        stands_for = np.ones(len(labels)) if each is None else rows_of(labels[:, 0], each)
        maps = _maps(task, outputs, labels, groups, stands_for / times, shift_of(task, each))
        outputs = _mapped(task, maps, outputs)
        # In an order that says nothing of the training rows.
        order = np.lexsort((*labels.T, *outputs.T, groups))
        near = None
        if similarity is not None:
            places = zip(rows.table["id"], rows.table["repeat"], strict=True)
            near = np.array([similarity[place] for place in places], np.float32)[order]
        return cls(task, maps, outputs[order].astype(np.float32), labels[order].astype(np.float32),
                   groups[order], rows.methods[0], dict(grouping or {}), near,
                   sample=None if each is None else dict(sample or {}),
                   stands_for=None if each is None else stands_for[order].astype(np.float32))  # fmt: skip

    @classmethod
    def of(cls, model: Model) -> Calibration | None:
        """That of a bundle; None if it has none."""
        if KEY not in model.header:
            return None
        header = model.header[KEY]
        maps = tuple(
            ProbabilityMap(m["kind"], tuple(m["parameters"]), m["reason"], tuple(m.get("shift", ())))
            for m in header["maps"]
        )
        if LIMITS in header:
            outputs, labels, groups = _no_rows(model.task)
        else:
            outputs, labels, groups = (model.tensors[f"{KEY}.{name}"] for name in ARRAYS)
        return cls(model.task, maps, outputs, labels, groups, header["method"], header["grouping"],
                   model.tensors.get(SIMILARITY), _stated(header.get(LIMITS)), header.get(SAMPLE),
                   model.tensors.get(STANDS_FOR))  # fmt: skip

    def store(self, model: Model) -> None:
        """Put it into a bundle; `of` gives it back."""
        model.header[KEY] = self._facts()
        model.tensors |= {f"{KEY}.{name}": getattr(self, name) for name in ARRAYS}
        if self.similarity is not None:
            model.tensors[SIMILARITY] = self.similarity
        if self.stands_for is not None:
            model.tensors[STANDS_FOR] = self.stands_for

    def _facts(self) -> dict[str, Any]:
        maps = [{key: [*value] if isinstance(value, tuple) else value
                 for key, value in asdict(each).items() if key != "shift" or value}
                for each in self.maps]  # fmt: skip
        return {
            "method": self.method,
            "rows": len(self.groups),
            "groups": count_groups(self.groups),
            "grouping": dict(self.grouping),
            "maps": maps,
            "refused": self.refused,
            **({} if self.sample is None else {SAMPLE: dict(self.sample)}),
        }

    def without_rows(self) -> dict[str, Any]:
        """The header entry of a bundle that keeps the limits and forgets the rows; `of` reads it."""
        limits = {
            str(level): [[None if np.isinf(v) else float(v) for v in row] for row in self.limits(level)]
            for level in LEVELS
        }
        return self._facts() | {LIMITS: limits}

    @cached_property
    def least_similarity(self) -> float:
        """Inputs that are less similar to the training rows are outside the domain of the model.

        Rows of new groups are at least so similar with 95 %. 0 if nothing is known of similarities, or of too
        few groups.
        """
        if self.similarity is None:
            return 0.0
        return max(-limit(-self.similarity.astype(np.float64), self.groups, DOMAIN), 0.0)

    def __call__(self, outputs: np.ndarray) -> np.ndarray:
        """Calibrate predictions of shape (..., outputs). Numbers stay as they are."""
        return _mapped(self.task, self.maps, outputs)

    def limits(self, level: float) -> np.ndarray:
        """How badly a row of a new group is predicted at most, with probability ``level``.

        Returns
        -------
        ndarray
            For numbers the distance from the label, shape (targets, 1). For classes 1 minus the probability
            of the true class, by true class: shape (targets, 2), or (1, classes). Infinite where there are
            too few groups.
        """
        return self._limits[level]

    @cached_property
    def _limits(self) -> Mapping[float, np.ndarray]:
        return self.stated or {
            level: np.array([[limit(*scores, level) for scores in each.values()] for each in self._scores])
            for level in LEVELS
        }

    @cached_property
    def _scores(self) -> list[dict[str, tuple[np.ndarray, np.ndarray]]]:
        """Of each target, by name of the class: how badly rows were predicted, and their groups."""
        outputs, labels = self.outputs.astype(np.float64), self.labels.astype(np.float64)
        if self.task.kind == "multiclass":
            return [{
                name: (1 - outputs[rows, i], self.groups[rows])
                for i, name in enumerate(self.task.classes) for rows in [labels[:, 0] == i]
            }]  # fmt: skip
        made = []
        for p, y in zip(outputs.T, labels.T, strict=True):
            known = ~np.isnan(y)
            if self.task.kind == "regression":
                made.append({"": (np.abs(p - y)[known], self.groups[known])})
            else:
                made.append(
                    {"0": (p[y == 0], self.groups[y == 0]), "1": (1 - p[y == 1], self.groups[y == 1])}
                )
        return made

    @property
    def refused(self) -> list[str]:
        """What there are too few groups for, one sentence each."""
        targets = [f"{t}: " for t in self.task.targets] if len(self.task.targets) > 1 else [""]
        said = [
            f"{target}probabilities stay as they are: {each.reason}"
            for target, each in zip(targets, self.maps, strict=False) if each.reason
        ]  # fmt: skip
        for target, scores in zip(targets, self._scores, strict=True):
            for name, (_, groups) in scores.items():
                said += _too_few(
                    f"{target}class {name}" if name else f"{target}intervals", count_groups(groups)
                )
        return said


def _no_rows(task: Task) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Outputs, labels and groups of no row."""
    outputs, labels = (np.empty((0, len(names)), np.float32) for names in (task.outputs, task.targets))
    return outputs, labels, np.empty(0, np.int32)


def _stated(limits: Mapping[str, Any] | None) -> dict[float, np.ndarray] | None:
    """Limits by level from a header."""
    if limits is None:
        return None
    return {float(level): np.array([[np.inf if v is None else v for v in row] for row in rows], np.float64)
            for level, rows in limits.items()}  # fmt: skip


def _too_few(name: str, groups: int) -> list[str]:
    """The levels that so many groups cannot promise, as a sentence."""
    levels = [level for level in LEVELS if groups < least_groups(level)]
    if not levels:
        return []
    needed = ", ".join(f"{least_groups(level)} for {level:.0%}" for level in levels)
    return [f"{name}: no promise from {groups} groups; needed are {needed}"]


def _maps(
    task: Task,
    outputs: np.ndarray,
    labels: np.ndarray,
    groups: np.ndarray,
    weights: np.ndarray,
    shift: tuple[float, ...],
) -> tuple[ProbabilityMap, ...]:
    if task.kind == "regression":
        return ()
    columns = [outputs] if task.kind == "multiclass" else outputs.T
    made = []
    for p, y in zip(columns, labels.T, strict=True):
        known = ~np.isnan(y)
        made.append(fit_map(p[known], y[known], groups[known], weights[known], shift))
    return tuple(made)


def _mapped(task: Task, maps: tuple[ProbabilityMap, ...], outputs: np.ndarray) -> np.ndarray:
    if all(each.kind == "none" and not each.shift for each in maps):
        return outputs
    if task.kind == "multiclass":
        return maps[0](outputs)
    return np.stack([each(outputs[..., i]) for i, each in enumerate(maps)], -1)
