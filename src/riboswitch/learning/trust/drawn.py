"""Labels of which only a sample was drawn: a row then stands for several rows of the experiment.

A sample of the inactives makes actives frequent. Probabilities learned from it are too high for anything that
is as rare in actives as the experiment was.

References
----------
Elkan, IJCAI 2001, 973 (the probability at another base rate).
Saerens, Latinne and Decaestecker, Neural Computation 2002, 14, 21.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from riboswitch.data.task import Task


def rows_each(task: Task, sample: Mapping[str, Any] | None) -> np.ndarray | None:
    """How many rows of the experiment a row of each class stands for.

    Parameters
    ----------
    task : Task
    sample : mapping, optional
        ``label``, of which ``rows`` were drawn from ``of``; see `modalities.kept_out.draw`.

    Returns
    -------
    ndarray or None
        Shape (classes,), two for a task of 0 and 1. None if each row stands for itself.
    """
    if not sample or sample["rows"] >= sample["of"] or not task.of_probabilities:
        return None
    if task.kind == "binary":
        drawn = np.array([0.0, 1.0]) == float(sample["label"])
    else:
        drawn = np.array(task.classes) == sample["label"]
    return np.where(drawn, sample["of"] / sample["rows"], 1.0)


def shift_of(task: Task, each: np.ndarray | None) -> tuple[float, ...]:
    """What brings probabilities back to the experiment, see `trust.maps.ProbabilityMap`; from `rows_each`."""
    if each is None:
        return ()
    logs = np.log(each)
    return (float(logs[1] - logs[0]),) if task.kind == "binary" else tuple(logs.tolist())


def rows_of(labels: np.ndarray, each: np.ndarray) -> np.ndarray:
    """How many rows of the experiment each row stands for, shape (rows,); 1 where there is no label."""
    known = ~np.isnan(labels)
    return np.where(known, each[np.where(known, labels, 0).astype(int)], 1.0)
