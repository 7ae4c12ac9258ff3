"""Classes that count as one: the same predictions, judged on coarser classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from riboswitch.config.named_words import named_words
from riboswitch.data.predictions import Trial
from riboswitch.data.task import Task
from riboswitch.errors import UsageError, shorten


def merge_of(words: Sequence[str]) -> dict[str, str]:
    """The coarser class of each class, from words CLASS=COARSER; `UsageError` for any other word."""
    return named_words(words, "a merge needs a class and its coarser class",
                       "As --merge G=H --merge I=H, each class once.")  # fmt: skip


def merged_trials(
    task: Task, trials: Sequence[Trial], merge: Mapping[str, str]
) -> tuple[Task, list[Trial], dict[str, str]]:
    """Join classes; the probability of a coarser class is the sum of those of its classes.

    Parameters
    ----------
    task : Task
        Multi-class.
    trials : sequence of Trial
    merge : mapping
        Coarser class of each class; a class that is not named stays.

    Returns
    -------
    task : Task
    trials : list of Trial
    classes : dict
        Coarser class of every class.

    Raises
    ------
    UsageError
        If the task has no classes, a class is not one of them, or one class would be left.
    """
    if task.kind != "multiclass":
        raise UsageError("only classes can be merged", found=task.kind, hint="Leave --merge out.")
    foreign = sorted(set(merge) - set(task.classes))
    if foreign:
        raise UsageError("no such class to merge", found=foreign[0],
                         hint=f"Classes: {shorten(', '.join(task.classes), 200)}.")  # fmt: skip
    classes = {name: merge.get(name, name) for name in task.classes}
    coarse = tuple(sorted({*classes.values()}))
    if len(coarse) < 2:
        raise UsageError("one class is left when all are merged", found=coarse[0],
                         hint="Keep at least two apart.")  # fmt: skip
    number = np.array([coarse.index(classes[name]) for name in task.classes])
    join = np.eye(len(coarse))[number]
    return replace(task, classes=coarse), [_merged(trial, number, join) for trial in trials], classes


def _merged(trial: Trial, number: np.ndarray, join: np.ndarray) -> Trial:
    known = np.isfinite(trial.labels)
    labels = np.where(known, number[np.where(known, trial.labels, 0).astype(int)], np.nan)
    return replace(trial, labels=labels, outputs={name: out @ join for name, out in trial.outputs.items()})
