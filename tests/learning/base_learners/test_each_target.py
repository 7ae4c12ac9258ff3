"""Baselines that solve each target by itself: gaps in labels, weights, and the mean."""

from __future__ import annotations

import numpy as np
import pytest

from riboswitch.data.task import Task
from riboswitch.learning.base_learners.each_target import MEAN, each_target, without_threads

INPUTS, NEW = {"thing": ["a", "b", "c"]}, {"thing": ["d", "e"]}


def test_the_mean_is_weighted_and_leaves_gaps_out():
    labels = np.array([[1.0, np.nan], [3.0, 0.0], [np.nan, 1.0]])
    said = MEAN(
        INPUTS, labels, NEW, Task("regression", ("y", "z")), seed=0, weights=np.array([3.0, 1.0, 1.0])
    )
    assert said.tolist() == [[1.5, 0.5]] * 2


def test_of_classes_the_mean_is_how_often_each_occurs():
    task = Task("multiclass", ("y",), ("low", "middle", "high"))
    said = MEAN(INPUTS, np.array([[0.0], [2.0], [0.0]]), NEW, task, seed=0)
    assert said == pytest.approx(np.tile([2 / 3, 0, 1 / 3], (2, 1)))


def test_a_solver_sees_the_rows_with_a_label_for_its_target():
    seen = []

    def solver(x, labels, weights, new, task, seed):
        seen.append((x[:, 0].tolist(), labels.tolist(), weights.tolist(), seed))
        return new

    def numbers(train, new):
        return np.arange(3.0)[:, None], np.array([[7.0], [8.0]])

    labels = np.array([[1.0, np.nan], [3.0, 0.0], [np.nan, 1.0]])
    said = each_target(numbers, without_threads(solver))(
        INPUTS, labels, NEW, Task("regression", ("y", "z")), seed=4
    )
    assert seen == [([0, 1], [1, 3], [1, 1], 4), ([1, 2], [0, 1], [1, 1], 4)]
    assert said.tolist() == [[7, 7], [8, 8]]
