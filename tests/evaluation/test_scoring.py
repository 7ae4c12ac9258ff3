"""Laws of `score`."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riboswitch.data.task import Task
from riboswitch.evaluation.scoring import score


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 40))
def test_score_of_classes_ignores_row_order_and_names(seed, rows):
    random = np.random.default_rng(seed)
    truth = random.integers(0, 3, (rows, 1)).astype(float)
    p = random.dirichlet([1, 1, 1], rows)
    order, swap = random.permutation(rows), np.array([2, 0, 1])
    task = Task("multiclass", ("label",), ("a", "b", "none"))
    other = Task("multiclass", ("label",), ("none", "a", "b"))
    found = score(task, truth, p)
    renamed = score(other, np.argsort(swap)[truth.astype(int)][order] * 1.0, p[order][:, swap])
    assert found == pytest.approx(renamed)
    assert all(np.isfinite(value) for value in found.values())
